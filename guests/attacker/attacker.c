/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attacker: what a hostile guest tries (docs/threat-model.md), beside a victim.
 * A line for each case: "attack NN name: ok (...)" or "FAILED (...)". Boot
 * arguments: case=NN runs that one and ends, from=NN those from there on; scale=N percent;
 * mate: it is the other end of the attacker's links (ends.c);
 * deadly: also lives that end in crashes (needs on-crash = "restart");
 * words: random instructions without end (words.c); shout=N: console output (shout.c);
 * lives=N: goes on restarting until life N; stay-ms=N: 1500, then quietly on.
 * Life 1 runs the table; each life after it shows that the attacker works again
 * and ends in another way (lives.c).
 */
#include "attacker.h"
#include "lives.h"

static const struct attack attacks[] = {
	{ 29, "fresh-memory", b29_zero },		/* first: before memory is used */
	{ 37, "stale-copies", b37_stale },
	{ 1, "system-registers", a01_sysregs },
	{ 2, "system-registers-el0", a02_sysregs_el0 },
	{ 3, "el2-registers", a03_el2_registers },
	{ 4, "pmu", a04_pmu },
	{ 5, "hidden-features", a05_hidden_features },
	{ 6, "debug", a06_debug },
	{ 7, "register-patterns", a07_patterns },
	{ 8, "call-registers", a08_call_registers },
	{ 9, "fresh-vcpu", a09_fresh_vcpu },
	{ 10, "id-registers", a10_id_registers },
	{ 11, "wait-storm", a11_wait_storm },
	{ 12, "smc", a12_smc },
	{ 13, "hvc", a13_hvc },
	{ 14, "smc32", a14_smc32 },
	{ 15, "aarch32", a15_aarch32 },
	{ 16, "exception-return", a16_exception_return },
	{ 17, "serror", a17_serror },
	{ 18, "masked-forever", a18_masked },
	{ 19, "address-space", b19_address_space },
	{ 20, "region-edges", b20_edges },
	{ 21, "beyond-ipa-size", b21_above },
	{ 22, "stage1-tables", b22_tables },
	{ 23, "call-arguments", b23_arguments },
	{ 25, "address-translation", b25_translate },
	{ 26, "tlbi-storm", b26_tlbi },
	{ 27, "same-va", b27_same_va },
	{ 30, "set-way", b30_set_way },
	{ 31, "cache-alias", b31_alias },
	{ 32, "break-before-make", b32_break_before_make },
	{ 36, "fill-tables", b36_fill },
	{ 36, "all-active", b36_all_active },
	{ 38, "gic-mmio", c38_mmio },
	{ 39, "gic-out-of-range", c39_out_of_range },
	{ 40, "sgi-targets", c40_sgi_targets },
	{ 41, "foreign-interrupts", c41_foreign },
	{ 42, "interrupt-churn", c42_churn },
	{ 43, "level-for-ever", c43_level },
	{ 44, "sgi-storm", c44_sgi_storm },
	{ 45, "cpu-interface", c45_interface },
	{ 46, "route-nowhere", c46_route_nowhere },
	{ 47, "timers", c47_timers },
	{ 48, "timer-past", c48_timer_past },
	{ 49, "cpu-on-race", d49_race },
	{ 50, "cpu-on-arguments", d50_cpu_on },
	{ 51, "psci-queries", d51_queries },
	{ 52, "cpu-off-on", d52_off_on },
	{ 56, "double-fetch", e56_double_fetch },
	{ 57, "rings", e57_rings },
	{ 59, "queue-areas", e59_queues },
	{ 59, "register-page", e59_page },
	{ 61, "messages", e61_messages },
	{ 62, "handles", e62_handles },
	{ 63, "bell-flood", e63_flood },
	{ 64, "both-ends", e64_both_ends },
	{ 65, "control", e65_control },
};

static char reason[120], remark[120];
static uint32_t bad_count;
static bool worker_is_up;

