/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attacker's lives after its first, and how each ends.
 */
#ifndef LIVES_H
#define LIVES_H

#include <stdint.h>

void life_smoke(uint64_t life);	/* says whether the attacker works again */
void life_end(uint64_t life);	/* returns when this was the last one */

#endif
