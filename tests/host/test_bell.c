/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doorbells: where NOTIFY rings, and that nothing rung is lost when an interrupt is
 * disabled, moved, or its vCPU goes. ring() and take() do what fast_exit.S does.
 */
/* sources: core/guest.c arch/arm64/vgic.c arch/arm64/vgic_bell.c
 * arch/arm64/vgic_life.c arch/arm64/vgic_mmio.c */
/* arch: arm64 */
#include "vgic_machine.h"

#define PORT	3
#define BELL	SKERRY_INTID_LINK(PORT)
#define SENDER	5
#define QUICK	1
#define SLOW	2

static struct doorbell *const bell = &guests[SENDER].arch.doorbell[7];

static void link_up(void)
{
	struct sys_link *l = &the_system.link[0];

	memset(&the_system, 0, sizeof(the_system));
	memset(bell, 0, sizeof(*bell));
	the_system.link_count = 1;
	l->type = SKERRY_LINK_SHARED_MEMORY;
	l->end[SKERRY_FRONT] = (struct sys_end){ .guest = SENDER, .port = 7 };
	l->end[SKERRY_BACK] = (struct sys_end){ .guest = guest.index, .port = PORT };
	vgic_guest_stop(&guest);
	assert_null(bell->bells);
	mmio(GICD + GICD_CTLR, true, 4, gic.version == 2 ? 1 : 2);
	set_priority(BELL, 0x80);
	put(GICD_ISENABLER, BELL);
	set_target(BELL, 0);
}

static unsigned owner_of_bells(void)
{
	for (unsigned i = 0; i < CPUS; i++) {
		if (bell->bells == &vcpus[i].arch.vgic.bells) {
			return i;
		}
	}
	return CPUS;
}

/* From a core of another guest */
static int ring(bool is_moved)
{
	unsigned here = cpu, to = owner_of_bells();

	if (to == CPUS) {
		arch_event_raise(&guest, BELL);
		return SLOW;
	}
	*bell->bells |= bell->bit;
	if (is_moved) {
		cpu = to;
		set_target(BELL, (to + 1) % CPUS);
		cpu = here;
		arch_event_raise(&guest, BELL);	/* the second look */
		return SLOW;
	}
	return QUICK;
}

/* GIC_BELL on this core, from the guest: was it written again at once? */
static bool take(void)
{
	struct vgic_vcpu *x = &vcpus[cpu].arch.vgic;
	uint32_t rung = x->bells;

	x->bells = 0;
	if (rung == x->bell && !(face[cpu].lr[1] & LR_STATE)) {
		face[cpu].lr[1] = x->bell_lr;
		return true;
	}
	assert_ptr_equal(fast_bells(&vcpus[cpu], rung), &vcpus[cpu]);
	return false;
}

static void expect_bell(void)
{
	assert_int_equal(acknowledge(), BELL);
	end();
	assert_int_equal(acknowledge(), SPURIOUS);
}

static void quick(void)
{
	link_up();
	assert_int_equal(owner_of_bells(), 0);
	assert_int_equal(ring(false), QUICK);
	assert_false(take());
	expect_bell();
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(ring(false), QUICK);
		assert_int_equal(ring(false), QUICK);	/* twice before it is taken: once */
		assert_true(take());
		expect_bell();
	}
	ring(false);
	assert_true(take());
	assert_int_equal(acknowledge(), BELL);
	ring(false);			/* while active: after its end, not lost */
	assert_false(take());
	end();
	expect_bell();
	ring(false);			/* found by a sync before its SGI comes */
	vgic_sync(&vcpus[0]);
	expect_bell();
	assert_false(take());		/* and that finds nothing */
	assert_int_equal(acknowledge(), SPURIOUS);
}

static void disabled(void)
{
	link_up();
	put(GICD_ICENABLER, BELL);
	assert_null(bell->bells);
	assert_int_equal(ring(false), SLOW);
	settle();
	assert_int_equal(acknowledge(), SPURIOUS);
	put(GICD_ISENABLER, BELL);
	assert_non_null(bell->bells);
	settle();
	expect_bell();
	mmio(GICD + GICD_CTLR, true, 4, 0);
	assert_null(bell->bells);
	mmio(GICD + GICD_CTLR, true, 4, gic.version == 2 ? 1 : 2);
	ring(false);
	put(GICD_ICENABLER, BELL);	/* rung, its SGI on the way */
	take();
	assert_int_equal(acknowledge(), SPURIOUS);
	put(GICD_ISENABLER, BELL);
	settle();
	expect_bell();
}

static void moved(void)
{
	link_up();
	set_target(BELL, 1);
	assert_int_equal(owner_of_bells(), 1);
	assert_int_equal(ring(true), SLOW);	/* 1 -> 2 meanwhile */
	assert_int_equal(owner_of_bells(), 2);
	settle();
	cpu = 1;
	take();
	settle();
	assert_int_equal(acknowledge(), SPURIOUS);
	cpu = 2;
	settle();
	expect_bell();
	ring(false);
	vgic_vcpu_stop(&vcpus[2]);
	assert_int_not_equal(owner_of_bells(), 2);
	vcpus[2].power = VCPU_OFF;
	assert_int_equal(vcpus[2].arch.vgic.bells, 0);
	cpu = 0;
	set_target(BELL, 0);
	settle();
	expect_bell();
	vgic_guest_stop(&guest);
	assert_null(bell->bells);
}

static void register_page(void)
{
	link_up();
	the_system.link[0].transport = SKERRY_BY_REGISTER_PAGE;
	put(GICD_ISENABLER, BELL);
	assert_int_equal(owner_of_bells(), 0);	/* its back end's kicks do not need core */
	the_system.link[0].end[SKERRY_FRONT] = the_system.link[0].end[SKERRY_BACK];
	the_system.link[0].end[SKERRY_BACK] = (struct sys_end){ .guest = SENDER, .port = 7 };
	bell->bells = NULL;
	put(GICD_ISENABLER, BELL);
	assert_null(bell->bells);
}

static void a_link_that_rang_last_rings_again_at_once(void **state)
{
	(void)state;
	each(quick);
}

static void what_is_rung_while_disabled_waits(void **state)
{
	(void)state;
	each(disabled);
}

static void what_is_rung_is_not_lost_when_the_interrupt_or_its_vcpu_goes(void **state)
{
	(void)state;
	each(moved);
}

static void a_register_pages_interrupt_takes_the_way_through_core(void **state)
{
	(void)state;
	each(register_page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_that_rang_last_rings_again_at_once),
		cmocka_unit_test(what_is_rung_while_disabled_waits),
		cmocka_unit_test(what_is_rung_is_not_lost_when_the_interrupt_or_its_vcpu_goes),
		cmocka_unit_test(a_register_pages_interrupt_takes_the_way_through_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
