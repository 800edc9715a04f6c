// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory between a CPU with a cache and a device that does not see it; see sd_model.h. The
 * device has a copy: cleaning copies lines there, invalidating copies them back, so what a
 * driver forgets shows in the data.
 */
#include "sd_model.h"
#include "guests/drv_block/sd_port.h"
#include <stdlib.h>
#include <string.h>

#define LINE		64u
#define REGIONS		4u
#define BUS_BASE	0xc0100000u	/* of the first region, as the Pi's EMMC2 has it */

struct region {
	uint8_t *cpu, *device, *before;	/* `before`: lines as they were given to the device */
	bool *is_device;		/* a line: between clean-invalidate and invalidate */
	uint32_t size, bus;
};

uint8_t *model_memory, *model_far;
uint32_t model_size = 1u << 16;
static struct region regions[REGIONS];
static uint32_t region_count;

static struct region *region_add(uint8_t *at, uint32_t size)
{
	struct region *g = &regions[region_count];
	uint32_t bus = region_count ? g[-1].bus + g[-1].size + (1u << 16) : BUS_BASE;

	if (region_count == REGIONS) {
		abort();
	}
	region_count++;
	*g = (struct region){ at, malloc(size), malloc(size), calloc(size / LINE, 1), size, bus };
	memcpy(g->device, at, size);
	return g;
}

static struct region *region_of(const uint8_t *at, uint32_t size)
{
	for (struct region *g = regions; g < regions + region_count; g++) {
		if (at >= g->cpu && at + size <= g->cpu + g->size) {
			return g;
		}
	}
	return NULL;
}

bool sd_bus_address(const void *at, uint32_t size, uint64_t *bus)
{
	struct region *g = region_of(at, size);

	if ((const uint8_t *)at >= model_far && (const uint8_t *)at < model_far + model_size) {
		return false;
	}
	g = g ? g : region_add((uint8_t *)(uintptr_t)at, size);
	*bus = g->bus + (uint32_t)((const uint8_t *)at - g->cpu);
	return true;
}

uint8_t *device_memory(uint32_t bus, uint32_t size, bool is_written)
{
	struct region *g = regions;
	uint32_t at;

	while (g < regions + region_count && (bus < g->bus || bus - g->bus + size > g->size)) {
		g++;
	}
	if (g == regions + region_count) {
		return NULL;
	}
	at = bus - g->bus;
	for (uint32_t i = at / LINE; is_written && i <= (at + size - 1) / LINE; i++) {
		if (!g->is_device[i]) {
			model_wrong("the device writes to a line that the CPU has");
		}
	}
	return g->device + at;
}

enum care { CLEAN, CLEAN_INVALIDATE, INVALIDATE };

static void lines(const void *at, size_t size, enum care care)
{
	struct region *g = region_of(at, (uint32_t)size);

	if (!g || (uintptr_t)at % LINE || (size % LINE && care != CLEAN)) {
		model_wrong("cache maintenance of half a line, or of what DMA does not reach");
		return;
	}
	for (uint32_t i = (uint32_t)((const uint8_t *)at - g->cpu) / LINE * LINE, end = i +
	     (uint32_t)size; i < end; i += LINE) {
		if (care == INVALIDATE) {
			if (!g->is_device[i / LINE] || memcmp(g->cpu + i, g->before + i, LINE)) {
				model_wrong("the CPU wrote to a line that the device had");
			}
			memcpy(g->cpu + i, g->device + i, LINE);
		} else {
			memcpy(g->device + i, g->cpu + i, LINE);
			memcpy(g->before + i, g->cpu + i, LINE);
		}
		g->is_device[i / LINE] = care == CLEAN_INVALIDATE;
	}
}

void sd_cache_clean(const void *at, size_t size)
{
	lines(at, size, CLEAN);
}

void sd_cache_clean_invalidate(const void *at, size_t size)
{
	lines(at, size, CLEAN_INVALIDATE);
}

void sd_cache_invalidate(const void *at, size_t size)
{
	lines(at, size, INVALIDATE);
}

void memory_begin(void)
{
	for (uint32_t i = 0; i < region_count; i++) {
		free(regions[i].device);
		free(regions[i].before);
		free(regions[i].is_device);
	}
	free(model_memory);
	free(model_far);
	region_count = 0;
	model_memory = aligned_alloc(4096, model_size);
	model_far = aligned_alloc(4096, model_size);
	memset(model_memory, 0, model_size);
	memset(model_far, 0, model_size);
	region_add(model_memory, model_size);
}
