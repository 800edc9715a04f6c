/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What EL2 is told of a system, from both ends. Bytes that are a device tree: a
 * description, for system_parse() and then EL2's check, with what follows it as the board's
 * tree. Other bytes: changes to a good table, any byte of it to anything, for EL2's check and
 * placement. Both come back, read nothing outside, and pass nothing that breaks a promise.
 */
/* sources: core/boot/system.c tools/system_parse.c tools/links_parse.c
 * tools/schedule_parse.c core/boot/fdt_util.c
 * core/boot/report.c core/boot/owner.c core/boot/place.c lib/format.c */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <core/system.h>
#include <tools/system_parse.h>

#define FUZZ_MESSAGE_MAX 1000
#include "fuzz.h"
struct system the_system;

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
	for (const struct range *f = system_fixed; f->size && !g->identity; f++) {
		need(!range_overlaps(r, *f));
	}
}

static void judge_devices(const struct sys_guest *g)
{
	need(g->device_count <= SYS_DEVICE_MAX);
	for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
		need(d->reg_count <= SYS_REG_MAX && d->irq_count <= SYS_IRQ_MAX);
		need(d->quiesce_count <= SYS_QUIESCE_MAX);
		need(!d->is_dma || (g->identity && d->quiesce_count));
		for (const struct sys_quiesce *q = d->quiesce; q < d->quiesce + d->quiesce_count;
		     q++) {
			need((q->width == 1 || q->width == 2 || q->width == 4) &&
			     q->offset % q->width == 0 && q->limit_us <= SYS_QUIESCE_MAX_US);
		}
		for (uint32_t i = 0; i < d->reg_count; i++) {
			need(d->regs[i].size && range_is_sane(d->regs[i].base, d->regs[i].size));
		}
		for (uint32_t i = 0; i < d->irq_count; i++) {
			need(d->intid[i] >= 32 && d->intid[i] < 1020);
		}
	}
}

static void judge_links(const struct system *s)
{
	uint32_t users[SKERRY_LINK_MAX] = { 0 };

	need(s->link_count <= SKERRY_LINK_MAX && s->window_count <= SKERRY_LINK_MAX);
	for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		const struct sys_window *w = &s->window[l->window];

		need(l->window < s->window_count && l->end[0].guest < s->guest_count &&
		     l->end[1].guest < s->guest_count && l->end[0].guest != l->end[1].guest &&
		     l->end[0].port < SKERRY_PORT_MAX && l->end[1].port < SKERRY_PORT_MAX &&
		     w->front == l->end[0].guest && l->transport <= SKERRY_BY_REGISTER_PAGE);
		need(l->back_index == users[l->window]++);
		for (unsigned role = 0; role < 2; role++) {
			const struct sys_end *e = &l->end[role];

			need(s->guest[e->guest].identity || (is_aligned(e->base, KIB(64)) &&
			     range_holds((struct range){ 0, 1ull << SKERRY_IPA_BITS }, e->base,
					 w->size)));
		}
	}
	for (uint32_t i = 0; i < s->window_count; i++) {
		need(s->window[i].link_count == users[i] && s->window[i].size);
	}
}

static void judge_turns(const struct system *s, unsigned core)
{
	const struct sys_core *c = &s->core[core];
	uint64_t end = 0;

	need(c->turn_count <= (c->policy == POLICY_CYCLIC ? SYS_TURN_MAX : 0));
	for (const struct sys_turn *t = c->turn; t < c->turn + c->turn_count; t++) {
		need(t->start_us >= end && t->length_us >= SYS_TIME_MIN_US);
		end = (uint64_t)t->start_us + t->length_us;
		need(end <= s->frame_us && t->guest < s->guest_count &&
		     t->vcpu < s->guest[t->guest].vcpu_count &&
		     s->guest[t->guest].cpu[t->vcpu] == core);
	}
}

