/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links' memory, see core/boot/boot.h: each guest gets its mappings and the ports in its
 * information page. What the table says of links system_check() has seen. That no two
 * mappings of a guest collide stage 2 sees; the same one twice (a shared window) does no harm.
 */
#include <core/core.h>
#include <core/boot/boot.h>

/* One end of a link: the page of that end, made here, and the window. */
static void make_end(struct guest *g, struct sys_link *l, unsigned role, struct report *r)
{
	const struct sys_window *w = &the_system.window[l->window];
	const struct sys_end *e = &l->end[role];
	bool is_front = role == SKERRY_FRONT, is_shared = w->kind == SKERRY_WINDOW_SHARED;
	uint64_t first = is_shared ? w->size : w->size / 2;
	uint64_t page = (is_front ? SKERRY_PAGE_BASE : SKERRY_BACK_PAGE_BASE) + e->port * PAGE_SIZE;
	struct skerry_port_stats *p = &g->stats->port[e->port];
	struct skerry_link *port = &g->info->link[e->port];

	if (!is_front) {
		guest_map(g, page, (struct range){ l->back_page.v, PAGE_SIZE }, S2_DATA, r);
	} else if (l->transport == SKERRY_BY_REGISTER_PAGE) {
		l->registers = arch_boot_uncached();
		guest_map(g, page, (struct range){ arch_boot_pa((const void *)l->registers).v,
			  PAGE_SIZE }, S2_REGISTER_PAGE, r);
	}
	guest_map(g, e->base, (struct range){ w->host.v, first }, is_shared && is_front ? S2_RAM :
		  is_shared || is_front ? S2_DATA : S2_READ_ONLY, r);
	if (!is_shared) {
		guest_map(g, e->base + first, (struct range){ w->host.v + first, first },
			  is_front ? S2_READ_ONLY : S2_DATA, r);
	}
	*port = (struct skerry_link){
		.type = l->type, .role = (uint8_t)role, .transport = l->transport,
		.window = w->kind, .intid = SKERRY_INTID_LINK(e->port),
		.peer = l->end[1 - role].guest, .base = e->base, .size = w->size,
		.front_base = l->end[SKERRY_FRONT].base,
		.page = !is_front || l->registers ? page : 0,
	};
	*p = (struct skerry_port_stats){
		.type = l->type, .role = (uint8_t)role, .peer = l->end[1 - role].guest,
	};
	memcpy(port->name, l->name, sizeof(port->name));
	memcpy(p->link, l->name, sizeof(p->link));
	g->info->port_count = e->port + 1;
}

void windows_map(struct guest *g, struct report *r)
{
	struct system *s = &the_system;
	int driver = s->console_driver;

	if (driver >= 0 && (driver == g->index || g->config->control >> driver & 1)) {
		guest_map(g, SKERRY_LOG_BASE, (struct range){ arch_boot_pa(&console_log).v,
			  sizeof(console_log) }, S2_READ_ONLY, r);
	}
	for (struct sys_link *l = s->link; l < s->link + s->link_count; l++) {
		for (unsigned role = 0; role < 2; role++) {
			if (l->end[role].guest == g->index) {
				make_end(g, l, role, r);
			}
		}
	}
}
