/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board discovery: fills struct board from the board's device tree, and from
 * nothing else. One walk over all nodes finds what is known by its place, name
 * or `compatible`; then each thing is read and checked. Called once, by the boot
 * core and by skerry-check. The tree is not trusted: whatever stands in it, the
 * answer is a report, never a fault or an endless loop.
 */
#include <core/boot/board_parts.h>
#include <lib/string.h>

#define MPIDR_AFFINITY	0xff00ffffffull

enum role { ROLE_GIC, ROLE_TIMER, ROLE_PSCI, ROLE_PM };

static const struct {
	const char *compatible;
	enum role role;
} known[] = {
	{ "arm,gic-400", ROLE_GIC },
	{ "arm,cortex-a15-gic", ROLE_GIC },
	{ "arm,cortex-a7-gic", ROLE_GIC },
	{ "arm,gic-v3", ROLE_GIC },
	{ "arm,armv8-timer", ROLE_TIMER },
	{ "arm,armv7-timer", ROLE_TIMER },
	{ "arm,psci-1.0", ROLE_PSCI },
	{ "arm,psci-0.2", ROLE_PSCI },
	{ "arm,psci", ROLE_PSCI },
	{ "brcm,bcm2711-pm", ROLE_PM },
	{ "brcm,bcm2835-pm", ROLE_PM },
};

/* Add to a sorted list, merging what touches; false: the list is full */
static bool add_range(struct range *list, uint32_t *count, uint32_t max, struct range add)
{
	uint32_t from = 0, to, n = *count;
	uint64_t end = add.base + add.size;

	while (from < n && list[from].base + list[from].size < add.base) {
		from++;
	}
	for (to = from; to < n && list[to].base <= end; to++) {
		add.base = min_u64(add.base, list[to].base);
		end = max_u64(end, list[to].base + list[to].size);
	}
	if (from == to && n == max) {
		return false;
	}
	memmove(list + from + 1, list + to, (n - to) * sizeof(*list));
	list[from] = (struct range){ add.base, end - add.base };
	*count = n - (to - from) + 1;
	return true;
}

static void read_memory(struct board_search *s, const struct dt_place *p)
{
	struct range at;
	uint64_t from, to;
	int result;

	for (unsigned i = 0; (result = dt_reg(p, i, &at)) == SKERRY_OK; i++) {
		from = align_up(at.base, PAGE_SIZE);
		to = align_down(at.base + at.size, PAGE_SIZE);
		if (from < at.base || from >= to) {
			continue;	/* empty, as in a tree that the firmware is to fill in */
		}
		if (!add_range(s->b->memory, &s->b->memory_count, BOARD_MEMORY_MAX,
			       (struct range){ from, to - from })) {
			report_error(s->r, s->fdt, p->node, "reg", "more than %u memory ranges",
				     BOARD_MEMORY_MAX);
			return;
		}
	}
	if (result != SKERRY_AGAIN) {
		report_error(s->r, s->fdt, p->node, "reg", "range is malformed or wraps");
	}
}

static void reserve(struct board_search *s, int node, struct range at)
{
	uint64_t top = align_down(UINT64_MAX, PAGE_SIZE);
	uint64_t from = align_down(at.base, PAGE_SIZE);
	uint64_t to = at.base + at.size > top ? top : align_up(at.base + at.size, PAGE_SIZE);

	if (at.size && !add_range(s->b->reserved, &s->b->reserved_count, BOARD_RESERVED_MAX,
				  (struct range){ from, to - from })) {
		report_error(s->r, s->fdt, node, NULL, "more than %u reserved ranges, no room for "
			     "0x%lx", BOARD_RESERVED_MAX, at.base);
	}
}

