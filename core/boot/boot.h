/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot-only part of core: what each step of the boot provides. Nothing
 * resident may include this file.
 */
#ifndef CORE_BOOT_BOOT_H
#define CORE_BOOT_BOOT_H

#include <core/boot/board.h>
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
 * segments, tree) relative to that, until system_place_identity().
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
};
extern const struct sys_fixed system_fixed[];

/*
 * The board: fills `b` from the board's device tree alone. Damage and what is
 * essential and missing (memory, cores, GIC, timer) are errors; what one can do
 * without (UART, PSCI) is left out (skerry-check --board says why). 0; SKERRY_INVALID:
 * at least one error. The caller has run dt_check() on the tree.
 */
int board_discover(const void *fdt, struct board *b, struct report *r) nodiscard;

/*
 * Finishes the tree of a guest without its own one: from what mksystem made
 * (guest->tree, its bytes checked) into `out`, at most `room` bytes;
 * fdt_totalsize(out) bytes are it. seed_offset: where the 32 zero bytes of rng-seed
 * lie in it, 0 when the board has no seed. The guest's banks are placed. 0, or
 * SKERRY_INVALID, told: damaged, or does not fit.
 */
int tree_build(const struct sys_guest *guest, const struct board *b, const void *board_fdt,
	       const void *system_fdt, void *out, uint32_t room, uint32_t *seed_offset,
	       struct report *r) nodiscard;
/* Is a property of an assigned device's node in the board's tree not copied? It is written
 * anew, or refers to nodes that the guest does not get, or names such references. */
bool tree_drops(const char *property);

/*
 * Where in the board's RAM EL2's heap and the guests' memory go. Free is what the
 * board's tree calls memory, less what it reserves, less `taken` (EL2's image, the
 * system image, the tree, the heap). Same input, same places.
 */
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

/* Fill guests[] and pcpus[] from the_system: vCPUs, stage 2, trees, pages that
 * EL2 publishes. A guest that can't be made is reported and marked refused. */
void guests_make(struct report *r);

/* Gives each of the first `count` guests a key of its own (load_set_key), made of the
 * board's seed, and forgets that; seed_size stays, to tell that there was one. Once.
 * False: the board gave none, nothing was done. */
bool seed_guests(struct board *b, uint32_t count);

#endif
