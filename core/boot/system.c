/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the compiled system description, as mksystem has annotated it, into
 * struct system. Boot-only; the same source is in skerry-check. Checks what safety
 * needs of one guest; clashes between two are refused where things are given out
 * (core/boot/guests.c, gic_boot.c), and told better by tools/check_clashes.c, as is
 * spelling. Goes on after an error. Must never trust a length or an offset in
 * the tree beyond what dt_check() has seen.
 */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <lib/string.h>

struct parse {
	const void *fdt;		/* the description */
	const struct board *board;	/* or NULL, as board_fdt: no checks against one */
	const void *board_fdt;
	struct system *system;
	struct report *report;
	uint32_t cores;			/* given so far: a mask */
};

const struct sys_fixed system_fixed[] = {
	{ { SKERRY_GICD_BASE, SKERRY_GICR_BASE + SKERRY_GICR_STRIDE * SKERRY_VCPU_MAX -
	    SKERRY_GICD_BASE }, "the interrupt controller" },
	{ { SKERRY_PL011_BASE, PAGE_SIZE }, "the console's PL011" },
	{ { SKERRY_PAGE_BASE, MIB(16) }, "the register pages" },
	{ { SKERRY_INFO_BASE, MIB(16) }, "EL2's read-only pages" },
	{ { SKERRY_WINDOW_BASE, SKERRY_RAM_BASE - SKERRY_WINDOW_BASE }, "the link windows" },
	{ { 0, 0 }, NULL },
};

/* Every device is taken for a bus master unless its class is known not to be one, or
 * its node in the description says `no-dma`. */
static const char *const no_dma_classes[] = {
	"arm,pl011", "arm,pl031", "arm,pl061", "arm,sp804", "arm,sp805", "ns16550a",
	"snps,dw-apb-uart", "brcm,bcm2835-aux-uart", "brcm,bcm2835-gpio", "brcm,bcm2711-gpio",
	"brcm,bcm2835-i2c", "brcm,bcm2835-pwm", "brcm,bcm2835-spi", "brcm,bcm2835-system-timer",
	"brcm,bcm2711-rng200", "brcm,bcm2711-thermal",
};

/* Where `condition` holds: an error at a node of the description. Its value: the condition. */
#define bad_if(p, condition, node, property, ...) ({ \
	bool is_bad_ = (condition); \
	if (is_bad_) { \
		report_error((p)->report, (p)->fdt, (node), (property), __VA_ARGS__); \
	} \
	is_bad_; })

/* Groups of `group` cells that a property has: 1..max; 0: absent; -1: bad, reported. */
static int parse_cells(struct parse *p, int node, const char *name, uint32_t group, uint32_t max,
		       const fdt32_t **cells)
{
	int size = 0;
	uint32_t count;

	*cells = dt_prop(p->fdt, node, name, &size);
	count = (uint32_t)size / 4 / group;
	return bad_if(p, *cells && (!count || (uint32_t)size % (4 * group) || count > max), node,
		      name, "takes rows of %u cells, at most %u; it has %d bytes", group, max,
		      size) ? -1 : (int)count;
}

/* Which of `words`, separated by blanks, the property has; 0 where it is absent. */
static uint8_t parse_choice(struct parse *p, int node, const char *name, const char *words)
{
	const char *value = dt_string(p->fdt, node, name), *word = words;
	size_t size = value ? strlen(value) : 0;

	for (uint8_t i = 0; value && word; i++) {
		if (strncmp(word, value, size) == 0 && (word[size] == ' ' || !word[size])) {
			return i;
		}
		word = strchr(word, ' ');
		word = word ? word + 1 : NULL;
	}
	bad_if(p, dt_has(p->fdt, node, name), node, name, "is \"%s\"; it can be one of: %s",
	       value ? value : "?", words);
	return 0;
}

