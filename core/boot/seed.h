/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guests' random seeds out of the board's. Boot only.
 */
#ifndef CORE_BOOT_SEED_H
#define CORE_BOOT_SEED_H

#include <core/boot/board.h>

/* Gives each of the first `count` guests a key of its own (load_set_key), and
 * forgets the board's seed; seed_size stays, to tell that there was one. Once.
 * False: the board gave none, nothing was done. */
bool seed_guests(struct board *b, uint32_t count);

#endif
