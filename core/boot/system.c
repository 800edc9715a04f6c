/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the compiled system description into struct system: the guests and
 * what belongs to each alone. Boot-only; the same source is in skerry-check.
 * Goes on after an error so that one run tells them all. Spelling, missing
 * flags and advice are the host tool's. Must never trust a length or an offset
 * in the tree beyond what libfdt has checked.
 */
#include <core/boot/system_parts.h>
#include <lib/string.h>

#define TREE_ROOM	KIB(64)		/* for a generated guest tree */
#define RESTARTS	5		/* default restart-limit: this many ... */
#define RESTART_WINDOW_S 60		/* ... in this time */

int parse_cells(struct parse *p, int node, const char *name, uint32_t group, uint32_t max,
		const fdt32_t **cells)
{
	int size;
	uint32_t count;

	*cells = dt_prop(p->fdt, node, name, &size);
	if (!*cells) {
		return 0;
	}
	count = (uint32_t)size / 4 / group;
	return bad_if(p, !count || (uint32_t)size % (4 * group) || count > max, node, name,
		      "takes rows of %u cells, at most %u; it has %d bytes", group, max, size) ?
	       -1 : (int)count;
}

/* A property of two cells in `value`; false: absent or bad. */
static bool parse_u64(struct parse *p, int node, const char *name, uint64_t *value)
{
	const fdt32_t *c;

	return parse_cells(p, node, name, 2, 1, &c) == 1 && dt_cells(c, 2, value);
}

const char *parse_string(struct parse *p, int node, const char *name)
{
	int size;
	const char *s = dt_prop(p->fdt, node, name, &size);

	return !s || bad_if(p, size < 2 || memchr(s, 0, (size_t)size) != s + size - 1, node, name,
			    "must be one string") ? NULL : s;
}

/* Which of `words`, separated by blanks, the property has; 0 where it is absent. */
static uint8_t parse_choice(struct parse *p, int node, const char *name, const char *words)
{
	const char *value = parse_string(p, node, name), *word = words;
	size_t size = value ? strlen(value) : 0;

	for (uint8_t i = 0; value && word; i++) {
		if (strncmp(word, value, size) == 0 && (word[size] == ' ' || !word[size])) {
			return i;
		}
		word = strchr(word, ' ');
		word = word ? word + 1 : NULL;
	}
	bad_if(p, value, node, name, "is \"%s\"; it can be one of: %s", value, words);
	return 0;
}

void parse_name(struct parse *p, int node, char *name)
{
	bad_if(p, str_copy(name, dt_name(p->fdt, node), SKERRY_NAME_MAX) >= SKERRY_NAME_MAX, node,
	       NULL, "has a name of more than %u characters", SKERRY_NAME_MAX - 1);
}

static void parse_memory(struct parse *p, struct sys_guest *g)
{
	const char *name = g->identity ? "memory-size" : "memory";
	uint32_t cells = g->identity ? 2 : 4;
	const fdt32_t *c;
	int count = parse_cells(p, g->node, name, cells, g->identity ? 1 : SYS_BANK_MAX, &c);

	bad_if(p, count == 0, g->node, name, "is missing");
	for (; count > 0; count--, c += cells) {
		dt_cells(c, (int)cells - 2, &g->bank[g->bank_count].base);
		dt_cells(c + cells - 2, 2, &g->bank[g->bank_count++].size);
	}
	g->identity_size = g->identity ? g->bank[0].size : 0;
	check_banks(p, g);
}

static void parse_cpus(struct parse *p, struct sys_guest *g)
{
	uint32_t cores = p->board ? p->board->cpu_count : SKERRY_CPU_MAX;
	struct sys_guest *all = p->system->guest;
	const fdt32_t *c;
	int count = parse_cells(p, g->node, "cpus", 1, SKERRY_VCPU_MAX, &c);

	bad_if(p, count == 0, g->node, "cpus", "is missing");
	for (int i = 0; i < count; i++) {
		uint32_t core = fdt32_ld(c + i);

		if (bad_if(p, core >= cores, g->node, "cpus", "names core %u; %s has cores 0 to %u",
			   core, p->board ? "the board" : "Skerry", cores - 1) ||
		    bad_if(p, p->core_owner[core], g->node, "cpus", "core %u is given twice, to "
			   "\"%s\" and \"%s\"; sharing a core is not supported by this version",
			   core, all[p->core_owner[core] - 1].name, g->name)) {
			continue;
		}
		p->core_owner[core] = (uint8_t)(g - all + 1);
		g->cpu[g->vcpu_count++] = (uint8_t)core;
	}
}