static void parse_memory(struct parse *p, struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";
	uint32_t cells = g->identity ? 2 : 4;
	const fdt32_t *c;
	int count = parse_cells(p, g->node, name, cells, g->identity ? 1 : SYS_BANK_MAX, &c);

	bad_if(p, count == 0, g->node, name, "is missing");
	for (; count > 0; count--, c += cells) {
		struct range *r = &g->bank[g->bank_count++];
		const struct sys_fixed *f = system_fixed;

		dt_cells(c, (int)cells - 2, &r->base);
		dt_cells(c + cells - 2, 2, &r->size);
		while (f->name && (g->identity || !range_overlaps(*r, f->at))) {
			f++;
		}
		bad_if(p, f->name || !r->size || !is_aligned(r->base | r->size, PAGE_SIZE) ||
		       !range_holds((struct range){ 0, 1ull << SKERRY_IPA_BITS }, r->base, r->size),
		       g->node, name, "0x%lx, 0x%lx bytes: no whole pages, or outside what a "
		       "guest may have", r->base, r->size);
	}
}

static void parse_cpus(struct parse *p, struct sys_guest *g)
{
	uint32_t cores = p->board ? p->board->cpu_count : SKERRY_CPU_MAX;
	const fdt32_t *c;
	int count = parse_cells(p, g->node, "cpus", 1, SKERRY_VCPU_MAX, &c);

	bad_if(p, count == 0, g->node, "cpus", "is missing");
	for (; count > 0; count--, c++) {
		uint32_t core = fdt32_ld(c);

		if (!bad_if(p, core >= cores || (p->cores >> core & 1), g->node, "cpus",
			    "core %u is not there, or given twice", core)) {
			p->cores |= 1u << core;
			g->cpu[g->vcpu_count++] = (uint8_t)core;
		}
	}
}

static bool is_in_bank(const struct sys_guest *g, uint64_t base, uint64_t size)
{
	bool is_in = false;

	for (uint32_t i = 0; i < g->bank_count; i++) {
		is_in |= size && range_holds(g->bank[i], base, size);
	}
	return is_in;
}

/* The guest's segments and its tree. */
static void parse_segments(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "segments"), node = -1;

	while ((node = dt_child(p->fdt, list, node)) >= 0) {
		bool is_tree = strcmp(dt_name(p->fdt, node), "tree") == 0;
		struct sys_segment *s = is_tree ? &g->tree : &g->segment[g->segment_count];

		if (bad_if(p, !is_tree && g->segment_count == SYS_SEGMENT_MAX, node, NULL,
			   "a guest has at most %u segments", SYS_SEGMENT_MAX) ||
		    bad_if(p, !dt_number(p->fdt, node, "address", &s->at.base) ||
			   !dt_number(p->fdt, node, "size", &s->at.size) ||
			   !dt_u32(p->fdt, node, "crc32", &s->crc32), node, NULL,
			   "is no segment as mksystem writes them")) {
			return;
		}
		bad_if(p, !is_in_bank(g, s->at.base, s->at.size), node, "address",
		       "0x%lx, 0x%lx bytes: not in the guest's memory", s->at.base, s->at.size);
		s->node = node;
		g->segment_count += !is_tree;
	}
	g->refused = list < 0;
	bad_if(p, list >= 0 && (!g->tree.node || g->tree.at.base % 8), list, "tree",
	       "is missing, or at no multiple of 8: 0x%lx", g->tree.at.base);
	bad_if(p, list >= 0 && (!dt_number(p->fdt, g->node, "entry", &g->entry) || g->entry % 4 ||
				!is_in_bank(g, g->entry, 4)), g->node, "entry",
	       "0x%lx: not in the guest's memory, or no multiple of 4", g->entry);
}

