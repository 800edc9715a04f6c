/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello: the smallest guest that does something; its boot arguments make it
 * stop, restart or crash in every way that the tests want:
 *   off            SYSTEM_OFF after the greeting (as does no argument at all)
 *   reset=N        SYSTEM_RESET until life N, then go on with the others
 *   crash=KIND     read, write, exec, report, undef, vbar, deep; wild: with the stack at sp=ADDRESS
 *   crash-until=N  crash only in lives below N
 *   wait=MS        before anything else
 *   spin           for ever, awake;  sleep: for ever, in WFI
 *   echo           console input back, in lines; "q" alone ends it, "crash" crashes
 *   dirty          see dirty.c
 *   ports          see ports.c
 *   lines=N        N more lines of output
 */
#include "hello.h"
#include "mmu.h"

#define NOWHERE		0x30000000ull	/* no guest has anything here */

/* Without stage 1, whose map of nowhere is not executable: it would fault for ever. */
static void crash_vectors(void)
{
	mmu_off();
	sysreg_write(vbar_el1, NOWHERE);
	isb();
	asm volatile(".inst 0");	/* and again, at the vector, for ever: an abort */
}

/* Three calls deep, each with something left to do afterwards */
static volatile uint64_t depth;

static __attribute__((noinline)) void deep_three(void)
{
	depth++;
	guest_crash(3, 0x1234);
	depth--;
}

static __attribute__((noinline)) void deep_two(void)
{
	depth++;
	deep_three();
	depth--;
}

static __attribute__((noinline)) void deep_one(void)
{
	depth++;
	deep_two();
	depth--;
}

/* EL2 is not to follow it there. */
static void crash_wild(void)
{
	asm volatile("mov sp, %0\n\tmov x0, %1\n\tmov x1, #3\n\thvc #0"
		     :: "r"(arg_number("sp", 0)), "r"((uint64_t)SKERRY_HVC_CRASH)
		     : "x0", "x1", "memory");
}

static void crash(void)
{
	if (arg_is("crash", "read")) {
		read32(NOWHERE);
	} else if (arg_is("crash", "write")) {
		write32(NOWHERE, 1);
	} else if (arg_is("crash", "exec")) {
		mmu_map_gib(MAP_SPARE, NOWHERE & ~(GIB(1) - 1), MAP_NC);
		((void (*)(void))(MAP_SPARE + NOWHERE % GIB(1)))();
	} else if (arg_is("crash", "undef")) {
		asm volatile(".inst 0");
	} else if (arg_is("crash", "vbar")) {
		crash_vectors();
	} else if (arg_is("crash", "wild")) {
		crash_wild();
	} else if (arg_is("crash", "deep")) {
		deep_one();
	}
	guest_crash(3, 0x1234);
}

static void echo(void)
{
	char line[128];
	size_t size = 0;

	for (;;) {
		int c = console_read();

		if (c < 0) {
			sleep_unless(NULL, NULL, 5000);	/* input makes no interrupt */
		} else if (c == '\r' || c == '\n') {
			line[size] = 0;
			printf("echo: %s\n", line);
			if (strcmp(line, "q") == 0) {
				return;
			}
			if (strcmp(line, "crash") == 0) {
				deep_one();
			}
			size = 0;
		} else if (size < sizeof(line) - 1) {
			line[size++] = (char)c;
		}
	}
}

static void stay(void)
{
	while (arg_has("spin")) {
		cpu_relax();
	}
	while (arg_has("sleep")) {
		wfi();
	}
}

void guest_main(void)
{
	uint64_t life = guest_life();

	delay_us(arg_number("wait", 0) * 1000);
	printf("hello from %s, life %lu, at %lu us\n", guest_name(), life,
	       ticks_to_ns(time_now()) / 1000);
	for (uint64_t i = 0; i < arg_number("lines", 0); i++) {
		printf("line %lu of %s\n", i + 1, guest_name());
	}
	if (arg_has("dirty")) {
		dirty_check();
	}
	if (arg_has("ports")) {
		ports_check();
	}
	if (life < arg_number("reset", 0)) {
		system_reset();
	}
	if (arg_has("crash") && life < arg_number("crash-until", ~0ull)) {
		crash();
	}
	if (arg_has("echo")) {
		echo();
	}
	stay();
}
