/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the compiled system description, as mksystem has annotated it, into
 * struct system. Boot-only; the same source is in skerry-check. Checks what safety
 * needs of one guest; clashes between two are refused where things are given out
 * (core/boot/guests.c, gic_boot.c), and told better by tools/check_clashes.c, as is
 * spelling. Goes on after an error. Must never trust a length or an offset in
 * the tree beyond what dt_check() has seen.
 */
#include <core/boot/parse.h>
#include <lib/string.h>

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

uint32_t parse_cells(struct parse *p, int node, const char *name, uint32_t group,
		     uint32_t max, bool must, const fdt32_t **cells)
{
	int size = 0;
	uint32_t count;

	*cells = dt_prop(p->fdt, node, name, &size);
	count = (uint32_t)size / 4 / group;
	bad_if(p, !*cells && must, node, name, "is missing");
	return bad_if(p, *cells && (!count || (uint32_t)size % (4 * group) || count > max), node,
		      name, "takes rows of %u cells, at most %u; it has %d bytes", group, max,
		      size) ? 0 : count;
}

int parse_next(struct parse *p, int list, int node, uint32_t count, uint32_t max)
{
	node = dt_child(p->fdt, list, node);
	return bad_if(p, node >= 0 && count == max, node, NULL, "is one too many of %u", max) ?
	       -1 : node;
}

uint8_t parse_choice(struct parse *p, int node, const char *name, const char *words)
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

static const struct range address_space = { 0, 1ull << SKERRY_IPA_BITS };

static void parse_memory(struct parse *p, struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";
	uint32_t cells = g->identity ? 2 : 4;
	const fdt32_t *c;
	uint32_t max = g->identity ? 1 : SYS_BANK_MAX;

	for (uint32_t n = parse_cells(p, g->node, name, cells, max, true, &c); n; n--, c += cells) {
		struct range r = { dt_cells(c, (int)cells - 2), dt_cells(c + cells - 2, 2) };
		bool is_bad = !r.size || !is_aligned(r.base | r.size, PAGE_SIZE) ||
			      !range_holds(address_space, r.base, r.size);

		for (const struct sys_fixed *f = system_fixed; f->name; f++) {
			is_bad |= !g->identity && range_overlaps(r, f->at);
		}
		bad_if(p, is_bad, g->node, name, "0x%lx, 0x%lx bytes: no pages that a guest may "
		       "have", r.base, r.size);
		g->bank[g->bank_count++] = r;
	}
}

static void parse_cpus(struct parse *p, struct sys_guest *g)
{
	uint32_t cores = p->board ? p->board->cpu_count : SKERRY_CPU_MAX;
	const fdt32_t *c;

	for (uint32_t n = parse_cells(p, g->node, "cpus", 1, SKERRY_VCPU_MAX, true, &c); n; n--) {
		uint32_t core = fdt32_ld(c++);

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
		uint64_t crc = dt_number(p->fdt, node, "crc32", UINT64_MAX);

		if (bad_if(p, !is_tree && g->segment_count == SYS_SEGMENT_MAX, node, NULL,
			   "a guest has at most %u segments", SYS_SEGMENT_MAX)) {
			return;
		}
		s->node = node;
		s->at.base = dt_number(p->fdt, node, "address", UINT64_MAX);
		s->at.size = dt_number(p->fdt, node, "size", 0);
		s->crc32 = (uint32_t)crc;
		bad_if(p, crc > UINT32_MAX, node, NULL, "is no segment as mksystem writes them");
		bad_if(p, !is_in_bank(g, s->at.base, s->at.size), node, "address",
		       "0x%lx, 0x%lx bytes: not in the guest's memory", s->at.base, s->at.size);
		g->segment_count += !is_tree;
	}
	g->refused = list < 0;
	g->entry = dt_number(p->fdt, g->node, "entry", UINT64_MAX);
	bad_if(p, list >= 0 && (!g->tree.node || g->tree.at.base % 8), list, "tree",
	       "is missing, or at no multiple of 8: 0x%lx", g->tree.at.base);
	bad_if(p, list >= 0 && (g->entry % 4 || !is_in_bank(g, g->entry, 4)), g->node, "entry",
	       "0x%lx: not in the guest's memory, or no multiple of 4", g->entry);
}

