/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guests' runtime: everything a guest of ours needs to run at EL1 in a VM.
 * A guest provides guest_main(); the runtime starts it on vCPU 0 with the MMU,
 * caches, vectors, console and interrupt controller on. When it returns the
 * guest is switched off. It also runs on plain QEMU virt, without Skerry.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/errors.h>
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <abi/layout.h>
#include <abi/smccc.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KIB(n)		((uint64_t)(n) << 10)
#define MIB(n)		((uint64_t)(n) << 20)
#define GIB(n)		((uint64_t)(n) << 30)
#define CPU_MAX		SKERRY_VCPU_MAX
#define BANK_MAX	4

/* What a guest provides. */
void guest_main(void);

/* Where the guest runs, from its device tree. Read-only after start. */
struct bank {
	uint64_t base, size;
};

struct platform {
	const void *tree;
	uint64_t tree_size;
	struct bank bank[BANK_MAX];	/* RAM */
	uint32_t bank_count;
	uint32_t cpu_count;
	uint64_t mpidr[CPU_MAX];
	uint32_t gic;			/* 2, 3; 0: none */
	uint64_t gicd, gicc, gicr;	/* guest-physical bases */
	uint64_t gicr_size;
	uint64_t pl011;			/* base; 0: none */
	bool by_smc;			/* PSCI conduit */
	const struct skerry_info *info;	/* NULL: not on Skerry */
	const char *bootargs;		/* never NULL */
};

extern struct platform platform;
uint64_t guest_life(void);		/* 1, 2, ...; without Skerry as bootargs' "life=N" */
const char *guest_name(void);
/* The RAM after the image and before the tree in the first bank: free for the guest. */
uint64_t free_base(void);
uint64_t free_size(void);

/* What the registers held at the first instruction; see start.S. */
struct start_state {
	uint64_t x[31];
	uint64_t time;			/* CNTVCT_EL0 at the sixth instruction */
	uint64_t bss;			/* all words of .bss, ORed before it was zeroed */
	uint64_t system[22];		/* names in start_system_names[] */
	uint64_t pad;
	uint64_t q[64];
};

extern struct start_state start_state;
#define START_TIME_INSTRUCTIONS	5	/* executed before `time` was read */

/* Bootargs are words: "name" or "name=value". */
bool arg_has(const char *name);
uint64_t arg_number(const char *name, uint64_t otherwise);
bool arg_is(const char *name, const char *value);

/* Strings and numbers. */
void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
uint32_t crc32(uint32_t crc, const void *data, size_t size);	/* IEEE */
uint64_t checksum(const void *data, size_t size);		/* fast; size a multiple of 8 */
uint64_t random_next(uint64_t *state);				/* xorshift64*; state not 0 */

/* Console. At most 255 characters a call; calls of several vCPUs do not mix. */
#ifdef SKERRY_HOST			/* tests of the runtime's files have the C library's */
#include <stdio.h>
#else
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
#endif
int vformat(char *to, size_t size, const char *format, va_list args);
int format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void console_write(const char *bytes, size_t count);
int console_read(void);			/* 0..255, or -1: nothing there */

/* Calls to the hypervisor with all of SMCCC's registers, in and out. */
struct regs {
	uint64_t x[18];
};

void hvc(struct regs *r);
void smc(struct regs *r);
int64_t hvc_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c); /* by the tree's method */
void system_off(void) __attribute__((noreturn));
void system_reset(void) __attribute__((noreturn));
/* Report to the hypervisor that this guest is beyond repair. */
void guest_crash(uint64_t code, uint64_t argument) __attribute__((noreturn));

/* Time: the virtual counter. */
static inline uint64_t time_now(void)
{
	uint64_t v;

	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) :: "memory");
	return v;
}

static inline uint64_t time_hz(void)
{
	uint64_t v;

	asm("mrs %0, cntfrq_el0" : "=r"(v));
	return v;
}

uint64_t ticks_to_ns(uint64_t ticks);
uint64_t us_to_ticks(uint64_t us);
void delay_us(uint64_t us);

