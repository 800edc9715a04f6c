/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the compiled system description into struct system: the guests and
 * what belongs to each alone. Boot-only; the same source is in skerry-check.
 * Goes on after an error so that one run tells them all. Spelling, types of
 * unknown properties and advice are the host tool's. Must never trust a length
 * or an offset in the tree beyond what libfdt has checked.
 */
#include <core/boot/system_parts.h>
#include <lib/string.h>

#define TREE_ROOM	KIB(64)		/* for a generated guest tree */
#define RESTARTS	5		/* default restart-limit: this many ... */
#define RESTART_WINDOW_S 60		/* ... in this time */
#define DAY_S		86400

int parse_cells(struct parse *p, int node, const char *name, uint32_t group, uint32_t max,
		const fdt32_t **cells)
{
	int size;
	const fdt32_t *c = fdt_getprop(p->fdt, node, name, &size);
	uint32_t bytes = group * sizeof(fdt32_t);

	if (!c) {
		return 0;
	}
	if (size == 0 || (uint32_t)size % bytes || (uint32_t)size / bytes > max) {
		if (max == 1) {
			bad(p, node, name, "takes %u cells, not %d bytes", group, size);
		} else {
			bad(p, node, name, "takes 1 to %u entries of %u cells each, not %d bytes",
			    max, group, size);
		}
		return -1;
	}
	*cells = c;
	return (int)((uint32_t)size / bytes);
}

const char *parse_string(struct parse *p, int node, const char *name)
{
	int size;
	const char *s = fdt_getprop(p->fdt, node, name, &size);

	if (s && (size < 2 || memchr(s, 0, (size_t)size) != s + size - 1)) {
		bad(p, node, name, "must be one string");
		return NULL;
	}
	return s;
}

/* Which of the words in `words`, separated by blanks, the property has; 0 where it is absent. */
static uint8_t parse_choice(struct parse *p, int node, const char *name, const char *words)
{
	const char *value = parse_string(p, node, name), *word = words;
	size_t size = value ? strlen(value) : 0;

	for (uint8_t i = 0; value; i++) {
		const char *end = strchr(word, ' ');
		size_t word_size = end ? (size_t)(end - word) : strlen(word);

		if (size == word_size && memcmp(word, value, size) == 0) {
			return i;
		}
		if (!end) {
			bad(p, node, name, "is \"%s\"; it can be one of: %s", value, words);
			break;
		}
		word = end + 1;
	}
	return 0;
}

/* The value of a property of two cells in `value`; false: absent or bad. */
static bool parse_u64(struct parse *p, int node, const char *name, uint64_t *value)
{
	const fdt32_t *c;

	if (parse_cells(p, node, name, 2, 1, &c) != 1) {
		return false;
	}
	*value = cells_u64(c);
	return true;
}

static bool has(struct parse *p, int node, const char *name)
{
	return fdt_getprop(p->fdt, node, name, NULL) != NULL;
}

static void parse_name(struct parse *p, struct sys_guest *g)
{
	const char *name = fdt_get_name(p->fdt, g->node, NULL);

	if (!name || str_copy(g->name, name, sizeof(g->name)) >= sizeof(g->name)) {
		bad(p, g->node, NULL, "a guest's name has at most %u characters",
		    SKERRY_NAME_MAX - 1);
	}
	for (const char *c = g->name; *c; c++) {
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '-' || *c == '_' || *c == '.')) {
			bad(p, g->node, NULL,
			    "a guest's name has letters, digits, '-', '_' and '.' only");
			break;
		}
	}
	for (struct sys_guest *o = p->system->guest; o < g; o++) {
		if (strcmp(o->name, g->name) == 0) {
			bad(p, g->node, NULL, "there is a guest of that name already");
		}
	}
}

static void parse_memory(struct parse *p, struct sys_guest *g)
{
	const fdt32_t *c;
	int count = parse_cells(p, g->node, "memory", 4, SYS_BANK_MAX, &c);

	if (g->identity) {
		if (count) {
			bad(p, g->node, "memory",
			    "an identity guest's addresses are chosen at boot: give memory-size");
		}
		if (parse_u64(p, g->node, "memory-size", &g->identity_size)) {
			g->bank[0].size = g->identity_size;
			g->bank_count = 1;
		} else if (!has(p, g->node, "memory-size")) {
			bad(p, g->node, "memory-size", "is missing (identity is given)");
		}
	} else {
		for (int i = 0; i < count; i++, c += 4) {
			g->bank[i] = (struct range){ cells_u64(c), cells_u64(c + 2) };
			g->bank_count++;
		}
		if (count == 0) {
			bad(p, g->node, "memory", "is missing");
		}
		if (has(p, g->node, "memory-size")) {
			bad(p, g->node, "memory-size", "goes with identity only");
		}
	}
	check_banks(p, g);
}

