/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a guest from its pristine bytes, and scrubbing its memory: a state
 * machine that core/life.c runs on the core of the guest's vCPU 0, a step of at
 * most 64 KiB at a time, while no vCPU of the guest runs.
 */
#ifndef CORE_LOAD_H
#define CORE_LOAD_H

#include <core/guest.h>

enum load_result {
	LOAD_MORE,		/* call again */
	LOAD_DONE,		/* loaded and ready for its first instruction; or scrubbed */
	LOAD_BAD,		/* its bytes are damaged or have no place; said on the console */
};

/* Begin (again, from wherever it was): scrub all of the guest's RAM, and unless
 * `scrub_only` load it and count a new life. RAM that was scrubbed since the
 * last load is not scrubbed twice. */
void load_begin(struct guest *g, bool scrub_only);
enum load_result load_step(struct guest *g) nodiscard;

/* Boot: the key that guest `index` draws the rng-seed of each life from. */
void load_set_key(uint32_t index, const uint8_t key[32]);

#endif
