/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a vCPU and of a guest that has all interrupts active: nothing of it is left, neither
 * in the physical controller nor for the next life's first look.
 */
/* sources: core/guest.c arch/arm64/vgic.c arch/arm64/vgic_bell.c
 * arch/arm64/vgic_life.c arch/arm64/vgic_mmio.c */
/* arch: arm64 */
#include "vgic_machine.h"

static void all_active(void)
{
	for (unsigned i = 32; i < SKERRY_INTID_COUNT; i++) {
		put(GICD_ISACTIVER, i);
		put(GICD_ISPENDR, i);
	}
	assert_true(phys[0][HW_SPI].active && phys[0][HW_SPI].pending);
	cpu = 1;
	put(GICD_ISACTIVER, EDGE_SPI);		/* twice changes nothing */
	stop(0);
}

static void vcpu_ends(void)
{
	all_active();
	for (unsigned i = 32; i < SKERRY_INTID_COUNT; i++) {
		assert_false(get(GICD_ISACTIVER, i));
		assert_true(get(GICD_ISPENDR, i));
	}
	assert_false(phys[0][HW_SPI].active || phys[0][HW_SPI + 1].active);
}

static void a_vcpus_end_ends_all_that_is_active_and_keeps_what_is_pending(void **state)
{
	(void)state;
	each(vcpu_ends);
}

static void guest_ends(void)
{
	all_active();
	stop(1);
	vgic_guest_stop(&guest);
	for (unsigned i = 1; i < VGIC_WORDS; i++) {
		assert_int_equal(guest.arch.vgic.busy[i], 0);
	}
}

static void a_guests_end_leaves_nothing_to_look_at(void **state)
{
	(void)state;
	each(guest_ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vcpus_end_ends_all_that_is_active_and_keeps_what_is_pending),
		cmocka_unit_test(a_guests_end_leaves_nothing_to_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