/* /memreserve/ and the static ranges of /reserved-memory, with or without no-map */
static void read_reserved(struct board_search *s)
{
	struct dt_place p = { .fdt = s->fdt, .depth = 2, .up = { 0, s->reserved } };
	struct range at;
	int result, count = fdt_num_mem_rsv(s->fdt);

	for (int i = 0; i < count; i++) {
		if (fdt_get_mem_rsv(s->fdt, i, &at.base, &at.size) == 0) {
			if (!range_is_sane(at.base, at.size)) {
				report_error(s->r, s->fdt, 0, "memreserve", "0x%lx, size 0x%lx "
					     "wraps", at.base, at.size);
				continue;
			}
			reserve(s, 0, at);
		}
	}
	if (s->reserved < 0) {
		return;
	}
	p.node = -1;
	while ((p.node = dt_child(s->fdt, s->reserved, p.node)) >= 0) {
		p.up[2] = p.node;
		if (!dt_is_enabled(s->fdt, p.node)) {
			continue;
		}
		for (unsigned i = 0; (result = dt_reg_raw(&p, i, &at)) == SKERRY_OK; i++) {
			reserve(s, p.node, at);
		}
		if (result != SKERRY_AGAIN) {
			report_error(s->r, s->fdt, p.node, "reg", "range is malformed or wraps");
		}
	}
}

static void read_enable_method(struct board_search *s, int node, struct board_cpu *c)
{
	const char *method = dt_string(s->fdt, node, "enable-method");

	if (!method) {
		method = dt_string(s->fdt, s->cpus, "enable-method");
	}
	if (method && strcmp(method, "psci") == 0) {
		c->enable = ENABLE_PSCI;
	} else if (method && strcmp(method, "spin-table") == 0) {
		if (dt_number(s->fdt, node, "cpu-release-addr", &c->release) &&
		    is_aligned(c->release, 8)) {
			c->enable = ENABLE_SPIN_TABLE;
		} else {
			report_warning(s->r, s->fdt, node, "cpu-release-addr",
				       "spin table without an 8-byte aligned release address");
		}
	} else if (s->b->cpu_count > 0) {
		report_warning(s->r, s->fdt, node, "enable-method", "\"%s\": this core can't be "
			       "started", method ? method : "none");
	}
}

static void read_cpu(struct board_search *s, int node)
{
	struct board *b = s->b;
	struct board_cpu *c = &b->cpu[b->cpu_count];
	int size, cells = dt_cell_count(s->fdt, s->cpus, "#address-cells", 1);
	const void *reg = dt_prop(s->fdt, node, "reg", &size);
	uint64_t mpidr;

	if (!reg || cells < 1 || size < cells * 4 || !dt_cells(reg, cells, &mpidr) ||
	    (mpidr & ~MPIDR_AFFINITY)) {
		report_error(s->r, s->fdt, node, "reg", "no affinity as in MPIDR_EL1");
		return;
	}
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		if (b->cpu[i].mpidr == mpidr) {
			report_error(s->r, s->fdt, node, "reg", "0x%lx is core %u's already",
				     mpidr, i);
			return;
		}
	}
	c->mpidr = mpidr;
	read_enable_method(s, node, c);
	b->cpu_count++;
}

static void read_cpus(struct board_search *s)
{
	int node;

	if (s->cpus < 0) {
		report_error(s->r, s->fdt, 0, NULL, "no /cpus");
		return;
	}
	for (node = dt_next_cpu(s->fdt, s->cpus, -1); node >= 0;
	     node = dt_next_cpu(s->fdt, s->cpus, node)) {
		if (s->b->cpu_count == SKERRY_CPU_MAX) {
			report_warning(s->r, s->fdt, node, NULL, "only the first %u cores are used",
				       SKERRY_CPU_MAX);
			return;
		}
		read_cpu(s, node);
	}
	if (s->b->cpu_count == 0) {
		report_error(s->r, s->fdt, s->cpus, NULL, "no enabled cpu node");
	}
}

static void read_psci(struct board_search *s)
{
	const char *method = s->psci < 0 ? NULL : dt_string(s->fdt, s->psci, "method");
	uint32_t cpu_on;

	if (s->psci < 0) {
		report_warning(s->r, s->fdt, 0, NULL, "no PSCI node: no power-off by firmware");
		return;
	}
	if (!dt_is_compatible(s->fdt, s->psci, "arm,psci-0.2") &&
	    !dt_is_compatible(s->fdt, s->psci, "arm,psci-1.0") &&
	    !(dt_u32(s->fdt, s->psci, "cpu_on", &cpu_on) && cpu_on == 0xC4000003)) {
		report_warning(s->r, s->fdt, s->psci, "cpu_on", "PSCI 0.1 with function numbers "
			       "of its own is not used");
	} else if (method && strcmp(method, "smc") == 0) {
		s->b->psci = PSCI_BY_SMC;
	} else if (method && strcmp(method, "hvc") == 0) {
		s->b->psci = PSCI_BY_HVC;
	} else {
		report_warning(s->r, s->fdt, s->psci, "method", "\"%s\" is neither smc nor hvc",
			       method ? method : "");
	}
}

