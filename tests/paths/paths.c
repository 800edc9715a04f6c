/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The build for statistics (make PATHS=1): how long EL2 keeps interrupts waiting, by what
 * for, in ticks of the counter. A path begins where the vectors call C, or where EL2 has
 * looked for interrupts, and ends where C goes back to the guest or EL2 looks again; what
 * the vectors save and restore comes on top. The linker (--wrap) puts this file around
 * the functions named here; nothing of it is in the product. Printed when the board ends:
 *   skerry: path NAME COUNT MIN MAX PRINT
 * MIN and MAX without printing, which is polled and takes a UART's time: its most is PRINT.
 * Per core, so no lock. Under icount with one core a tick is an instruction.
 */
#include <abi/hypercalls.h>
#include <abi/smccc.h>
#include <core/core.h>
#include <sysreg.h>

#include "../../arch/arm64/gic.h"
#include "../../arch/arm64/trap.h"

#define HVC_ENUM(number, NAME, name, arguments, right) HVC_##NAME,
#define HVC_NAME(number, NAME, name, arguments, right) [HVC_##NAME] = "hvc-" #name,

enum path_name {
	SKERRY_HYPERCALLS(HVC_ENUM)
	PSCI_VERSION_, PSCI_CPU_SUSPEND_, PSCI_CPU_OFF_, PSCI_CPU_ON_, PSCI_AFFINITY_INFO_,
	PSCI_MIGRATE_INFO_TYPE_, PSCI_SYSTEM_OFF_, PSCI_SYSTEM_RESET_, PSCI_FEATURES_,
	SMCCC_ARCH, SMCCC_HYP, SMCCC_TRNG, CALL_UNKNOWN,
	SYSREG_ID, SYSREG_TIMER, SYSREG_SGI, SYSREG_OTHER, UNDEFINED,
	GICD_READ, GICD_WRITE, GICR_READ, GICR_WRITE, PL011_READ, PL011_WRITE,
	REGISTER_PAGE, ABORT, SERROR, WAIT,
	IRQ_KICK, IRQ_BELL, IRQ_TIMER, IRQ_UART, IRQ_DEVICE, IRQ_EL2, BELL,
	STEP, SWITCH, WAKE_UP, LIFE_COPY, LIFE_SCRUB, LIFE_WINDOW, LIFE_OTHER, LIFE_NOTHING,
	PATHS
};

static const char *const names[PATHS] = {
	[PSCI_VERSION_] = "psci-version", [PSCI_CPU_SUSPEND_] = "psci-cpu-suspend",
	[PSCI_CPU_OFF_] = "psci-cpu-off", [PSCI_CPU_ON_] = "psci-cpu-on",
	[PSCI_AFFINITY_INFO_] = "psci-affinity-info",
	[PSCI_MIGRATE_INFO_TYPE_] = "psci-migrate-info-type",
	[PSCI_SYSTEM_OFF_] = "psci-system-off", [PSCI_SYSTEM_RESET_] = "psci-system-reset",
	[PSCI_FEATURES_] = "psci-features", [SMCCC_ARCH] = "smccc-arch",
	[SMCCC_HYP] = "smccc-hypervisor", [SMCCC_TRNG] = "smccc-trng",
	[CALL_UNKNOWN] = "call-unknown", [SYSREG_ID] = "sysreg-id", [SYSREG_TIMER] = "sysreg-timer",
	[SYSREG_SGI] = "sysreg-sgi", [SYSREG_OTHER] = "sysreg-other", [UNDEFINED] = "undefined",
	[GICD_READ] = "gicd-read", [GICD_WRITE] = "gicd-write", [GICR_READ] = "gicr-read",
	[GICR_WRITE] = "gicr-write", [PL011_READ] = "pl011-read", [PL011_WRITE] = "pl011-write",
	[REGISTER_PAGE] = "register-page", [ABORT] = "abort", [SERROR] = "serror",
	[WAIT] = "wait-trapped", [IRQ_KICK] = "irq-kick", [IRQ_BELL] = "irq-bell",
	[IRQ_TIMER] = "irq-timer", [IRQ_UART] = "irq-uart", [IRQ_DEVICE] = "irq-device",
	[IRQ_EL2] = "irq-el2", [BELL] = "bell", [STEP] = "with-a-life-step",
	[SWITCH] = "with-a-switch", [WAKE_UP] = "wake-up",
	[LIFE_COPY] = "life-copy", [LIFE_SCRUB] = "life-scrub", [LIFE_WINDOW] = "life-window",
	[LIFE_OTHER] = "life-step", [LIFE_NOTHING] = "life-nothing",
	SKERRY_HYPERCALLS(HVC_NAME)
};

