/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links' memory, see core/boot/boot.h: each guest gets its mappings and the ports in its
 * information page. What the table says of links system_check() has seen. That no two
 * mappings of a guest collide stage 2 sees; the same one twice (a shared window) does no harm.
 */
#include <core/core.h>
#include <core/boot/boot.h>

/* One end of a link: the page of that end, made here, and the window. */
static bool map_end(struct guest *g, struct sys_link *l, unsigned role, struct report *r)
{
	const struct sys_window *w = &the_system.window[l->window];
	const struct sys_end *e = &l->end[role];
	struct range whole = { w->host.v, w->size }, first = { w->host.v, w->size / 2 };
	struct range second = { w->host.v + first.size, first.size };
	bool is_front = role == SKERRY_FRONT, is_shared = w->kind == SKERRY_WINDOW_SHARED;
	struct range page = { l->back_page.v, PAGE_SIZE };
	uint64_t page_at = (is_front ? SKERRY_PAGE_BASE : SKERRY_BACK_PAGE_BASE) +
			   e->port * PAGE_SIZE;

	if (is_front && l->transport == SKERRY_BY_REGISTER_PAGE) {
		l->registers = arch_boot_uncached();
		page.base = arch_boot_pa((const void *)l->registers).v;
	}
	if ((!is_front || l->registers) &&
	    !guest_map(g, page_at, page, is_front ? S2_REGISTER_PAGE : S2_DATA, r)) {
		return false;
	}
	return is_shared ? guest_map(g, e->base, whole, is_front ? S2_RAM : S2_DATA, r) :
	       guest_map(g, e->base, first, is_front ? S2_DATA : S2_READ_ONLY, r) &&
	       guest_map(g, e->base + first.size, second, is_front ? S2_READ_ONLY : S2_DATA, r);
}

static void tell_port(const struct guest *g, const struct sys_link *l, unsigned role)
{
	const struct sys_end *e = &l->end[role];
	struct skerry_link *port = &g->info->link[e->port];
	struct skerry_port_stats *p = &g->stats->port[e->port];

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
	g->info->port_count = e->port + 1;
	memcpy(p->link, l->name, sizeof(p->link));
	p->type = l->type;
	p->role = (uint8_t)role;
	p->peer = l->end[1 - role].guest;
}

bool windows_map(struct guest *g, struct report *r)
{
	struct system *s = &the_system;
	int driver = s->console_driver;
	bool is_mapped = driver < 0 || !(driver == g->index || g->config->control >> driver & 1) ||
			 guest_map(g, SKERRY_LOG_BASE, (struct range){ arch_boot_pa(&console_log).v,
				   sizeof(console_log) }, S2_READ_ONLY, r);

	for (struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		for (unsigned role = 0; role < 2 && is_mapped; role++) {
			if (l->end[role].guest == g->index) {
				is_mapped = map_end(g, l, role, r);
				tell_port(g, l, role);
			}
		}
	}
	return is_mapped;
}
