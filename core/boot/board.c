/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board discovery: fills struct board from the board's device tree, and from
 * nothing else. One walk over all nodes finds what is known by its type or its
 * `compatible`; then each thing is read and checked. Called once, by the boot
 * core and by skerry-check. What stands in the tree is not trusted: the answer
 * is a report, never a fault or an endless loop.
 */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <lib/string.h>

#define MPIDR_AFFINITY	0xff00ffffffull
#define GICC_SIZE	0x2000	/* GICC_DIR lies in the second page (IHI 0048B, 4.1.3) */
#define IRQ_TYPE	15u	/* of an interrupt's third cell */

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

#define error_at(s, node, property, ...) \
	report_error((s)->r, (s)->fdt, (node), (property), __VA_ARGS__)
#define warn_at(s, node, property, ...) \
	report_warning((s)->r, (s)->fdt, (node), (property), __VA_ARGS__)

static bool is_text(const char *text, const char *is)
{
	return text && strcmp(text, is) == 0;
}

/* Add to a sorted list, merging what touches; false: the list is full */
static bool add_range(struct range *list, uint32_t *count, uint32_t max, struct range add)
{
	uint32_t i = 0, n = *count;

	while (i < n && list[i].base + list[i].size < add.base) {
		i++;
	}
	while (i < n && list[i].base <= add.base + add.size) {
		uint64_t base = min_u64(add.base, list[i].base);

		add.size = max_u64(add.base + add.size, list[i].base + list[i].size) - base;
		add.base = base;
		n--;
		memmove(list + i, list + i + 1, (n - i) * sizeof(*list));
	}
	if (n == max) {
		return false;
	}
	memmove(list + i + 1, list + i, (n - i) * sizeof(*list));
	list[i] = add;
	*count = n + 1;
	return true;
}

/* Memory in whole pages that it has, or what is reserved in those that it touches.
 * A range of size 0 is for the firmware to fill in. */
static bool add_pages(struct board *b, struct range at, bool is_memory)
{
	uint64_t top = align_down(UINT64_MAX, PAGE_SIZE), slack = PAGE_SIZE - 1;
	uint64_t from = min_u64(at.base, top - slack) + (is_memory ? slack : 0);
	uint64_t to = min_u64(at.base + at.size, top - slack) + (is_memory ? 0 : slack);
	struct range whole = { align_down(from, PAGE_SIZE), 0 };

	if (at.size == 0 || align_down(to, PAGE_SIZE) <= whole.base) {
		return true;
	}
	whole.size = align_down(to, PAGE_SIZE) - whole.base;
	return is_memory ? add_range(b->memory, &b->memory_count, BOARD_MEMORY_MAX, whole) :
	       add_range(b->reserved, &b->reserved_count, BOARD_RESERVED_MAX, whole);
}

static void read_ranges(struct search *s, int node, bool is_memory)
{
	struct range at = { 0, 0 };
	int result = dt_is_enabled(s->fdt, node) ? SKERRY_OK : SKERRY_AGAIN;

	for (unsigned i = 0; result == SKERRY_OK; i++) {
		result = add_pages(s->b, at, is_memory) ? dt_reg(s->fdt, node, i, &at) :
			 SKERRY_NO_MEMORY;
	}
	if (result != SKERRY_AGAIN) {
		error_at(s, node, "reg", "0x%lx, or the range after it: malformed, or one range "
			 "too many", at.base);
	}
}

/* /memreserve/ and the static ranges of /reserved-memory, with or without no-map */
static void read_reserved(struct search *s)
{
	int node = -1, count = fdt_num_mem_rsv(s->fdt);
	struct range at;

	for (int i = 0; i < count; i++) {
		if (fdt_get_mem_rsv(s->fdt, i, &at.base, &at.size) != 0 ||
		    !range_is_sane(at.base, at.size) || !add_pages(s->b, at, false)) {
			error_at(s, 0, "memreserve", "0x%lx wraps, or is one too many", at.base);
			return;
		}
	}
	while ((node = dt_child(s->fdt, s->at[ROLE_RESERVED], node)) >= 0) {
		read_ranges(s, node, false);
	}
}

static void read_cpu(struct search *s, int node, int cells, struct board_cpu *c)
{
	const char *method = dt_string(s->fdt, node, "enable-method");
	int size;
	const void *reg = dt_prop(s->fdt, node, "reg", &size);

	if (!reg || cells < 1 || size < cells * 4 || !dt_cells(reg, cells, &c->mpidr) ||
	    (c->mpidr & ~MPIDR_AFFINITY)) {
		error_at(s, node, "reg", "no affinity as in MPIDR_EL1");
	}
	for (const struct board_cpu *other = s->b->cpu; other < c; other++) {
		if (other->mpidr == c->mpidr) {
			error_at(s, node, "reg", "0x%lx is another core's already", c->mpidr);
		}
	}
	if (is_text(method, "psci")) {
		c->enable = ENABLE_PSCI;
	} else if (is_text(method, "spin-table") && dt_number(s->fdt, node, "cpu-release-addr", &c->release) &&
		   is_aligned(c->release, 8)) {
		c->enable = ENABLE_SPIN_TABLE;
	} else if (c > s->b->cpu) {
		warn_at(s, node, "enable-method", "\"%s\", or its cpu-release-addr: this core "
			"can't be started", method ? method : "none");
	}
}

