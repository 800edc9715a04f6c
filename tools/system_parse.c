/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the compiled system description, as mksystem has annotated it, into the table
 * that the system image carries (core/system.h). Checks that each property is of its shape;
 * what the numbers must be is system_check()'s (core/boot), which the caller runs next, and
 * spelling is check_names.c's. Goes on after an error. Must never trust a length or an
 * offset in the tree beyond what dt_check() has seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lib/string.h>
#include "parse.h"
#include "system_parse.h"

/* Every device is taken for a bus master unless its class is known not to be one, or
 * its node in the description says `no-dma`. */
static const char *const no_dma_classes[] = {
	"arm,pl011", "arm,pl031", "arm,pl061", "arm,sp804", "arm,sp805", "ns16550a",
	"snps,dw-apb-uart", "brcm,bcm2835-aux", "brcm,bcm2835-aux-uart",
	"brcm,bcm2835-aux-spi", "brcm,bcm2835-gpio", "brcm,bcm2711-gpio",
	"brcm,bcm2835-i2c", "brcm,bcm2835-pwm", "brcm,bcm2835-spi", "brcm,bcm2835-system-timer",
	"brcm,bcm2711-rng200", "brcm,bcm2711-thermal",
};

/* Of an assigned device's node: written anew, without meaning for the guest, or a
 * reference to what it does not get. "x-": what begins so, "-x": what ends so. */
static const char *const dropped[] = {
	"interrupts", "interrupts-extended", "interrupt-parent", "clocks", "phandle",
	"linux,phandle", "dma-coherent", "dma-ranges", "ranges", "pinctrl-", "-supply", "-gpio",
	"-gpios", "gpio", "gpios", "resets", "reset-names", "power-domains",
	"power-domain-names", "iommus", "iommu-map", "dmas", "dma-names", "phys", "phy-names",
	"phy-handle", "nvmem-cells", "nvmem-cell-names", "memory-region", "msi-",
	"operating-points-v2",
	"interconnects", "interconnect-names", "mboxes", "mbox-names", "hwlocks", "assigned-",
	"mmc-pwrseq", "syscon", "interrupt-map", "thermal-sensors",
};

static void put_list(char *to, size_t room, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(list[i]) + 1;

		if (size >= room) {
			abort();	/* a longer list needs SYS_..._MAX to grow */
		}
		memcpy(to, list[i], size);
		to += size;
		room -= size;
	}
}

void system_put_lists(struct system *s)
{
	put_list(s->no_dma, sizeof(s->no_dma), no_dma_classes, ARRAY_SIZE(no_dma_classes));
	put_list(s->dropped, sizeof(s->dropped), dropped, ARRAY_SIZE(dropped));
}

uint32_t parse_cells(struct parse *p, int node, const char *name, uint32_t group,
		     uint32_t max, bool must, const fdt32_t **cells)
{
	int size = 0;
	uint32_t count;

	*cells = dt_prop(p->fdt, node, name, &size);
	count = (uint32_t)size / 4 / group;
	bad_if(p, !*cells && must, node, name, "is missing");
	return bad_if(p, *cells && (!count || (uint32_t)size % (4 * group) || count > max), node,
		      name, "takes rows of %u cells, at most %u; it has %u bytes", group, max,
		      (uint32_t)size) ? 0 : count;
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

static void parse_memory(struct parse *p, struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";
	uint32_t cells = g->identity ? 2 : 4;
	const fdt32_t *c;
	uint32_t max = g->identity ? 1 : SYS_BANK_MAX;

	for (uint32_t n = parse_cells(p, g->node, name, cells, max, true, &c); n; n--, c += cells) {
		g->bank[g->bank_count++] = (struct range){
			dt_cells(c, (int)cells - 2), dt_cells(c + cells - 2, 2),
		};
	}
}

static void parse_cpus(struct parse *p, struct sys_guest *g)
{
	const fdt32_t *c;

	for (uint32_t n = parse_cells(p, g->node, "cpus", 1, SKERRY_VCPU_MAX, true, &c); n; n--) {
		g->cpu[g->vcpu_count++] = (uint8_t)min_u64(fdt32_ld(c++), UINT8_MAX);
	}
}

/* A string that must be there, and fit into `size` bytes. */
static void parse_text(struct parse *p, int node, const char *name, char *to, size_t size,
		       const char *wrong)
{
	const char *text = dt_string(p->fdt, node, name);

	bad_if(p, (size_t)format_to(to, size, "%s", text ? text : "") - 1 >= size - 1, node, name,
	       "%s: 1 to %zu characters", wrong, size - 1);
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
		parse_text(p, node, "data", s->image, sizeof(s->image), "names no image");
		g->segment_count += !is_tree;
	}
	g->refused = list < 0;
	g->entry = dt_number(p->fdt, g->node, "entry", UINT64_MAX);
	bad_if(p, list >= 0 && !g->tree.node, list, "tree", "is missing");
}

