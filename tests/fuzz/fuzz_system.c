/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a system description: system_parse() must come back, read
 * nothing outside them, and pass nothing whose ranges leave the guest's memory.
 * The board's tree is fuzzed too: what follows the description, when it is one.
 */
/* sources: core/boot/system.c core/boot/system_check.c core/boot/system_device.c
 *          core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <stdlib.h>
#include <core/boot/system_parts.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(struct report *r, bool is_error, const void *fdt, int node,
		   const char *property, const char *message)
{
	(void)r;
	(void)is_error;
	(void)fdt;
	(void)node;
	(void)property;
	(void)message;
}

static bool is_held(const struct sys_guest *g, struct range r)
{
	for (uint32_t i = 0; i < g->bank_count; i++) {
		if (range_is_sane(g->bank[i].base, g->bank[i].size) &&
		    range_holds(g->bank[i], r.base, r.size)) {
			return true;
		}
	}
	return false;
}

static void judge(const struct system *s)
{
	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		struct range own = { g->tree_address, g->tree_size };

		if (g->vcpu_count == 0 || !is_held(g, own)) {
			abort();
		}
		for (uint32_t i = 0; i < g->segment_count; i++) {
			if (!is_held(g, g->segment[i].at)) {
				abort();
			}
		}
		if (!g->refused && !is_held(g, (struct range){ g->entry, 4 })) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct system s;
	struct report r = { .print = ignore };
	struct board board = { .cpu_count = 4 };
	const void *board_fdt = NULL;
	size_t first = 0;
	void *copy = malloc(size ? size : 1);	/* aligned, and watched at its end */

	memcpy(copy, data, size);
	if (dt_check(copy, size)) {
		void *second = NULL;

		first = fdt_totalsize(copy);
		second = malloc(size - first + 1);
		memcpy(second, data + first, size - first);
		board_fdt = dt_check(second, size - first) ? second : NULL;
		if (system_parse(copy, &board, board_fdt, &s, &r) == 0) {
			judge(&s);
		}
		free(second);
	}
	free(copy);
	return 0;
}
