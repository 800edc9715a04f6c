// SPDX-License-Identifier: BSD-2-Clause
/*
 * libFuzzer: any bytes as a system image, and all of its nodes as the images of two
 * guests' segments. What is found must lie within the bytes.
 */
/* sources: core/boot/fit.c core/boot/fdt_util.c core/boot/sha256.c core/boot/report.c lib/format.c
 * tests/host/fake/fake_arch.c */
#include <core/boot/fdt_util.h>
#include <tools/walk.h>
#include <core/boot/boot.h>
#include <lib/string.h>

#define FUZZ_MESSAGE_MAX 1000
#include "fuzz.h"

static void sum(const void *data, uint64_t size)
{
	volatile uint8_t total = 0;

	for (uint64_t i = 0; i < size; i++) {
		total = (uint8_t)(total + ((const uint8_t *)data)[i]);
	}
}

/* Sizes as the FIT has them. */
static void add_segments(const void *fit, uint64_t room, struct system *s)
{
	struct sys_guest *g = &s->guest[0];
	struct fit_image image;
	int node;

	for (node = 0; node >= 0; node = fdt_next_node(fit, node, NULL)) {
		struct sys_segment *seg = &g->segment[g->segment_count];

		if (g->segment_count == SYS_SEGMENT_MAX) {
			break;
		}
		format_to(seg->image, sizeof(seg->image), "%s", dt_name(fit, node));
		if (!fit_find(fit, room, seg->image, &image)) {
			sum(image.data, image.size);
			seg->at.size = image.size;
			seg->crc32 = image.crc32 ? fdt32_ld(image.crc32) : 0;
			g->segment_count++;
		}
	}
	g->tree = g->segment[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct system s;
	struct report r = { .print = fuzz_print };
	void *fit = malloc(size ? size : 1);
	const struct system *system;

	memcpy(fit, data, size);
	system = fit_system(fit, size, &r);
	if (!system && r.errors == 0) {
		abort();	/* a refusal says why */
	}
	if (system) {
		sum(system, sizeof(*system));
	}
	if (dt_check(fit, size)) {
		memset(&s, 0, sizeof(s));
		s.guest_count = 2;
		s.guest[0].verify = true;
		add_segments(fit, size, &s);
		s.guest[1] = s.guest[0];
		fit_resolve(fit, size, &s, &r);
		for (uint32_t i = 0; i < s.guest[0].segment_count && !s.guest[0].refused; i++) {
			sum(s.guest[0].segment[i].data, s.guest[0].segment[i].at.size);
		}
	}
	free(fit);
	return 0;
}
