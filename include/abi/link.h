/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links between two guests: what both ends and EL2 agree on. A guest knows a link by
 * its port, an index into the guest's own table in the information page (abi/info.h);
 * the two ends of a link may have different ports. Messages: abi/message.h.
 *
 * A window is memory that only the ends of its links have. A split one has two
 * halves of equal size: the driver half (first; the front end writes, the back end
 * reads) and the device half (the reverse). A shared one belongs to one front end and is
 * written by it and all of its back ends. Addresses in virtqueues are the front end's
 * guest-physical ones: a back end subtracts front_base and adds base.
 *
 * Event bits, as the call EVENT returns them: they gather until they are fetched.
 */
#pragma once

#include "layout.h"

#define SKERRY_EVENT_OFFER	(1u << 0)	/* to the front end: the back end offers */
#define SKERRY_EVENT_CONFIG	(1u << 1)	/* config bytes changed (by the other side), or
						   status has DEVICE_NEEDS_RESET now */
#define SKERRY_EVENT_STATUS	(1u << 2)	/* back end: DRIVER_OK, or a reset is asked for;
						   front end: the reset is done */
#define SKERRY_EVENT_DOWN	(1u << 3)	/* back end: the front end has stopped; ACK it */
#define SKERRY_EVENT_UP		(1u << 4)	/* the other end has started (again) */

#ifndef __ASSEMBLER__
/* Of struct skerry_link: its type, VIRTIO's device id (VIRTIO 1.2, 5), or window and doorbell
 * without a device; role, transport and window. */
enum { SKERRY_LINK_NET = 1, SKERRY_LINK_BLOCK, SKERRY_LINK_CONSOLE, SKERRY_LINK_SCMI = 32,
       SKERRY_LINK_GPIO = 41, SKERRY_LINK_SHARED_MEMORY = 255 };
enum { SKERRY_FRONT, SKERRY_BACK };
enum { SKERRY_BY_MESSAGE, SKERRY_BY_REGISTER_PAGE };
enum { SKERRY_WINDOW_SPLIT, SKERRY_WINDOW_SHARED };

struct skerry_link {		/* one port; constant while the guest runs */
	char name[SKERRY_NAME_MAX];	/* of the link in the description, NUL-terminated */
	uint8_t type, role, transport, window;	/* as the enums above */
	uint32_t intid;		/* the link's interrupt here: SKERRY_INTID_LINK(port) */
	uint32_t peer, reserved;	/* index of the other guest */
	uint64_t base, size;	/* the window in this guest, bytes; half of a split one: size / 2 */
	uint64_t front_base;	/* the window in the front end */
	uint64_t page;		/* front end: its register page, or 0. Back end: 4 KiB of its
				   own that outlive its restarts, zeroed with the window */
};

#endif /* __ASSEMBLER__ */