struct figure {
	uint64_t count, min, max, print;	/* print: most of printing in one of them */
};

struct core {
	uint64_t begin, printing;	/* when, and printing() then */
	uint64_t formatting;		/* ticks in log_raw() but not in the console */
	enum path_name name;
	bool is_open;			/* a path has begun */
	bool is_deep;			/* and not at C's first function for it */
	bool is_waiting;		/* EL2 sleeps, or handles what has woken it */
	struct figure path[PATHS];
};

static struct core cores[SKERRY_CPU_MAX];
static uint64_t account[SKERRY_GUEST_MAX];	/* of a start or stop under way */
static struct figure starts, stops, switches;

static uint64_t printing(void)
{
	uint64_t ticks = console_ticks;		/* the console counts its own */

	for (unsigned i = 0; i < SKERRY_CPU_MAX; i++) {
		ticks += cores[i].formatting;
	}
	return ticks;
}

static void note(struct figure *f, uint64_t ticks, uint64_t print)
{
	ticks -= print;
	f->min = f->count++ != 0 && f->min < ticks ? f->min : ticks;
	f->max = f->max > ticks ? f->max : ticks;
	f->print = f->print > print ? f->print : print;
}

static struct core *here(void)
{
	return &cores[arch_cpu_index()];
}

static void path_begin(enum path_name name)
{
	struct core *c = here();

	c->name = name;
	c->is_open = true;
	c->printing = printing();
	c->begin = arch_time_now();
}

static void path_end(void)
{
	uint64_t now = arch_time_now();
	struct core *c = here();

	if (c->is_open) {
		note(&c->path[c->name], now - c->begin, printing() - c->printing);
	}
	c->is_open = false;
}

/* Those of the loop: what has begun ends as what the step was, and the next begins. */
static void path_next(enum path_name name)
{
	path_end();
	path_begin(name);
}

static enum path_name call_name(uint32_t f)
{
	uint32_t psci = f & ~(1u << 30);
	static const uint8_t psci_names[] = {
		PSCI_VERSION_, PSCI_CPU_SUSPEND_, PSCI_CPU_OFF_, PSCI_CPU_ON_, PSCI_AFFINITY_INFO_,
		CALL_UNKNOWN, PSCI_MIGRATE_INFO_TYPE_, CALL_UNKNOWN, PSCI_SYSTEM_OFF_,
		PSCI_SYSTEM_RESET_, PSCI_FEATURES_,
	};

	if (f - SKERRY_HVC_BASE < SKERRY_HYPERCALL_COUNT) {
		return (enum path_name)(f - SKERRY_HVC_BASE);
	}
	if (psci - PSCI_VERSION < ARRAY_SIZE(psci_names)) {
		return psci_names[psci - PSCI_VERSION];
	}
	if (f == SMCCC_HYP_UID || f == SMCCC_HYP_REVISION) {
		return SMCCC_HYP;
	}
	return psci - SMCCC_TRNG_VERSION < 0x20 ? SMCCC_TRNG : f >> 24 == 0x80 ? SMCCC_ARCH :
	       CALL_UNKNOWN;
}

static enum path_name sysreg_name(uint64_t esr)
{
	unsigned op0 = esr >> 20 & 3, crn = esr >> 10 & 15, crm = esr >> 1 & 15;

	return op0 != 3 ? SYSREG_OTHER : crn == 0 ? SYSREG_ID : crn == 14 ? SYSREG_TIMER :
	       crn == 12 && crm == 11 ? SYSREG_SGI : SYSREG_OTHER;
}

static enum path_name abort_name(uint64_t esr)
{
	uint64_t at = READ_SYSREG(hpfar_el2) << 8;
	bool is_write = esr & DABT_WNR;

	if (!(esr & DABT_ISV) || ESR_EC(esr) != EC_DABORT_LOW) {
		return ABORT;
	}
	if ((esr & 0x3c) == 0x0c) {
		return REGISTER_PAGE;
	}
	return at - SKERRY_PL011_BASE < PAGE_SIZE ? PL011_READ + is_write :
	       at - SKERRY_GICD_BASE < KIB(64) ? GICD_READ + is_write :
	       at - SKERRY_GICR_BASE < MIB(16) ? GICR_READ + is_write : ABORT;
}

