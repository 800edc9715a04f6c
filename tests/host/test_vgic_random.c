/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller against a reference that has no list registers
 * at all: random operations by random cores, what is acknowledged and what
 * registers read compared. SEED=n takes another walk.
 */
/* sources: core/guest.c arch/arm64/vgic.c arch/arm64/vgic_bell.c
 * arch/arm64/vgic_life.c arch/arm64/vgic_mmio.c */
/* arch: arm64 */
#include "vgic_machine.h"

/* arch/arm64/fast.c on the same machine: its registers are functions here */
#undef READ_SYSREG
#undef WRITE_SYSREG
#undef dsb
#define READ_SYSREG(name)	read_##name()
#define WRITE_SYSREG(value, name) write_##name(value)
#define dsb(kind)

static void write_icc_sgi1r_el1(uint64_t to) { arch_cpu_kick((unsigned)to); }
static uint64_t read_hpfar_el2(void) { return 0; }
static uint64_t read_far_el2(void) { return 0; }
static uint64_t read_elr_el2(void) { return 0; }
static void write_elr_el2(uint64_t elr) { (void)elr; }
void gic_dispatch(uint32_t iar) { (void)iar; }

#include "arch/arm64/fast.c"

static struct ref {
	bool enabled, level, is_line;
	uint8_t pending;	/* SGIs: sources; else 1 */
	uint8_t priority, target;
	int active;		/* on which core; -1: not */
} ref[CPUS][SKERRY_INTID_COUNT];

static const unsigned used[] = {
	0, 1, 5, 15, TIMER, PTIMER, UART, HW_SPI, HW_SPI + 1, EDGE_SPI, EDGE_SPI + 1, LEVEL_SPI,
	LEVEL_SPI + 1, 150, 151, 152, 153, SKERRY_INTID_EVENT, 382, 383,
};

static struct ref *ref_of(unsigned c, unsigned intid)
{
	return &ref[intid < 32 ? c : 0][intid];
}

static bool ref_is_pending(const struct ref *r)
{
	return r->pending || (r->is_line && r->level);
}

static bool ref_can_take(unsigned intid)
{
	const struct ref *r = ref_of(cpu, intid);

	return ref_is_pending(r) && r->enabled && r->active < 0 && r->priority < running() &&
	       (intid < 32 || r->target == cpu);
}

static void compare_acknowledge(void)
{
	unsigned best = 0x100, before, iar;
	struct ref *r;

	settle();
	for (unsigned i = 0; i < ARRAY_SIZE(used); i++) {
		if (ref_can_take(used[i]) && ref_of(cpu, used[i])->priority < best) {
			best = ref_of(cpu, used[i])->priority;
		}
	}
	before = face[cpu].depth;
	iar = acknowledge();
	if (best == 0x100) {
		assert_int_equal(iar, SPURIOUS);
		return;
	}
	assert_int_not_equal(iar, SPURIOUS);
	r = ref_of(cpu, iar & 0x3ff);
	assert_int_equal(r->priority, best);
	face[cpu].depth = before;
	assert_true(ref_can_take(iar & 0x3ff));
	face[cpu].depth = before + 1;
	if ((iar & 0x3ff) < 16) {
		assert_true(r->pending >> (iar >> 10) & 1);
		r->pending &= (uint8_t)~(1u << (iar >> 10));
	} else {
		r->pending = 0;
	}
	r->active = (int)cpu;
	take_interrupts();
}

static void compare_end(void)
{
	if (face[cpu].depth != 0) {
		unsigned iar = taken[pcpus[cpu].current->index][face[cpu].depth - 1];

		ref_of(cpu, iar & 0x3ff)->active = -1;
		end();
	}
}

static void compare_registers(unsigned intid)
{
	const struct ref *r = ref_of(cpu, intid);

	assert_int_equal(get(GICD_ISENABLER, intid), r->enabled);
	assert_int_equal(get(GICD_ISPENDR, intid), ref_is_pending(r));
	assert_int_equal(get(GICD_ISACTIVER, intid), r->active >= 0);
	assert_int_equal(mmio(frame(intid) + GICD_IPRIORITYR + intid, false, 1, 0), r->priority);
	if (intid < 16 && gic.version == 2) {
		assert_int_equal(mmio(GICD + GICD_SPENDSGIR + intid, false, 1, 0), r->pending);
	}
}

