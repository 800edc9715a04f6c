/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to pv/: a link and the device on it. The device's state is EL2's and is
 * held here alone; messages (message.c) and the register page (page.c) are two skins
 * over device.c. A link's lock guards all of it; functions that take a
 * struct pv_link want it held unless they say otherwise.
 */
#pragma once

#include <abi/message.h>
#include <core/core.h>

#define STATUS_DRIVER_OK	4u	/* VIRTIO 1.2, 2.1 */
#define STATUS_FEATURES_OK	8u
#define STATUS_NEEDS_RESET	64u
#define STATUS_ALL		0xcfu

#define FEATURES_NEEDED		(3ull << 32)	/* VERSION_1, ACCESS_PLATFORM */
/* Those, the devices' own, INDIRECT_DESC, EVENT_IDX, IN_ORDER, ORDER_PLATFORM */
#define FEATURES_KNOWN		0xfffc001b30ffffffull

#define INTERRUPT_QUEUE		1u	/* virtio-mmio's InterruptStatus */
#define INTERRUPT_CONFIG	2u

struct pv_link {
	struct lock lock;
	bool is_up[2];			/* by end: its guest's life has begun and has not ended */
	bool is_offered;		/* stays when the back end dies */
	/* The back end's life that offered has not ended; or it has, and another one follows */
	bool is_ready, is_expected;
	/* From the back end, for `epoch`; then the front end's reset is done */
	bool is_ack_due, is_reset_due;
	bool is_live;			/* DRIVER_OK since the last reset */
	uint32_t epoch, events[2];	/* by end, until fetched */
	uint64_t due_since;
	struct skerry_msg_offer offer;
	uint32_t status, generation;	/* the latter of the config bytes */
	uint32_t config[SKERRY_CONFIG_MAX / 4];
	uint64_t features;		/* that the driver has chosen */
	/* The register page's: queues are staged until QueueReady */
	uint32_t interrupts, device_sel, driver_sel, queue_sel;
	struct skerry_msg_vqueue queue[SKERRY_QUEUE_MAX], staged[SKERRY_QUEUE_MAX];
};

/* link.c. The link of a guest's port, which end that is; NULL: there is none. No lock. */
struct pv_link *link_find(const struct guest *g, uint64_t port, unsigned *end);
const struct sys_link *link_config(const struct pv_link *l);
struct guest *link_guest(const struct pv_link *l, unsigned end);
void link_event(struct pv_link *l, unsigned end, uint32_t bits);
void link_want_ack(struct pv_link *l, uint32_t event);	/* the back end, told by `event` */
void link_acked(struct pv_link *l);
/* No lock held: a back end that is late with its acknowledgement is taken as crashed. */
void link_enforce(struct pv_link *l);
void link_ring(struct pv_link *l, unsigned end);	/* the bell at `end`; no lock held */

/* device.c: SKERRY_* */
void device_reset(struct pv_link *l);
int device_set_status(struct pv_link *l, uint32_t status);
int device_set_features(struct pv_link *l, uint32_t block, uint32_t bits);
int device_set_queue(struct pv_link *l, const struct skerry_msg_vqueue *q);
bool device_has_config(const struct pv_link *l, uint32_t offset, uint32_t size);
void device_set_config(struct pv_link *l, unsigned from, uint32_t offset, uint32_t size,
		       const void *bytes);	/* `from` an end */
int device_needs_reset(struct pv_link *l);

/* page.c: nothing without a register page */
void page_update(struct pv_link *l);
void page_interrupt(struct pv_link *l, uint32_t bits);
