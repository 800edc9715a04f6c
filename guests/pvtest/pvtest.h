/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvtest: links and virtio, tested from inside. What a guest with this image does, its
 * bootargs say; see main.c.
 */
#ifndef PVTEST_H
#define PVTEST_H

#include "link.h"
#include "step.h"
#include "test.h"

/* Interrupts that came, by link port and for events; counted by counters_open(). */
extern volatile uint64_t bells[SKERRY_PORT_MAX], event_irqs;

void counters_open(void);
/* Waits until a counter has reached `least`; false: it takes too long. */
bool wait_count(const volatile uint64_t *counter, uint64_t least);

/* mail.c: the link "ctl" carries work from the tester (front end) to the servant. */
enum mail_op {
	MAIL_HVC,		/* x0..x17: a hypercall, and its results */
	MAIL_READ,		/* x0 address, x1 width -> x0 ESR, x1 value */
	MAIL_WRITE,		/* x0 address, x1 width, x2 value -> x0 ESR */
	MAIL_OR,		/* x0 address, x1 size -> x0: all words ORed */
	MAIL_FILL,		/* x0 address, x1 size, x2 value of all words */
	MAIL_COUNTS,		/* -> x0 life, x1 event interrupts, x2.. bells by port */
	MAIL_MODE,		/* x0: see enum servant_mode */
	MAIL_RESET,		/* a new life; the answer comes before */
	MAIL_CRASH,		/* x0 microseconds later */
};

enum servant_mode {
	SERVANT_ACKS,		/* fetches events and acknowledges what is due */
	SERVANT_OBEYS,		/* does what it is told and no more */
};

struct mail {
	uint64_t sequence, op, x[18];
};

void servant_run(void);
/* Has the servant do it; results in `m`. False: it does not answer. */
bool mail(struct mail *m, enum mail_op op);
/* The servant's link_ask(). */
int64_t servant_ask(uint32_t port, uint32_t type, const void *payload, uint32_t size,
		    void *answer, uint32_t answer_size);
/* Its EVENT: the port, or an error. */
int64_t servant_event(uint64_t *bits, uint64_t *epoch);
uint64_t servant_count(uint32_t index);		/* of MAIL_COUNTS */
void servant_reset(void);			/* and waits until it is there again */
void servant_mode(enum servant_mode mode);

/* Ports of the links of tests/qemu/test_links.py: mine, and the servant's. */
struct ports {
	uint32_t ctl, device, reverse;
};

extern struct ports mine, its;

/* serve.c: sectors' content. What is read is stamped otherwise than what is written. */
#define STAMP_READ	0
#define STAMP_WRITTEN	77
#define STAMP_SECTORS	4096

uint64_t stamp(uint64_t sector, uint64_t salt);
void stamp_fill(void *data, uint64_t sector, uint32_t size, uint64_t salt);
bool stamp_is(const void *data, uint64_t sector, uint32_t size, uint64_t salt);

void serve_run(void);			/* serve.c */
void load_run(void);			/* load.c */
void tester_run(void);			/* tester.c */
void test_device_setup(void);		/* device.c */
void test_device_refusals(void);
void test_device_queues(void);
void test_device_config(void);
void test_device_reset(void);
void test_device_needs_reset(void);
void test_device_lives(void);
void foreign_run(void);			/* foreign.c */

#endif
