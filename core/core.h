/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core offers to all of EL2 but the drivers, in one header: guests and their
 * life, calls, the console, text and memory, and the architecture's side.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <abi/errors.h>
#include <core/console.h>
#include <core/exit.h>
#include <core/guest.h>
#include <core/life.h>
#include <hv/arch.h>
#include <hv/pv.h>
#include <lib/format.h>
#include <lib/string.h>

/* Rows of the hypercall table (core/control.c); the others are their subjects'. */
int64_t hvc_control(struct vcpu *v, uint64_t *x);
int64_t hvc_stats(struct vcpu *v, uint64_t *x);
int64_t hvc_crash_read(struct vcpu *v, uint64_t *x);
int64_t hvc_watchdog(struct vcpu *v, uint64_t *x);
int64_t hvc_yield(struct vcpu *v, uint64_t *x);

#endif
