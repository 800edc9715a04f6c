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
	for (uint32_t i = 0; i < c->vcpu_count; i++) {
		struct pcpu *p = &pcpus[c->cpu[i]];

		g->vcpu[i].guest = g;
		g->vcpu[i].index = (uint8_t)i;
		g->vcpu[i].cpu = c->cpu[i];
		g->vcpu[i].slot = p->vcpu_count;
		g->vcpu[i].deadline = UINT64_MAX;
		g->vcpu[i].time = p->is_shared ? VCPU_IDLE : VCPU_RUN;
		p->vcpu[p->vcpu_count++] = &g->vcpu[i];
		if (p->is_shared) {
			sched_add(c->cpu[i], g->vcpu[i].slot, g->index, (uint8_t)i, &c->server[i]);
			g->time = g->time != NULL ? g->time : arch_boot_alloc(PAGE_SIZE);
		}
	}
}

/* Policies of the cores, the major frame of all of them beginning now. */
static void init_cores(void)
{
	uint64_t now = arch_time_now();

	for (unsigned i = 0; i < SKERRY_CPU_MAX; i++) {
		const struct sys_core *c = &the_system.core[i];

		pcpus[i].is_shared = c->policy != POLICY_STATIC;
		if (pcpus[i].is_shared) {
			sched_init(i, c, the_system.frame_us, arch_time_hz(), now);
		}
	}
}

/* For those that have control over it: what never changes. */
static void make_stats(struct guest *g)
{
	struct skerry_stats *page = arch_boot_alloc(PAGE_SIZE);

	g->stats = page;
	page->magic = SKERRY_STATS_MAGIC;
	page->abi_major = SKERRY_ABI_MAJOR;
	page->abi_minor = SKERRY_ABI_MINOR;
	page->guest = g->index;
	page->vcpu_count = g->config->vcpu_count;
	memcpy(page->name, g->config->name, sizeof(page->name));
	for (uint32_t i = 0; i < g->config->bank_count; i++) {
		page->memory += g->config->bank[i].size;
	}
	page->hz = arch_time_hz();
	for (uint32_t i = 0; i < g->config->vcpu_count; i++) {
		page->vcpu[i].core = g->vcpu[i].cpu;
		page->vcpu[i].policy = the_system.core[g->vcpu[i].cpu].policy;
	}
}

static void make_info(struct guest *g)
{
	struct skerry_info *info = arch_boot_alloc(PAGE_SIZE);

	g->info = info;
	info->magic = SKERRY_INFO_MAGIC;
	info->abi_major = SKERRY_ABI_MAJOR;
	info->abi_minor = SKERRY_ABI_MINOR;
	info->guest = g->index;
	info->vcpu_count = g->config->vcpu_count;
	info->features = SKERRY_ABI_FEATURES;
	memcpy(info->name, g->config->name, sizeof(info->name));
}

bool guest_map(struct guest *g, uint64_t at, struct range to, enum s2_kind kind, struct report *r)
{
	bool is_mapped = arch_s2_map(g, ipa(at), pa(to.base), to.size, kind) == SKERRY_OK;

	if (!is_mapped) {
		report_error(r, NULL, -1, g->config->name, "%lx-%lx can't be mapped there (at %lx)",
			     to.base, to.base + to.size - 1, at);
	}
	return is_mapped;
}

/* Two devices of one guest may share a page. */
static bool map_device(struct guest *g, const struct sys_device *d, struct report *r)
{
	int result = SKERRY_OK;

	for (uint32_t i = 0; i < d->reg_count && result == SKERRY_OK; i++) {
		struct range pages = range_pages(d->regs[i]);
		int owned = owner_add(pages, OWNER_DEVICE, g->index);

		result = owned != SKERRY_OK && owned != SKERRY_AGAIN ? owned :
			 owned == SKERRY_OK && !guest_map(g, pages.base, pages, S2_DEVICE, r);
		if (result < 0) {
			report_error(r, NULL, -1, g->config->name, "%lx-%lx has an owner already",
				     pages.base, pages.base + pages.size - 1);
		}
	}
	return result == SKERRY_OK;
}

static bool map_all(struct guest *g, struct report *r)
{
	const struct sys_guest *c = g->config;
	struct range info = { arch_boot_pa(g->info).v, PAGE_SIZE };
	bool is_mapped = guest_map(g, SKERRY_INFO_BASE, info, S2_READ_ONLY, r);

	for (uint32_t i = 0; i < c->bank_count && is_mapped; i++) {
		is_mapped = guest_map(g, c->bank[i].base,
				      (struct range){ c->host[i].v, c->bank[i].size }, S2_RAM, r);
	}
	for (uint32_t i = 0; i < c->device_count && is_mapped; i++) {
		is_mapped = map_device(g, &c->device[i], r);
	}
	for (uint32_t i = 0; i < guest_count && is_mapped; i++) {
		if (c->control >> i & 1) {
			struct range stats = { arch_boot_pa(guests[i].stats).v, PAGE_SIZE };

			is_mapped = guest_map(g, SKERRY_STATS(i), stats, S2_READ_ONLY, r);
		}
	}
	if (g->time != NULL) {
		is_mapped &= guest_map(g, SKERRY_TIME_BASE, (struct range){
				       arch_boot_pa(g->time).v, PAGE_SIZE }, S2_READ_ONLY, r);
	}
	return is_mapped && windows_map(g, r);
}

static bool make_tree(struct guest *g, struct report *r)
{
	static uint8_t room[KIB(64)] __attribute__((aligned(8)));	/* TREE_ROOM of mksystem */
	struct sys_segment *t = &the_system.guest[g->index].tree;
	const struct sys_guest *c = g->config;
	uint32_t seed;
	uint8_t *made;

	if (arch_crc32(0, t->data, t->at.size) != t->crc32) {
		report_error(r, NULL, -1, c->name, "its tree is damaged");
		return false;
	}
	if (c->has_own_tree) {
		return true;
	}
	if (tree_build(c, &boot.board, boot.tree, room, sizeof(room), &seed, r) != 0) {
		return false;
	}
	t->at.size = fdt_totalsize(room);
	t->data = made = memcpy(arch_boot_alloc(t->at.size), room, t->at.size);
	g->seed = seed ? made + seed : NULL;
	return true;
}

void guests_make(struct report *r)
{
	guest_count = the_system.guest_count;
	init_cores();
	for (uint8_t i = 0; i < guest_count; i++) {
		guests[i].index = i;
		guests[i].config = &the_system.guest[i];
		make_vcpus(&guests[i]);
		make_stats(&guests[i]);
	}
	for (uint8_t i = 0; i < guest_count; i++) {
		struct guest *g = &guests[i];
		struct sys_guest *c = &the_system.guest[i];

		while (pv_stop_step(g) == PV_MORE) {
			/* zeroes its windows */
		}
		if (!c->refused) {
			make_info(g);
			c->refused = !map_all(g, r) || !make_tree(g, r) ||
				     arch_boot_guest(g, &boot.board) != 0;
		}
	}
}
