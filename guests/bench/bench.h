/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside bench: what its files give each other. See bench.c for the rules of measuring.
 */
#ifndef BENCH_H
#define BENCH_H

#include "guest.h"

#define REPS_MAX	1001
#define COUNTER_READ	1		/* the mrs before the event */

extern char bench_vectors[];
extern uint64_t sample[REPS_MAX], reps;

void sort_samples(void);
void report(const char *name);		/* median, least and most of the samples */
void report_one(const char *name, uint64_t v);
uint64_t counter_cost(void);		/* of the two readings around what is measured */
void acknowledge(uint32_t intid);	/* that interrupt, and stops the timer */
/* Lets the other vCPU run until it waits: under icount YIELD hands the turn over. */
void let_others_wait(void);

/* measure.S */
uint64_t measure_hvc(uint64_t function, uint64_t argument);
uint64_t wait_wfi(void);
uint64_t send_bell(uint64_t function, uint64_t port, const volatile uint64_t *heard,
		   uint64_t number);
uint64_t round_trip(uint64_t function, uint64_t port);
void answer_bell(uint64_t function, uint64_t port);

#define SLOTS		64u		/* messages in a ring; a power of two */
#define BATCH_MAX	32u

struct message {
	uint64_t word[8];
};

struct side {				/* what one end writes, at the begin of its half */
	uint64_t mode;			/* wanted; of the other end: the one it is in */
	uint64_t ready, heard, time;	/* HEAR */
	uint64_t frames, mac;		/* net.c: received, and where to */
	uint64_t pad[2];
	uint32_t head;			/* messages ever sent */
	uint32_t pad2[15];
	uint32_t event;			/* ring when the other's head passes this */
	uint32_t pad3[15];
	struct message slot[SLOTS];
};

/* pair.c: the measuring end, or the other one */
void pair_run(bool is_measuring);

/* shared.c: the part that a boot argument names; false: none does */
bool shared_run(void);

/* pins.c: a pin changes, by own registers and through drv_gpio */
void pins_run(void);

/* net.c: frames from one to the other through a switch; `port` is the net link's */
void frames_send(uint32_t port, struct side *mine, const struct side *its);
void frames_take(uint32_t port, struct side *mine);

#endif
