/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The description's vocabulary: which property and node may stand where and of
 * what type, with a suggestion for what is misspelt; what is missing; and advice.
 * Values that safety depends on are core/boot/system.c's.
 */
#include <string.h>
#include "check.h"

#define DAY_S	86400

enum type {
	TYPE_FLAG, TYPE_STRING, TYPE_STRINGS,
	TYPE_CELLS,
	TYPE_NUMBER, TYPE_NUMBER64,	/* one, where nobody else counts cells */
	TYPE_LABELS,
	TYPE_ANY
};

struct word {
	const char *name;
	enum type type;
	bool is_required;
};

struct place {
	const char *what;		/* "a guest" */
	const struct word *words;
	const char *const *nodes;	/* what may stand below; NULL: any name */
};

static const struct word root_words[] = {
	{ "compatible", TYPE_STRINGS, true }, { "model", TYPE_STRING, false },
	{ "console-input", TYPE_LABELS, false }, { "console-driver", TYPE_LABELS, false },
	{ "verify", TYPE_STRING, false }, { "watchdog-ms", TYPE_CELLS, false },
	{ "on-panic", TYPE_STRING, false },
	{ "#address-cells", TYPE_CELLS, false }, { "#size-cells", TYPE_CELLS, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word guest_words[] = {
	{ "image", TYPE_STRING, true }, { "ramdisk", TYPE_STRING, false },
	{ "bootargs", TYPE_STRING, false }, { "dtb", TYPE_STRING, false },
	{ "dtb-address", TYPE_NUMBER64, false }, { "load-address", TYPE_NUMBER64, false },
	{ "memory", TYPE_CELLS, false }, { "memory-size", TYPE_CELLS, false },
	{ "identity", TYPE_FLAG, false }, { "cpus", TYPE_CELLS, false },
	{ "console", TYPE_STRING, false }, { "critical", TYPE_FLAG, false },
	{ "autostart", TYPE_FLAG, false }, { "service", TYPE_FLAG, false },
	{ "on-crash", TYPE_STRING, false }, { "restart-limit", TYPE_CELLS, false },
	{ "after", TYPE_LABELS, false }, { "verify", TYPE_STRING, false },
	{ "window-bank", TYPE_CELLS, false }, { "control", TYPE_LABELS, false },
	{ "priority", TYPE_CELLS, false }, { "budget-us", TYPE_CELLS, false },
	{ "period-us", TYPE_CELLS, false },
	/* written by mksystem */
	{ "entry", TYPE_CELLS, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word device_words[] = {
	{ "device", TYPE_STRING, true }, { "quiesce", TYPE_CELLS, false },
	{ "no-dma", TYPE_FLAG, false }, { "clock-frequency", TYPE_NUMBER, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word segment_words[] = {
	{ "data", TYPE_STRING, true }, { "address", TYPE_CELLS, true },
	{ "size", TYPE_CELLS, true }, { "crc32", TYPE_CELLS, true },
	{ NULL, TYPE_ANY, false },
};

static const struct word link_words[] = {
	{ "type", TYPE_STRING, false }, { "front", TYPE_LABELS, false },
	{ "back", TYPE_LABELS, false }, { "transport", TYPE_STRING, false },
	{ "window", TYPE_STRING, false }, { "window-size", TYPE_NUMBER64, false },
	{ "notify", TYPE_STRING, false }, { "volume", TYPE_STRING, false },
	{ "mac", TYPE_ANY, false }, { "isolated", TYPE_FLAG, false },
	{ "uplink", TYPE_FLAG, false }, { "rate-limit-kbps", TYPE_CELLS, false },
	{ "label", TYPE_STRING, false }, { "colour", TYPE_CELLS, false },
	{ "rate-limit", TYPE_CELLS, false },
	{ "pins", TYPE_CELLS, false }, { "pull-up", TYPE_CELLS, false },
	{ "pull-down", TYPE_CELLS, false }, { "clocks", TYPE_CELLS, false },
	{ "clocks-read-only", TYPE_CELLS, false }, { "power-domains", TYPE_CELLS, false },
	{ "power-domains-read-only", TYPE_CELLS, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word volume_words[] = {
	{ "back", TYPE_LABELS, true }, { "partition", TYPE_STRING, false },
	{ "extent", TYPE_CELLS, false }, { "file", TYPE_STRING, false },
	{ "fat-partition", TYPE_STRING, false }, { "ram-size", TYPE_CELLS, false },
	{ "read-only", TYPE_FLAG, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word schedule_words[] = {
	{ "frame-us", TYPE_CELLS, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word core_words[] = {
	{ "core", TYPE_CELLS, false }, { "policy", TYPE_STRING, false },
	{ "slack", TYPE_FLAG, false }, { "slice-us", TYPE_CELLS, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word row_words[] = {
	{ "guest", TYPE_LABELS, false }, { "vcpus", TYPE_CELLS, false },
	{ "start-us", TYPE_CELLS, false }, { "length-us", TYPE_CELLS, false },
	{ NULL, TYPE_ANY, false },
};

static const struct word no_words[] = { { NULL, TYPE_ANY, false } };

static const char *const root_nodes[] = {
	"guests", "links", "volumes", "schedule", "__symbols__", "__local_fixups__", NULL,
};
static const char *const guest_nodes[] = { "devices", "segments", NULL };
static const char *const no_nodes[] = { NULL };

static const struct place
	root_place = { "the root", root_words, root_nodes },
	guests_place = { "guests", no_words, NULL },
	guest_place = { "a guest", guest_words, guest_nodes },
	devices_place = { "devices", no_words, NULL },
	device_place = { "a device", device_words, no_nodes },
	segments_place = { "segments", no_words, NULL },
	segment_place = { "a segment", segment_words, no_nodes },
	links_place = { "links", no_words, NULL },
	link_place = { "a link", link_words, no_nodes },
	volumes_place = { "volumes", no_words, NULL },
	volume_place = { "a volume", volume_words, no_nodes },
	schedule_place = { "schedule", schedule_words, NULL },
	core_place = { "a core of schedule", core_words, no_nodes },
	row_place = { "a row of schedule", row_words, no_nodes };

/* Edits (insert, delete, replace, swap neighbours) from one word to the other. */
static unsigned distance(const char *a, const char *b)
{
	enum { MAX = 31 };
	unsigned d[MAX + 1][MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX || m > MAX) {
		return MAX;
	}
	for (unsigned i = 0; i <= n; i++) {
		for (unsigned j = 0; j <= m; j++) {
			unsigned best = i + j;

			if (i && j) {
				best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
				best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
				best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best) {
				best = d[i - 2][j - 2] + 1;
			}
			d[i][j] = best;
		}
	}
	return d[n][m];
}

struct guess {
	const char *word;
	unsigned distance;
};

static void consider(struct guess *g, const char *word, const char *given)
{
	unsigned d = distance(word, given);
	bool is_part = strlen(given) >= 3 && (strstr(word, given) || strstr(given, word));

	d = is_part && d > 2 ? 2 : d;
	if (d <= 1 + strlen(given) / 4 && (!g->word || d < g->distance)) {
		*g = (struct guess){ word, d };
	}
}

static void unknown(struct check *c, int node, const char *property, const struct guess *g,
		    const struct place *p)
{
	if (g->word) {
		report_error(&c->report, c->fdt, node, property, "unknown in %s; did you mean "
			     "\"%s\"?", p->what, g->word);
	} else {
		report_error(&c->report, c->fdt, node, property, "unknown in %s", p->what);
	}
}

static void check_type(struct check *c, int node, const struct word *w, const char *value, int size)
{
	bool is_text = size > 1 && value[size - 1] == 0 && value[0] != 0;

	if (size == 1 && value[0] == 0 && strcmp(w->name, "bootargs") == 0) {
		return;		/* the one string that may be empty */
	}
	for (int i = 0; is_text && i < size - 1; i++) {
		is_text = value[i] == 0 ? w->type == TYPE_STRINGS : (unsigned char)value[i] >= 32;
	}
	if (w->type == TYPE_FLAG && size != 0) {
		report_error(&c->report, c->fdt, node, w->name, "takes no value: it is true where "
			     "it stands, and false where it is left out");
	}
	if ((w->type == TYPE_STRING || w->type == TYPE_STRINGS) && !is_text) {
		report_error(&c->report, c->fdt, node, w->name, "must be a string in quotes%s",
			     w->type == TYPE_STRINGS ? ", or some" : "");
	}
	if (w->type == TYPE_CELLS && (size == 0 || size % 4)) {
		report_error(&c->report, c->fdt, node, w->name, "must be numbers: <...>");
	}
	if (w->type == TYPE_LABELS && (size == 0 || size % 4)) {
		report_error(&c->report, c->fdt, node, w->name, "takes labels of guests: <&name>");
	}
	if (w->type == TYPE_NUMBER && size != 4) {
		report_error(&c->report, c->fdt, node, w->name, "must be one number: <N>");
	}
	if (w->type == TYPE_NUMBER64 && size != 8) {
		report_error(&c->report, c->fdt, node, w->name, "must be one 64-bit number, high "
			     "half first: <0x0 N>");
	}
}

static void check_property(struct check *c, int node, const struct place *p, int at)
{
	const struct word *w;
	const char *name, *value;
	struct guess g = { NULL, 0 };
	int size;

	value = fdt_getprop_by_offset(c->fdt, at, &name, &size);
	if (!value || strcmp(name, "phandle") == 0 || strcmp(name, "linux,phandle") == 0) {
		return;
	}
	for (w = p->words; w->name; w++) {
		if (strcmp(w->name, name) == 0) {
			check_type(c, node, w, value, size);
			return;
		}
		consider(&g, w->name, name);
	}
	unknown(c, node, name, &g, p);
}

static void check_words(struct check *c, int node, const struct place *p)
{
	int at, below;

	fdt_for_each_property_offset(at, c->fdt, node) {
		check_property(c, node, p, at);
	}
	for (const struct word *w = p->words; w->name; w++) {
		if (w->is_required && !fdt_getprop(c->fdt, node, w->name, NULL)) {
			report_error(&c->report, c->fdt, node, w->name, "is missing");
		}
	}
	fdt_for_each_subnode(below, c->fdt, node) {
		const char *name = fdt_get_name(c->fdt, below, NULL);
		struct guess g = { NULL, 0 };
		const char *const *n;

		for (n = p->nodes; n && *n && strcmp(*n, name); n++) {
			consider(&g, *n, name);
		}
		if (n && !*n) {
			unknown(c, below, NULL, &g, p);
		}
	}
}

static void check_guest_node(struct check *c, int node)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	const char *name = dt_name(c->fdt, node);
	bool is_identity = dt_has(c->fdt, node, "identity");

	if (!*name || name[strspn(name, letters)]) {
		report_error(&c->report, c->fdt, node, NULL, "a guest's name has letters, digits, "
			     "'-', '_' and '.' only");
	}
	if (is_identity && dt_has(c->fdt, node, "memory")) {
		report_error(&c->report, c->fdt, node, "memory", "an identity guest's addresses "
			     "are chosen at boot: give memory-size");
	}
	if (is_identity && dt_has(c->fdt, node, "dtb")) {
		report_error(&c->report, c->fdt, node, "dtb", "an identity guest can't bring a "
			     "tree: its addresses are chosen at boot");
	}
	if (!is_identity && dt_has(c->fdt, node, "memory-size")) {
		report_error(&c->report, c->fdt, node, "memory-size", "goes with identity only");
	}
}

static void check_list(struct check *c, int node, const char *name, const struct place *list,
		       const struct place *entry)
{
	int below, at = fdt_subnode_offset(c->fdt, node, name);

	if (at < 0) {
		return;
	}
	check_words(c, at, list);
	fdt_for_each_subnode(below, c->fdt, at) {
		check_words(c, below, entry != &core_place || !dt_has(c->fdt, below, "guest") ?
			    entry : &row_place);
		if (entry == &guest_place) {
			check_guest_node(c, below);
			check_list(c, below, "devices", &devices_place, &device_place);
			check_list(c, below, "segments", &segments_place, &segment_place);
		}
	}
}

void check_names(struct check *c)
{
	check_words(c, 0, &root_place);
	check_list(c, 0, "guests", &guests_place, &guest_place);
	check_list(c, 0, "links", &links_place, &link_place);
	check_list(c, 0, "volumes", &volumes_place, &volume_place);
	check_list(c, 0, "schedule", &schedule_place, &core_place);
}

static void judge_devices(struct check *c, const struct sys_guest *g)
{
	for (const struct sys_device *d = g->device; d < g->device + g->device_count; d++) {
		check_dropped(c, d);
		bad_if(c, dt_number(c->fdt, d->node, "clock-frequency", 1) == 0, d->node,
		       "clock-frequency", "is 0 Hz");
		for (const struct sys_quiesce *q = d->quiesce; q < d->quiesce + d->quiesce_count;
		     q++) {
			bad_if(c, (q->expect & ~q->mask) || (q->mask && !q->limit_us), d->node,
			       "quiesce", "can't poll for 0x%x under mask 0x%x within %u us",
			       q->expect, q->mask, q->limit_us);
		}
	}
}

static void judge_guest(struct check *c, const struct sys_guest *g)
{
	struct report *r = &c->report;

	for (uint32_t i = 0; i < c->system.guest_count; i++) {
		if ((g->after & 1u << i) && !c->system.guest[i].autostart) {
			report_warning(r, c->fdt, g->node, "after", "waits for \"%s\", which has "
				       "no autostart", c->system.guest[i].name);
		}
	}
	if (g->restart_window_s < 1 || g->restart_window_s > DAY_S) {
		report_error(r, c->fdt, g->node, "restart-limit", "has a window of %u s; it can be "
			     "1 to %u", g->restart_window_s, DAY_S);
	}
	judge_devices(c, g);
	if (g->on_crash != CRASH_RESTART && fdt_getprop(c->fdt, g->node, "restart-limit", NULL)) {
		report_warning(r, c->fdt, g->node, "restart-limit", "has no effect without "
			       "on-crash = \"restart\"");
	}
}

/* Guests that wait for each other would never start. */
static void judge_order(struct check *c)
{
	const struct system *s = &c->system;
	uint32_t ready = 0;

	for (uint32_t n = 0; n < s->guest_count; n++) {
		for (uint32_t i = 0; i < s->guest_count; i++) {
			ready |= (s->guest[i].after & ~ready) ? 0 : 1u << i;
		}
	}
	for (uint32_t i = 0; i < s->guest_count; i++) {
		if (!(ready & 1u << i)) {
			report_error(&c->report, c->fdt, s->guest[i].node, "after", "never comes "
				     "true: guests wait for each other in a circle");
		}
	}
}

static bool has_console_link(const struct system *s, uint8_t guest)
{
	bool has_one = false;

	for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		has_one |= l->type == SKERRY_LINK_CONSOLE && l->end[SKERRY_FRONT].guest == guest;
	}
	return has_one;
}

void check_sense(struct check *c)
{
	const struct system *s = &c->system;
	bool starts = false, lasts = false;
	int list = fdt_subnode_offset(c->fdt, 0, "guests");

	for (uint32_t i = 0; i < s->guest_count; i++) {
		judge_guest(c, &s->guest[i]);
		starts |= s->guest[i].autostart;
		lasts |= s->guest[i].autostart && !s->guest[i].service;
	}
	judge_order(c);
	if (s->input >= 0 && s->guest[s->input].console == CONSOLE_NONE &&
	    !has_console_link(s, (uint8_t)s->input)) {
		report_error(&c->report, c->fdt, 0, "console-input", "names \"%s\", which has no "
			     "console", s->guest[s->input].name);
	}
	if (!starts) {
		report_warning(&c->report, c->fdt, list, NULL, "no guest has autostart: nothing "
			       "will run");
	} else if (!lasts) {
		report_warning(&c->report, c->fdt, list, NULL, "every guest that starts is a "
			       "service: the system ends at once");
	}
}
