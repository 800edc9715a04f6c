/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Case 72, with the boot argument "words": random instructions at EL1, with registers that
 * point at everything the guest has and has not. Whatever exception comes begins the next few.
 * What makes that impossible ends in the guest's watchdog: needs on-crash = "restart"; each
 * life has other words. Never ends by itself.
 */
#include "attacker.h"

#define WORDS		24		/* instructions in a row */
#define CHECK_IN_US	50000
#define TIMER_US	500		/* for what goes round in circles */
#define REPORT		4096		/* rounds between two lines */

struct word_start {
	uint64_t x[31];
};

void word_enter(const struct word_start *s, uint64_t code) __attribute__((noreturn));
void words_next(uint64_t esr) __attribute__((noreturn));
extern char word_vectors[];
uint8_t word_stack[16384] __attribute__((aligned(4096)));

static uint32_t code[WORDS + 2] __attribute__((aligned(4096)));
static uint64_t scratch[2048] __attribute__((aligned(4096)));
static uint64_t state, rounds;
static struct word_start start;
static uint64_t sctlr, tcr, ttbr0, mair, cpacr;

/* Not at random alone: most random words are UNDEFINED. */
static uint32_t word(void)
{
	uint64_t r = random_next(&state);
	uint32_t w = (uint32_t)(r >> 16);

	switch (r & 7) {
	case 0:				/* MRS, MSR, SYS, hints, barriers */
		return 0xd5000000 | (w & 0x3fffff);
	case 1:
	case 2:				/* loads and stores */
		return (w | 1u << 27) & ~(1u << 25);
	case 3:				/* those with a base of ours, 64 bits or less */
		return (w & 0xc0dffc00) | 0x38000000 | (w & 15) | (w >> 5 & 15) << 5;
	case 4:				/* HVC, SMC, mostly #0 */
		return 0xd4000000 | (r & 8 ? 2 : 3) | (r & 0x70 ? 0 : w & 0x1fffe0);
	default:
		return w;
	}
}

static uint64_t value(void)
{
	const uint64_t places[] = {
		(uint64_t)scratch, (uint64_t)scratch + 4096, platform.gicd, platform.gicd + 0xf00,
		platform.gic == 3 ? platform.gicr : platform.gicc, SKERRY_PL011_BASE,
		SKERRY_INFO_BASE, SKERRY_PAGE_BASE, SKERRY_TIME_BASE, SKERRY_WINDOW_BASE, NOWHERE,
		GIB(512), 0,
	};
	uint64_t r = random_next(&state);

	switch (r & 3) {
	case 0:
		return random_next(&state) >> (r >> 8 & 63);
	case 1:
		return r >> 8 & 0xff;
	default:
		return places[(r >> 8) % ARRAY_SIZE(places)] + (r & 4 ? r >> 16 & 0xfff : 0);
	}
}

/* A function that does not end this life or this guest. */
static uint64_t function(void)
{
	uint64_t r = random_next(&state), f = r & 1 ? SKERRY_HVC(r >> 8 & 15) :
		     0x84000000 | (r & 2) << 29 | (r >> 8 & 31);

	return is_harmless(f) || f == PSCI_CPU_SUSPEND_64 ? f : PSCI_VERSION;
}

static void restore(void)
{
	sysreg_write(mair_el1, mair);
	sysreg_write(tcr_el1, tcr);
	sysreg_write(ttbr0_el1, ttbr0);
	sysreg_write(sctlr_el1, sctlr);
	sysreg_write(cpacr_el1, cpacr);
	sysreg_write(vbar_el1, word_vectors);
	sysreg_write(cntkctl_el1, 0);
	isb();
	if (rounds % 64 == 0) {
		asm volatile("tlbi vmalle1\n\tdsb sy\n\tisb");
		interrupts_clean();
		gic_enable(SKERRY_INTID_VTIMER);
	}
}

/* From the vectors, on a stack of their own; IRQs are masked. */
void words_next(uint64_t esr)
{
	uint32_t iar;

	(void)esr;
	restore();
	iar = gic_ack();
	if ((iar & 1023) < 1020) {
		gic_eoi(iar);
	}
	hvc_call(SKERRY_HVC_WATCHDOG, CHECK_IN_US, 0, 0);
	if (rounds++ % REPORT == 0) {
		printf("words: life %lu, %lu instructions\n", guest_life(), rounds * WORDS);
	}
	for (uint32_t i = 0; i < WORDS; i++) {
		code[i] = word();
	}
	code[WORDS] = code[WORDS + 1] = 0xd4000001;	/* svc #0 */
	cache_sync_code(code, sizeof(code));
	for (uint32_t i = 0; i < 31; i++) {
		start.x[i] = value();
	}
	start.x[0] = random_next(&state) & 3 ? function() : start.x[0];
	vtimer_arm(time_now() + us_to_ticks(TIMER_US));
	word_enter(&start, (uint64_t)code);
}

void words_run(void)
{
	state = guest_life() * 0x9e3779b97f4a7c15 + arg_number("seed", 72);
	sctlr = sysreg_read(sctlr_el1);
	tcr = sysreg_read(tcr_el1);
	ttbr0 = sysreg_read(ttbr0_el1);
	mair = sysreg_read(mair_el1);
	cpacr = sysreg_read(cpacr_el1);
	words_next(0);
}
