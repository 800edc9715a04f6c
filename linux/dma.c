// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * DMA of a link's device: everything is bounced through the window, whose halves
 * have one writer each. TO_DEVICE goes into the driver half, FROM_DEVICE into the device
 * half, where this guest can't write, so nothing is copied in; BIDIRECTIONAL has no place.
 * Callers are the virtio ring's, in any context; the pools need no lock, and a slot is its
 * mapping's alone.
 */
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "skerry.h"

#define GRANULE_SHIFT	9
/* Of a half, the most that one mapping takes: a block request of many segments fits */
#define MAPPINGS	256

static struct skerry_half *half_of(struct skerry_port *port, enum dma_data_direction dir)
{
	switch (dir) {
	case DMA_TO_DEVICE:
		return &port->half[0];
	case DMA_FROM_DEVICE:
		return &port->half[1];
	default:
		return NULL;
	}
}

/* The part of a mapping at `at`: copied to the window, or out of it. */
static void bounce(struct skerry_port *port, dma_addr_t at, size_t size,
		   enum dma_data_direction dir)
{
	struct skerry_half *h = half_of(port, dir);
	size_t offset = at - h->base;
	u32 first = h->slots[offset >> GRANULE_SHIFT].first;
	void *original = phys_to_virt(h->slots[first].original) + offset -
		((size_t)first << GRANULE_SHIFT);

	if (dir == DMA_TO_DEVICE)
		memcpy(h->memory + offset, original, size);
	else
		memcpy(original, h->memory + offset, size);
}

static dma_addr_t map_page(struct device *dev, struct page *page, unsigned long offset,
			   size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	struct skerry_port *port = skerry_port_of(dev);
	struct skerry_half *h = half_of(port, dir);
	unsigned long at;
	u32 first, i;

	if (!h) {
		dev_err_once(dev, "a mapping in both directions is refused\n");
		return DMA_MAPPING_ERROR;
	}
	at = gen_pool_alloc(h->pool, size);
	if (!at)
		return DMA_MAPPING_ERROR;
	first = (at - h->base) >> GRANULE_SHIFT;
	for (i = 0; i < DIV_ROUND_UP(size, 1 << GRANULE_SHIFT); i++)
		h->slots[first + i].first = first;
	h->slots[first].original = page_to_phys(page) + offset;
	if (dir == DMA_TO_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		bounce(port, at, size, dir);
	return at;
}

static void unmap_page(struct device *dev, dma_addr_t at, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	struct skerry_port *port = skerry_port_of(dev);
	struct skerry_half *h = half_of(port, dir);

	if (WARN_ON_ONCE(!h || at < h->base || at - h->base >= h->size))
		return;
	if (dir == DMA_FROM_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		bounce(port, at, size, dir);
	gen_pool_free(h->pool, at, size);
}

static int map_sg(struct device *dev, struct scatterlist *sg, int count,
		  enum dma_data_direction dir, unsigned long attrs)
{
	dev_err_once(dev, "scatter lists go through the virtio ring only\n");
	return -EIO;
}

static void unmap_sg(struct device *dev, struct scatterlist *sg, int count,
		     enum dma_data_direction dir, unsigned long attrs)
{
}

static void sync_single_for_cpu(struct device *dev, dma_addr_t at, size_t size,
				enum dma_data_direction dir)
{
	if (dir == DMA_FROM_DEVICE)
		bounce(skerry_port_of(dev), at, size, dir);
}

static void sync_single_for_device(struct device *dev, dma_addr_t at, size_t size,
				   enum dma_data_direction dir)
{
	if (dir == DMA_TO_DEVICE)
		bounce(skerry_port_of(dev), at, size, dir);
}

static size_t max_mapping_size(struct device *dev)
{
	size_t part = skerry_port_of(dev)->half[0].size / MAPPINGS;

	return max_t(size_t, round_down(part, PAGE_SIZE), PAGE_SIZE);
}

static int dma_supported(struct device *dev, u64 mask)
{
	return 1;
}

static const struct dma_map_ops dma_ops = {
	.map_page = map_page,
	.unmap_page = unmap_page,
	.map_sg = map_sg,
	.unmap_sg = unmap_sg,
	.sync_single_for_cpu = sync_single_for_cpu,
	.sync_single_for_device = sync_single_for_device,
	.max_mapping_size = max_mapping_size,
	.dma_supported = dma_supported,
};

static int half_open(struct skerry_half *h, phys_addr_t base, size_t size)
{
	h->base = base;
	h->size = size;
	h->memory = memremap(base, size, MEMREMAP_WB);
	h->slots = kvcalloc(size >> GRANULE_SHIFT, sizeof(*h->slots), GFP_KERNEL);
	h->pool = gen_pool_create(GRANULE_SHIFT, -1);
	if (!h->memory || !h->slots || !h->pool)
		return -ENOMEM;
	return gen_pool_add(h->pool, base, size, -1);
}

static void half_close(struct skerry_half *h)
{
	if (h->pool)
		gen_pool_destroy(h->pool);
	kvfree(h->slots);
	if (h->memory)
		memunmap(h->memory);
}

int skerry_halves_open(struct skerry_port *port, phys_addr_t base, size_t size)
{
	int result = half_open(&port->half[0], base, size / 2);

	if (!result)
		result = half_open(&port->half[1], base + size / 2, size / 2);
	port->dev.dma_mask = &port->dev.coherent_dma_mask;
	port->dev.coherent_dma_mask = DMA_BIT_MASK(64);
	set_dma_ops(&port->dev, &dma_ops);
	return result;
}

void skerry_halves_close(struct skerry_port *port)
{
	half_close(&port->half[0]);
	half_close(&port->half[1]);
}
