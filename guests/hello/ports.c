/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With "ports": each end of a link as the information page has it, then what stage 2
 * allows there. Both ends leave a mark in the window, at a place made of the link's name,
 * and wait for the other's; so no guest may end before all have (a front end's window is
 * zeroed then).
 */
#include "hello.h"
#include "link.h"
#include "probe.h"

#define MARK	0x7a677a67u

static unsigned wrong;

static void expect(const struct skerry_link *l, bool is_right, const char *what)
{
	if (!is_right) {
		wrong++;
		printf("%s: WRONG: %s\n", l->name, what);
	}
}

static uint32_t hash(const char *name)
{
	uint32_t sum = 5381;

	while (*name) {
		sum = sum * 33 + (uint8_t)*name++;
	}
	return sum;
}

/* Where in its part of the window an end leaves its mark. */
static volatile uint64_t *mark_at(uint32_t port, uint32_t role)
{
	return (volatile uint64_t *)(link_half(port, role).base +
				     hash(link_info(port)->name) % 2048 * 16 + role * 8);
}

static uint64_t mark_of(const struct skerry_link *l, uint32_t role)
{
	return (uint64_t)MARK << 32 | (hash(l->name) << 1 ^ role);
}

static bool is_zero(uint64_t base, uint64_t size)
{
	for (uint64_t at = base; at < base + size; at += 8) {
		uint64_t v = *(volatile uint64_t *)at;

		if (v && v >> 32 != MARK) {
			return false;
		}
	}
	return true;
}

static bool can_write(uint64_t at)
{
	uint64_t v;

	return try_read(at, 8, &v) == 0 && try_write(at, 8, v) == 0;
}

static bool is_read_only(uint64_t at)
{
	uint64_t v;

	return try_read(at, 8, &v) == 0 && try_write(at, 8, v) != 0;
}

static void check_window(uint32_t port, const struct skerry_link *l)
{
	struct bank own = link_half(port, l->role), other = link_half(port, !l->role);
	bool is_split = l->window == SKERRY_WINDOW_SPLIT;
	uint64_t v;

	while (*mark_at(port, !l->role) != mark_of(l, !l->role)) {
		cpu_relax();
	}
	expect(l, can_write(own.base) && can_write(own.base + own.size - 8), "own half");
	expect(l, (is_split ? is_read_only : can_write)(other.base), "the other's first word");
	expect(l, (is_split ? is_read_only : can_write)(other.base + other.size - 8),
	       "the other's last word");
	if (is_split || l->role == SKERRY_BACK) {
		expect(l, try_exec(own.base + 0x100) != 0, "the window can be executed");
	}
	if (is_split) {
		expect(l, try_read(l->base + l->size, 8, &v) != 0 || link_info(port + 1),
		       "there is memory behind the window");
	}
}

static void check_page(const struct skerry_link *l)
{
	if (l->role == SKERRY_BACK) {
		expect(l, is_zero(l->page, 4096), "the own page is not zero");
		expect(l, can_write(l->page) && can_write(l->page + 4088), "the own page");
	} else if (l->page) {
		expect(l, is_read_only(l->page) && is_read_only(l->page + 4088),
		       "the register page");
	}
}

void ports_check(void)
{
	static const char *const types[] = { "shared-memory", "net", "block", "console" };
	uint32_t count = link_init();

	for (uint32_t port = 0; port < count; port++) {
		const struct skerry_link *l = link_info(port);

		expect(l, is_zero(l->base, l->size), "the window is not zero");
		*mark_at(port, l->role) = mark_of(l, l->role);
	}
	for (uint32_t port = 0; port < count; port++) {
		const struct skerry_link *l = link_info(port);

		printf("port %u: %s %s %s, window %s %lx size %lx front %lx page %lx, interrupt "
		       "%u, peer %u, %s in the tree\n", port, types[l->type > 3 ? 0 : l->type],
		       l->name, l->role == SKERRY_FRONT ? "front" : "back",
		       l->window == SKERRY_WINDOW_SPLIT ? "split" : "shared", l->base, l->size,
		       l->front_base, l->page, l->intid, l->peer,
		       link_string(port, NULL, "skerry,role"));
		check_window(port, l);
		check_page(l);
	}
	printf("ports: %u, %u wrong\n", count, wrong);
}