static void read_cpus(struct search *s)
{
	int node = -1, cpus = s->at[ROLE_CPUS], cells = fdt_address_cells(s->fdt, cpus);

	while ((node = dt_child(s->fdt, cpus, node)) >= 0) {
		if (!is_text(dt_string(s->fdt, node, "device_type"), "cpu") ||
		    !dt_is_enabled(s->fdt, node)) {
			continue;
		}
		if (s->b->cpu_count == SKERRY_CPU_MAX) {
			warn_at(s, node, NULL, "only the first %u cores are used", SKERRY_CPU_MAX);
			return;
		}
		read_cpu(s, node, cells, &s->b->cpu[s->b->cpu_count++]);
	}
	if (s->b->cpu_count == 0) {
		error_at(s, 0, NULL, "no enabled cpu node below /cpus");
	}
}

static void read_firmware(struct search *s)
{
	const char *method = dt_string(s->fdt, s->at[ROLE_PSCI], "method");

	if (is_text(method, "smc")) {
		s->b->psci = PSCI_BY_SMC;
	} else if (is_text(method, "hvc")) {
		s->b->psci = PSCI_BY_HVC;
	} else if (s->at[ROLE_PSCI] >= 0) {
		warn_at(s, s->at[ROLE_PSCI], "method", "\"%s\" is neither smc nor hvc",
			method ? method : "");
	}
	if (dt_reg(s->fdt, s->at[ROLE_PM], 0, &s->b->pm) != SKERRY_OK) {
		s->b->pm = (struct range){ 0, 0 };
	}
}

/* The first `count` entries of the GIC's reg, all of which must be there */
static bool read_frames(struct search *s, struct range *const frame[], unsigned count)
{
	int gic = s->at[ROLE_GIC];

	for (unsigned i = 0; i < count; i++) {
		if (dt_reg(s->fdt, gic, i, frame[i]) != SKERRY_OK || frame[i]->size == 0) {
			error_at(s, gic, "reg", "entry %u of %u is missing, or out of the CPUs' "
				 "reach through `ranges`", i, count);
			return false;
		}
	}
	return true;
}

static void read_gic_v2(struct search *s)
{
	struct board *b = s->b;
	struct range *const frame[] = { &b->gicd, &b->gicc, &b->gich, &b->gicv };

	if (read_frames(s, frame, ARRAY_SIZE(frame))) {
		b->gic = GIC_V2;
		b->gicc.size = max_u64(b->gicc.size, GICC_SIZE);	/* some trees say 4 KiB */
		b->gicv.size = max_u64(b->gicv.size, GICC_SIZE);
	}
}

static void read_gic_v3(struct search *s)
{
	struct board *b = s->b;
	struct range *const frame[] = { &b->gicd, b->gicr, b->gicr + 1, b->gicr + 2, b->gicr + 3 };
	uint64_t stride = 0;

	b->gicr_count = 1;
	dt_u32(s->fdt, s->at[ROLE_GIC], "#redistributor-regions", &b->gicr_count);
	dt_number(s->fdt, s->at[ROLE_GIC], "redistributor-stride", &stride);
	b->gicr_stride = (uint32_t)stride;
	if (b->gicr_count < 1 || b->gicr_count > ARRAY_SIZE(b->gicr)) {
		error_at(s, s->at[ROLE_GIC], "#redistributor-regions", "%u is not in 1..%u",
			 b->gicr_count, (unsigned)ARRAY_SIZE(b->gicr));
		b->gicr_count = 0;
	} else if ((stride && stride < 0x20000) || stride > MIB(16) || stride % 0x10000) {
		error_at(s, s->at[ROLE_GIC], "redistributor-stride", "0x%lx", stride);
	} else if (read_frames(s, frame, b->gicr_count + 1)) {
		b->gic = GIC_V3;
	}
}

static void read_gic(struct search *s)
{
	int gic = s->at[ROLE_GIC];
	struct dt_interrupt irq;

	s->b->gic_node = gic;
	if (gic < 0) {
		error_at(s, 0, NULL, "no GICv2 with virtualization (arm,gic-400 or the like) and "
			 "no GICv3 (arm,gic-v3)");
		return;
	}
	if (dt_is_compatible(s->fdt, gic, "arm,gic-v3")) {
		read_gic_v3(s);
	} else {
		read_gic_v2(s);
	}
	if (dt_interrupt(s->fdt, gic, gic, 0, &irq) != SKERRY_OK || irq.intid >= 32) {
		warn_at(s, gic, "interrupts", "no maintenance interrupt: PPI 9 is assumed");
		irq.intid = 25;
	}
	s->b->maintenance_intid = irq.intid;
}

