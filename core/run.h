/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A core's loop while no guest runs on it.
 */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include <core/guest.h>

/* The vCPU to enter on this core: does the work of stopping, scrubbing, loading
 * and starting meanwhile, sleeps when there is none. */
struct vcpu *core_next(void);

/* Each core's way out of boot: never returns. The architecture's. */
void core_run(void) __attribute__((noreturn));

#endif
