/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Life cycle of guests: one table of transitions. Asynchronous: a request
 * changes the state and kicks the guest's cores; each takes its vCPU off, the
 * last one out lets vCPU 0's core scrub and, where asked for, load again.
 */
#pragma once

#include <core/guest.h>

enum life_event {
	LIFE_START,		/* autostart, control: absent | stopped | crashed -> loading */
	LIFE_LOADED,		/* core/load.c: loading -> running */
	LIFE_LOAD_FAILED,	/* core/load.c: loading -> stopping, then crashed */
	LIFE_OFF,		/* PSCI, control: running | paused | loading -> stopping, stopped */
	LIFE_RESET,		/* PSCI, control: running | paused -> stopping, then loading; as
				 * LIFE_START from where that does it */
	LIFE_CRASH,		/* its vCPUs, control: running -> stopping, then as on-crash says */
	LIFE_LAST_OUT,		/* scrub ended: stopping -> next_state */
	LIFE_PAUSE,		/* control: running -> paused */
	LIFE_RESUME,		/* control: paused -> running, unless a crash has paused it */
	LIFE_QUARANTINE,	/* a DMA device would not stop: stopping -> quarantined */
	LIFE_EVENTS
};

/* Apply `event`. SKERRY_OK; SKERRY_BUSY where the table has no arrow for it, as
 * after somebody else was faster. */
int life_apply(struct guest *g, enum life_event event);

/* A vCPU did something it can't survive: applies LIFE_CRASH and prints the crash
 * record. On its own core. Nothing where another vCPU of its guest was first.
 * `cause` in words, e.g. "reported by the guest, code 3". */
void life_crash(struct vcpu *v, const char *cause, uint64_t esr, uint64_t far, uint64_t ipa);

/* As if the guest had crashed by itself; vCPU 0's core makes the record. `why` and `what` in words
 * that stay. As life_apply(). Any core, no lock held. */
int life_force(struct guest *g, const char *why, const char *what);

/* Guests that start after guest `index` may find now what they wait for. */
void life_kick_waiting(uint32_t index);

/* End the run (Ctrl-] q): every guest is asked to stop; then the final line and
 * power off, as when the last guest without `service` is gone. Any core, no lock held. */
void life_end_run(void);

/* Is no guest left that keeps the system up? Then stop the serving ones; when all
 * are down: the final line, and power off. Any core, no lock held. */
void life_check_end(void);

/* Called by a core's loop while its vCPU's guest is not running: takes the vCPU
 * off, scrubs or loads one step (STEP_SIZE at most). True: call again soon. */
bool life_work(struct vcpu *v);

/*
 * Loading a guest from its pristine bytes, and scrubbing its memory: a state
 * machine that core/life.c runs on the core of the guest's vCPU 0, a step of at
 * most STEP_SIZE at a time, while no vCPU of the guest runs. MORE: call again; DONE: loaded and
 * ready for its first instruction, or scrubbed; BAD: its bytes are damaged or have no place,
 * said on the console.
 */
enum load_result { LOAD_MORE, LOAD_DONE, LOAD_BAD };

/* Begin (again, from wherever it was): scrub all of the guest's RAM, and unless
 * `scrub_only` load it and count a new life. RAM that was scrubbed since the
 * last load is not scrubbed twice. */
void load_begin(struct guest *g, bool scrub_only);
enum load_result load_step(struct guest *g) nodiscard;

/*
 * Stopping the DMA of a stopped guest's devices, as their descriptions say.
 */
/* All of the guest's vCPUs are off. False: a device did not stop within its
 * limit (said on the console): the guest's memory must not be used again. */
bool quiesce_devices(const struct guest *g) nodiscard;

/*
 * A core's loop while no guest runs on it.
 */
/* The vCPU to enter on this core: does the work of stopping, scrubbing, loading
 * and starting meanwhile, sleeps when there is none. */
struct vcpu *core_next(struct pcpu *p);

/* On the caller's core. An interrupt asks for core_next(): who ran until now does not pay for
 * what follows. `v`, which has exited, waits for an interrupt. */
void core_came(void);
void core_wait(struct vcpu *v);
/* The hypercall YIELD of v, on core p: who is to be entered. */
struct vcpu *exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr);

/* Each core's way out of boot: never returns. The architecture's. */
void core_run(void) __attribute__((noreturn));