static void read_timer(struct search *s)
{
	static const char *const names[] = { "phys", "virt", "hyp-phys" };
	uint32_t *const intid[] = { &s->b->ptimer_intid, &s->b->vtimer_intid,
				    &s->b->hyp_timer_intid };
	int timer = s->at[ROLE_TIMER], index;
	struct dt_interrupt irq;

	if (timer < 0) {
		error_at(s, 0, NULL, "no timer node (arm,armv8-timer)");
		return;
	}
	for (int i = 0; i < 3 && s->b->gic_node >= 0; i++) {
		index = !dt_has(s->fdt, timer, "interrupt-names") ? i + 1 :
			fdt_stringlist_search(s->fdt, timer, "interrupt-names", names[i]);
		if (index < 0 || dt_interrupt(s->fdt, timer, s->b->gic_node, (unsigned)index,
					      &irq) != SKERRY_OK || irq.intid >= 32) {
			error_at(s, timer, "interrupts", "no PPI of the GIC for \"%s\"", names[i]);
			return;
		}
		*intid[i] = irq.intid;
		s->b->timer_flags = irq.flags & IRQ_TYPE;
	}
}

static int find_uart(struct search *s, int chosen)
{
	const char *path = dt_string(s->fdt, chosen, "stdout-path");
	int node = path ? dt_path(s->fdt, path) : -1;

	if (path && node < 0) {
		warn_at(s, chosen, "stdout-path", "\"%s\": no such node", path);
	}
	return node < 0 ? dt_path(s->fdt, "serial0") : node;
}

/* The console UART: one that can't be used is told, and there is none */
static void read_uart(struct search *s, int chosen)
{
	struct board *b = s->b;
	struct dt_interrupt irq;
	int node = find_uart(s, chosen);
	uint8_t kind = dt_is_compatible(s->fdt, node, "arm,pl011") ? UART_PL011 :
		       dt_is_compatible(s->fdt, node, "brcm,bcm2835-aux-uart") ?
		       UART_BCM2835_AUX : UART_NONE;
	const char *wrong = node < 0 ? "stdout-path" : !dt_is_enabled(s->fdt, node) ? "status" :
			    kind == UART_NONE ? "compatible" :
			    dt_reg(s->fdt, node, 0, &b->uart_regs) != SKERRY_OK ? "reg" : NULL;

	if (wrong) {
		const char *value = dt_string(s->fdt, node, wrong);

		warn_at(s, node < 0 ? chosen : node, wrong, "no console UART that can be "
			"used: \"%s\"", value ? value : "");
		return;
	}
	b->uart = kind;
	b->uart_shift = kind == UART_PL011 ? 0 : 2;
	b->uart_clock_hz = dt_clock_hz(s->fdt, node);
	if (dt_interrupt(s->fdt, node, b->gic_node, 0, &irq) == SKERRY_OK) {
		b->uart_intid = irq.intid;
	} else {
		warn_at(s, node, "interrupts", "not the GIC's: no console input");
	}
}

static void read_chosen(struct search *s)
{
	struct board *b = s->b;
	int size, node = s->at[ROLE_CHOSEN];
	const void *seed = dt_prop(s->fdt, node, "rng-seed", &size);
	uint64_t from, to;

	read_uart(s, node);
	if (dt_number(s->fdt, node, "linux,initrd-start", &from) &&
	    dt_number(s->fdt, node, "linux,initrd-end", &to)) {
		b->initrd = (struct range){ from, to - from };
		if (to <= from) {
			error_at(s, node, "linux,initrd-end", "0x%lx is not above "
				 "linux,initrd-start 0x%lx", to, from);
		}
	}
	if (seed) {
		b->seed_size = (uint32_t)min_u64((uint64_t)size, sizeof(b->seed));
		memcpy(b->seed, seed, b->seed_size);
	}
}

/* What is known by its type or `compatible`; of several the first that is enabled */
static void look_at(struct search *s, int node, int depth)
{
	int size = 0;
	const char *list = dt_prop(s->fdt, node, "compatible", &size);

	if (is_text(dt_string(s->fdt, node, "device_type"), "memory")) {
		read_ranges(s, node, true);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		bool is_it = depth == 1 && strcmp(dt_name(s->fdt, node), known[i].name) == 0;

		if ((is_it || (list && fdt_stringlist_contains(list, size, known[i].name))) &&
		    s->at[known[i].role] < 0 && dt_is_enabled(s->fdt, node)) {
			s->at[known[i].role] = node;
		}
	}
}

int board_discover(const void *fdt, struct board *b, struct report *r)
{
	struct search s = { fdt, b, r, { -1, -1, -1, -1, -1, -1, -1 } };
	const char *model = dt_string(fdt, 0, "model");
	uint32_t before = r->errors;

	memset(b, 0, sizeof(*b));
	str_copy(b->model, model ? model : "unnamed board", sizeof(b->model));
	for (int node = 0, depth = 0; node >= 0; node = dt_next(fdt, node, &depth)) {
		look_at(&s, node, depth);
	}
	if (b->memory_count == 0) {
		error_at(&s, 0, NULL, "no memory node with a size (the firmware fills it in)");
	}
	read_reserved(&s);
	read_cpus(&s);
	read_firmware(&s);
	read_gic(&s);
	read_timer(&s);
	read_chosen(&s);
	return r->errors == before ? SKERRY_OK : SKERRY_INVALID;
}