/* vCPUs. `index` is the position in the device tree. */
struct cpu {
	uint64_t index;
	volatile uint64_t expect;	/* probe.h: an exception is expected */
	volatile uint64_t esr, far, elr; /* of the last expected one */
	volatile uint64_t faults;	/* expected ones so far */
	uint64_t entry;			/* cpu_start(): function, argument, stack */
	uint64_t argument;
	uint64_t stack;
	volatile uint64_t running;
	volatile uint64_t start_time;	/* CNTVCT_EL0 at its first instructions */
};

extern struct cpu cpus[CPU_MAX];

#ifdef SKERRY_HOST			/* a test of what uses these has models of them */
struct cpu *cpu_self(void);
void irq_enable(void);
void irq_disable(void);
uint32_t read32(uint64_t at);
void write32(uint64_t at, uint32_t v);
#else
static inline struct cpu *cpu_self(void)
{
	struct cpu *c;

	asm volatile("mrs %0, tpidr_el1" : "=r"(c));
	return c;
}

static inline void irq_enable(void) { asm volatile("msr daifclr, #2" ::: "memory"); }
static inline void irq_disable(void) { asm volatile("msr daifset, #2" ::: "memory"); }

/* Device registers. */
static inline uint32_t read32(uint64_t at)
{
	uint32_t v;

	asm volatile("ldr %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
	return v;
}

static inline void write32(uint64_t at, uint32_t v)
{
	asm volatile("str %w0, [%1]" :: "r"(v), "r"(at) : "memory");
}
#endif

/* Start vCPU `index`: 0 or PSCI's error. fn runs with MMU, vectors and GIC on. */
int64_t cpu_start(uint32_t index, void (*fn)(uint64_t), uint64_t argument);
void cpu_off(void) __attribute__((noreturn));
bool cpu_wait_off(uint32_t index, uint64_t us);	/* by AFFINITY_INFO */
void cpu_secondary_entry(void);		/* where CPU_ON points to; x0 = its struct cpu */

/* Patterns in v0..v31 (which C code does not touch), and are they still there? 0: yes. */
void canary_set(uint64_t seed);
uint64_t canary_check(uint64_t seed);

/* Locks. */
struct lock {
	uint32_t taken;
};

void lock_acquire(struct lock *l);
void lock_release(struct lock *l);

/* Exceptions. Unexpected ones are printed and reported as a crash. */
struct frame {
	uint64_t x[31];
	uint64_t fp, elr;	/* x29 again: a frame record, for back traces */
	uint64_t spsr, esr, far;
};

extern void (*irq_override)(struct frame *f);	/* takes every IRQ instead of the table */
/* Takes exceptions of lower ELs and all that nobody expects: true if handled. */
extern bool (*exception_override)(struct frame *f, uint64_t vector);
void irq_handler(uint32_t intid, void (*handler)(uint32_t intid));

/* Sleeps until an interrupt came, which is then taken, whether interrupts were masked
 * before or not; not at all if is_ready(context), asked with interrupts masked, says
 * so. At most `us` microseconds, by the virtual timer, whose handler this takes; 0: no limit. */
void sleep_unless(bool (*is_ready)(void *context), void *context, uint64_t us);

static inline void wfi(void) { asm volatile("dsb sy\n\twfi" ::: "memory"); }
static inline void cpu_relax(void) { asm volatile("yield" ::: "memory"); }

/* System registers by name, and by encoding S<op0>_<op1>_C<n>_C<m>_<op2>. */
#define sysreg_read(name) ({ \
	uint64_t v_; \
	asm volatile("mrs %0, " #name : "=r"(v_) :: "memory"); \
	v_; \
})
#define sysreg_write(name, v) asm volatile("msr " #name ", %0" :: "r"((uint64_t)(v)) : "memory")
#define isb() asm volatile("isb" ::: "memory")
#define dsb() asm volatile("dsb sy" ::: "memory")

/* Device registers of other widths. */
static inline uint64_t read64(uint64_t at)
{
	uint64_t v;

	asm volatile("ldr %0, [%1]" : "=r"(v) : "r"(at) : "memory");
	return v;
}

static inline void write64(uint64_t at, uint64_t v)
{
	asm volatile("str %0, [%1]" :: "r"(v), "r"(at) : "memory");
}

static inline void write8(uint64_t at, uint32_t v)
{
	asm volatile("strb %w0, [%1]" :: "r"(v), "r"(at) : "memory");
}

static inline uint32_t read8(uint64_t at)
{
	uint32_t v;

	asm volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
	return v;
}

#endif
