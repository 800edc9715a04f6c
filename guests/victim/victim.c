/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * victim: lives beside the attacker and watches itself: heartbeats of a timer,
 * a checksum over its memory, patterns in registers; every exception or
 * interrupt that is not its timer's is a failure. Boot arguments:
 *   beats=N      end after N beats with a verdict and SYSTEM_OFF; a "q" on the
 *                console ends it as well
 *   period-ms=N  10;  every=N: a line each N beats, 50;  size-kib=N: 4096
 */
#include "guest.h"
#include "gic.h"
#include "timer.h"

#define SEED		0x5ca1ab1e0ddba11ull
#define CHECKS		8		/* the checksum is spread over so many beats */

static volatile uint64_t beats;
static uint64_t deadline, period, latest, failures;
static uint64_t base, size, part_sum[CHECKS];

static void failed(const char *what, uint64_t a, uint64_t b)
{
	if (failures++ < 10) {
		printf("victim: FAILED, %s: %lx %lx\n", what, a, b);
	}
}

static bool stray(struct frame *f, uint64_t vector)
{
	failed("exception", vector, f->esr);
	return false;
}

static void beat(void)
{
	uint64_t now = time_now();

	latest = now - deadline > latest ? now - deadline : latest;
	beats++;
	deadline += period;
	if (deadline < now) {
		deadline = now + period;
	}
	vtimer_arm(deadline);
}

static void interrupt(struct frame *f)
{
	uint32_t iar = gic_ack();

	(void)f;
	if ((iar & 1023) == SKERRY_INTID_VTIMER) {
		beat();
	} else if ((iar & 1023) < 1020) {
		failed("interrupt", iar, 0);
	}
	if ((iar & 1023) < 1020) {
		gic_eoi(iar);
	}
}

static void memory_fill(void)
{
	uint64_t state = SEED;

	base = (free_base() + 4095) & ~4095ull;
	size = KIB(arg_number("size-kib", 4096));
	if (size > free_size() / 2) {
		size = free_size() / 2;
	}
	size &= ~(KIB(4) * CHECKS - 1);
	for (uint64_t at = base; at < base + size; at += 8) {
		*(uint64_t *)at = random_next(&state);
	}
	for (uint32_t i = 0; i < CHECKS; i++) {
		part_sum[i] = checksum((void *)(base + i * (size / CHECKS)), size / CHECKS);
	}
}

static void memory_check(uint64_t part)
{
	uint64_t sum = checksum((void *)(base + part * (size / CHECKS)), size / CHECKS);

	if (sum != part_sum[part]) {
		failed("memory", base + part * (size / CHECKS), sum);
	}
}

static void registers_set(void)
{
	sysreg_write(tpidr_el0, SEED + 1);
	sysreg_write(tpidrro_el0, SEED + 2);
	sysreg_write(contextidr_el1, 0x12345678);
	sysreg_write(sp_el0, SEED + 3);
	canary_set(SEED);
}

static void registers_check(void)
{
	uint64_t v = canary_check(SEED);

	if (v) {
		failed("floating point registers", v, 0);
	}
	if (sysreg_read(tpidr_el0) != SEED + 1 || sysreg_read(tpidrro_el0) != SEED + 2 ||
	    sysreg_read(contextidr_el1) != 0x12345678 || sysreg_read(sp_el0) != SEED + 3) {
		failed("system registers", sysreg_read(tpidr_el0), sysreg_read(tpidrro_el0));
	}
	if (sysreg_read(mdscr_el1)) {
		failed("mdscr_el1", sysreg_read(mdscr_el1), 0);
	}
}

/* Each beat: registers, one part of memory, a line now and then. */
static uint64_t watch(uint64_t count, uint64_t every)
{
	uint64_t seen = 0;

	while (seen < count && console_read() != 'q') {
		while (beats == seen) {
			wfi();
		}
		seen++;
		registers_check();
		memory_check(seen % CHECKS);
		if (seen % every == 0) {
			printf("victim: beat %lu, checksum %s\n", seen, failures ? "FAILED" : "ok");
		}
	}
	return seen;
}

void guest_main(void)
{
	uint64_t every = arg_number("every", 50);
	uint64_t seen;

	memory_fill();
	registers_set();
	exception_override = stray;
	irq_override = interrupt;
	period = us_to_ticks(arg_number("period-ms", 10) * 1000);
	printf("victim: life %lu, %lu KiB watched\n", guest_life(), size / 1024);
	gic_enable(SKERRY_INTID_VTIMER);
	deadline = time_now() + period;
	vtimer_arm(deadline);
	irq_enable();
	seen = watch(arg_number("beats", ~0ull), every ? every : 1);
	irq_disable();
	for (uint32_t i = 0; i < CHECKS; i++) {
		memory_check(i);
	}
	printf("victim: latest beat %lu ns after its time\n", ticks_to_ns(latest));
	if (failures) {
		printf("victim: FAILED, %lu failures in %lu beats\n", failures, beats);
	} else {
		printf("victim: %lu beats, checksum ok\n", seen);
	}
}
