/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core offers to all of EL2 but the drivers, in one header: guests and their
 * life, calls, the console, text and memory, and the architecture's side.
 */
#pragma once

#include <abi/errors.h>
#include <abi/hypercalls.h>
#include <abi/smccc.h>
#include <abi/stats.h>
#include <core/console.h>
#include <core/exit.h>
#include <core/guest.h>
#include <core/life.h>
#include <hv/arch.h>
#include <hv/pv.h>
#include <hv/sched.h>
#include <lib/string.h>

/* Core `cpu` runs core_next() before it goes on with a guest. From any core, no lock held but
 * a guest's life's. */
static inline void core_look(unsigned cpu)
{
	__atomic_store_n(&pcpus[cpu].look, true, __ATOMIC_SEQ_CST);
	if (cpu != arch_cpu_index()) {
		arch_cpu_kick(cpu);
	}
}

/* Watchdogs of the guests whose vCPU 0 is on `cpu`, the caller's core: what is due at `now` has
 * crashed. When it is to be asked again at the latest, ticks; UINT64_MAX: none is set. */
uint64_t watchdog_look(unsigned cpu, uint64_t now);
extern uint32_t watchdog_critical;	/* who feeds the board's, a bit each; 0: it has none */
void watchdog_shift(struct guest *g, uint64_t ticks);	/* it was paused for so long; any core */

/* What others may know of `v`'s time: after v->ticks, v->time have changed; own core. */
void time_publish(struct vcpu *v);

/* Rows of the hypercall table, hvc_version() ..., each in the file of its subject: they get
 * x0..x17, read arguments from x1 on and return x0. */
#define HVC_HANDLER(number, NAME, name, ...) int64_t hvc_##name(struct vcpu *v, uint64_t *x);
SKERRY_HYPERCALLS(HVC_HANDLER)
