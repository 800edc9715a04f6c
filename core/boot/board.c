/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board discovery: fills struct board from the board's device tree, and from
 * nothing else. One walk over all nodes finds what is known by its place, name
 * or `compatible`; then each thing is read and checked. Called once, by the boot
 * core and by skerry-check. What stands in the tree is not trusted: the answer
 * is a report, never a fault or an endless loop.
 */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <lib/string.h>

#define MPIDR_AFFINITY	0xff00ffffffull
#define GICC_SIZE	0x2000	/* GICC_DIR lies in the second page (IHI 0048B, 4.1.3) */

enum role {
	ROLE_GIC, ROLE_TIMER, ROLE_PSCI, ROLE_PM,		/* by `compatible` */
	ROLE_CPUS, ROLE_RESERVED, ROLE_CHOSEN,			/* by name, below the root */
	ROLES
};

static const struct {
	const char *compatible;
	enum role role;
} known[] = {
	{ "arm,gic-400", ROLE_GIC }, { "arm,cortex-a15-gic", ROLE_GIC },
	{ "arm,cortex-a7-gic", ROLE_GIC }, { "arm,gic-v3", ROLE_GIC },
	{ "arm,armv8-timer", ROLE_TIMER }, { "arm,armv7-timer", ROLE_TIMER },
	{ "arm,psci-1.0", ROLE_PSCI }, { "arm,psci-0.2", ROLE_PSCI }, { "arm,psci", ROLE_PSCI },
	{ "brcm,bcm2711-pm", ROLE_PM }, { "brcm,bcm2835-pm", ROLE_PM },
};

struct search {
	const void *fdt;
	struct board *b;
	struct report *r;
	struct dt_place at[ROLES];	/* the first of its kind; node -1: not found */
};

#define error_at(s, node, property, ...) \
	report_error((s)->r, (s)->fdt, (node), (property), __VA_ARGS__)
#define warn_at(s, node, property, ...) \
	report_warning((s)->r, (s)->fdt, (node), (property), __VA_ARGS__)

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

/* Memory in whole pages that it has; a range of size 0 is for the firmware to fill in */
static bool add_memory(struct board *b, struct range at)
{
	uint64_t from = align_up(at.base, PAGE_SIZE);
	uint64_t to = align_down(at.base + at.size, PAGE_SIZE);

	return from < at.base || from >= to ||
	       add_range(b->memory, &b->memory_count, BOARD_MEMORY_MAX,
			 (struct range){ from, to - from });
}

/* What is reserved, in whole pages that it touches */
static bool add_reserved(struct board *b, struct range at)
{
	uint64_t top = align_down(UINT64_MAX, PAGE_SIZE), from = align_down(at.base, PAGE_SIZE);
	uint64_t to = at.base + at.size > top ? top : align_up(at.base + at.size, PAGE_SIZE);

	return at.size == 0 || from >= to ||
	       add_range(b->reserved, &b->reserved_count, BOARD_RESERVED_MAX,
			 (struct range){ from, to - from });
}

static void read_ranges(struct search *s, const struct dt_place *p, bool is_memory)
{
	struct range at;
	int result = SKERRY_OK;

	if (!dt_is_enabled(s->fdt, p->node)) {
		return;
	}
	for (unsigned i = 0; (result = dt_reg_raw(p, i, &at)) == SKERRY_OK; i++) {
		if (!(is_memory ? add_memory(s->b, at) : add_reserved(s->b, at))) {
			error_at(s, p->node, "reg", "one range too many: 0x%lx", at.base);
			return;
		}
	}
	if (result != SKERRY_AGAIN) {
		error_at(s, p->node, "reg", "malformed, or a range that wraps");
	}
}

/* /memreserve/ and the static ranges of /reserved-memory, with or without no-map */
static void read_reserved(struct search *s)
{
	struct dt_place p = s->at[ROLE_RESERVED];
	int list = p.node, count = fdt_num_mem_rsv(s->fdt);
	struct range at;

	for (int i = 0; i < count; i++) {
		if (fdt_get_mem_rsv(s->fdt, i, &at.base, &at.size) != 0 ||
		    !range_is_sane(at.base, at.size) || !add_reserved(s->b, at)) {
			error_at(s, 0, "memreserve", "0x%lx wraps, or is one too many", at.base);
			return;
		}
	}
	p.depth = 2;
	for (p.node = -1; (p.node = dt_child(s->fdt, list, p.node)) >= 0;) {
		p.up[2] = p.node;
		read_ranges(s, &p, false);
	}
}