static void parse_quiesce(struct parse *p, struct sys_device *d)
{
	const fdt32_t *c;

	d->quiesce_count = parse_cells(p, d->node, "quiesce", 6, SYS_QUIESCE_MAX, false, &c);
	for (uint32_t i = 0; i < d->quiesce_count; i++, c += 6) {
		d->quiesce[i] = (struct sys_quiesce){
			fdt32_ld(c), fdt32_ld(c + 1), fdt32_ld(c + 2),
			fdt32_ld(c + 3), fdt32_ld(c + 4), fdt32_ld(c + 5),
		};
	}
}

static void parse_devices(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "devices"), node = -1;

	while ((node = parse_next(p, list, node, g->device_count, SYS_DEVICE_MAX)) >= 0) {
		struct sys_device *d = &g->device[g->device_count++];

		d->node = node;
		d->no_dma = dt_has(p->fdt, node, "no-dma");
		format_to(d->name, sizeof(d->name), "%s", dt_name(p->fdt, node));
		parse_text(p, node, "device", d->path, sizeof(d->path),
			   "must name a node of the board's tree");
		parse_quiesce(p, d);
	}
}

/* Cores, how many vCPUs where they are more, policy and console, for the boot's table. */
static void make_note(const struct system *s, struct sys_guest *g)
{
	static const char *const consoles[] = { "-", "hypercall", "pl011" };
	static const char *const policies[] = { "static", "cyclic", "server", "rr" };
	char cores[2 * SKERRY_CPU_MAX + 8] = "";
	const char *policy = NULL;
	uint32_t mask = 0;

	for (uint32_t i = 0; i < g->vcpu_count; i++) {
		const char *this = policies[s->core[g->cpu[i] % SKERRY_CPU_MAX].policy];

		mask |= 1u << g->cpu[i] % SKERRY_CPU_MAX;
		policy = policy && policy != this ? "mixed" : this;
	}
	for (uint32_t i = 0, n = 0; i < SKERRY_CPU_MAX; i++) {
		if (mask & 1u << i) {
			n += (uint32_t)format_to(cores + n, sizeof(cores) - n, "%s%u",
						 n ? "," : "", i);
		}
	}
	if (g->vcpu_count > (uint32_t)__builtin_popcount(mask)) {
		format_to(cores + strlen(cores), sizeof(cores) - strlen(cores), "*%u",
			 g->vcpu_count);
	}
	format_to(g->note, sizeof(g->note), "%-8s %-7s %-9s", cores, policy ? policy : "-",
		 consoles[g->console]);
}

static void parse_guest(struct parse *p, int node, uint8_t verify)
{
	struct sys_guest *g = &p->system->guest[p->system->guest_count++];
	const fdt32_t *limit;
	bool has_limit = parse_cells(p, node, "restart-limit", 2, 1, false, &limit);

	g->node = node;
	format_to(g->name, sizeof(g->name), "%s", dt_name(p->fdt, node));
	g->autostart = dt_has(p->fdt, node, "autostart");
	g->service = dt_has(p->fdt, node, "service");
	g->identity = dt_has(p->fdt, node, "identity");
	g->critical = dt_has(p->fdt, node, "critical");
	g->has_own_tree = dt_has(p->fdt, node, "dtb");
	g->console = parse_choice(p, node, "console", "none hypercall pl011");
	g->on_crash = parse_choice(p, node, "on-crash", "stop restart pause reset-board");
	g->verify = dt_has(p->fdt, node, "verify") ?
		    parse_choice(p, node, "verify", "none sha256") : verify;
	g->restart_limit = has_limit ? fdt32_ld(limit) : 5;
	g->restart_window_s = has_limit ? fdt32_ld(limit + 1) : 60;
	parse_memory(p, g);
	parse_cpus(p, g);
	parse_segments(p, g);
	parse_devices(p, g);
}

