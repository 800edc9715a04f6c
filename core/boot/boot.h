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
 * The caller has run fdt_check_full() on both trees. Everything found is told
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
/* The guest-physical ranges that are EL2's own in each guest: banks must not touch them;
 * name NULL ends the list. */
struct sys_fixed { struct range at; const char *name; };
extern const struct sys_fixed system_fixed[];

#endif
