/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault injection: a guest that says step() between what it does dies at one of them, as its
 * boot arguments ask for: die-at=N, die-add=M, die-lives=L: in life k of the first L (1) it
 * crashes at step N + (k - 1) x M.
 */
#ifndef STEP_H
#define STEP_H

/* Reads the boot arguments. `program` is named in the last line; NULL: dies without a word. */
void steps_begin(const char *program);
void step(void);

#endif
