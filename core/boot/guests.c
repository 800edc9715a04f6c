/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests out of the system description, see core/boot/boot.h. Everything is allocated
 * here, once, out of EL2's heap.
 */
#include <core/core.h>
#include <core/boot/boot.h>

static void make_vcpus(struct guest *g)
{
	const struct sys_guest *c = g->config;

	g->vcpu = arch_boot_alloc(c->vcpu_count * sizeof(struct vcpu));
	for (uint8_t i = 0; i < c->vcpu_count; i++) {
		struct pcpu *p = &pcpus[c->cpu[i]];
		struct vcpu *v = &g->vcpu[i];

		*v = (struct vcpu){
			.guest = g, .index = i, .cpu = c->cpu[i], .slot = p->vcpu_count,
			.deadline = UINT64_MAX, .time = p->is_shared ? VCPU_IDLE : VCPU_RUN,
		};
		p->vcpu[p->vcpu_count++] = v;
		if (p->is_shared) {
			sched_add(v->cpu, v->slot, g->index, i, &c->server[i]);
			g->time = g->time != NULL ? g->time : arch_boot_alloc(PAGE_SIZE);
		}
	}
}

/* What EL2 publishes about it, what never changes: for itself, and for those that have control
 * over it. */
static void make_pages(struct guest *g)
{
	struct skerry_stats *page = g->stats = arch_boot_alloc(PAGE_SIZE);

	g->info = arch_boot_alloc(PAGE_SIZE);
	*g->info = (struct skerry_info){
		.magic = SKERRY_INFO_MAGIC, .abi_major = SKERRY_ABI_MAJOR,
		.abi_minor = SKERRY_ABI_MINOR, .guest = g->index,
		.vcpu_count = g->config->vcpu_count, .features = SKERRY_ABI_FEATURES,
	};
	memcpy(g->info->name, g->config->name, sizeof(g->info->name));
	*page = (struct skerry_stats){
		.magic = SKERRY_STATS_MAGIC, .abi_major = SKERRY_ABI_MAJOR,
		.abi_minor = SKERRY_ABI_MINOR, .guest = g->index,
		.vcpu_count = g->config->vcpu_count, .hz = arch_time_hz(),
	};
	memcpy(page->name, g->config->name, sizeof(page->name));
	for (uint32_t i = 0; i < g->config->bank_count; i++) {
		page->memory += g->config->bank[i].size;
	}
	for (uint32_t i = 0; i < g->config->vcpu_count; i++) {
		page->vcpu[i].core = g->vcpu[i].cpu;
		page->vcpu[i].policy = the_system.core[g->vcpu[i].cpu].policy;
	}
}

void guest_map(struct guest *g, uint64_t at, struct range to, enum s2_kind kind, struct report *r)
{
	if (arch_s2_map(g, ipa(at), pa(to.base), to.size, kind) != SKERRY_OK) {
		report_error(r, NULL, -1, g->config->name, "%lx-%lx can't be mapped there (at %lx)",
			     to.base, to.base + to.size - 1, at);
	}
}

/* Two devices of one guest may share a page. */
static void map_device(struct guest *g, const struct sys_device *d, struct report *r)
{
	for (uint32_t i = 0; i < d->reg_count; i++) {
		struct range pages = range_pages(d->regs[i]);
		int owned = owner_add(pages, OWNER_DEVICE, g->index);

		if (owned == SKERRY_OK) {
			guest_map(g, pages.base, pages, S2_DEVICE, r);
		} else if (owned != SKERRY_AGAIN) {
			report_error(r, NULL, -1, g->config->name, "%lx-%lx has an owner already",
				     pages.base, pages.base + pages.size - 1);
		}
	}
}

/* A page of EL2's that the guest reads. */
static void map_page(struct guest *g, uint64_t at, const void *page, struct report *r)
{
	guest_map(g, at, (struct range){ arch_boot_pa(page).v, PAGE_SIZE }, S2_READ_ONLY, r);
}

static void map_all(struct guest *g, struct report *r)
{
	const struct sys_guest *c = g->config;

	map_page(g, SKERRY_INFO_BASE, g->info, r);
	for (uint32_t i = 0; i < c->bank_count; i++) {
		guest_map(g, c->bank[i].base, (struct range){ c->host[i].v, c->bank[i].size },
			  S2_RAM, r);
	}
	for (uint32_t i = 0; i < c->device_count; i++) {
		map_device(g, &c->device[i], r);
	}
	for (uint32_t i = 0; i < guest_count; i++) {
		if (c->control >> i & 1) {
			map_page(g, SKERRY_STATS(i), guests[i].stats, r);
		}
	}
	if (g->time != NULL) {
		map_page(g, SKERRY_TIME_BASE, g->time, r);
	}
	windows_map(g, r);
}

static void make_tree(struct guest *g, struct report *r)
{
	static uint8_t room[KIB(64)] __attribute__((aligned(8)));	/* TREE_ROOM of mksystem */
	const struct sys_guest *c = g->config;
	struct sys_segment *t = &the_system.guest[g->index].tree;
	void *made;
	int size;

	if (arch_crc32(0, t->data, t->at.size) != t->crc32) {
		report_error(r, NULL, -1, c->name, "its tree is damaged");
	} else if (!c->has_own_tree && tree_build(c, &boot.board, boot.tree, room, sizeof(room),
						  r) == SKERRY_OK) {
		t->at.size = fdt_totalsize(room);
		t->data = made = memcpy(arch_boot_alloc(t->at.size), room, t->at.size);
		g->seed = fdt_getprop_w(made, fdt_path_offset(made, "/chosen"), "rng-seed", &size);
		g->seed = size == sizeof(g->seed_key) ? g->seed : NULL;
	}
}

void guests_make(struct report *r)
{
	uint64_t now = arch_time_now();		/* the major frame of all cores begins */

	guest_count = the_system.guest_count;
	for (unsigned i = 0; i < SKERRY_CPU_MAX; i++) {
		const struct sys_core *c = &the_system.core[i];

		pcpus[i].is_shared = c->policy != POLICY_STATIC;
		if (pcpus[i].is_shared) {
			sched_init(i, c, the_system.frame_us, arch_time_hz(), now);
		}
	}
	for (uint8_t i = 0; i < guest_count; i++) {
		guests[i].index = i;
		guests[i].config = &the_system.guest[i];
		make_vcpus(&guests[i]);
		make_pages(&guests[i]);
	}
	for (uint8_t i = 0; i < guest_count; i++) {
		struct guest *g = &guests[i];
		struct sys_guest *c = &the_system.guest[i];
		uint32_t errors = r->errors;

		while (pv_stop_step(g) == PV_MORE) {
			/* zeroes its windows */
		}
		if (!c->refused) {
			map_all(g, r);
			make_tree(g, r);
			arch_boot_guest(g, &boot.board, r);
			c->refused = r->errors != errors;
		}
	}
}