static enum path_name sync_name(const struct vcpu *v, uint64_t esr)
{
	unsigned ec = ESR_EC(esr);

	return ec == EC_HVC64 || ec == EC_SMC64 ? call_name((uint32_t)v->arch.x[0]) :
	       ec == EC_SYSREG ? sysreg_name(esr) : ec == 1 ? WAIT :
	       ec == EC_DABORT_LOW || ec == EC_IABORT_LOW ? abort_name(esr) : UNDEFINED;
}

static enum path_name irq_name(uint32_t iar)
{
	unsigned intid = iar & 0x3ff;

	return intid == GIC_KICK ? IRQ_KICK : intid == GIC_BELL ? IRQ_BELL :
	       intid == gic.vtimer ? IRQ_TIMER : intid == gic.uart ? IRQ_UART :
	       intid < SKERRY_INTID_COUNT && gic.owner[intid] != 0 ? IRQ_DEVICE : IRQ_EL2;
}

/* Does the path begin in EL2's loop, not with an exit? */
static bool is_after_look(void)
{
	return here()->name >= WAKE_UP;
}

/* The vectors call these with the vCPU and at most one more argument. NULL: not done, the
 * slow path goes on with it. A path that ends with another vCPU has its own row. */
#define PATH(function, type, what)						\
	struct vcpu *__real_##function(struct vcpu *v, type argument);		\
	struct vcpu *__wrap_##function(struct vcpu *v, type argument);		\
	struct vcpu *__wrap_##function(struct vcpu *v, type argument)		\
	{									\
		struct vcpu *next;						\
										\
		if (!here()->is_deep) {						\
			path_begin(what);					\
		}								\
		next = __real_##function(v, argument);				\
		here()->is_deep = next == NULL;					\
		if (next != NULL) {						\
			if (next != v && !is_after_look()) {			\
				here()->name = SWITCH;				\
			}							\
			path_end();						\
		}								\
		return next;							\
	}

PATH(exit_sync, uint64_t, sync_name(v, READ_SYSREG(esr_el2)))
PATH(exit_irq, uint64_t, IRQ_EL2)
PATH(exit_serror, uint64_t, SERROR)
PATH(fast_irq, uint32_t, irq_name(argument))
PATH(fast_kick, uint64_t, IRQ_KICK)
PATH(fast_bells, uint32_t, BELL)
PATH(fast_abort, uint32_t, abort_name(argument))
PATH(fast_sgi1r, uint64_t, SYSREG_SGI)

/* YIELD's has one more; it always ends. */
struct vcpu *__real_exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr);
struct vcpu *__wrap_exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr);
struct vcpu *__wrap_exit_yield(struct vcpu *v, struct pcpu *p, uint64_t esr)
{
	struct vcpu *next;

	path_begin((enum path_name)HVC_YIELD);
	next = __real_exit_yield(v, p, esr);
	if (next != v && !is_after_look()) {
		here()->name = SWITCH;
	}
	path_end();
	return next;
}

/* Asleep: no path. What wakes the core is handled in a path of its own, up to the next
 * look. PSCI CPU_SUSPEND sleeps in the middle of its call. */
void __real_arch_cpu_wait(void);
void __wrap_arch_cpu_wait(void);
void __wrap_arch_cpu_wait(void)
{
	path_end();
	here()->is_waiting = true;
	__real_arch_cpu_wait();
}

void __real_gic_handle(void);
void __wrap_gic_handle(void);
void __wrap_gic_handle(void)
{
	if (here()->is_waiting) {
		path_begin(WAKE_UP);
	}
	here()->is_waiting = false;
	__real_gic_handle();
}

bool __real_arch_cpu_has_work(void);
bool __wrap_arch_cpu_has_work(void);
bool __wrap_arch_cpu_has_work(void)
{
	path_next(LIFE_NOTHING);
	return __real_arch_cpu_has_work();
}

static void name_step(enum path_name name)
{
	if (is_after_look()) {
		here()->name = name;
	}
}

/* Steps of lives: what a step was, and what a start or a stop took besides printing and the
 * steps that copy or scrub. */
static bool is_piece[SKERRY_GUEST_MAX];		/* the step copied or scrubbed, no more */
static uint64_t aside[SKERRY_GUEST_MAX];	/* ticks of a step that did more */

enum load_result __real_load_step(struct guest *g);
enum load_result __wrap_load_step(struct guest *g);
enum load_result __wrap_load_step(struct guest *g)
{
	uint64_t copied = g->info->load_copy_ticks, scrubbed = g->info->load_scrub_ticks;
	enum load_result result = __real_load_step(g);