void bad(const char *text, ...)
{
	va_list args;

	if (__atomic_fetch_add(&bad_count, 1, __ATOMIC_RELAXED) == 0) {
		va_start(args, text);
		vformat(reason, sizeof(reason), text, args);
		va_end(args);
	}
}

void note(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vformat(remark, sizeof(remark), text, args);
	va_end(args);
}

uint64_t scaled(uint64_t count)
{
	uint64_t n = count * arg_number("scale", 100) / 100;

	return n ? n : 1;
}

bool has_worker(void)
{
	if (!worker_is_up) {
		note("not done, needs two vCPUs");
	}
	return worker_is_up;
}

void interrupts_clean(void)
{
	vtimer_stop();
	ptimer_stop();
	for (uint32_t i = 32; i < SKERRY_INTID_COUNT; i += 32) {
		write32(platform.gicd + GICD_ICENABLER + i / 8, ~0u);
		write32(platform.gicd + GICD_ICPENDR + i / 8, ~0u);
		write32(platform.gicd + GICD_ICACTIVER + i / 8, ~0u);
	}
	write32(gic_bank(0) + GICD_ICENABLER, ~0u);
	write32(gic_bank(0) + GICD_ICPENDR, ~0u);
	write32(gic_bank(0) + GICD_ICACTIVER, ~0u);
	if (platform.gic == 3) {
		sysreg_write(S3_0_C12_C9_0, 0);		/* ICC_AP1R0_EL1 */
	} else {
		write32(platform.gicc + 0xd0, 0);	/* GICC_APR0 */
	}
	gic_init();
	gic_cpu_init();
	/* what is still pending (SGIs of GICv2) or has come meanwhile */
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t iar = gic_ack();

		if ((iar & 1023) >= 1020) {
			break;
		}
		gic_eoi(iar);
	}
}

bool is_harmless(uint64_t function)
{
	switch (function & 0xbfffffff) {
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_OFF:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case 0x84000012:	/* SYSTEM_RESET2 */
	case 0x8400000c:	/* CPU_FREEZE */
	case 0x8400000d:	/* CPU_DEFAULT_SUSPEND */
	case 0x8400000e:	/* SYSTEM_SUSPEND */
		return false;
	case SKERRY_HVC_CONSOLE_WRITE & 0xbfffffff:
	case SKERRY_HVC_CRASH & 0xbfffffff:
	case SKERRY_HVC_WATCHDOG & 0xbfffffff:
		return false;
	default:
		return true;
	}
}

static bool attack_run(const struct attack *a)
{
	uint64_t start = time_now();

	bad_count = 0;
	remark[0] = 0;
	reason[0] = 0;
	a->run();
	printf("attack %02u %s: %s (%s%s%lu ms)\n", a->number, a->name,
	       bad_count ? "FAILED" : "ok", bad_count ? reason : remark,
	       remark[0] || bad_count ? ", " : "",
	       ticks_to_ns(time_now() - start) / 1000000);
	return bad_count == 0;
}

static void attacks_run(void)
{
	uint64_t only = arg_number("case", 0), from = arg_number("from", 0);
	uint32_t count = 0, failed = 0;

	worker_is_up = platform.cpu_count > 1 && worker_start(1);
	for (uint32_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		if ((only && attacks[i].number != only) || attacks[i].number < from) {
			continue;
		}
		count++;
		failed += !attack_run(&attacks[i]);
	}
	printf("attacker: %u cases, %u failed\n", count, failed);
}

void guest_main(void)
{
	uint64_t life = guest_life();

	irq_disable();
	if (arg_has("mate")) {
		mate_run();
	}
	if (arg_has("words")) {
		words_run();
	}
	if (arg_has("shout")) {
		shout_run();
		return;
	}
	if (life == 1) {
		printf("attacker: gic %u, %u vCPUs\n", platform.gic, platform.cpu_count);
		attacks_run();
		if (arg_number("case", 0) || arg_number("from", 0)) {
			return;
		}
	} else {
		life_smoke(life);
	}
	life_end(life);
}