static void parse_cpus(struct parse *p, struct sys_guest *g)
{
	uint32_t cores = p->board ? p->board->cpu_count : SKERRY_CPU_MAX;
	uint8_t index = (uint8_t)(g - p->system->guest);
	const fdt32_t *c;
	int count = parse_cells(p, g->node, "cpus", 1, SKERRY_VCPU_MAX, &c);

	if (count == 0) {
		bad(p, g->node, "cpus", "is missing");
	}
	for (int i = 0; i < count; i++) {
		uint32_t core = fdt32_to_cpu(c[i]);

		if (core >= cores || core >= SKERRY_CPU_MAX) {
			bad(p, g->node, "cpus", "names core %u; %s has cores 0 to %u", core,
			    p->board ? "the board" : "Skerry", cores - 1);
			continue;
		}
		if (p->core_owner[core]) {
			bad(p, g->node, "cpus", "core %u is given twice, to \"%s\" and \"%s\"; "
			    "sharing a core is not supported by this version", core,
			    p->system->guest[p->core_owner[core] - 1].name, g->name);
			continue;
		}
		p->core_owner[core] = (uint8_t)(index + 1);
		g->cpu[g->vcpu_count++] = (uint8_t)core;
	}
}

static void parse_restart_limit(struct parse *p, struct sys_guest *g)
{
	const fdt32_t *c;

	g->restart_limit = RESTARTS;
	g->restart_window_s = RESTART_WINDOW_S;
	if (parse_cells(p, g->node, "restart-limit", 2, 1, &c) != 1) {
		return;
	}
	g->restart_limit = fdt32_to_cpu(c[0]);
	g->restart_window_s = fdt32_to_cpu(c[1]);
	if (g->restart_window_s < 1 || g->restart_window_s > DAY_S) {
		bad(p, g->node, "restart-limit", "has a window of %u s; it can be 1 to %u",
		    g->restart_window_s, DAY_S);
	}
}

/* The guest's segments, as mksystem has written them. */
static void parse_segments(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "segments"), node;

	if (list < 0) {
		g->refused = true;
		return;
	}
	fdt_for_each_subnode(node, p->fdt, list) {
		struct sys_segment *s = &g->segment[g->segment_count];
		const fdt32_t *crc;

		if (g->segment_count == SYS_SEGMENT_MAX) {
			bad(p, node, NULL, "is one too many: a guest has at most %u segments",
			    SYS_SEGMENT_MAX);
			return;
		}
		if (!parse_u64(p, node, "address", &s->at.base) ||
		    !parse_u64(p, node, "size", &s->at.size) ||
		    parse_cells(p, node, "crc32", 1, 1, &crc) != 1 ||
		    !parse_string(p, node, "data")) {
			bad(p, node, NULL, "is no segment as mksystem writes them");
			return;
		}
		s->crc32 = fdt32_to_cpu(*crc);
		s->node = node;
		g->segment_count++;
	}
	if (!parse_u64(p, g->node, "entry", &g->entry)) {
		bad(p, g->node, "entry", "is missing (mksystem writes it)");
	}
	if (parse_u64(p, g->node, "ramdisk-address", &g->ramdisk.base) &&
	    !parse_u64(p, g->node, "ramdisk-size", &g->ramdisk.size)) {
		bad(p, g->node, "ramdisk-size", "is missing (mksystem writes it)");
	}
}

/* Where the guest's tree goes: its own one is a segment, a generated one needs room. */
static void parse_tree(struct parse *p, struct sys_guest *g)
{
	bool is_given = parse_u64(p, g->node, "dtb-address", &g->tree_address);
	uint64_t end = g->bank[0].base + g->bank[0].size;

	g->has_own_tree = has(p, g->node, "dtb");
	g->tree_size = TREE_ROOM;
	if (g->has_own_tree && g->identity) {
		bad(p, g->node, "dtb", "an identity guest can't bring a tree: its addresses are "
		    "chosen at boot");
	}
	if (is_given) {
		if (!is_aligned(g->tree_address, 8)) {
			bad(p, g->node, "dtb-address", "0x%lx is not a multiple of 8",
			    g->tree_address);
		}
	} else if (g->bank_count && g->bank[0].size >= TREE_ROOM) {
		g->tree_address = max_u64(align_down(end - TREE_ROOM, BLOCK_SIZE), g->bank[0].base);
	}
	for (uint32_t i = 0; g->has_own_tree && i < g->segment_count; i++) {
		const char *name = fdt_get_name(p->fdt, g->segment[i].node, NULL);

		if (name && strcmp(name, "own-tree") == 0) {
			g->tree_address = g->segment[i].at.base;
			g->tree_size = (uint32_t)g->segment[i].at.size;
		}
	}
}

