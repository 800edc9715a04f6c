/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generates the device tree of a guest: memory, cpus, psci, timer, interrupt
 * controller, console, chosen, the information page, assigned devices. Called
 * once for each guest at boot (libfdt's writing functions use SIMD registers);
 * the result is kept for restarts. Errors of libfdt are gathered and told once.
 */
#include <core/boot/boot.h>
#include <core/boot/fdt_util.h>
#include <lib/format.h>
#include <lib/string.h>
#include <abi/smccc.h>

#define PHANDLE_GIC	1u
#define PHANDLE_APB	2u
#define PHANDLE_CLOCK	3u	/* of the first assigned device with clocks, and so on */
#define CLOCK_MAX	4
#define SEED_SIZE	32
#define DROPPED_MAX	160

#define SPI(intid)	0u, (intid) - 32u
#define RISING		1u
#define HIGH		4u
#define HI_LO(v)	(uint32_t)((v) >> 32), (uint32_t)(v)

struct writer {
	void *fdt;
	int error;		/* libfdt's first */
	char *seed;		/* rng-seed's value, or NULL */
	const struct board *b;
	const struct sys_guest *g;
	const void *board_fdt, *system_fdt;
	struct report *r;
};

static int gather(struct writer *w, int result)
{
	if (result < 0 && w->error == 0) {
		w->error = result;
	}
	return result;
}

static void begin(struct writer *w, const char *name)
{
	gather(w, fdt_begin_node(w->fdt, name));
}

static void end(struct writer *w)
{
	gather(w, fdt_end_node(w->fdt));
}

static void bytes(struct writer *w, const char *name, const void *value, size_t size)
{
	gather(w, fdt_property(w->fdt, name, value, (int)size));
}

static void text(struct writer *w, const char *name, const char *value)
{
	bytes(w, name, value, strlen(value) + 1);
}

static void cells_list(struct writer *w, const char *name, const uint32_t *value, size_t count)
{
	void *at;
	int result = fdt_property_placeholder(w->fdt, name, (int)count * 4, &at);

	gather(w, result);
	for (size_t i = 0; result == 0 && i < count; i++) {
		fdt32_st((fdt32_t *)at + i, value[i]);
	}
}

#define cells(w, name, ...) \
	cells_list(w, name, (const uint32_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
/* several strings: literals, with \0 between them */
#define texts(w, name, list)	bytes(w, name, list, sizeof(list))

static void write_reg(struct writer *w, const struct range *at, uint32_t count)
{
	void *value;
	int result = fdt_property_placeholder(w->fdt, "reg", (int)count * 16, &value);

	gather(w, result);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		fdt64_st((fdt64_t *)value + i * 2, at[i].base);
		fdt64_st((fdt64_t *)value + i * 2 + 1, at[i].size);
	}
}

static void write_memory(struct writer *w)
{
	char name[32];

	format_to(name, sizeof(name), "memory@%lx", w->g->bank[0].base);
	begin(w, name);
	text(w, "device_type", "memory");
	write_reg(w, w->g->bank, w->g->bank_count);
	end(w);
}

static void write_cpus(struct writer *w)
{
	int size, node, cpus = dt_path(w->board_fdt, "/cpus");
	const void *compatible;
	char name[16];

	begin(w, "cpus");
	cells(w, "#address-cells", 1);
	cells(w, "#size-cells", 0);
	for (uint32_t i = 0; i < w->g->vcpu_count; i++) {
		node = dt_next_cpu(w->board_fdt, cpus, -1);	/* of its core */
		for (uint32_t core = 0; core < w->g->cpu[i]; core++) {
			node = dt_next_cpu(w->board_fdt, cpus, node);
		}
		compatible = dt_prop(w->board_fdt, node, "compatible", &size);
		format_to(name, sizeof(name), "cpu@%x", i);
		begin(w, name);
		text(w, "device_type", "cpu");
		bytes(w, "compatible", compatible ? compatible : "arm,armv8",
		      compatible ? (size_t)size : sizeof("arm,armv8"));
		cells(w, "reg", i);
		text(w, "enable-method", "psci");
		end(w);
	}
	end(w);
}

static void write_psci(struct writer *w)
{
	begin(w, "psci");
	texts(w, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
	text(w, "method", "hvc");
	cells(w, "cpu_suspend", PSCI_CPU_SUSPEND_64);
	cells(w, "cpu_off", PSCI_CPU_OFF);
	cells(w, "cpu_on", PSCI_CPU_ON_64);
	end(w);
}

static void write_timer(struct writer *w)
{
	uint32_t flags = w->b->timer_flags ? w->b->timer_flags : HIGH;

	if (w->b->gic == GIC_V2) {
		flags |= ((1u << w->g->vcpu_count) - 1) << 8;	/* cores it is wired to */
	}
	begin(w, "timer");
	texts(w, "compatible", "arm,armv8-timer");
	cells(w, "interrupts", 1, 13, flags, 1, SKERRY_INTID_PTIMER - 16, flags,
	      1, SKERRY_INTID_VTIMER - 16, flags, 1, 10, flags);
	bytes(w, "always-on", NULL, 0);
	end(w);
}

static void write_gic(struct writer *w)
{
	bool is_v3 = w->b->gic == GIC_V3;

	begin(w, "interrupt-controller@8000000");
	text(w, "compatible", is_v3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
	cells(w, "reg", 0, SKERRY_GICD_BASE, 0, 0x10000,
	      0, is_v3 ? SKERRY_GICR_BASE : SKERRY_GICC_BASE,
	      0, is_v3 ? SKERRY_GICR_STRIDE * w->g->vcpu_count : 0x2000);
	bytes(w, "interrupt-controller", NULL, 0);
	cells(w, "#interrupt-cells", 3);
	cells(w, "#address-cells", 0);
	cells(w, "phandle", PHANDLE_GIC);
	end(w);
}

static void write_clock(struct writer *w, const char *name, uint32_t hz, uint32_t phandle)
{
	begin(w, name);
	text(w, "compatible", "fixed-clock");
	cells(w, "#clock-cells", 0);
	cells(w, "clock-frequency", hz);
	cells(w, "phandle", phandle);
	end(w);
}

static void write_pl011(struct writer *w)
{
	write_clock(w, "apb-pclk", 24000000, PHANDLE_APB);
	begin(w, "pl011@9000000");
	texts(w, "compatible", "arm,pl011\0arm,primecell");
	cells(w, "reg", 0, SKERRY_PL011_BASE, 0, 0x1000);
	cells(w, "interrupts", SPI(SKERRY_INTID_PL011), HIGH);
	cells(w, "clocks", PHANDLE_APB, PHANDLE_APB);
	texts(w, "clock-names", "uartclk\0apb_pclk");
	end(w);
	begin(w, "aliases");
	text(w, "serial0", "/pl011@9000000");
	end(w);
}

static void write_chosen(struct writer *w)
{
	const struct sys_guest *g = w->g;
	void *at;

	begin(w, "chosen");
	if (g->bootargs) {
		text(w, "bootargs", g->bootargs);
	}
	if (g->console == CONSOLE_PL011) {
		text(w, "stdout-path", "/pl011@9000000");
	}
	if (g->ramdisk.size) {
		cells(w, "linux,initrd-start", HI_LO(g->ramdisk.base));
		cells(w, "linux,initrd-end", HI_LO(g->ramdisk.base + g->ramdisk.size));
	}
	if (w->b->seed_size && !gather(w, fdt_property_placeholder(w->fdt, "rng-seed", SEED_SIZE,
								   &at))) {
		w->seed = memset(at, 0, SEED_SIZE);
	}
	end(w);
}

static void write_info(struct writer *w)
{
	begin(w, "skerry@b000000");
	text(w, "compatible", "skerry,info");
	cells(w, "reg", 0, SKERRY_INFO_BASE, 0, (uint32_t)PAGE_SIZE);
	cells(w, "interrupts", SPI(SKERRY_INTID_EVENT), RISING);
	end(w);
}

/* Is a property in the list? There "x-" stands for what begins so, "-x" for what ends so. */
static bool is_in(const char *name, const char *const *list)
{
	size_t size, length = strlen(name);

	for (; *list; list++) {
		size = strlen(*list);
		if (strcmp(name, *list) == 0 ||
		    ((*list)[size - 1] == '-' && strncmp(name, *list, size) == 0) ||
		    ((*list)[0] == '-' && length > size &&
		     strcmp(name + length - size, *list) == 0)) {
			return true;
		}
	}
	return false;
}

/* Written anew for the guest */
static const char *const rewritten[] = {
	"reg", "interrupts", "interrupts-extended", "interrupt-parent", "status", "clocks",
	"phandle", "linux,phandle", "dma-coherent", "dma-ranges", "ranges", NULL
};

/* Refer to nodes that the guest does not have, or name such references */
static const char *const references[] = {
	"pinctrl-", "-supply", "-gpio", "-gpios", "gpio", "gpios", "resets", "reset-names",
	"power-domains", "power-domain-names", "iommus", "iommu-map", "dmas", "dma-names", "phys",
	"phy-names", "phy-handle", "nvmem-cells", "nvmem-cell-names", "memory-region", "msi-",
	"operating-points-v2", "interconnects", "interconnect-names", "mboxes", "mbox-names",
	"hwlocks", "assigned-", "mmc-pwrseq", "syscon", "interrupt-map", "thermal-sensors", NULL
};

static void note(char *dropped, const char *name)
{
	size_t at = strlen(dropped);

	format_to(dropped + at, DROPPED_MAX - at, " %s", name);
}

static void copy_properties(struct writer *w, int node, char *dropped)
{
	const void *value;
	const char *name;
	int at, size;

	fdt_for_each_property_offset(at, w->board_fdt, node) {
		value = fdt_getprop_by_offset(w->board_fdt, at, &name, &size);
		if (value && is_in(name, references)) {
			note(dropped, name);
		} else if (value && !is_in(name, rewritten)) {
			bytes(w, name, value, (size_t)size);
		}
	}
	if (dt_child(w->board_fdt, node, -1) >= 0) {
		note(dropped, "(child nodes)");
	}
}

static bool is_coherent(const struct writer *w, int node)
{
	struct dt_place p;

	for (dt_find(&p, w->board_fdt, node); p.depth >= 0; p.depth--) {
		if (dt_has(w->board_fdt, p.up[p.depth], "dma-coherent")) {
			return true;
		}
		if (dt_has(w->board_fdt, p.up[p.depth], "dma-noncoherent")) {
			break;
		}
	}
	return false;
}

static void write_interrupts(struct writer *w, const struct sys_device *d)
{
	uint32_t list[SYS_IRQ_MAX * 3];

	for (uint32_t i = 0; i < d->irq_count; i++) {
		list[i * 3] = 0;
		list[i * 3 + 1] = d->intid[i] - 32;
		list[i * 3 + 2] = d->edge[i] ? RISING : HIGH;
	}
	if (d->irq_count) {
		cells_list(w, "interrupts", list, d->irq_count * 3);
	}
}

/* All of a device's clocks are one fixed clock: the rate is `clock-frequency` of the
 * description, or that of the board's clock where it is a fixed one. */
static uint32_t clock_rate(const struct writer *w, const struct sys_device *d)
{
	uint32_t hz;

	if (!dt_has(w->board_fdt, d->board_node, "clocks")) {
		return 0;
	}
	return dt_u32(w->system_fdt, d->node, "clock-frequency", &hz) ? hz :
	       dt_clock_hz(w->board_fdt, d->board_node);
}

static void write_device(struct writer *w, const struct sys_device *d, uint32_t phandle)
{
	char name[64], dropped[DROPPED_MAX] = "";
	uint32_t hz = clock_rate(w, d), length = 0;
	int names = fdt_stringlist_count(w->board_fdt, d->board_node, "clock-names");

	if (hz) {
		format_to(name, sizeof(name), "clock-%s", d->name);
		write_clock(w, name, hz, phandle);
	}
	str_copy(name, dt_name(w->board_fdt, d->board_node), 40);
	while (name[length] != 0 && name[length] != '@') {
		length++;
	}
	format_to(name + length, sizeof(name) - length, "@%lx", d->regs[0].base);
	begin(w, name);
	copy_properties(w, d->board_node, dropped);
	write_reg(w, d->regs, d->reg_count);
	write_interrupts(w, d);
	if (hz) {
		const uint32_t all[CLOCK_MAX] = { phandle, phandle, phandle, phandle };

		cells_list(w, "clocks", all, names < 1 ? 1 : min_u64((uint32_t)names, CLOCK_MAX));
	} else if (dt_has(w->board_fdt, d->board_node, "clocks")) {
		note(dropped, "clocks (no clock-frequency in the description)");
	}
	if (is_coherent(w, d->board_node)) {
		bytes(w, "dma-coherent", NULL, 0);
	}
	text(w, "status", "okay");
	end(w);
	if (dropped[0]) {
		report_warning(w->r, w->system_fdt, d->node, "device", "not passed on:%s", dropped);
	}
}

static void write_all(struct writer *w)
{
	char model[SKERRY_NAME_MAX + 8];

	format_to(model, sizeof(model), "skerry %s", w->g->name);
	begin(w, "");
	cells(w, "#address-cells", 2);
	cells(w, "#size-cells", 2);
	text(w, "compatible", "linux,dummy-virt");
	text(w, "model", model);
	cells(w, "interrupt-parent", PHANDLE_GIC);
	write_chosen(w);
	write_memory(w);
	write_cpus(w);
	write_psci(w);
	write_timer(w);
	write_gic(w);
	if (w->g->console == CONSOLE_PL011) {
		write_pl011(w);
	}
	write_info(w);
	for (uint32_t i = 0; i < w->g->device_count; i++) {
		write_device(w, &w->g->device[i], PHANDLE_CLOCK + i);
	}
	end(w);
}

int tree_build(const struct system *sys, unsigned guest, const struct board *b,
	       const void *board_fdt, const void *system_fdt, void *out, uint32_t room,
	       uint32_t *seed_offset, struct report *r)
{
	struct writer w = { out, 0, NULL, b, &sys->guest[guest], board_fdt, system_fdt, r };

	*seed_offset = 0;
	gather(&w, fdt_create_with_flags(out, (int)min_u64(room, INT32_MAX),
					FDT_CREATE_FLAG_NO_NAME_DEDUP));
	if (w.error == 0) {
		gather(&w, fdt_finish_reservemap(out));
		write_all(&w);
	}
	if (w.error == 0) {
		gather(&w, fdt_finish(out));
	}
	if (w.error) {
		report_error(r, system_fdt, w.g->node, NULL, w.error == -FDT_ERR_NOSPACE ?
			     "its device tree does not fit into %u bytes" :
			     "its device tree can't be built in %u bytes", room);
		return w.error == -FDT_ERR_NOSPACE ? SKERRY_NO_MEMORY : SKERRY_INVALID;
	}
	if (w.seed) {
		*seed_offset = (uint32_t)(w.seed - (char *)out);
	}
	return SKERRY_OK;
}
