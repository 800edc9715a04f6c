/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes through vectors.S: expected faults are skipped, interrupts go to
 * their handlers, all else is printed with its registers and reported.
 */
#include "gic.h"
#include "probe.h"
#include "runtime.h"

void (*irq_override)(struct frame *f);
bool (*exception_override)(struct frame *f, uint64_t vector);
static void (*handlers[1024])(uint32_t intid);

static const char *const vector_names[] = {
	"synchronous, SP0", "IRQ, SP0", "FIQ, SP0", "SError, SP0",
	"synchronous", "IRQ", "FIQ", "SError",
	"synchronous, EL0", "IRQ, EL0", "FIQ, EL0", "SError, EL0",
	"synchronous, AArch32", "IRQ, AArch32", "FIQ, AArch32", "SError, AArch32",
};

void irq_handler(uint32_t intid, void (*handler)(uint32_t intid))
{
	handlers[intid] = handler;
}

static void irq_dispatch(void)
{
	uint32_t iar = gic_ack();
	uint32_t intid = iar & 1023;

	if (intid >= 1020) {
		return;
	}
	if (handlers[intid]) {
		handlers[intid](intid);
	} else {
		printf("unexpected interrupt %u\n", intid);
		gic_disable(intid);
	}
	gic_eoi(iar);
}

static bool is_expected(struct frame *f, uint64_t vector)
{
	struct cpu *c = cpu_self();
	uint64_t ec = ESR_EC(f->esr);

	if (!c->expect || (vector & 3) != 0 || vector >= 8) {
		return false;
	}
	c->esr = f->esr;
	c->far = f->far;
	c->elr = f->elr;
	c->faults++;
	if (ec == EC_IABORT || ec == EC_PC_ALIGN) {
		f->elr = f->x[30];
	} else if (ec == EC_ILLEGAL) {
		f->spsr &= ~(1ull << 20);
	} else {
		f->elr += 4;
	}
	return true;
}

static void die(const struct frame *f, uint64_t vector)
{
	irq_disable();
	printf("unexpected exception: %s\n", vector_names[vector & 15]);
	printf("  esr %08lx far %016lx elr %016lx spsr %08lx sp %016lx\n",
	       f->esr, f->far, f->elr, f->spsr, (uint64_t)(f + 1));
	for (int i = 0; i < 30; i += 3) {
		printf("  x%-2d %016lx x%-2d %016lx x%-2d %016lx\n", i, f->x[i],
		       i + 1, f->x[i + 1], i + 2, f->x[i + 2]);
	}
	printf("  x30 %016lx\n", f->x[30]);
	guest_crash(1, f->esr);
}

void exception(struct frame *f, uint64_t vector)
{
	if ((vector & 3) == 1) {
		if (irq_override) {
			irq_override(f);
		} else {
			irq_dispatch();
		}
		return;
	}
	if (is_expected(f, vector)) {
		return;
	}
	if (exception_override && exception_override(f, vector)) {
		return;
	}
	die(f, vector);
}
