/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links' memory, see core/boot/boot.h: windows that are placed get their owner and are
 * zeroed, then each guest its mappings and the ports in its information page. What
 * the table says of links system_check() has seen. That no two mappings of a guest
 * collide stage 2 sees.
 */
#include <abi/info.h>
#include <core/core.h>
#include <core/boot/boot.h>
#include <core/boot/owner.h>

/* False: its memory has an owner already; then no link uses it. */
static bool make_window(const struct sys_window *w, uint8_t index)
{
	uint64_t size = window_whole(w);

	if (owner_add((struct range){ w->host.v, size }, OWNER_WINDOW, index) != SKERRY_OK) {
		return false;
	}
	for (uint64_t at = 0, step; at < size; at += step) {
		step = min_u64(size - at, WINDOW_SIZE);
		arch_zero(arch_window_map(pa_add(w->host, at), step), step);
		arch_window_unmap();
	}
	return true;
}

void windows_make(struct report *r)
{
	struct system *s = &the_system;
	bool is_good = true;

	for (uint32_t i = 0; i < s->window_count && is_good; i++) {
		/* without room: its guests are refused */
		is_good = s->window[i].host.v == UINT64_MAX ||
			  make_window(&s->window[i], (uint8_t)i);
	}
	if (!is_good) {
		report_error(r, NULL, -1, "links", "their memory has an owner: the guests run "
			     "without them");
		s->link_count = 0;
	}
	for (struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		if (l->transport == SKERRY_BY_REGISTER_PAGE) {
			l->registers = arch_boot_uncached();
		}
	}
	if (s->console_driver >= 0) {
		s->log = arch_boot_alloc(sizeof(struct skerry_log));
	}
}

/* One end of a link: the window, once in a guest, and the page of that end. */
static bool map_end(struct guest *g, const struct sys_link *l, unsigned role, bool has_window,
		    struct report *r)
{
	const struct sys_window *w = &the_system.window[l->window];
	const struct sys_end *e = &l->end[role];
	struct range first = { w->host.v, w->size / 2 }, second = { w->host.v + w->size / 2,
								   w->size / 2 };
	bool is_front = role == SKERRY_FRONT;

	if (is_front && l->registers &&
	    !guest_map(g, SKERRY_PAGE_BASE + e->port * PAGE_SIZE,
		       (struct range){ arch_boot_pa((const void *)l->registers).v, PAGE_SIZE },
		       S2_REGISTER_PAGE, r)) {
		return false;
	}
	if (!is_front && !guest_map(g, SKERRY_BACK_PAGE_BASE + e->port * PAGE_SIZE,
				    (struct range){ l->back_page.v, PAGE_SIZE }, S2_DATA, r)) {
		return false;
	}
	if (has_window) {
		return true;
	}
	if (w->kind == SKERRY_WINDOW_SHARED) {
		first.size = w->size;
		return guest_map(g, e->base, first, is_front ? S2_RAM : S2_DATA, r);
	}
	return guest_map(g, e->base, first, is_front ? S2_DATA : S2_READ_ONLY, r) &&
	       guest_map(g, e->base + first.size, second, is_front ? S2_READ_ONLY : S2_DATA, r);
}

static void tell_port(struct skerry_info *info, const struct sys_link *l, unsigned role)
{
	const struct sys_end *e = &l->end[role];
	struct skerry_link *port = &info->link[e->port];

	memcpy(port->name, l->name, sizeof(port->name));
	port->type = l->type;
	port->role = (uint8_t)role;
	port->transport = l->transport;
	port->window = the_system.window[l->window].kind;
	port->intid = SKERRY_INTID_LINK(e->port);
	port->peer = l->end[1 - role].guest;
	port->base = e->base;
	port->size = the_system.window[l->window].size;
	port->front_base = l->end[SKERRY_FRONT].base;
	port->page = role == SKERRY_BACK ? SKERRY_BACK_PAGE_BASE + e->port * PAGE_SIZE :
		     l->registers ? SKERRY_PAGE_BASE + e->port * PAGE_SIZE : 0;
	info->port_count = e->port + 1;
}

bool windows_map(struct guest *g, struct report *r)
{
	const struct system *s = &the_system;
	uint32_t mapped = 0;		/* windows: a mask */
	bool is_mapped = true;

	for (const struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		for (unsigned role = 0; role < 2 && is_mapped; role++) {
			if (l->end[role].guest == g->index) {
				is_mapped = map_end(g, l, role, mapped >> l->window & 1, r);
				mapped |= 1u << l->window;
				tell_port(g->info, l, role);
			}
		}
	}
	if (is_mapped && s->console_driver == g->index) {
		is_mapped = guest_map(g, SKERRY_LOG_BASE,
				      (struct range){ arch_boot_pa(s->log).v,
						      sizeof(*s->log) }, S2_READ_ONLY, r);
	}
	return is_mapped;
}
