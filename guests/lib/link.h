/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links to other guests (abi/link.h, docs/pv-protocols.md): which ports this guest has,
 * their parameters, their messages, doorbells and events.
 *
 * Interrupts of links only note what came; the work is done by handlers that link_poll()
 * calls, so a guest's main loop is
 *
 *	link_init();
 *	... link_on_notify(port, fn), link_on_event(port, fn) ...
 *	for (;;) {
 *		link_poll();
 *		link_wait();
 *	}
 *
 * and nothing there needs a lock. link_poll() and link_wait() are for one vCPU.
 */
#ifndef LINK_H
#define LINK_H

#include "guest.h"
#include <abi/message.h>

/* Maps the windows and opens the interrupts of all ports to the calling vCPU. Before
 * anything else of this file, once. Returns the number of ports (0: no links). */
uint32_t link_init(void);

/* What the information page says of a port; NULL: no such port. */
const struct skerry_link *link_info(uint32_t port);
int link_by_name(const char *name);		/* the port, or -1 */
/* The index'th port of this kind (SKERRY_LINK_*, SKERRY_FRONT or _BACK), or -1. */
int link_by_type(uint32_t type, uint32_t role, uint32_t index);
/* The part of a port's window that `role` writes: a half of a split one, all of a
 * shared one. Addresses in this guest. */
struct bank link_half(uint32_t port, uint32_t role);

/* Parameters of the description, from the port's node in the device tree. `child` is
 * NULL, or the name of a node below it ("volume"). */
const void *link_bytes(uint32_t port, const char *child, const char *name, uint32_t *size);
const char *link_string(uint32_t port, const char *child, const char *name);	/* or NULL */
uint64_t link_number(uint32_t port, const char *child, const char *name, uint64_t otherwise);

/* Ring the other end's bell. OK, INVALID (no such port). */
#ifdef SKERRY_HOST
int64_t link_notify(uint32_t port);
#else
static inline int64_t link_notify(uint32_t port)
{
	register uint64_t x0 asm("x0") = SKERRY_HVC_NOTIFY;
	register uint64_t x1 asm("x1") = port;

	asm volatile("hvc #0" : "+r"(x0) : "r"(x1) : "memory");
	return (int64_t)x0;
}
#endif

/* One message to EL2's transport: `m` is request, then answer. x0 of the call. */
int64_t link_message(uint32_t port, struct skerry_msg *m);
/* The same with its parts: payload of `size` bytes there, `answer_size` back. Either
 * may be NULL with size 0. */
int64_t link_ask(uint32_t port, uint32_t type, const void *payload, uint32_t size, void *answer,
		 uint32_t answer_size);

/* A back end's messages. */
int64_t link_offer(uint32_t port, const struct skerry_msg_offer *offer, uint32_t *epoch);
int64_t link_state(uint32_t port, struct skerry_msg_state *state);
int64_t link_queue(uint32_t port, uint32_t index, struct skerry_msg_vqueue *queue);
int64_t link_ack(uint32_t port, uint32_t epoch);
int64_t link_needs_reset(uint32_t port);
/* Config bytes, any count up to SKERRY_CONFIG_MAX; both ends. */
int64_t link_config_read(uint32_t port, uint32_t offset, void *to, uint32_t size);
int64_t link_config_write(uint32_t port, uint32_t offset, const void *from, uint32_t size);

/* `events`: SKERRY_EVENT_* that have gathered; `epoch` as of now. */
typedef void (*link_event_fn)(uint32_t port, uint32_t events, uint32_t epoch);
typedef void (*link_notify_fn)(uint32_t port);

void link_on_notify(uint32_t port, link_notify_fn fn);
void link_on_event(uint32_t port, link_event_fn fn);
/* The event interrupt came, whoever it is for: also console input and the console's log.
 * Or link_wake() was called. */
void link_on_other(void (*fn)(void));
/* By other interrupts' handlers: link_wait() returns, link_poll() calls on_other's. */
void link_wake(void);
/* As if the event interrupt and all links' had come: for who keeps them closed and looks from
 * time to time. */
void link_look(void);
/* Calls the handlers of all that came since the last time; how many it called. */
uint32_t link_poll(void);
/* Sleeps until an interrupt; returns at once while something waits for link_poll(). */
void link_wait(void);
/* The same, at most so long. Uses the virtual timer; see sleep_unless(). */
void link_wait_us(uint64_t us);

#endif
