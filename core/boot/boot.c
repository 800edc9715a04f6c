/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot, as a list of calls in core_boot(): the board, the system, the
 * guests, then the way out of boot for good. Boot core only; the others wait.
 */
#include <core/core.h>
#include <core/boot/boot.h>
#include <hv/drivers.h>

struct boot boot;

/* Reports of the boot go to the console: "error: /memory@0: reg: ...", "error: rt: cpus: ..." */
static void print_report(struct report *r, bool is_error, const void *fdt, int node,
			 const char *property, const char *message)
{
	char path[96];
	const char *const part[] = { path, r->in[0], r->in[1], property, message };

	if (!fdt || node < 0 || fdt_get_path(fdt, node, path, sizeof(path)) != 0) {
		path[0] = '\0';
	}
	log_raw("skerry: %s", is_error ? "error" : "warning");
	for (unsigned i = 0; i < ARRAY_SIZE(part); i++) {
		if (part[i] && part[i][0]) {
			log_raw(": %s", part[i]);
		}
	}
	log_raw("\n");
}

static struct report report = { .print = print_report };

/* Without it nothing can run: says so, and ends as a system without guests. */
static void need(bool is_there, const char *why)
{
	if (!is_there) {
		log_line("%s\nskerry: end system=refused", why);
		arch_board_end(true);
	}
}

static void read_board(void)
{
	struct board *b = &boot.board;
	uintptr_t uart;
	int result;

	if (!dt_check(boot.tree, boot.tree_at.size)) {
		arch_halt();		/* nowhere to say it */
	}
	result = board_discover(boot.tree, b, &report);
	uart = arch_boot_board(b);
	if (b->uart != UART_NONE) {
		console_init(b->uart == UART_PL011 ? &pl011_uart : &bcm2835_aux_uart, uart,
			     b->uart_clock_hz);
	}
	if (boot.level != 2) {
		log_line("entered at EL%lu, but it needs EL2 "
			 "(QEMU: -machine virt,virtualization=on)", boot.level);
		arch_halt();
	}
	log_line("Skerry 0.1, ABI %u.%u, on %s", SKERRY_ABI_MAJOR, SKERRY_ABI_MINOR, b->model);
	need(result == SKERRY_OK, "this board's device tree lacks what Skerry needs");
}

static struct pa records;
static bool is_kept;			/* there */

static void own_memory(void)
{
	struct board *b = &boot.board;
	struct range tree = { boot.tree_at.base, fdt_totalsize(boot.tree) };
	struct pa heap;

	b->reserved[b->reserved_count++] = tree;
	need(owner_add(range_pages(boot.image), OWNER_HV, 0) == SKERRY_OK &&
	     (!b->initrd.size || owner_add(range_pages(b->initrd), OWNER_HV, 0) == SKERRY_OK),
	     "EL2's image and the system image overlap");
	is_kept = place_records(b, RECORDS_SIZE, &records);
	need(place_heap(b, BOOT_HEAP_SIZE, &heap), "no room for EL2's own memory");
	arch_boot_heap(heap);
}

static void read_system(void)
{
	const struct board *b = &boot.board;
	const struct system *table;
	const void *fit = b->initrd.size ? arch_boot_map_image(b->initrd) : NULL;

	need(b->initrd.size, "no system image: the boot loader handed over no initrd "
	     "(/chosen: linux,initrd-start, linux,initrd-end)");
	need(fit != NULL, "the system image is too large: 1022 MiB at most");
	table = fit_system(fit, b->initrd.size, &report);
	the_system = table != NULL ? *table : the_system;
	need(table != NULL && system_check(&the_system, b, boot.tree, &report) == SKERRY_OK,
	     "this system can't run");
	fit_resolve(fit, b->initrd.size, &the_system, &report);
	place_guests(b, &the_system, &report);
}

static void print_guest(const struct sys_guest *c)
{
	if (c->refused) {
		log_raw("  %-12s refused\n", c->name);
		return;
	}
	for (uint32_t i = 0; i < c->bank_count; i++) {
		log_raw("  %-12s %-26s %6lu MiB at %09lx -> %09lx\n", i ? "" : c->name,
			i ? "" : c->note, c->bank[i].size >> 20, c->bank[i].base, c->host[i].v);
	}
	for (const struct sys_device *d = c->device; d < c->device + c->device_count; d++) {
		log_raw("  %-12s device %s at %lx\n", "", d->name, d->regs[0].base);
	}
}

static void print_banner(void)
{
	static const char *const psci[] = { "none", "SMC", "HVC" };
	const struct board *b = &boot.board;
	uint64_t memory = 0;

	for (uint32_t i = 0; i < b->memory_count; i++) {
		memory += b->memory[i].size;
	}
	log_raw("  cores %u, memory %lu MiB, GICv%u, PSCI by %s, timer %u Hz\n"
		"  seed for guests: %s\n"
		"  guest        cores    policy  console   memory, guest -> physical\n",
		b->cpu_count, memory >> 20, b->gic, psci[b->psci], arch_time_hz(),
		b->seed_size ? "from the board's" : "none: the board's tree has no rng-seed");
	for (uint32_t i = 0; i < guest_count; i++) {
		print_guest(guests[i].config);
	}
	for (uint32_t i = 0; i < the_system.link_count; i++) {
		const struct sys_link *l = &the_system.link[i];

		log_raw("  %-12s link from %s to %s, window at %09lx\n", l->name,
			guests[l->end[0].guest].config->name, guests[l->end[1].guest].config->name,
			the_system.window[l->window].host.v);
	}
	log_raw("  input goes to %s; Ctrl-] q ends the run, Ctrl-] ? helps\n",
		the_system.input < 0 ? "no guest" : the_system.guest[the_system.input].name);
}

static void start_guests(void)
{
	uint64_t ready = arch_time_now();

	for (uint32_t i = 0; i < guest_count && the_system.watchdog_ms != 0; i++) {
		watchdog_critical |= (uint32_t)guests[i].config->critical << i;
	}
	if (watchdog_critical != 0 && !arch_board_watchdog(the_system.watchdog_ms)) {
		log_line("watchdog-ms: this board has no watchdog that EL2 can drive");
	}
	console_set_input(the_system.input);
	for (struct guest *g = guests; g < guests + guest_count; g++) {
		if (g->config->autostart && !g->config->refused) {
			g->info->boot_entry = boot.entry_ticks;
			g->info->boot_ready = ready;
			g->info->boot_hash_ticks = fit_hash_ticks;
			g->info->boot_console_ticks = console_ticks;
			(void)life_apply(g, LIFE_START);	/* from absent: it works */
		}
	}
	life_check_end();
}

void core_boot(void)
{
	read_board();
	own_memory();
	arch_boot_cores(&boot.board);
	read_system();
	records_boot(is_kept ? &records : NULL);
	seed_guests(&boot.board, the_system.guest_count);
	guests_make(&report);
	print_banner();
	start_guests();
	arch_boot_leave();
}
