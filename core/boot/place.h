/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where in the board's RAM EL2's heap and the guests' memory go. Boot only; also in
 * skerry-check. Free is what the board's tree calls memory, less what it
 * reserves, less `taken` (EL2's image, the system image, the tree, the heap).
 * Same input, same places.
 */
#ifndef CORE_BOOT_PLACE_H
#define CORE_BOOT_PLACE_H

#include <core/boot/board.h>
#include <core/system.h>

/* EL2's heap: 2 MiB aligned. 0, or SKERRY_NO_MEMORY. */
int place_heap(const struct board *b, const struct range *taken, uint32_t taken_count,
	       uint64_t size, struct range *heap) nodiscard;

/* Fills host[] of every guest's banks (and bank[0] of an identity guest), largest
 * first, so that stage 2 can use 1 GiB and 2 MiB blocks where possible. A
 * guest that finds no room is reported and marked `refused`, what it had been
 * given is free again; guests already refused get nothing. 0, or
 * SKERRY_NO_MEMORY when a guest was refused here. */
int place_guests(const struct board *b, struct system *s, const struct range *taken,
		 uint32_t taken_count, struct report *r) nodiscard;

#endif
