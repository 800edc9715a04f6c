/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine under the tests of the virtual interrupt controller: a virtual CPU
 * interface with list registers that acknowledges and ends as the architecture
 * says, physical interrupts, and kicks between cores. Included once by each test.
 * One thread: "another core" is `cpu` changed; a kick waits until its core runs.
 */
#ifndef VGIC_MACHINE_H
#define VGIC_MACHINE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/arch.h>
#include <core/life.h>
#include "arch/arm64/gic.h"

#define CPUS		3
#define SPURIOUS	1023
#define TIMER		SKERRY_INTID_VTIMER
#define PTIMER		SKERRY_INTID_PTIMER
#define UART		SKERRY_INTID_PL011
#define HW_SPI		40	/* and 41: the guest's devices */
#define EDGE_SPI	70	/* configured as edge by the tests */
#define LEVEL_SPI	100	/* left as level; no line */
#define GICD		SKERRY_GICD_BASE
#define SGI_FRAME(i)	(SKERRY_GICR_BASE + (i) * SKERRY_GICR_STRIDE + 0x10000)

struct gic gic;
static struct sys_guest config = { .name = "g", .vcpu_count = CPUS, .cpu = { 0, 1, 2 } };
static struct vcpu vcpus[CPUS];
static struct guest guest;
static unsigned cpu;
static bool locked;

/* One core's virtual CPU interface */
static struct interface {
	uint64_t lr[16];
	uint32_t hcr;		/* with the count */
	unsigned depth;
	uint8_t running[40];	/* priorities */
	bool is_kicked;
} face[CPUS];

/* What each vCPU has acknowledged: INTID | source << 10 */
static uint16_t taken[CPUS][40];

static struct physical {
	bool enabled, pending, active, edge, by_register;	/* it was set pending */
	unsigned routed;
} phys[CPUS][SKERRY_INTID_COUNT];

/* The fast paths, where a test has them: sometimes taken, GICv3 only */
static struct vcpu *(*quick_sgi1r)(struct vcpu *v, uint64_t value);
static struct vcpu *(*quick_kick)(struct vcpu *v);

/* --- What the code under test calls ------------------------------------------ */

void lock_acquire(struct lock *l)
{
	assert_ptr_equal(l, &guest.arch.vgic.lock);
	assert_false(locked);
	locked = true;
}

void lock_release(struct lock *l)
{
	assert_ptr_equal(l, &guest.arch.vgic.lock);
	assert_true(locked);
	locked = false;
}

unsigned arch_cpu_index(void)
{
	return cpu;
}

void core_came(void)
{
	fail();		/* on shared cores only */
}

void timer_stop(struct vcpu *v)
{
	assert_int_equal(v->cpu, cpu);
	arch_level_set(v, PTIMER, false);
}

uint64_t gic_read_lr(unsigned i) { return face[cpu].lr[i]; }
uint64_t gic_native_lr(uint64_t lr) { return lr; }
uint32_t gic_read_hcr(void) { return face[cpu].hcr; }
void gic_write_hcr(uint32_t hcr) { face[cpu].hcr = hcr; }

void gic_write_lr(unsigned i, uint64_t lr)
{
	assert_true(i < gic.lr_count);
	assert_false((lr & LR_HW) && (lr & LR_STATE) == LR_STATE);
	face[cpu].lr[i] = lr;
}

bool gic_write_quick(const struct vgic_vcpu *x, unsigned i, uint64_t lr)
{
	if (i < 4) {
		assert_false(face[cpu].lr[i] & LR_LIVE);
		gic_write_lr(i, lr);
	}
	return i < 4;
}

uint32_t gic_empty_lrs(const struct vgic_vcpu *x)
{
	uint32_t empty = 0;

	for (unsigned i = 0; i < gic.lr_count; i++) {
		uint64_t lr = face[cpu].lr[i];

		empty |= (uint32_t)(!(lr & LR_STATE) && (lr & LR_HW || !(lr & LR_EOI))) << i;
	}
	return empty;
}

