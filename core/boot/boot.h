/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot-only part of core: what each step of the boot provides. Nothing
 * resident may include this file.
 */
#ifndef CORE_BOOT_BOOT_H
#define CORE_BOOT_BOOT_H

#include <core/board.h>
#include <core/system.h>

/*
 * The system description: fills `s` from the compiled description, annotated
 * by mksystem, and checks what safety needs. `b` and `board_fdt` may be NULL
 * (skerry-check without a board): checks that need a board are left out.
 * The caller has run dt_check() on both trees. Everything found is told
 * to `r`. 0; SKERRY_INVALID: at least one error, `s` must not be used.
 * A guest without segments (a description that mksystem has not annotated)
 * comes back `refused`.
 * An `identity` guest has bank[0] at 0 and all of its own addresses (entry,
 * segments, ramdisk, tree) relative to that, until system_place_identity().
 */
int system_parse(const void *system_fdt, const struct board *b, const void *board_fdt,
		 struct system *s, struct report *r) nodiscard;
/* Placement chose `base` (2 MiB aligned) for an identity guest's memory. */
void system_place_identity(struct sys_guest *g, uint64_t base);
/* The guest-physical ranges that are EL2's own in each guest: banks must not
 * touch them (placement keeps an identity guest's away). A name of NULL ends it. */
struct sys_fixed {
	struct range at;
	const char *name;
	bool bars_devices;	/* neither may an assigned device's registers */
};
extern const struct sys_fixed system_fixed[];

/*
 * The board: fills `b` from the board's device tree alone. Damage and what is
 * essential and missing (memory, cores, GIC, timer) are errors; what one can do
 * without (UART, PSCI) is a warning. 0; SKERRY_INVALID: at least one error.
 * The caller has run dt_check() on the tree.
 */
int board_discover(const void *fdt, struct board *b, struct report *r) nodiscard;

/*
 * The tree that a guest without its own one gets: generated into `out`, at most
 * `room` bytes; fdt_totalsize(out) bytes are it. seed_offset: where the 32 zero
 * bytes of rng-seed lie in it, 0 when the board has no seed. The guest's banks,
 * entry and ramdisk are placed. What of an assigned device's node the guest
 * does not get is told as a warning. 0; SKERRY_NO_MEMORY: does not fit (told);
 * SKERRY_INVALID: a tree that was read is damaged.
 */
int tree_build(const struct system *sys, unsigned guest, const struct board *b,
	       const void *board_fdt, const void *system_fdt, void *out, uint32_t room,
	       uint32_t *seed_offset, struct report *r) nodiscard;

#endif
