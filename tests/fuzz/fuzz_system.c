/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a system description: system_parse() must come back, read
 * nothing outside them, and pass nothing whose ranges leave the guest's memory.
 * The board's tree is fuzzed too: what follows the description, when it is one.
 */
/* sources: core/boot/system.c core/boot/fdt_util.c core/boot/report.c lib/format.c */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>

#define FUZZ_MESSAGE_MAX 1000
#include "fuzz.h"

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

static void need(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void judge_bank(const struct sys_guest *g, struct range r)
{
	need(r.size && is_aligned(r.base | r.size, PAGE_SIZE));
	need(range_holds((struct range){ 0, 1ull << SKERRY_IPA_BITS }, r.base, r.size));
	for (const struct sys_fixed *f = system_fixed; f->name && !g->identity; f++) {
		need(!range_overlaps(r, f->at));
	}
}

static void judge_devices(const struct sys_guest *g)
{
	need(g->device_count <= SYS_DEVICE_MAX);
	for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
		const struct sys_quiesce *q = &d->quiesce;

		need(d->reg_count <= SYS_REG_MAX && d->irq_count <= SYS_IRQ_MAX);
		need(!d->is_dma || (g->identity && d->has_quiesce));
		need(!d->has_quiesce || ((q->width == 1 || q->width == 2 || q->width == 4) &&
		     q->offset % q->width == 0 && q->limit_us <= SYS_QUIESCE_MAX_US));
		for (uint32_t i = 0; i < d->reg_count; i++) {
			need(d->regs[i].size && range_is_sane(d->regs[i].base, d->regs[i].size));
		}
		for (uint32_t i = 0; i < d->irq_count; i++) {
			need(d->intid[i] >= 32 && d->intid[i] < 1020);
		}
	}
}

static void judge(const struct system *s, const struct board *b)
{
	uint32_t cores = 0;

	need(s->guest_count > 0 && s->guest_count <= SKERRY_GUEST_MAX);
	need(s->input >= -1 && s->input < (int)s->guest_count);
	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		need(g->vcpu_count > 0 && g->vcpu_count <= SKERRY_VCPU_MAX);
		need(g->bank_count > 0 && g->bank_count <= (g->identity ? 1 : SYS_BANK_MAX));
		need(g->segment_count <= SYS_SEGMENT_MAX && strlen(g->name) < sizeof(g->name));
		for (uint32_t i = 0; i < g->vcpu_count; i++) {
			need(g->cpu[i] < b->cpu_count && !(cores & 1u << g->cpu[i]));
			cores |= 1u << g->cpu[i];
		}
		for (uint32_t i = 0; i < g->bank_count; i++) {
			judge_bank(g, g->bank[i]);
		}
		for (uint32_t i = 0; i < g->segment_count; i++) {
			need(is_held(g, g->segment[i].at));
		}
		need(g->refused || (is_held(g, g->tree.at) && g->tree.node > 0));
		need(g->refused || is_held(g, (struct range){ g->entry, 4 }));
		judge_devices(g);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct system s;
	struct report r = { .print = fuzz_print };
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
			judge(&s, &board);
		}
		free(second);
	}
	free(copy);
	return 0;
}