static void read_enable_method(struct search *s, int node, struct board_cpu *c)
{
	const char *method = dt_string(s->fdt, node, "enable-method");

	if (!method) {
		method = dt_string(s->fdt, s->at[ROLE_CPUS].node, "enable-method");
	}
	if (method && strcmp(method, "psci") == 0) {
		c->enable = ENABLE_PSCI;
	} else if (method && strcmp(method, "spin-table") == 0 &&
		   dt_number(s->fdt, node, "cpu-release-addr", &c->release) &&
		   is_aligned(c->release, 8)) {
		c->enable = ENABLE_SPIN_TABLE;
	} else if (s->b->cpu_count > 0) {
		warn_at(s, node, "enable-method", "\"%s\", or its cpu-release-addr: this core "
			"can't be started", method ? method : "none");
	}
}

static void read_cpu(struct search *s, int node)
{
	struct board *b = s->b;
	int size, cells = dt_cell_count(s->fdt, s->at[ROLE_CPUS].node, "#address-cells", 1);
	const void *reg = dt_prop(s->fdt, node, "reg", &size);
	uint64_t mpidr;

	if (!reg || cells < 1 || size < cells * 4 || !dt_cells(reg, cells, &mpidr) ||
	    (mpidr & ~MPIDR_AFFINITY)) {
		error_at(s, node, "reg", "no affinity as in MPIDR_EL1");
		return;
	}
	for (uint32_t i = 0; i < b->cpu_count; i++) {
		if (b->cpu[i].mpidr == mpidr) {
			error_at(s, node, "reg", "0x%lx is core %u's already", mpidr, i);
			return;
		}
	}
	b->cpu[b->cpu_count].mpidr = mpidr;
	read_enable_method(s, node, &b->cpu[b->cpu_count]);
	b->cpu_count++;
}

static void read_cpus(struct search *s)
{
	int node = -1, cpus = s->at[ROLE_CPUS].node;

	while ((node = dt_next_cpu(s->fdt, cpus, node)) >= 0) {
		if (s->b->cpu_count == SKERRY_CPU_MAX) {
			warn_at(s, node, NULL, "only the first %u cores are used", SKERRY_CPU_MAX);
			return;
		}
		read_cpu(s, node);
	}
	if (s->b->cpu_count == 0) {
		error_at(s, cpus < 0 ? 0 : cpus, NULL, "no enabled cpu node");
	}
}

static void read_psci(struct search *s)
{
	int node = s->at[ROLE_PSCI].node;
	const char *method = dt_string(s->fdt, node, "method");
	uint32_t cpu_on;

	if (node < 0) {
		if (s->b->pm.size == 0) {
			warn_at(s, 0, NULL, "no PSCI node, and no other way to power off");
		}
	} else if (!dt_is_compatible(s->fdt, node, "arm,psci-0.2") &&
		   !dt_is_compatible(s->fdt, node, "arm,psci-1.0") &&
		   !(dt_u32(s->fdt, node, "cpu_on", &cpu_on) && cpu_on == 0xC4000003)) {
		warn_at(s, node, "cpu_on", "PSCI 0.1 with function numbers of its own: not used");
	} else if (method && strcmp(method, "smc") == 0) {
		s->b->psci = PSCI_BY_SMC;
	} else if (method && strcmp(method, "hvc") == 0) {
		s->b->psci = PSCI_BY_HVC;
	} else {
		warn_at(s, node, "method", "\"%s\" is neither smc nor hvc", method ? method : "");
	}
}

/* The GIC's reg entry `index`, which must be there */
static bool need_reg(struct search *s, unsigned index, const char *what, struct range *out)
{
	if (dt_reg(&s->at[ROLE_GIC], index, out) == SKERRY_OK && out->size != 0) {
		return true;
	}
	error_at(s, s->at[ROLE_GIC].node, "reg", "no %s (entry %u), or no way to it through "
		 "`ranges`", what, index);
	*out = (struct range){ 0, 0 };
	return false;
}

static void read_gic_v2(struct search *s)
{
	struct board *b = s->b;

	if (!need_reg(s, 0, "distributor", &b->gicd) ||
	    !need_reg(s, 1, "CPU interface", &b->gicc) ||
	    !need_reg(s, 2, "virtual interface control", &b->gich) ||
	    !need_reg(s, 3, "virtual CPU interface", &b->gicv)) {
		return;
	}
	b->gicc.size = max_u64(b->gicc.size, GICC_SIZE);	/* some trees say 4 KiB */
	b->gicv.size = max_u64(b->gicv.size, GICC_SIZE);
	b->gic = GIC_V2;
}