/* What the board's tree says of it. */
static void read_device(struct parse *p, struct sys_device *d, const char *path)
{
	const void *board = p->board_fdt;
	int gic = p->board ? p->board->gic_node : -1, regs, irqs;
	struct dt_interrupt irq;
	bool is_ram = false;
	struct range r;

	d->board_node = dt_path(board, path);
	while ((regs = dt_reg(board, d->board_node, d->reg_count, &r)) == SKERRY_OK && r.size &&
	       d->reg_count < SYS_REG_MAX) {
		d->regs[d->reg_count++] = r;
		for (uint32_t i = 0; p->board && i < p->board->memory_count; i++) {
			is_ram |= range_overlaps(r, p->board->memory[i]);
		}
	}
	while ((irqs = dt_interrupt(board, d->board_node, gic, d->irq_count, &irq)) == SKERRY_OK &&
	       irq.intid >= 32 && d->irq_count < SYS_IRQ_MAX) {
		d->intid[d->irq_count] = irq.intid;
		d->edge[d->irq_count++] = (irq.flags & 3) != 0;
	}
	bad_if(p, is_ram || regs != SKERRY_AGAIN || !d->reg_count || irqs != SKERRY_AGAIN ||
	       !dt_is_enabled(board, d->board_node) ||
	       dt_has(board, d->board_node, "msi-controller"), d->node, "device", "\"%s\" is not "
	       "there, disabled, RAM, or no guest can have its registers or interrupts", path);
	d->is_dma = !dt_has(p->fdt, d->node, "no-dma");
	for (size_t i = 0; i < ARRAY_SIZE(no_dma_classes); i++) {
		d->is_dma &= !dt_is_compatible(board, d->board_node, no_dma_classes[i]);
	}
}

static void parse_quiesce(struct parse *p, struct sys_device *d)
{
	uint64_t room = d->reg_count ? d->regs[0].size : UINT64_MAX;
	const fdt32_t *c;

	d->has_quiesce = parse_cells(p, d->node, "quiesce", 6, 1, false, &c);
	if (d->has_quiesce) {
		struct sys_quiesce q = { fdt32_ld(c), fdt32_ld(c + 1), fdt32_ld(c + 2),
					 fdt32_ld(c + 3), fdt32_ld(c + 4), fdt32_ld(c + 5) };

		d->quiesce = q;
		bad_if(p, (q.width != 1 && q.width != 2 && q.width != 4) || q.offset % q.width ||
		       !range_holds((struct range){ 0, room }, q.offset, q.width), d->node,
		       "quiesce", "0x%x, width %u: not in its first range", q.offset, q.width);
		bad_if(p, q.limit_us > SYS_QUIESCE_MAX_US, d->node, "quiesce",
		       "has a limit of %u us; at most %u", q.limit_us, SYS_QUIESCE_MAX_US);
	}
}

static void parse_devices(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "devices"), node = -1;

	while ((node = parse_next(p, list, node, g->device_count, SYS_DEVICE_MAX)) >= 0) {
		struct sys_device *d = &g->device[g->device_count++];
		const char *path = dt_string(p->fdt, node, "device");

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
	struct sys_guest *g = &p->system->guest[p->system->guest_count++];
	int verify = dt_has(p->fdt, node, "verify") ? node : 0;
	const fdt32_t *limit;
	bool has_limit = parse_cells(p, node, "restart-limit", 2, 1, false, &limit);

	g->node = node;
	str_copy(g->name, dt_name(p->fdt, node), sizeof(g->name));
	g->autostart = dt_has(p->fdt, node, "autostart");
	g->service = dt_has(p->fdt, node, "service");
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
}

uint32_t parse_guests(struct parse *p, int node, const char *name, uint32_t max)
{
	const struct sys_guest *g = p->system->guest;
	const fdt32_t *c;
	uint32_t mask = 0;

	for (uint32_t n = parse_cells(p, node, name, 1, max, false, &c); n; n--, c++) {
		uint32_t before = mask;

		for (uint32_t i = 0; i < p->system->guest_count; i++) {
			mask |= (dt_number(p->fdt, g[i].node, "phandle", UINT64_MAX) ==
				 fdt32_ld(c)) << i;
		}
		bad_if(p, mask == before, node, name, "does not name a guest, or twice");
	}
	return mask;
}

int system_parse(const void *system_fdt, const struct board *b, const void *board_fdt,
		 struct system *s, struct report *r)
{
	struct parse p = { system_fdt, b, board_fdt, s, r, 0 };
	uint32_t errors = r->errors;
	int list = dt_path(system_fdt, "/guests"), node = -1;

	memset(s, 0, sizeof(*s));
	bad_if(&p, !dt_is_compatible(system_fdt, 0, "skerry,system-1"), 0, "compatible",
	       "is not \"skerry,system-1\"");
	while ((node = parse_next(&p, list, node, s->guest_count, SKERRY_GUEST_MAX)) >= 0) {
		parse_guest(&p, node);
	}
	bad_if(&p, s->guest_count == 0, 0, NULL, "there are no guests");
	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		g->after = (uint16_t)parse_guests(&p, g->node, "after", SKERRY_GUEST_MAX);
	}
	parse_links(&p);
	s->console_driver = (int8_t)(__builtin_ffs((int)parse_guests(&p, 0, "console-driver", 1)) -
				     1);
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
