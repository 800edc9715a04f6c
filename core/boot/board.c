/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board discovery: fills struct board from the board's device tree, and from
 * nothing else. One walk over all nodes finds what is known by its type or its
 * `compatible`; then each thing is read and checked. Called once, by the boot
 * core and by skerry-check. What stands in the tree is not trusted: the answer
 * is a report, never a fault or an endless loop.
 */
#include <core/boot/boot.h>

#define MPIDR_AFFINITY	0xff00ffffffull
#define GICC_SIZE	0x2000	/* GICC_DIR lies in the second page (IHI 0048B, 4.1.3) */

enum role {
	ROLE_GIC, ROLE_TIMER, ROLE_PSCI, ROLE_PM, ROLE_CPUS, ROLE_RESERVED, ROLE_CHOSEN, ROLES
};

static const struct {
	const char *name;	/* in `compatible`, or of a node directly below the root */
	enum role role;
} known[] = {
	{ "arm,gic-400", ROLE_GIC }, { "arm,cortex-a15-gic", ROLE_GIC },
	{ "arm,cortex-a7-gic", ROLE_GIC }, { "arm,gic-v3", ROLE_GIC },
	{ "arm,armv8-timer", ROLE_TIMER }, { "arm,armv7-timer", ROLE_TIMER },
	{ "arm,psci-1.0", ROLE_PSCI }, { "arm,psci-0.2", ROLE_PSCI },
	{ "brcm,bcm2711-pm", ROLE_PM }, { "brcm,bcm2835-pm", ROLE_PM },
	{ "cpus", ROLE_CPUS }, { "reserved-memory", ROLE_RESERVED }, { "chosen", ROLE_CHOSEN },
};

struct search {
	const void *fdt;
	struct board *b;
	struct report *r;
	int at[ROLES];		/* the first of its kind; -1: not found */
};

#define bad_if(s, condition, node, property, ...) \
	((condition) ? report_error((s)->r, (s)->fdt, (node), (property), __VA_ARGS__) : false)

/* Memory in whole pages that it has, or what is reserved in those that it touches; with
 * the range before it where they touch. A range of size 0 is for the firmware to fill in. */
static bool add_pages(struct board *b, struct range at, bool is_memory)
{
	struct range *list = is_memory ? b->memory : b->reserved;
	uint32_t *count = is_memory ? &b->memory_count : &b->reserved_count;
	struct range *last = *count ? &list[*count - 1] : &(struct range){ 0, 0 };
	uint64_t slack = PAGE_SIZE - 1, top = align_down(UINT64_MAX, PAGE_SIZE) - slack;
	uint64_t from = align_down(min_u64(at.base, top) + (is_memory ? slack : 0), PAGE_SIZE);
	uint64_t to = align_down(min_u64(at.base + at.size, top) + (is_memory ? 0 : slack),
				 PAGE_SIZE);

	if (at.size && to > from && last->size && last->base + last->size == from) {
		last->size += to - from;
	} else if (at.size && to > from) {
		list[(*count)++] = (struct range){ from, to - from };
	}
	return *count < (is_memory ? BOARD_MEMORY_MAX : BOARD_RESERVED_MAX);
}

static void read_ranges(struct search *s, int node, bool is_memory)
{
	struct range at = { 0, 0 };
	int result = dt_is_enabled(s->fdt, node) ? SKERRY_OK : SKERRY_AGAIN;

	for (unsigned i = 0; result == SKERRY_OK; i++) {
		result = add_pages(s->b, at, is_memory) ? dt_reg(s->fdt, node, i, &at) :
			 SKERRY_NO_MEMORY;
	}
	bad_if(s, result != SKERRY_AGAIN, node, "reg", "0x%lx, or the range after it: can't be "
	       "used", at.base);
}

/* /memreserve/ and the static ranges of /reserved-memory, with or without no-map */
static void read_reserved(struct search *s)
{
	int node, count = fdt_num_mem_rsv(s->fdt);
	bool is_good = true;
	struct range at;

	for (int i = 0; i < count && is_good; i++) {
		(void)fdt_get_mem_rsv(s->fdt, i, &at.base, &at.size);
		is_good = range_is_sane(at.base, at.size) && add_pages(s->b, at, false);
		bad_if(s, !is_good, 0, "memreserve", "0x%lx wraps, or is one too many", at.base);
	}
	fdt_for_each_subnode(node, s->fdt, s->at[ROLE_RESERVED]) {
		read_ranges(s, node, false);
	}
}