static void read_gic_v3(struct search *s)
{
	struct board *b = s->b;
	int node = s->at[ROLE_GIC].node;
	uint32_t regions = 1;
	uint64_t stride = 0;

	dt_u32(s->fdt, node, "#redistributor-regions", &regions);
	dt_number(s->fdt, node, "redistributor-stride", &stride);
	if (regions < 1 || regions > ARRAY_SIZE(b->gicr)) {
		error_at(s, node, "#redistributor-regions", "%u is not in 1..%u", regions,
			 (unsigned)ARRAY_SIZE(b->gicr));
	} else if ((stride && stride < 0x20000) || stride > MIB(16) || stride % 0x10000) {
		error_at(s, node, "redistributor-stride", "0x%lx", stride);
	} else if (need_reg(s, 0, "distributor", &b->gicd)) {
		b->gicr_stride = (uint32_t)stride;
		while (b->gicr_count < regions && need_reg(s, b->gicr_count + 1, "redistributors",
							   &b->gicr[b->gicr_count])) {
			b->gicr_count++;
		}
		b->gic = b->gicr_count == regions ? GIC_V3 : GIC_NONE;
	}
}

static bool is_ppi(const struct dt_interrupt *irq)
{
	return irq->intid >= 16 && irq->intid < 32;
}

static void read_gic(struct search *s)
{
	const struct dt_place *gic = &s->at[ROLE_GIC];
	struct dt_interrupt irq;

	s->b->gic_node = gic->node;
	if (gic->node < 0) {
		error_at(s, 0, NULL, "no GICv2 with virtualization (arm,gic-400 or the like) and "
			 "no GICv3 (arm,gic-v3)");
		return;
	}
	if (dt_is_compatible(s->fdt, gic->node, "arm,gic-v3")) {
		read_gic_v3(s);
	} else {
		read_gic_v2(s);
	}
	s->b->maintenance_intid = 25;
	if (dt_interrupt(gic, gic->node, 0, &irq) == SKERRY_OK && is_ppi(&irq)) {
		s->b->maintenance_intid = irq.intid;
	} else {
		warn_at(s, gic->node, "interrupts", "no maintenance interrupt: PPI 9 is assumed");
	}
}

static uint32_t timer_interrupt(struct search *s, int index, const char *name)
{
	const struct dt_place *p = &s->at[ROLE_TIMER];
	struct dt_interrupt irq;

	if (dt_has(s->fdt, p->node, "interrupt-names")) {
		index = fdt_stringlist_search(s->fdt, p->node, "interrupt-names", name);
	}
	if (index < 0 || dt_interrupt(p, s->b->gic_node, (unsigned)index, &irq) != SKERRY_OK ||
	    !is_ppi(&irq)) {
		error_at(s, p->node, "interrupts", "no PPI of the GIC for \"%s\"", name);
		return 0;
	}
	s->b->timer_flags = irq.flags & DT_IRQ_TYPE;
	return irq.intid;
}

static void read_timer(struct search *s)
{
	if (s->at[ROLE_TIMER].node < 0) {
		error_at(s, 0, NULL, "no timer node (arm,armv8-timer)");
	} else if (s->b->gic_node >= 0) {
		s->b->ptimer_intid = timer_interrupt(s, 1, "phys");
		s->b->vtimer_intid = timer_interrupt(s, 2, "virt");
		s->b->hyp_timer_intid = timer_interrupt(s, 3, "hyp-phys");
	}
}

static int find_uart(struct search *s)
{
	const char *path = dt_string(s->fdt, s->at[ROLE_CHOSEN].node, "stdout-path");
	int node = path ? dt_path(s->fdt, path) : -1;

	if (path && node < 0) {
		warn_at(s, s->at[ROLE_CHOSEN].node, "stdout-path", "\"%s\": no such node", path);
	}
	return node < 0 ? dt_path(s->fdt, "serial0") : node;
}

