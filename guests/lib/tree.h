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
	const uint8_t *node;		/* its properties */
	const uint8_t *dma_ranges;	/* of its bus; NULL: addresses are the same */
	uint32_t dma_size;
	uint32_t dma_cells[3];		/* bus address, guest-physical address, size */
};

/* The index'th enabled node with this compatible string, in the order of the tree. Its
 * registers are mapped then, wherever they lie. */
bool tree_device(const char *compatible, uint32_t index, struct tree_device *d);
/* As tree_property() and tree_number(), of that node. */
const void *tree_device_property(const struct tree_device *d, const char *name, uint32_t *size);
uint64_t tree_device_number(const struct tree_device *d, const char *name, uint64_t otherwise);
/* The address by which the device's DMA reaches these guest-physical bytes; false: it does
 * not (Devicetree specification 0.4, 2.3.9). */
bool tree_device_dma(const struct tree_device *d, uint64_t at, uint64_t size, uint64_t *bus);

#endif