static void read_chosen(struct board_search *s)
{
	struct board *b = s->b;
	uint64_t from, to;
	int size;
	const void *seed;

	if (s->chosen < 0) {
		return;
	}
	if (dt_number(s->fdt, s->chosen, "linux,initrd-start", &from) &&
	    dt_number(s->fdt, s->chosen, "linux,initrd-end", &to)) {
		if (to > from) {
			b->initrd = (struct range){ from, to - from };
		} else {
			report_error(s->r, s->fdt, s->chosen, "linux,initrd-end", "0x%lx is not "
				     "above linux,initrd-start 0x%lx", to, from);
		}
	}
	seed = dt_prop(s->fdt, s->chosen, "rng-seed", &size);
	if (seed && size > 0) {
		b->seed_size = (uint32_t)min_u64((uint64_t)size, sizeof(b->seed));
		memcpy(b->seed, seed, b->seed_size);
	}
}

/* A node with a known `compatible`: the first of its kind is it */
static void take(struct board_search *s, const struct dt_place *p, enum role role)
{
	struct dt_place *place = role == ROLE_GIC ? &s->gic : &s->timer;

	if (role == ROLE_PSCI) {
		s->psci = s->psci < 0 ? p->node : s->psci;
	} else if (role == ROLE_PM) {
		if (s->b->pm.size == 0 && dt_reg(p, 0, &s->b->pm) != SKERRY_OK) {
			s->b->pm = (struct range){ 0, 0 };
			report_warning(s->r, s->fdt, p->node, "reg", "PM block not usable");
		}
	} else if (place->depth == 0) {
		*place = *p;
	}
}

/* A node directly below the root: known by its name? */
static void look_at_top(struct board_search *s, const struct dt_place *p)
{
	const char *type = dt_string(s->fdt, p->node, "device_type");

	if ((type && strcmp(type, "memory") == 0) || dt_is_named(s->fdt, p->node, "memory")) {
		if (dt_is_enabled(s->fdt, p->node)) {
			read_memory(s, p);
		}
	} else if (dt_is_named(s->fdt, p->node, "cpus")) {
		s->cpus = p->node;
	} else if (dt_is_named(s->fdt, p->node, "reserved-memory")) {
		s->reserved = p->node;
	} else if (dt_is_named(s->fdt, p->node, "chosen")) {
		s->chosen = p->node;
	}
}

static void look_at(struct board_search *s, const struct dt_place *p)
{
	int size;
	const char *list = dt_prop(s->fdt, p->node, "compatible", &size);

	if (p->depth == 1) {
		look_at_top(s, p);
	}
	if (!list || size <= 0) {
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		if (fdt_stringlist_contains(list, size, known[i].compatible)) {
			if (dt_is_enabled(s->fdt, p->node)) {
				take(s, p, known[i].role);
			}
			return;
		}
	}
}

int board_discover(const void *fdt, struct board *b, struct report *r)
{
	struct board_search s = { .fdt = fdt, .b = b, .r = r, .cpus = -1, .reserved = -1,
			    .chosen = -1, .psci = -1 };
	struct dt_place p;
	const char *model;
	uint32_t before = r->errors;

	memset(b, 0, sizeof(*b));
	if (!dt_check(fdt, UINT32_MAX)) {
		report_error(r, NULL, -1, NULL, "the board's device tree is damaged");
		return SKERRY_INVALID;
	}
	model = dt_string(fdt, 0, "model");
	str_copy(b->model, model ? model : "unnamed board", sizeof(b->model));
	for (dt_root(&p, fdt); dt_next(&p);) {
		look_at(&s, &p);
	}
	if (b->memory_count == 0) {
		report_error(r, fdt, 0, NULL, "no memory node with a size (the firmware fills it in)");
	}
	read_reserved(&s);
	read_cpus(&s);
	read_psci(&s);
	board_read_gic(&s);
	board_read_timer(&s);
	board_read_uart(&s);
	read_chosen(&s);
	return r->errors == before ? SKERRY_OK : SKERRY_INVALID;
}