/* The console UART: one that can't be used is told, and there is none */
static void read_uart(struct search *s)
{
	struct board *b = s->b;
	struct dt_place p;
	struct dt_interrupt irq;
	int node = find_uart(s);
	uint8_t kind = dt_is_compatible(s->fdt, node, "arm,pl011") ? UART_PL011 :
		       dt_is_compatible(s->fdt, node, "brcm,bcm2835-aux-uart") ?
		       UART_BCM2835_AUX : UART_NONE;

	if (node < 0) {
		warn_at(s, 0, "stdout-path", "no console UART named, and no alias serial0");
	} else if (!dt_is_enabled(s->fdt, node)) {
		warn_at(s, node, "status", "the console UART is disabled");
	} else if (kind == UART_NONE) {
		const char *is = dt_string(s->fdt, node, "compatible");

		warn_at(s, node, "compatible", "no driver for the console UART \"%s\"",
			is ? is : "");
	} else if (!dt_find(&p, s->fdt, node) || dt_reg(&p, 0, &b->uart_regs) != SKERRY_OK) {
		warn_at(s, node, "reg", "the console UART has no registers the CPU can see");
	} else {
		b->uart = kind;
		b->uart_shift = kind == UART_PL011 ? 0 : 2;
		b->uart_clock_hz = dt_clock_hz(s->fdt, node);
		if (dt_interrupt(&p, b->gic_node, 0, &irq) == SKERRY_OK) {
			b->uart_intid = irq.intid;
		} else {
			warn_at(s, node, "interrupts", "not the GIC's: no console input");
		}
	}
}

static void read_chosen(struct search *s)
{
	struct board *b = s->b;
	int size, node = s->at[ROLE_CHOSEN].node;
	const void *seed = dt_prop(s->fdt, node, "rng-seed", &size);
	uint64_t from, to;

	if (dt_number(s->fdt, node, "linux,initrd-start", &from) &&
	    dt_number(s->fdt, node, "linux,initrd-end", &to)) {
		if (to > from) {
			b->initrd = (struct range){ from, to - from };
		} else {
			error_at(s, node, "linux,initrd-end", "0x%lx is not above "
				 "linux,initrd-start 0x%lx", to, from);
		}
	}
	if (seed) {
		b->seed_size = (uint32_t)min_u64((uint64_t)size, sizeof(b->seed));
		memcpy(b->seed, seed, b->seed_size);
	}
}

static void take(struct search *s, const struct dt_place *p, enum role role)
{
	if (s->at[role].node < 0 && dt_is_enabled(s->fdt, p->node)) {
		s->at[role] = *p;
	}
}

/* A node directly below the root: known by its name? */
static void look_at_top(struct search *s, const struct dt_place *p)
{
	const char *type = dt_string(s->fdt, p->node, "device_type");

	if ((type && strcmp(type, "memory") == 0) || dt_is_named(s->fdt, p->node, "memory")) {
		read_ranges(s, p, true);
	} else if (dt_is_named(s->fdt, p->node, "cpus")) {
		take(s, p, ROLE_CPUS);
	} else if (dt_is_named(s->fdt, p->node, "reserved-memory")) {
		take(s, p, ROLE_RESERVED);
	} else if (dt_is_named(s->fdt, p->node, "chosen")) {
		take(s, p, ROLE_CHOSEN);
	}
}

static void look_at(struct search *s, const struct dt_place *p)
{
	int size;
	const char *list = dt_prop(s->fdt, p->node, "compatible", &size);

	if (p->depth == 1) {
		look_at_top(s, p);
	}
	for (unsigned i = 0; list && i < ARRAY_SIZE(known); i++) {
		if (fdt_stringlist_contains(list, size, known[i].compatible)) {
			take(s, p, known[i].role);
		}
	}
}

int board_discover(const void *fdt, struct board *b, struct report *r)
{
	struct search s = { .fdt = fdt, .b = b, .r = r };
	struct dt_place p;
	const char *model = dt_string(fdt, 0, "model");
	uint32_t before = r->errors;

	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < ROLES; i++) {
		s.at[i].node = -1;
	}
	str_copy(b->model, model ? model : "unnamed board", sizeof(b->model));
	for (dt_root(&p, fdt); dt_next(&p);) {
		look_at(&s, &p);
	}
	if (b->memory_count == 0) {
		error_at(&s, 0, NULL, "no memory node with a size (the firmware fills it in)");
	}
	read_reserved(&s);
	read_cpus(&s);
	if (s.at[ROLE_PM].node >= 0 && dt_reg(&s.at[ROLE_PM], 0, &b->pm) != SKERRY_OK) {
		b->pm = (struct range){ 0, 0 };
	}
	read_psci(&s);
	read_gic(&s);
	read_timer(&s);
	read_uart(&s);
	read_chosen(&s);
	return r->errors == before ? SKERRY_OK : SKERRY_INVALID;
}