/* Active priorities: as many bytes as `ap` has */
void gic_save(struct vgic_vcpu *x)
{
	struct interface *f = &face[cpu];

	assert_true(f->depth <= sizeof(x->ap));

	x->lr_live = 0;
	for (unsigned i = 0; i < gic.lr_count; i++) {
		if (f->lr[i] & LR_LIVE) {
			assert_true(x->lr_used >> i & 1);
			x->lr[i] = f->lr[i];
			x->lr_live |= (uint16_t)(1u << i);
		}
		f->lr[i] = 0;
	}
	x->vmcr = f->depth;
	memcpy(x->ap, f->running, sizeof(x->ap));
	f->hcr = 0;
}

void gic_load(struct vgic_vcpu *x)
{
	struct interface *f = &face[cpu];

	f->depth = x->vmcr;
	memcpy(f->running, x->ap, sizeof(x->ap));
	for (unsigned i = 0; i < gic.lr_count; i++) {
		if (x->lr_live >> i & 1) {
			gic_write_lr(i, x->lr[i]);
		}
	}
	f->hcr = x->hcr;
}

void gic_reset(void)
{
	struct vgic_vcpu none = { 0 };

	memset(face[cpu].lr, 0, sizeof(face[cpu].lr));
	gic_load(&none);
}

/* The timer's physical interrupt */
unsigned gic_take_timer(void)
{
	struct physical *p = &phys[cpu][TIMER];
	unsigned state = (p->pending ? PPI_PENDING : 0) | (p->active ? PPI_ACTIVE : 0);

	p->pending = p->active = p->by_register = false;
	return state;
}

void gic_put_timer(bool is_enabled, unsigned state)
{
	struct physical *p = &phys[cpu][TIMER];

	p->enabled = pcpus[cpu].is_timer_on = is_enabled;
	p->pending |= (state & PPI_PENDING) != 0;
	p->by_register |= (state & PPI_PENDING) != 0;
	p->active |= (state & PPI_ACTIVE) != 0;
}

void arch_cpu_kick(unsigned to)
{
	assert_int_not_equal(to, cpu);
	face[to].is_kicked = true;
}

static unsigned phys_cpu(unsigned of, unsigned intid)
{
	return intid < 32 ? of : 0;
}

void gic_write_bit(unsigned of, unsigned reg, unsigned intid)
{
	unsigned c = phys_cpu(of, intid);

	assert_true(intid == TIMER || (intid >= 32 && (gic.owner[intid] || intid == gic.uart)));
	switch (reg) {
	case GICD_ISENABLER: phys[c][intid].enabled = true; break;
	case GICD_ICENABLER: phys[c][intid].enabled = false; break;
	case GICD_ISPENDR: phys[c][intid].pending = phys[c][intid].by_register = true; break;
	case GICD_ICPENDR: phys[c][intid].pending = phys[c][intid].by_register = false; break;
	case GICD_ISACTIVER: phys[c][intid].active = true; break;
	case GICD_ICACTIVER: phys[c][intid].active = false; break;
	default: fail();
	}
}

bool gic_is_set(unsigned of, unsigned reg, unsigned intid)
{
	if (reg == GICD_ISACTIVER) {
		return phys[phys_cpu(of, intid)][intid].active;
	}
	assert_int_equal(reg, GICD_ISPENDR);
	return phys[phys_cpu(of, intid)][intid].pending;
}

void gic_set_edge(unsigned intid, bool is_edge) { phys[0][intid].edge = is_edge; }
void gic_route(unsigned intid, unsigned to) { phys[0][intid].routed = to; }

/* --- The hardware ----------------------------------------------------------------- */

static bool has_maintenance(void)
{
	const struct interface *f = &face[cpu];
	unsigned valid = 0;
	bool eoi = false;

	for (unsigned i = 0; i < gic.lr_count; i++) {
		valid += (f->lr[i] & LR_STATE) != 0;
		eoi |= !(f->lr[i] & (LR_STATE | LR_HW)) && f->lr[i] & LR_EOI;
	}
	return f->hcr & HCR_EN && (eoi || (f->hcr & HCR_UIE && valid <= 1) ||
				   (f->hcr & HCR_LRENPIE && f->hcr >> 27 != 0));
}

static bool fires(struct physical *p)
{
	bool does = p->enabled && p->pending && !p->active;

	p->pending &= !does;
	p->by_register &= !does;
	p->active |= does;
	return does;
}

