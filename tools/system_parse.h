/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the compiled system description to the table that EL2 is given.
 */
#ifndef TOOLS_SYSTEM_PARSE_H
#define TOOLS_SYSTEM_PARSE_H

#include <core/boot/boot.h>

/*
 * Fills `s` from the compiled description, annotated by mksystem. The caller has run
 * dt_check() on it. Everything found is told to `r`. 0; SKERRY_INVALID: at least one error;
 * `s` then holds what could be read, and system_check() can say more about it. A guest
 * without segments (a description that mksystem has not annotated) comes back `refused`.
 * An `identity` guest has bank[0] at 0 and all of its own addresses (entry, segments, tree)
 * relative to that, until system_place_identity().
 */
int system_parse(const void *fdt, struct system *s, struct report *r) nodiscard;

/* Of these: no_dma and dropped, which are the same for all descriptions. */
void system_put_lists(struct system *s);

/* The bytes of the image "system": what system_parse() read, without the host's fields. */
void system_make_table(const struct system *from, struct system *table);

#endif