/* What the board's tree says of it. */
static void read_device(struct parse *p, struct sys_device *d, const char *path)
{
	const void *board = p->board_fdt;
	int gic = p->board ? p->board->gic_node : -1, regs, irqs;
	struct dt_interrupt irq;
	struct range r;

	d->board_node = dt_path(board, path);
	if (bad_if(p, d->board_node < 0, d->node, "device", "\"%s\" is not in the board's tree",
		   path)) {
		return;
	}
	bad_if(p, !dt_is_enabled(board, d->board_node) ||
	       dt_has(board, d->board_node, "msi-controller"), d->node, "device",
	       "\"%s\" is disabled, or raises others' interrupts", path);
	while ((regs = dt_reg(board, d->board_node, d->reg_count, &r)) == SKERRY_OK && r.size &&
	       d->reg_count < SYS_REG_MAX) {
		d->regs[d->reg_count++] = r;
		for (uint32_t i = 0; p->board && i < p->board->memory_count; i++) {
			bad_if(p, range_overlaps(r, p->board->memory[i]), d->node, "device",
			       "0x%lx, 0x%lx bytes, is RAM", r.base, r.size);
		}
	}
	while ((irqs = dt_interrupt(board, d->board_node, gic, d->irq_count, &irq)) == SKERRY_OK &&
	       irq.intid >= 32 && d->irq_count < SYS_IRQ_MAX) {
		d->intid[d->irq_count] = irq.intid;
		d->edge[d->irq_count++] = (irq.flags & 3) != 0;
	}
	bad_if(p, regs != SKERRY_AGAIN || !d->reg_count, d->node, "device",
	       "its registers can't be given: 1 to %u ranges that the board's CPUs can reach",
	       SYS_REG_MAX);
	bad_if(p, irqs != SKERRY_AGAIN, d->node, "device", "its interrupts can't be given: at "
	       "most %u, shared ones (SPIs) of the board's GIC", SYS_IRQ_MAX);
	d->is_dma = !dt_has(p->fdt, d->node, "no-dma");
	for (size_t i = 0; i < ARRAY_SIZE(no_dma_classes); i++) {
		d->is_dma &= !dt_is_compatible(board, d->board_node, no_dma_classes[i]);
	}
}

static void parse_quiesce(struct parse *p, struct sys_device *d)
{
	struct range first = { 0, d->reg_count ? d->regs[0].size : UINT64_MAX };
	struct sys_quiesce *q = &d->quiesce;
	const fdt32_t *c;

	d->has_quiesce = parse_cells(p, d->node, "quiesce", 6, 1, &c) == 1;
	if (d->has_quiesce) {
		*q = (struct sys_quiesce){ fdt32_ld(c), fdt32_ld(c + 1), fdt32_ld(c + 2),
					   fdt32_ld(c + 3), fdt32_ld(c + 4), fdt32_ld(c + 5) };
		bad_if(p, (q->width != 1 && q->width != 2 && q->width != 4) ||
		       q->offset % q->width || !range_holds(first, q->offset, q->width), d->node,
		       "quiesce", "offset 0x%x, width %u: the width is 1, 2 or 4, the offset a "
		       "multiple of it inside the device's first range, 0x%lx bytes", q->offset,
		       q->width, first.size);
		bad_if(p, q->limit_us > SYS_QUIESCE_MAX_US, d->node, "quiesce",
		       "has a limit of %u us; at most %u", q->limit_us, SYS_QUIESCE_MAX_US);
	}
}

static void parse_devices(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "devices"), node = -1;

	while ((node = dt_child(p->fdt, list, node)) >= 0) {
		struct sys_device *d = &g->device[g->device_count];
		const char *path = dt_string(p->fdt, node, "device");

		if (bad_if(p, g->device_count == SYS_DEVICE_MAX, node, NULL,
			   "is one too many: a guest has at most %u devices", SYS_DEVICE_MAX)) {
			return;
		}
		g->device_count++;
		d->node = node;
		d->board_node = -1;
		str_copy(d->name, dt_name(p->fdt, node), sizeof(d->name));
		if (!bad_if(p, !path, node, "device", "must name a node of the board's tree") &&
		    p->board_fdt) {
			read_device(p, d, path);
		}
		parse_quiesce(p, d);
		bad_if(p, d->is_dma && !g->identity, node, "device", "may master the bus: its "
		       "guest \"%s\" needs identity (or no-dma here)", g->name);
		bad_if(p, d->is_dma && !d->has_quiesce, node, "quiesce", "is missing: the device "
		       "may master the bus (or no-dma here)");
	}
}