/* Interrupts that EL2 takes on this core, until none is left */
static inline void take_interrupts(void)
{
	struct vcpu *v = &vcpus[cpu];
	unsigned n;

	if (!vcpu_is_on(v)) {
		return;
	}
	for (n = 0; n < 20; n++) {
		if (fires(&phys[cpu][TIMER])) {
			if (v->arch.vgic.timer_lr != 0 && rand() % 2) {	/* as the fast path */
				assert_false(face[cpu].lr[0] & LR_STATE);
				face[cpu].lr[0] = v->arch.vgic.timer_lr;
			} else {
				vgic_fire(v, TIMER);
			}
		} else if (has_maintenance()) {
			vgic_sync(v);
			assert_false(has_maintenance());	/* or it would come for ever */
		} else if (face[cpu].is_kicked) {
			face[cpu].is_kicked = false;
			if (quick_kick != NULL && gic.version == 3 && rand() % 2) {
				assert_ptr_equal(quick_kick(v), v);
				continue;
			}
		} else {
			break;
		}
		vgic_enter(v);
	}
	assert_int_not_equal(n, 20);
	assert_int_equal(v->arch.vgic.work, 0);	/* or a kick was missing */
}

/* Another vCPU has this core for a while; now and then. */
static void away(void)
{
	struct interface *f = &face[cpu];
	struct vcpu *v = &vcpus[cpu];
	struct physical *p = &phys[cpu][TIMER];

	if (!vcpu_is_on(v) || rand() % 3 != 0) {
		return;
	}
	/* pending and not by register: its line is high */
	v->arch.context.cntv_ctl = p->pending && !p->by_register ? 5 : rand() % 4;
	vgic_save(v);
	assert_int_equal(f->hcr, 0);
	assert_false(phys[cpu][TIMER].pending || phys[cpu][TIMER].active);
	for (unsigned i = 0; i < gic.lr_count; i++) {
		assert_false(f->lr[i] & LR_LIVE);
		f->lr[i] = LR_HW | 77;		/* ended by that one */
	}
	f->depth = 3;
	memset(f->running, 0x55, sizeof(f->running));
	p->enabled = pcpus[cpu].is_timer_on = rand() % 2;
	pcpus[cpu].is_shared = true;
	vgic_load(v);
	pcpus[cpu].is_shared = false;
	vgic_enter(v);
}

/* Physical SPIs go to EL2 on whatever core; then every core takes what is its. */
static inline void settle(void)
{
	unsigned here = cpu;

	away();
	if (vcpu_is_on(&vcpus[cpu])) {
		vgic_enter(&vcpus[cpu]);
	}
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = HW_SPI; i <= HW_SPI + 1; i++) {
			if (fires(&phys[0][i])) {
				arch_event_raise(&guest, i);
				if (vcpu_is_on(&vcpus[cpu])) {
					vgic_enter(&vcpus[cpu]);
				}
			}
		}
		for (cpu = 0; cpu < CPUS; cpu++) {
			take_interrupts();
		}
		cpu = here;
	}
}

/* While a core waits in EL2 for others, they go on. */
void arch_cpu_relax(void)
{
	unsigned here = cpu;

	assert_false(locked);
	for (cpu = 0; cpu < CPUS; cpu++) {
		if (cpu != here) {
			take_interrupts();
		}
	}
	cpu = here;
}

static unsigned running(void)
{
	return face[cpu].depth ? face[cpu].running[face[cpu].depth - 1] : 0x100;
}

/* What the guest reads from GICV_IAR or ICC_IAR1_EL1: INTID | source << 10 */
static inline unsigned acknowledge(void)
{
	struct interface *f = &face[cpu];
	unsigned best = 16, priority = running();
	uint16_t mine;

	for (unsigned i = 0; i < gic.lr_count; i++) {
		if ((f->lr[i] & LR_STATE) == LR_PENDING && (f->lr[i] >> 48 & 0xff) < priority) {
			priority = f->lr[i] >> 48 & 0xff;
			best = i;
		}
	}
	if (best == 16) {
		return SPURIOUS;
	}
	assert_int_equal(!!(f->lr[best] & LR_GROUP1), gic.version == 3);
	f->lr[best] ^= LR_STATE;
	f->running[f->depth] = (uint8_t)priority;
	mine = (uint16_t)(LR_INTID(f->lr[best]) |
			  (LR_INTID(f->lr[best]) < 16 ? LR_SOURCE(f->lr[best]) << 10 : 0));
	taken[pcpus[cpu].current->index][f->depth++] = mine;
	return mine;
}