static void judge_cores(const struct system *s, const struct board *b)
{
	uint32_t vcpus[SKERRY_CPU_MAX] = { 0 };

	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i < g->vcpu_count; i++) {
			const struct sys_server *v = &g->server[i];
			unsigned core = g->cpu[i];

			need(core < b->cpu_count);
			need(vcpus[core]++ < (s->core[core].policy == POLICY_STATIC ? 1 :
					      SYS_SLOT_MAX));
			if (s->core[core].policy == POLICY_SERVER) {
				need(v->budget_us >= SYS_TIME_MIN_US &&
				     v->budget_us <= v->period_us &&
				     v->period_us >= SYS_PERIOD_MIN_US &&
				     v->period_us <= SYS_TIME_MAX_US);
			}
		}
	}
	for (unsigned i = 0; i < SKERRY_CPU_MAX; i++) {
		const struct sys_core *c = &s->core[i];

		need(c->policy < POLICIES);
		need(c->policy != POLICY_RR || (c->slice_us >= SYS_TIME_MIN_US &&
						c->slice_us <= SYS_TIME_MAX_US));
		need(c->policy != POLICY_CYCLIC || (s->frame_us >= SYS_PERIOD_MIN_US &&
						    s->frame_us <= SYS_TIME_MAX_US));
		judge_turns(s, i);
	}
}

static void judge(const struct system *s, const struct board *b)
{
	judge_links(s);
	judge_cores(s, b);
	need(s->guest_count > 0 && s->guest_count <= SKERRY_GUEST_MAX);
	need(s->input >= -1 && s->input < (int)s->guest_count);
	need(s->console_driver >= -1 && s->console_driver < (int)s->guest_count);
	for (const struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		need(g->vcpu_count > 0 && g->vcpu_count <= SKERRY_VCPU_MAX);
		need(g->bank_count > 0 && g->bank_count <= (g->identity ? 1 : SYS_BANK_MAX));
		need(g->segment_count <= SYS_SEGMENT_MAX && strlen(g->name) < sizeof(g->name));
		for (uint32_t i = 0; i < g->bank_count; i++) {
			judge_bank(g, g->bank[i]);
		}
		for (uint32_t i = 0; i < g->segment_count && !g->refused; i++) {
			need(is_held(g, g->segment[i].at));
		}
		need(g->refused || is_held(g, g->tree.at));
		need(g->refused || is_held(g, (struct range){ g->entry, 4 }));
		need(g->console <= CONSOLE_PL011 && g->on_crash <= CRASH_RESET_BOARD);
		need(g->after >> s->guest_count == 0 && g->control >> s->guest_count == 0);
		judge_devices(g);
	}
	need(!s->watchdog_ms || (s->watchdog_ms >= SYS_WATCHDOG_MIN_MS &&
				 s->watchdog_ms <= SYS_WATCHDOG_MAX_MS));
}

static const struct board board = {
	.cpu_count = 4, .memory = { { 0x40000000, GIB(4) } }, .memory_count = 1, .gic_node = -1,
};

static void from_trees(const void *copy, const uint8_t *data, size_t size)
{
	static struct system s, table;
	struct report r = { .print = fuzz_print };
	size_t first = fdt_totalsize(copy);
	struct board b = board;
	const void *board_fdt;
	void *second = malloc(size - first + 1);

	memcpy(second, data + first, size - first);
	board_fdt = dt_check(second, size - first) ? second : NULL;
	b.cpu_count = 8;
	r.fdt = copy;
	if (system_parse(copy, &s, &r) == 0) {
		system_make_table(&s, &table);
		if (system_check(&s, board_fdt ? &b : NULL, board_fdt, &r) == 0) {
			judge(&s, &b);
		}
	}
	free(second);
}

/* Two guests, one of them with a device, as EL2 would take them; but for the device's path. */
static void good_table(struct system *s)
{
	memset(s, 0, sizeof(*s));
	s->guest_count = 2;
	s->input = s->console_driver = -1;
	for (uint32_t i = 0; i < 2; i++) {
		struct sys_guest *g = &s->guest[i];
		uint64_t base = i ? 0 : 0x40000000;

		g->name[0] = (char)('a' + i);
		g->identity = i == 1;
		g->cpu[0] = (uint8_t)i;
		g->bank_count = g->vcpu_count = g->segment_count = 1;
		g->bank[0] = (struct range){ base, 0x400000 };
		g->segment[0] = (struct sys_segment){ .at = { base, 0x1000 }, .image = "x" };
		g->tree = (struct sys_segment){ .at = { base + 0x200000, 0x800 }, .image = "t" };
		g->entry = base;
		g->restart_limit = 5;
	}
	for (uint32_t i = 0; i < 3; i++) {	/* on a core of each other policy */
		static const uint8_t policy[] = { POLICY_SERVER, POLICY_CYCLIC, POLICY_RR };

		s->guest[1].cpu[i] = (uint8_t)(1 + i);
		s->core[1 + i].policy = policy[i];
	}
	s->guest[1].vcpu_count = 3;
	s->guest[1].server[0] = (struct sys_server){ 1, 2000, 10000 };
	s->core[2].turn_count = 1;
	s->core[2].turn[0] = (struct sys_turn){ .start_us = 100, .length_us = 400, 1, 1, { 0 } };
	s->core[3].slice_us = 1000;
	s->frame_us = 1000;
	s->window_count = 2;
	s->window[0] = (struct sys_window){ .size = KIB(128) };
	s->window[1] = (struct sys_window){ .size = KIB(64), .kind = SKERRY_WINDOW_SHARED };
	for (uint32_t i = 0; i < 2; i++) {
		s->link[s->link_count++] = (struct sys_link){ .name = "l", .window = (uint8_t)i,
			.type = SKERRY_LINK_BLOCK, .transport = (uint8_t)i,
			.end = { { .base = 0x20000000 + i * MIB(1) }, { .guest = 1 } } };
	}
	s->guest[1].device[0] = (struct sys_device){
		.name = "disk", .path = "/bus/disk@1000", .quiesce_count = 1,
		.quiesce[0].width = 4,
	};
}

