/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the attacker: what its cases use. Cases run on vCPU 0 with IRQs masked
 * and leave interrupts, timers and mappings as they found them; vCPU 1 is a
 * worker (test.h).
 */
#ifndef ATTACKER_H
#define ATTACKER_H

#include "gic.h"
#include "mmu.h"
#include "probe.h"
#include "test.h"
#include "timer.h"

#define NOWHERE		0x30000000ull	/* no guest has anything here */
#define USER_VA		0xe0000000ull	/* alias of the image's block for EL0, also AArch32 */
#define FREE_SPI	64

struct attack {
	uint8_t number;
	const char *name;
	void (*run)(void);
};

/* The running case fails; the first reason is printed with it. */
void bad(const char *text, ...) __attribute__((format(printf, 1, 2)));
/* What is said behind "ok". */
void note(const char *text, ...) __attribute__((format(printf, 1, 2)));
#define expect(condition, ...) do { if (!(condition)) { bad(__VA_ARGS__); } } while (0)

uint64_t scaled(uint64_t count);	/* by bootargs' "scale=", percent */
bool has_worker(void);			/* else notes that the case needs it */
void interrupts_clean(void);		/* everything off, inactive, not pending; interface reset */
bool is_harmless(uint64_t function);	/* may be called with any argument: does not end a vCPU */

/* el0.c: run EL0 code. Its address is that of the code in the image, run through
 * the alias; result: the ESR of the exception that ended it. x0 in and out. */
#define SPSR_EL0	0x3c0ull
#define SPSR_AARCH32	0x1d0ull
bool user_map(void);
uint64_t user_run(const void *code, uint64_t spsr, uint64_t *x0);
extern uint64_t user_vector;		/* where it came in */

/* asm.S */
struct user_context {
	uint64_t kept[13];		/* x19..x30, sp */
	uint64_t elr, spsr, x0;
};

void user_enter(struct user_context *c);
void user_return(void);
void dump_entry(void);			/* CPU_ON: x0 = struct vcpu_dump */
uint64_t count_steps(uint64_t device);	/* 8: each of its instructions was done once */
uint64_t misaligned_sp(void);

struct vcpu_dump {
	uint64_t x[31];
	volatile uint64_t is_done;
	uint64_t q[64];
};

/* sweep.c */
void a01_sysregs(void);
void a02_sysregs_el0(void);
void a03_el2_registers(void);
void a04_pmu(void);
void a05_hidden_features(void);
void a10_id_registers(void);
/* regs.c */
void a06_debug(void);
void a07_patterns(void);
void a08_call_registers(void);
void a09_fresh_vcpu(void);
/* flow.c */
void a11_wait_storm(void);
void a12_smc(void);
void a13_hvc(void);
void a14_smc32(void);
void a15_aarch32(void);
void a16_exception_return(void);
void a17_serror(void);
void a18_masked(void);
/* space.c */
void b19_address_space(void);
void b20_edges(void);
void b21_above(void);
void b22_tables(void);
void b23_arguments(void);
void b25_translate(void);
void b26_tlbi(void);
void b27_same_va(void);
/* memory.c */
void b29_zero(void);
void b30_set_way(void);
void b31_alias(void);
void b32_break_before_make(void);
void b36_fill(void);
void b36_all_active(void);
void interrupts_all(bool is_last);
void b37_stale(void);
void memory_dirty(void);
/* mmio.c */
void c38_mmio(void);
void c39_out_of_range(void);
void c40_sgi_targets(void);
void c41_foreign(void);
/* irq.c */
void c42_churn(void);
void c43_level(void);
void c44_sgi_storm(void);
void c45_interface(void);
void c46_route_nowhere(void);
void c47_timers(void);
void c48_timer_past(void);
/* power.c */
void d49_race(void);
void d50_cpu_on(void);
void d51_queries(void);
void d52_off_on(void);
/* links.c */
void e56_double_fetch(void);
void e57_rings(void);
void e61_messages(void);
void e62_handles(void);
void e63_flood(void);
/* ends.c */
void e59_queues(void);
void e59_page(void);
void e64_both_ends(void);
/* words.c */
void words_run(void) __attribute__((noreturn));
/* shout.c */
void shout_run(void);
/* control.c */
void e65_control(void);
void mate_run(void) __attribute__((noreturn));

#endif