static void end_of(unsigned iar)
{
	struct interface *f = &face[cpu];

	for (unsigned i = 0; i < gic.lr_count; i++) {
		if (f->lr[i] & LR_ACTIVE && LR_INTID(f->lr[i]) == (iar & 0x3ff) &&
		    ((iar & 0x3ff) >= 16 || LR_SOURCE(f->lr[i]) == iar >> 10)) {
			f->lr[i] &= ~LR_ACTIVE;
			if (f->lr[i] & LR_HW) {
				unsigned p = f->lr[i] >> LR_PHYS_SHIFT & 0x3ff;

				assert_true(phys[phys_cpu(cpu, p)][p].active);
				phys[phys_cpu(cpu, p)][p].active = false;
			}
			return;
		}
	}
	f->hcr += 1u << 27;
}

/* EOImode 0 */
static inline void end(void)
{
	struct interface *f = &face[cpu];

	f->depth--;
	end_of(taken[pcpus[cpu].current->index][f->depth]);
	away();
	take_interrupts();
	assert_int_equal(f->hcr >> 27, 0);
}

#include "vgic_guest.h"

static void start(unsigned i)
{
	unsigned here = cpu;

	cpu = i;
	vcpus[i].power = VCPU_ON;
	pcpus[i].current = &vcpus[i];
	vgic_load(&vcpus[i]);
	vgic_enter(&vcpus[i]);
	cpu = here;
}

static inline void stop(unsigned i)
{
	unsigned here = cpu;

	cpu = i;
	vgic_vcpu_stop(&vcpus[i]);
	pcpus[i].current = NULL;
	vcpus[i].power = VCPU_OFF;
	for (unsigned n = 0; n < gic.lr_count; n++) {
		assert_int_equal(face[i].lr[n], 0);
	}
	assert_int_equal(face[i].hcr, 0);
	assert_false(phys[i][TIMER].active || phys[i][TIMER].pending || phys[i][TIMER].enabled);
	cpu = here;
}

static void begin(unsigned version, unsigned lr_count)
{
	memset(&gic, 0, sizeof(gic));
	memset(&guest, 0, sizeof(guest));
	memset(vcpus, 0, sizeof(vcpus));
	memset(face, 0, sizeof(face));
	memset(phys, 0, sizeof(phys));
	gic.version = (uint8_t)version;
	gic.lr_count = (uint8_t)lr_count;
	gic.lr_mask = (uint16_t)((1u << lr_count) - 2);
	gic.vtimer = TIMER;
	gic.owner[HW_SPI] = 1;
	gic.owner[HW_SPI + 1] = 1 | GIC_EDGE;
	guest.config = &config;
	guest.vcpu = vcpus;
	guest.state = GUEST_RUNNING;
	guest.arch.vgic.lock = (struct lock)LOCK_INIT(LOCK_VGIC);
	for (unsigned i = 0; i < CPUS; i++) {
		vcpus[i].guest = &guest;
		vcpus[i].index = (uint8_t)i;
		vcpus[i].cpu = (uint8_t)i;
		vcpus[i].time = VCPU_RUN;
		vcpus[i].arch.vgic.gic = (uint8_t)version;
		gic.cpu[i] = i;
		vcpus[i].arch.vgic.all = (1 << CPUS) - 1;
		vcpus[i].arch.vgic.source = (uint8_t)(version == 2 ? i : 0);
	}
	cpu = 0;
	arch_guest_reset(&guest);
	for (unsigned i = 0; i < CPUS; i++) {
		start(i);
	}
	mmio(GICD, true, 4, 3);
	settle();
}

/* Both kinds, and few and many list registers: `test` for each */
static void each(void (*test)(void))
{
	static const unsigned counts[] = { 4, 3, 15 };

	for (unsigned version = 2; version <= 3; version++) {
		for (unsigned i = 0; i < 3; i++) {
			begin(version, counts[i]);
			test();
		}
	}
}

#endif