/* A board's tree with one device, whose DMA reaches the first GiB of memory. Made once. */
static const void *board_tree(void)
{
	static uint64_t tree[96];
	fdt32_t dma[6] = { 0, cpu_to_fdt32(0xc0000000), 0, cpu_to_fdt32(0x40000000), 0,
			   cpu_to_fdt32(0x40000000) };
	fdt32_t reg[4] = { 0, cpu_to_fdt32(0x1000), 0, cpu_to_fdt32(0x200) };

	if (!tree[0]) {
		need(!fdt_create(tree, sizeof(tree)) && !fdt_finish_reservemap(tree) &&
		     !fdt_begin_node(tree, "") && !fdt_property_u32(tree, "#address-cells", 2) &&
		     !fdt_property_u32(tree, "#size-cells", 2) &&
		     !fdt_begin_node(tree, "bus") && !fdt_property_u32(tree, "#address-cells", 2) &&
		     !fdt_property_u32(tree, "#size-cells", 2) &&
		     !fdt_property(tree, "ranges", NULL, 0) &&
		     !fdt_property(tree, "dma-ranges", dma, sizeof(dma)) &&
		     !fdt_begin_node(tree, "disk@1000") &&
		     !fdt_property(tree, "reg", reg, sizeof(reg)) && !fdt_end_node(tree) &&
		     !fdt_end_node(tree) && !fdt_end_node(tree) && !fdt_finish(tree));
	}
	return tree;
}

/* Each three bytes: where (two), and what. The first byte: how many devices. */
static void from_table(const uint8_t *data, size_t size)
{
	static struct system s;
	struct report r = { .print = fuzz_print };

	good_table(&s);
	s.guest[1].device_count = size ? data[0] % 2 : 0;
	for (size_t i = 1; i + 3 <= size; i += 3) {
		size_t at = data[i] | (size_t)data[i + 1] << 8;

		if (at < sizeof(s)) {
			((uint8_t *)&s)[at] = data[i + 2];
		}
	}
	if (system_check(&s, &board, board_tree(), &r) != 0) {
		need(r.errors > 0);
		return;
	}
	judge(&s, &board);
	owner_count = 0;
	place_guests(&board, &s, &r);
	for (struct sys_guest *g = s.guest; g < s.guest + s.guest_count; g++) {
		for (uint32_t i = 0; i < g->bank_count && !g->refused; i++) {
			need(range_holds(board.memory[0], g->host[i].v, g->bank[i].size));
			need(!g->identity ||
			     range_holds(g->reach, g->host[i].v, g->bank[i].size));
		}
		for (uint32_t i = 0; i < g->device_count && !g->refused; i++) {
			need(!g->device[i].is_dma ||
			     range_holds(g->device[i].reach, g->host[0].v, g->bank[0].size));
		}
	}
	for (struct sys_window *w = s.window; w < s.window + s.window_count; w++) {
		need(!w->size || range_holds(board.memory[0], w->host.v, window_whole(w)));
		need(!w->size || !w->identity || range_holds(w->reach, w->host.v, w->size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *copy = malloc(size ? size : 1);	/* aligned, and watched at its end */

	memcpy(copy, data, size);
	if (dt_check(copy, size)) {
		from_trees(copy, data, size);
	} else {
		from_table(data, size);
	}
	free(copy);
	return 0;
}