static void parse_guest(struct parse *p, int node)
{
	struct sys_guest *g = &p->system->guest[p->system->guest_count];
	int verify = dt_has(p->fdt, node, "verify") ? node : 0;
	const fdt32_t *limit;
	bool has_limit = parse_cells(p, node, "restart-limit", 2, 1, &limit) == 1;

	if (bad_if(p, p->system->guest_count == SKERRY_GUEST_MAX, node, NULL,
		   "is one too many: there are at most %u guests", SKERRY_GUEST_MAX)) {
		return;
	}
	g->node = node;
	str_copy(g->name, dt_name(p->fdt, node), sizeof(g->name));
	g->autostart = dt_has(p->fdt, node, "autostart");
	g->service = dt_has(p->fdt, node, "service");
	g->critical = dt_has(p->fdt, node, "critical");
	g->identity = dt_has(p->fdt, node, "identity");
	g->has_own_tree = dt_has(p->fdt, node, "dtb");
	g->console = parse_choice(p, node, "console", "none hypercall pl011");
	g->on_crash = parse_choice(p, node, "on-crash", "stop restart pause reset-board");
	g->verify = parse_choice(p, verify, "verify", "none sha256");
	g->restart_limit = has_limit ? fdt32_ld(limit) : 5;
	g->restart_window_s = has_limit ? fdt32_ld(limit + 1) : 60;
	parse_memory(p, g);
	parse_cpus(p, g);
	parse_segments(p, g);
	parse_devices(p, g);
	p->system->guest_count++;
}

/* The guests that a property of references names, as a mask. */
static uint32_t parse_guests(struct parse *p, int node, const char *name, uint32_t max)
{
	const fdt32_t *c;
	uint32_t mask = 0, phandle;

	for (int count = parse_cells(p, node, name, 1, max, &c); count > 0; count--, c++) {
		uint32_t before = mask;

		for (uint32_t i = 0; i < p->system->guest_count; i++) {
			if (dt_u32(p->fdt, p->system->guest[i].node, "phandle", &phandle) &&
			    phandle == fdt32_ld(c)) {
				mask |= 1u << i;
			}
		}
		bad_if(p, mask == before, node, name, "does not name a guest, or twice");
	}
	return mask;
}

int system_parse(const void *system_fdt, const struct board *b, const void *board_fdt,
		 struct system *s, struct report *r)
{
	struct parse p = {
		.fdt = system_fdt, .board = b, .board_fdt = board_fdt, .system = s, .report = r,
	};
	uint32_t errors = r->errors;
	int list = dt_path(system_fdt, "/guests"), node = -1;
	const char *model = dt_string(system_fdt, 0, "model");

	memset(s, 0, sizeof(*s));
	str_copy(s->model, model ? model : "", sizeof(s->model));
	bad_if(&p, !dt_is_compatible(system_fdt, 0, "skerry,system-1"), 0, "compatible",
	       "is not \"skerry,system-1\"");
	while ((node = dt_child(system_fdt, list, node)) >= 0) {
		parse_guest(&p, node);
	}
	bad_if(&p, s->guest_count == 0, 0, NULL, "there are no guests");
	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		g->after = (uint16_t)parse_guests(&p, g->node, "after", SKERRY_GUEST_MAX);
	}
	s->input = (int8_t)(__builtin_ffs((int)parse_guests(&p, 0, "console-input", 1)) - 1);
	return r->errors == errors ? 0 : SKERRY_INVALID;
}

void system_place_identity(struct sys_guest *g, uint64_t base)
{
	g->bank[0].base = base;
	g->tree.at.base += base;
	g->entry += base;
	for (uint32_t i = 0; i < g->segment_count; i++) {
		g->segment[i].at.base += base;
	}
}