	copied = g->info->load_copy_ticks - copied;
	scrubbed = g->info->load_scrub_ticks - scrubbed;
	is_piece[g->index] = result == LOAD_MORE;
	aside[g->index] = copied + scrubbed;
	name_step(copied != 0 ? LIFE_COPY : scrubbed != 0 ? LIFE_SCRUB : LIFE_OTHER);
	return result;
}

enum pv_stop __real_pv_stop_step(const struct guest *g);
enum pv_stop __wrap_pv_stop_step(const struct guest *g);
enum pv_stop __wrap_pv_stop_step(const struct guest *g)
{
	enum pv_stop result = __real_pv_stop_step(g);

	name_step(LIFE_WINDOW);
	is_piece[g->index] |= result == PV_MORE;
	return result;
}

bool __real_life_work(struct vcpu *v);
bool __wrap_life_work(struct vcpu *v);
bool __wrap_life_work(struct vcpu *v)
{
	uint64_t begin = arch_time_now(), printed = printing();
	struct guest *g = v->guest;
	unsigned before = g->state;
	bool result;

	if (before == GUEST_LOADING || before == GUEST_STOPPING) {
		name_step(LIFE_OTHER);
	}
	is_piece[g->index] = false;
	aside[g->index] = 0;
	result = __real_life_work(v);
	if (result && !is_piece[g->index]) {
		account[g->index] += arch_time_now() - begin - aside[g->index] -
				     (printing() - printed);
	}
	if (result && !is_after_look()) {
		here()->name = STEP;		/* an exit's path has gone on into this */
	}
	if (before == GUEST_LOADING && g->state == GUEST_RUNNING) {
		note(&starts, account[g->index], 0);
		account[g->index] = 0;
	} else if (before == GUEST_STOPPING && g->state != GUEST_STOPPING) {
		note(&stops, account[g->index], 0);
		account[g->index] = 0;
	}
	return result;
}

void __wrap_log_raw(const char *format, ...) printf_like(1, 2);
void __wrap_log_raw(const char *format, ...)
{
	uint64_t begin = arch_time_now(), counted = console_ticks;
	char text[650];
	va_list args;

	va_start(args, format);
	format_v(text, sizeof(text), format, args);
	va_end(args);
	console_write(CONSOLE_OWN, text, strlen(text));
	here()->formatting += arch_time_now() - begin - (console_ticks - counted);
}

static __attribute__((noinline)) void nothing(struct vcpu *v)
{
	__asm__ volatile("" :: "r"(v));
}

/* What two readings of the counter and a call between them take. */
static uint64_t call_cost(void)
{
	uint64_t begin = arch_time_now();

	nothing(NULL);
	return arch_time_now() - begin;
}

/* The world switch alone: one context saved, another one loaded. */
void __real_arch_vcpu_switch(struct vcpu *v);
void __wrap_arch_vcpu_switch(struct vcpu *v);
void __wrap_arch_vcpu_switch(struct vcpu *v)
{
	bool is_whole = v != NULL && pcpu()->current != NULL && pcpu()->current != v;
	uint64_t begin = arch_time_now();

	__real_arch_vcpu_switch(v);
	if (is_whole) {
		note(&switches, arch_time_now() - begin, call_cost());
	}
}

static void print(const char *what, const struct figure *f)
{
	if (f->count != 0) {
		log_raw("skerry: path %s %lu %lu %lu %lu\n", what, f->count, f->min, f->max,
			f->print);
	}
}

void __real_arch_board_end(bool stays_off) __attribute__((noreturn));
void __wrap_arch_board_end(bool stays_off) __attribute__((noreturn));
void __wrap_arch_board_end(bool stays_off)
{
	for (unsigned i = 0; i < PATHS; i++) {
		struct figure all = { 0 };

		for (const struct core *c = cores; c < cores + SKERRY_CPU_MAX; c++) {
			const struct figure *f = &c->path[i];

			all.min = all.count == 0 || (f->count != 0 && f->min < all.min) ? f->min :
				  all.min;
			all.max = f->max > all.max ? f->max : all.max;
			all.print = f->print > all.print ? f->print : all.print;
			all.count += f->count;
		}
		print(names[i], &all);
	}
	print("start", &starts);
	print("stop", &stops);
	switches.print = 0;
	print("world-switch", &switches);
	__real_arch_board_end(stays_off);
}