static bool is_hw(unsigned intid)
{
	return intid == TIMER || intid == HW_SPI || intid == HW_SPI + 1;
}

static void random_line(struct ref *r, unsigned intid)
{
	if (intid == UART || intid == PTIMER) {
		r->level = rand() % 2;
		if (intid == UART) {
			arch_level_set(vcpus, UART, r->level);
		} else {
			arch_level_set(&vcpus[cpu], PTIMER, r->level);
		}
	} else if (intid == SKERRY_INTID_EVENT) {
		r->pending = 1;
		arch_event_raise(&guest, intid);
	} else if (is_hw(intid)) {
		settle();
		if (!r->pending) {
			r->pending = 1;
			phys[phys_cpu(cpu, intid)][intid].pending = true;
		}
	}
	vgic_enter(&vcpus[cpu]);
}

static void random_power(void)
{
	unsigned other = (cpu + 1) % CPUS;

	if (vcpu_is_on(&vcpus[other])) {
		for (unsigned i = 0; i < ARRAY_SIZE(used); i++) {
			struct ref *r = ref_of(other, used[i]);

			r->active = r->active == (int)other ? -1 : r->active;
		}
		ref[other][PTIMER].level = false;
		ref[other][TIMER].pending = 0;
		stop(other);
		settle();
	}
	start(other);
}

static void random_register(struct ref *r, unsigned intid)
{
	bool is_settable = intid >= 16 || gic.version == 3;

	switch (rand() % 6) {
	case 0:
		r->enabled = true;
		put(GICD_ISENABLER, intid);
		break;
	case 1:
		r->enabled = !is_settable;
		put(GICD_ICENABLER, intid);
		break;
	case 2:
		if (r->active < 0) {
			r->priority = (uint8_t)(rand() % 4 * 0x20);
			set_priority(intid, r->priority | 7);
		}
		break;
	case 3:
		if (is_settable && !r->is_line && !(r->pending && is_hw(intid))) {
			r->pending = 1;
			put(GICD_ISPENDR, intid);
		}
		break;
	case 4:
		r->pending = is_settable ? 0 : r->pending;
		put(GICD_ICPENDR, intid);
		if (is_hw(intid)) {
			settle();	/* or a set could come twice */
		}
		break;
	default:
		if (intid >= 32 && r->active < 0) {
			r->target = (uint8_t)(rand() % (CPUS + 1));
			set_target(intid, r->target);
		}
		break;
	}
}

static void random_sgi(unsigned sgi)
{
	unsigned list = 1u << rand() % CPUS | (rand() % 4 ? 0 : 1u << rand() % CPUS);

	for (unsigned i = 0; i < CPUS; i++) {
		ref[i][sgi].pending |= (uint8_t)((list >> i & 1) << (gic.version == 2 ? cpu : 0));
	}
	send(sgi, list);
}

static void random_step(void)
{
	unsigned intid = used[(unsigned)rand() % ARRAY_SIZE(used)];
	unsigned what = (unsigned)rand() % 200;

	cpu = (unsigned)rand() % CPUS;
	if (what < 100) {
		random_register(ref_of(cpu, intid), intid);
	} else if (what < 130 && intid < 16) {
		random_sgi(intid);
	} else if (what < 130) {
		random_line(ref_of(cpu, intid), intid);
	} else if (what < 145) {
		compare_registers(intid);
	} else if (what == 145) {
		random_power();
	} else if (what < 175) {
		compare_acknowledge();
	} else {
		compare_end();
	}
	if (rand() % 2) {
		settle();
	}
}

static void random_walk(void)
{
	quick_sgi1r = fast_sgi1r;
	quick_kick = fast_kick;
	memset(ref, 0, sizeof(ref));
	for (unsigned c = 0; c < CPUS; c++) {
		for (unsigned i = 0; i < SKERRY_INTID_COUNT; i++) {
			ref[c][i].active = -1;
			ref[c][i].enabled = i < 16 && gic.version == 2;
			ref[c][i].is_line = i == UART || i == PTIMER;
		}
	}
	set_edge(EDGE_SPI);
	set_edge(EDGE_SPI + 1);
	for (unsigned n = 0; n < 30000; n++) {
		random_step();
	}
}

static void random_operations_give_what_no_list_registers_would(void **state)
{
	(void)state;
	srand(getenv("SEED") != NULL ? (unsigned)atoi(getenv("SEED")) : 1);
	each(random_walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_give_what_no_list_registers_would),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