static void read_cpus(struct search *s)
{
	int node, size, cells = fdt_address_cells(s->fdt, s->at[ROLE_CPUS]);
	struct board *b = s->b;

	fdt_for_each_subnode(node, s->fdt, s->at[ROLE_CPUS]) {
		struct board_cpu *c = &b->cpu[b->cpu_count];
		const void *reg = dt_prop(s->fdt, node, "reg", &size);
		bool is_bad;

		if (!dt_is(s->fdt, node, "device_type", "cpu") || !dt_is_enabled(s->fdt, node) ||
		    b->cpu_count == SKERRY_CPU_MAX) {
			continue;
		}
		c->mpidr = reg && cells > 0 && size / 4 >= cells ? dt_cells(reg, cells) :
			   UINT64_MAX;
		is_bad = c->mpidr & ~MPIDR_AFFINITY;
		for (const struct board_cpu *other = b->cpu; other < c; other++) {
			is_bad |= other->mpidr == c->mpidr;
		}
		bad_if(s, is_bad, node, "reg", "0x%lx is no affinity as in MPIDR_EL1, or another "
		       "core's already", c->mpidr);
		c->release = dt_number(s->fdt, node, "cpu-release-addr", UINT64_MAX);
		c->enable = dt_is(s->fdt, node, "enable-method", "psci") ? ENABLE_PSCI :
			    dt_is(s->fdt, node, "enable-method", "spin-table") &&
			    is_aligned(c->release, 8) ? ENABLE_SPIN_TABLE : ENABLE_NONE;
		b->cpu_count++;
	}
	bad_if(s, b->cpu_count == 0, 0, NULL, "no enabled cpu node below /cpus");
}

static void read_gic(struct search *s)
{
	struct board *b = s->b;
	int gic = s->at[ROLE_GIC];
	bool is_v3 = dt_is_compatible(s->fdt, gic, "arm,gic-v3");
	uint64_t regions = is_v3 ? dt_number(s->fdt, gic, "#redistributor-regions", 1) : 3;
	uint64_t stride = dt_number(s->fdt, gic, "redistributor-stride", 0);
	struct range *const v2[] = { &b->gicd, &b->gicc, &b->gich, &b->gicv };
	struct range *const v3[] = { &b->gicd, b->gicr, b->gicr + 1, b->gicr + 2, b->gicr + 3 };
	struct dt_interrupt irq;

	b->gic_node = gic;
	b->gicr_stride = (uint32_t)stride;
	bad_if(s, (stride && stride < 0x20000) || stride > MIB(16) || stride % 0x10000, gic,
	       "redistributor-stride", "0x%lx", stride);
	if (bad_if(s, gic < 0, 0, NULL, "no GICv2 with virtualization, and no GICv3") ||
	    bad_if(s, regions < 1 || regions > ARRAY_SIZE(b->gicr), gic,
		   "#redistributor-regions", "%lu is not in 1..4", regions)) {
		return;
	}
	for (unsigned i = 0; i <= regions; i++) {
		struct range *frame = is_v3 ? v3[i] : v2[i];
		bool is_bad = dt_reg(s->fdt, gic, i, frame) != SKERRY_OK || frame->size == 0;

		if (bad_if(s, is_bad, gic, "reg", "entry %u of %lu is missing, or out of reach", i,
			   regions + 1)) {
			return;
		}
	}
	b->gic = is_v3 ? GIC_V3 : GIC_V2;
	b->gicr_count = is_v3 ? (uint32_t)regions : 0;
	b->gicc.size = is_v3 ? 0 : max_u64(b->gicc.size, GICC_SIZE);	/* some trees: 4 KiB */
	b->gicv.size = is_v3 ? 0 : max_u64(b->gicv.size, GICC_SIZE);
	b->maintenance_intid = 25;		/* PPI 9, where the tree does not say */
	if (dt_interrupt(s->fdt, gic, gic, 0, &irq) == SKERRY_OK && irq.intid < 32) {
		b->maintenance_intid = irq.intid;
	}
}

