/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking things up in the guest's device tree (platform.tree), any time after start.
 * The tree comes from the hypervisor and is trusted. Values are big-endian as they
 * stand there; tree_number() and tree_string() turn them.
 */
#ifndef TREE_H
#define TREE_H

#include "guest.h"

/* A property of the node with this path, e.g. "/skerry@b000000/link@1"; NULL: there
 * is none. `size` in bytes. */
const void *tree_property(const char *path, const char *name, uint32_t *size);
/* One or two cells; `otherwise` where there is no such property. */
uint64_t tree_number(const char *path, const char *name, uint64_t otherwise);
/* A NUL-terminated string, or NULL. */
const char *tree_string(const char *path, const char *name);

struct tree_device {
	uint64_t base, size;		/* its first register range, guest-physical */
	uint32_t intid;			/* its first interrupt; 0: none */
	bool is_edge;
};

/* The index'th enabled node with this compatible string, in the order of the tree. Its
 * registers are mapped then, wherever they lie. */
bool tree_device(const char *compatible, uint32_t index, struct tree_device *d);

#endif
