/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What back ends share: a device that is offered on a port (abi/link.h, abi/message.h),
 * followed through set-up, reset, stop of the front end and restart of this guest. The
 * driver takes chains and gives them back; addresses are checked and are this guest's.
 *
 *	back_open()  ->  on each event of the port: back_update()
 *	on notify, and when back_update() says BACK_LIVE:
 *		do { while (back_next() == 1) ...; } while (back_enable_event());
 *	a chain is done: back_complete(), after some of them back_publish()
 *
 * Nothing of a reset or of a stop is acknowledged before all chains have come back
 * (in_flight is 0): nothing may read or write a chain that was given back. Who only holds
 * chains, without a device's DMA into them, calls back_let_go() instead. For one vCPU.
 */
#ifndef BACK_H
#define BACK_H

#include "link.h"
#include "virtq_device.h"

#define BACK_F_VERSION_1	(1ull << 32)
#define BACK_F_ACCESS_PLATFORM	(1ull << 33)

#define BACK_STATUS_DRIVER_OK	4u	/* VIRTIO 1.2, 2.1 */
#define BACK_STATUS_NEEDS_RESET	64u

/* The back end's own page (skerry_link.page): outlives this guest, is zeroed with the window. */
struct back_page {
	struct virtq_track track[SKERRY_QUEUE_MAX];
	uint8_t driver[2048];		/* the driver's own */
};

struct back {
	uint32_t port;
	const struct skerry_link *link;
	struct back_page *page;
	struct skerry_msg_offer offer;
	struct virtq_window window;
	uint64_t features;		/* that the driver accepted; while live */
	uint32_t epoch;			/* of this session */
	uint32_t in_flight;		/* chains taken and not given back */
	uint32_t segments;		/* of chains taken, in this life */
	uint32_t refused;		/* chains that broke the rules, in this life */
	bool is_live;			/* the driver is there: chains can come and go */
	bool is_resumed;		/* live, and was so in the last life */
	bool is_broken;			/* the driver broke the rules: until its reset */
	bool is_new;			/* live, and back_update() has not said so yet */
	bool is_closing;		/* reset or stopped: waits for what is in flight */
	struct virtq_device queue[SKERRY_QUEUE_MAX];	/* size 0: not set up */
};

enum back_change {
	BACK_SAME,
	BACK_LIVE,		/* has become live: look at all queues */
	BACK_DOWN,		/* is live no more: forget what is queued, finish the rest */
};

/*
 * Offers a device: device_id, vendor_id, features (VERSION_1, ACCESS_PLATFORM, EVENT_IDX
 * and INDIRECT_DESC are added), config_size, queue_count and queue_size_max are the
 * caller's. `b` must stay. If this guest was restarted in mid-work, the device is live
 * afterwards (is_resumed) and gives the chains again that were in flight.
 * OK, or the hypercall's error: BUSY: not what an earlier life has offered.
 */
int64_t back_open(struct back *b, uint32_t port, const struct skerry_msg_offer *offer,
		  const void *config);

/* There is no device on this port: whoever waits for this guest's offers need not wait for
 * this one. Its events go to back_update() all the same. */
int64_t back_decline(struct back *b, uint32_t port);

/* Something happened on the port: asks EL2 what, and acts on it. After a session that a
 * restart or back_complete() began, the next call says BACK_LIVE. */
enum back_change back_update(struct back *b);

/* The next chain of a queue: 1, or 0: none, also where the driver broke the rules. */
int back_next(struct back *b, uint32_t queue, struct vqv_chain *c);
/* Gives a chain back, in any order; while the device is being closed only counts. */
void back_complete(struct back *b, uint32_t queue, uint16_t head, uint32_t written);
/* Notifies the driver if it wants to hear of what was completed. */
void back_publish(struct back *b, uint32_t queue);
/* While closing: all chains that are out are forgotten. */
void back_let_go(struct back *b);
/* The front end broke the device's rules: it has to reset the device. */
void back_break(struct back *b);

/* Boot argument `count-segments`, for tests: both numbers are printed when a session ends. */

/* Before sleeping; true: there is work already. */
static inline bool back_enable_event(struct back *b, uint32_t queue)
{
	return b->is_live && !b->is_broken && b->queue[queue].size &&
	       vqv_enable_event(&b->queue[queue]);
}

#endif