static void read_timer(struct search *s)
{
	static const char *const names[] = { "phys", "virt", "hyp-phys" };
	uint32_t *const intid[] = { &s->b->ptimer_intid, &s->b->vtimer_intid,
				    &s->b->hyp_timer_intid };
	int timer = s->at[ROLE_TIMER];
	struct dt_interrupt irq;

	bad_if(s, timer < 0, 0, NULL, "no timer node (arm,armv8-timer)");
	for (int i = 0; i < 3 && timer >= 0 && s->b->gic_node >= 0; i++) {
		int index = !dt_has(s->fdt, timer, "interrupt-names") ? i + 1 :
			    fdt_stringlist_search(s->fdt, timer, "interrupt-names", names[i]);

		if (bad_if(s, index < 0 || dt_interrupt(s->fdt, timer, s->b->gic_node,
			   (unsigned)index, &irq) != SKERRY_OK || irq.intid >= 32, timer,
			   "interrupts", "no PPI of the GIC for \"%s\"", names[i])) {
			return;
		}
		*intid[i] = irq.intid;
	}
}

/* The console UART, where there is one that can be used */
static void read_uart(struct search *s, int chosen)
{
	struct board *b = s->b;
	const char *path = dt_string(s->fdt, chosen, "stdout-path");
	int node = path ? dt_path(s->fdt, path) : -1;
	struct dt_interrupt irq;
	struct range regs;

	b->uart_node = node = node < 0 ? dt_path(s->fdt, "serial0") : node;
	b->uart = dt_is_compatible(s->fdt, node, "arm,pl011") ? UART_PL011 :
		  dt_is_compatible(s->fdt, node, "brcm,bcm2835-aux-uart") ? UART_BCM2835_AUX :
		  UART_NONE;
	if (!dt_is_enabled(s->fdt, node) || dt_reg(s->fdt, node, 0, &regs) != SKERRY_OK) {
		b->uart = UART_NONE;
	}
	if (b->uart != UART_NONE) {
		b->uart_regs = regs;
		b->uart_clock_hz = dt_clock_hz(s->fdt, node);
		b->uart_intid = dt_interrupt(s->fdt, node, b->gic_node, 0, &irq) ? 0 : irq.intid;
	}
}

static void read_chosen(struct search *s)
{
	struct board *b = s->b;
	int size = 0, node = s->at[ROLE_CHOSEN];
	const void *seed = dt_prop(s->fdt, node, "rng-seed", &size);
	uint64_t from = dt_number(s->fdt, node, "linux,initrd-start", UINT64_MAX);
	uint64_t to = dt_number(s->fdt, node, "linux,initrd-end", from);

	read_uart(s, node);
	b->initrd = (struct range){ from, to - from };
	bad_if(s, to < from, node, "linux,initrd-end", "0x%lx is below the start, 0x%lx", to, from);
	b->seed_size = (uint32_t)min_u64((uint64_t)size, sizeof(b->seed));
	memcpy(b->seed, seed ? seed : "", b->seed_size);
}

/* What is known by its type, its name below the root, or `compatible`; of several the first
 * that is enabled */
static void look_at(struct search *s, int node, int depth)
{
	int size = 0;
	const char *list = dt_prop(s->fdt, node, "compatible", &size);
	const char *name = depth == 1 ? fdt_get_name(s->fdt, node, NULL) : "";

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		int *at = &s->at[known[i].role];

		if (*at < 0 && (strcmp(name, known[i].name) == 0 ||
				(list && fdt_stringlist_contains(list, size, known[i].name))) &&
		    dt_is_enabled(s->fdt, node)) {
			*at = node;
		}
	}
	if (dt_is(s->fdt, node, "device_type", "memory")) {
		read_ranges(s, node, true);
	}
}

int board_discover(const void *fdt, struct board *b, struct report *r)
{
	struct search s = { fdt, b, r, { -1, -1, -1, -1, -1, -1, -1 } };
	const char *model = dt_string(fdt, 0, "model");
	uint32_t before = r->errors;

	memset(b, 0, sizeof(*b));
	format_to(b->model, sizeof(b->model), "%s", model ? model : "unnamed board");
	for (int node = 0, depth = 0; node >= 0; node = dt_next(fdt, node, &depth)) {
		look_at(&s, node, depth);
	}
	bad_if(&s, b->memory_count == 0, 0, NULL, "no memory node with a size (the firmware fills "
	       "it in)");
	read_reserved(&s);
	read_cpus(&s);
	b->psci = dt_is(fdt, s.at[ROLE_PSCI], "method", "smc") ? PSCI_BY_SMC :
		  dt_is(fdt, s.at[ROLE_PSCI], "method", "hvc") ? PSCI_BY_HVC : PSCI_NONE;
	(void)!dt_reg(fdt, s.at[ROLE_PM], 0, &b->pm);
	read_gic(&s);
	read_timer(&s);
	read_chosen(&s);
	return r->errors == before ? SKERRY_OK : SKERRY_INVALID;
}