/* The guest's segments, as mksystem has written them. */
static void parse_segments(struct parse *p, struct sys_guest *g)
{
	int list = fdt_subnode_offset(p->fdt, g->node, "segments"), node = -1;

	while ((node = dt_child(p->fdt, list, node)) >= 0) {
		struct sys_segment *s = &g->segment[g->segment_count];

		if (bad_if(p, g->segment_count == SYS_SEGMENT_MAX, node, NULL,
			   "a guest has at most %u segments", SYS_SEGMENT_MAX) ||
		    bad_if(p, !parse_u64(p, node, "address", &s->at.base) ||
			   !parse_u64(p, node, "size", &s->at.size) ||
			   !dt_u32(p->fdt, node, "crc32", &s->crc32), node, NULL,
			   "is no segment as mksystem writes them")) {
			return;
		}
		s->node = node;
		g->segment_count++;
	}
	g->refused = list < 0;
	bad_if(p, list >= 0 && !parse_u64(p, g->node, "entry", &g->entry), g->node, "entry",
	       "is missing");
	bad_if(p, parse_u64(p, g->node, "ramdisk-address", &g->ramdisk.base) !=
	       parse_u64(p, g->node, "ramdisk-size", &g->ramdisk.size), g->node, "ramdisk-address",
	       "and ramdisk-size come together");
}

/* Where the guest's tree goes: its own one is a segment, a generated one needs room. */
static void parse_tree(struct parse *p, struct sys_guest *g)
{
	g->has_own_tree = dt_has(p->fdt, g->node, "dtb");
	g->tree_size = TREE_ROOM;
	if (!parse_u64(p, g->node, "dtb-address", &g->tree_address)) {
		uint64_t top = g->bank[0].base + g->bank[0].size - TREE_ROOM;

		g->tree_address = max_u64(align_down(top, BLOCK_SIZE), g->bank[0].base);
	}
	for (uint32_t i = 0; g->has_own_tree && i < g->segment_count; i++) {
		if (strcmp(dt_name(p->fdt, g->segment[i].node), "own-tree") == 0) {
			g->tree_address = g->segment[i].at.base;
			g->tree_size = (uint32_t)g->segment[i].at.size;
		}
	}
	bad_if(p, g->tree_address % 8, g->node, "dtb-address", "0x%lx is not a multiple of 8",
	       g->tree_address);
}

static void parse_words(struct parse *p, struct sys_guest *g)
{
	int verify = dt_has(p->fdt, g->node, "verify") ? g->node : 0;
	const fdt32_t *c;

	g->autostart = dt_has(p->fdt, g->node, "autostart");
	g->service = dt_has(p->fdt, g->node, "service");
	g->critical = dt_has(p->fdt, g->node, "critical");
	g->identity = dt_has(p->fdt, g->node, "identity");
	g->console = parse_choice(p, g->node, "console", "none hypercall pl011");
	g->on_crash = parse_choice(p, g->node, "on-crash", "stop restart pause reset-board");
	g->verify = parse_choice(p, verify, "verify", "none sha256");
	g->bootargs = parse_string(p, g->node, "bootargs");
	bad_if(p, g->bootargs && strlen(g->bootargs) >= SYS_BOOTARGS_MAX, g->node, "bootargs",
	       "has more than %u characters", SYS_BOOTARGS_MAX - 1);
	g->restart_limit = RESTARTS;
	g->restart_window_s = RESTART_WINDOW_S;
	if (parse_cells(p, g->node, "restart-limit", 2, 1, &c) == 1) {
		g->restart_limit = fdt32_ld(c);
		g->restart_window_s = fdt32_ld(c + 1);
	}
}

static void parse_guest(struct parse *p, int node)
{
	struct sys_guest *g = &p->system->guest[p->system->guest_count];

	if (bad_if(p, p->system->guest_count == SKERRY_GUEST_MAX, node, NULL,
		   "is one too many: there are at most %u guests", SKERRY_GUEST_MAX)) {
		return;
	}
	g->node = node;
	parse_name(p, node, g->name);
	parse_words(p, g);
	parse_memory(p, g);
	parse_cpus(p, g);
	parse_segments(p, g);
	parse_tree(p, g);
	check_segments(p, g);
	p->system->guest_count++;
	parse_devices(p, g);
	check_devices(p, g);
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
	const char *model = parse_string(&p, 0, "model");

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
	g->entry += base;
	g->tree_address += base;
	g->ramdisk.base += base;
	for (uint32_t i = 0; i < g->segment_count; i++) {
		g->segment[i].at.base += base;
	}
}