static void parse_words(struct parse *p, struct sys_guest *g)
{
	static const struct { const char *name; size_t at; } flags[] = {
		{ "autostart", offsetof(struct sys_guest, autostart) },
		{ "service", offsetof(struct sys_guest, service) },
		{ "critical", offsetof(struct sys_guest, critical) },
		{ "identity", offsetof(struct sys_guest, identity) },
	};
	static const char *const later[] = {
		"priority", "budget-us", "period-us", "control", "window-bank",
	};
	int verify = has(p, g->node, "verify") ? g->node : 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		*((bool *)g + flags[i].at) = has(p, g->node, flags[i].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		if (has(p, g->node, later[i])) {
			bad(p, g->node, later[i], "is not supported by this version");
		}
	}
	g->console = parse_choice(p, g->node, "console", "none hypercall pl011");
	g->on_crash = parse_choice(p, g->node, "on-crash", "stop restart pause reset-board");
	g->verify = parse_choice(p, verify, "verify", "none sha256");
	g->bootargs = parse_string(p, g->node, "bootargs");
	if (g->bootargs && strlen(g->bootargs) >= SYS_BOOTARGS_MAX) {
		bad(p, g->node, "bootargs", "has more than %u characters", SYS_BOOTARGS_MAX - 1);
	}
}

static void parse_guest(struct parse *p, int node)
{
	struct sys_guest *g = &p->system->guest[p->system->guest_count];

	if (p->system->guest_count == SKERRY_GUEST_MAX) {
		bad(p, node, NULL, "is one too many: there are at most %u guests",
		    SKERRY_GUEST_MAX);
		return;
	}
	g->node = node;
	parse_name(p, g);
	parse_words(p, g);
	parse_restart_limit(p, g);
	parse_memory(p, g);
	parse_cpus(p, g);
	parse_segments(p, g);
	parse_tree(p, g);
	check_segments(p, g);
	parse_devices(p, g);
	check_devices(p, g);
	p->system->guest_count++;
}

/* The guest that a reference in property `name` of `node` means; -1: none, reported. */
static int find_guest(struct parse *p, int node, const char *name, uint32_t phandle)
{
	int to = fdt_node_offset_by_phandle(p->fdt, phandle);

	for (uint32_t i = 0; i < p->system->guest_count; i++) {
		if (p->system->guest[i].node == to) {
			return (int)i;
		}
	}
	bad(p, node, name, "does not name a guest (phandle 0x%x)", phandle);
	return -1;
}

/* References to guests, once all are known. Those that wait for each other are refused. */
static void parse_after(struct parse *p)
{
	struct system *s = p->system;
	uint32_t ready = 0;
	const fdt32_t *c;

	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		int count = parse_cells(p, g->node, "after", 1, SKERRY_GUEST_MAX, &c);

		for (int i = 0; i < count; i++) {
			int other = find_guest(p, g->node, "after", fdt32_to_cpu(c[i]));

			g->after |= (uint16_t)(other < 0 ? 0 : 1u << other);
		}
	}
	for (uint32_t n = 0; n < s->guest_count; n++) {
		for (uint32_t i = 0; i < s->guest_count; i++) {
			ready |= (s->guest[i].after & ~ready) ? 0 : 1u << i;
		}
	}
	for (uint32_t i = 0; i < s->guest_count; i++) {
		if (!(ready & 1u << i)) {
			bad(p, s->guest[i].node, "after",
			    "never comes true: guests wait for each other in a circle");
		}
	}
}

static void parse_root(struct parse *p)
{
	static const char *const later[] = { "links", "volumes", "schedule" };
	const char *model = parse_string(p, 0, "model");
	const fdt32_t *c;

	if (fdt_node_check_compatible(p->fdt, 0, "skerry,system-1")) {
		bad(p, 0, "compatible", "is not \"skerry,system-1\"");
	}
	str_copy(p->system->model, model ? model : "", sizeof(p->system->model));
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		int node = fdt_subnode_offset(p->fdt, 0, later[i]);

		if (node >= 0) {
			bad(p, node, NULL, "is not supported by this version");
		}
	}
	if (parse_cells(p, 0, "console-input", 1, 1, &c) == 1) {
		int i = find_guest(p, 0, "console-input", fdt32_to_cpu(*c));

		p->system->input = (int8_t)i;
		if (i >= 0 && p->system->guest[i].console == CONSOLE_NONE) {
			bad(p, 0, "console-input", "\"%s\" has no console",
			    p->system->guest[i].name);
		}
	}
}

int system_parse(const void *system_fdt, const struct board *b, const void *board_fdt,
		 struct system *s, struct report *r)
{
	struct parse p = {
		.fdt = system_fdt, .board = b, .board_fdt = board_fdt, .system = s, .report = r,
	};
	uint32_t errors = r->errors;
	int list = fdt_subnode_offset(system_fdt, 0, "guests"), node;

	memset(s, 0, sizeof(*s));
	s->input = -1;
	if (list >= 0) {
		fdt_for_each_subnode(node, system_fdt, list) {
			parse_guest(&p, node);
		}
	}
	parse_root(&p);
	if (s->guest_count == 0) {
		bad(&p, list < 0 ? 0 : list, NULL, "has no guests");
	}
	parse_after(&p);
	check_system(&p);
	return r->errors == errors ? 0 : SKERRY_INVALID;
}

void system_place_identity(struct sys_guest *g, uint64_t base)
{
	g->bank[0].base = base;
	g->entry += base;
	g->tree_address += base;
	g->ramdisk.base += base;
	for (uint32_t i = 0; i < g->segment_count; i++) {
		g->segment[i].at.base += base;
	}
}