static void no_guest(struct parse *p, int node, const char *name, uint32_t phandle)
{
	int other = fdt_node_offset_by_phandle(p->fdt, phandle);

	bad_if(p, other >= 0, node, name, "names the node \"%s\", which is no guest",
	       dt_name(p->fdt, other < 0 ? 0 : other));
	bad_if(p, other < 0, node, name, "names no node: it takes labels of guests, <&name>");
}

uint32_t parse_guests(struct parse *p, int node, const char *name, uint32_t max)
{
	const struct sys_guest *g = p->system->guest;
	const fdt32_t *c;
	uint32_t mask = 0;

	for (uint32_t n = parse_cells(p, node, name, 1, max, false, &c); n; n--, c++) {
		uint32_t this = 0;

		for (uint32_t i = 0; i < p->system->guest_count; i++) {
			this |= (dt_number(p->fdt, g[i].node, "phandle", UINT64_MAX) ==
				 fdt32_ld(c)) << i;
		}
		if (!this) {
			no_guest(p, node, name, fdt32_ld(c));
		}
		bad_if(p, mask & this, node, name, "names \"%s\" twice",
		       this ? g[__builtin_ctz(this)].name : "");
		mask |= this;
	}
	return mask;
}

static void parse_watchdog(struct parse *p)
{
	const fdt32_t *c;
	bool has_critical = false;

	for (uint32_t i = 0; i < p->system->guest_count; i++) {
		has_critical |= p->system->guest[i].critical;
	}
	p->system->panic_resets = parse_choice(p, 0, "on-panic", "halt reset");
	if (parse_cells(p, 0, "watchdog-ms", 1, 1, false, &c) &&
	    !bad_if(p, fdt32_ld(c) < SYS_WATCHDOG_MIN_MS || fdt32_ld(c) > SYS_WATCHDOG_MAX_MS, 0,
		    "watchdog-ms", "is %u; it can be %u to %u", fdt32_ld(c), SYS_WATCHDOG_MIN_MS,
		    SYS_WATCHDOG_MAX_MS) &&
	    !bad_if(p, !has_critical, 0, "watchdog-ms", "needs a guest that is critical, whose "
		    "check-ins feed the board's watchdog")) {
		p->system->watchdog_ms = fdt32_ld(c);
	}
}

int system_parse(const void *fdt, struct system *s, struct report *r)
{
	struct parse p = { fdt, s, r };
	uint32_t errors = r->errors;
	uint8_t verify;
	int list = dt_path(fdt, "/guests"), node = -1;

	memset(s, 0, sizeof(*s));
	s->magic = SYS_MAGIC;
	s->version = SYS_VERSION;
	s->size = sizeof(*s);
	system_put_lists(s);
	bad_if(&p, !dt_is_compatible(fdt, 0, "skerry,system-1"), 0, "compatible",
	       "is not \"skerry,system-1\"");
	verify = parse_choice(&p, 0, "verify", "none sha256");
	while ((node = parse_next(&p, list, node, s->guest_count, SKERRY_GUEST_MAX)) >= 0) {
		parse_guest(&p, node, verify);
	}
	bad_if(&p, s->guest_count == 0, 0, NULL, "there are no guests");
	parse_schedule(&p);
	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		g->after = (uint16_t)parse_guests(&p, g->node, "after", SKERRY_GUEST_MAX);
		g->control = (uint16_t)parse_guests(&p, g->node, "control", SKERRY_GUEST_MAX);
		make_note(s, g);
	}
	parse_links(&p);
	parse_watchdog(&p);
	s->console_driver = (int8_t)(__builtin_ffs((int)parse_guests(&p, 0, "console-driver", 1)) -
				     1);
	s->input = (int8_t)(__builtin_ffs((int)parse_guests(&p, 0, "console-input", 1)) - 1);
	return r->errors == errors ? 0 : SKERRY_INVALID;
}

void system_make_table(const struct system *from, struct system *table)
{
	*table = *from;
	for (struct sys_guest *g = table->guest; g < table->guest + table->guest_count; g++) {
		g->node = g->tree.node = 0;
		for (uint32_t i = 0; i < g->segment_count; i++) {
			g->segment[i].node = 0;
		}
		for (uint32_t i = 0; i < g->device_count; i++) {
			g->device[i].node = 0;
		}
	}
	for (uint32_t i = 0; i < table->link_count; i++) {
		table->link[i].node = 0;
	}
	for (uint32_t i = 0; i < SKERRY_CPU_MAX; i++) {
		table->core[i].node = 0;
	}
}
