/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walking trees in the host tools, and what they call things.
 */
#ifndef TOOLS_WALK_H
#define TOOLS_WALK_H

#include <libfdt.h>

/* Next node directly below `parent` after `after` (-1: the first); or negative. */
static inline int dt_child(const void *fdt, int parent, int after)
{
	return parent < 0 ? parent : after < 0 ? fdt_first_subnode(fdt, parent) :
	       fdt_next_subnode(fdt, after);
}

static inline const char *dt_name(const void *fdt, int node)
{
	return fdt_get_name(fdt, node, NULL);
}

/* Of core/boot/system.c's system_fixed[]. */
static const char *const fixed_names[] = {
	"the interrupt controller", "the console's PL011", "the register pages",
	"EL2's read-only pages", "the link windows",
};

#endif
