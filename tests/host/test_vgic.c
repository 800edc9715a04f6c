/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual interrupt controller, one behaviour each: both kinds, few and many list registers.
 */
/* sources: core/guest.c arch/arm64/vgic.c arch/arm64/vgic_bell.c
 * arch/arm64/vgic_life.c arch/arm64/vgic_mmio.c */
/* arch: arm64 */
#include "vgic_machine.h"

static void setup(unsigned intid, unsigned priority)
{
	set_priority(intid, priority);
	put(GICD_ISENABLER, intid);
}

static void expect(unsigned iar)
{
	settle();
	assert_int_equal(acknowledge(), iar);
	take_interrupts();
}

static void spi_cycle(void)
{
	set_edge(EDGE_SPI);
	setup(EDGE_SPI, 0x80);
	put(GICD_ISPENDR, EDGE_SPI);
	assert_true(get(GICD_ISPENDR, EDGE_SPI));
	assert_false(get(GICD_ISACTIVER, EDGE_SPI));
	expect(EDGE_SPI);
	assert_false(get(GICD_ISPENDR, EDGE_SPI));
	assert_true(get(GICD_ISACTIVER, EDGE_SPI));
	put(GICD_ISPENDR, EDGE_SPI);		/* pending and active */
	expect(SPURIOUS);
	assert_true(get(GICD_ISPENDR, EDGE_SPI) && get(GICD_ISACTIVER, EDGE_SPI));
	end();
	expect(EDGE_SPI);
	end();
	expect(SPURIOUS);
}

static void an_spi_goes_from_pending_to_active_to_idle(void **state)
{
	(void)state;
	each(spi_cycle);
}

static void disabled(void)
{
	setup(LEVEL_SPI, 0x80);
	put(GICD_ISPENDR, LEVEL_SPI);
	put(GICD_ICENABLER, LEVEL_SPI);
	expect(SPURIOUS);
	assert_true(get(GICD_ISPENDR, LEVEL_SPI));
	put(GICD_ISENABLER, LEVEL_SPI);
	expect(LEVEL_SPI);
	end();
	expect(SPURIOUS);
	put(GICD_ISPENDR, LEVEL_SPI);
	mmio(GICD, true, 4, 0);
	expect(SPURIOUS);
	mmio(GICD, true, 4, 3);
	put(GICD_ICPENDR, LEVEL_SPI);
	expect(SPURIOUS);
}

static void what_is_disabled_in_a_list_register_waits(void **state)
{
	(void)state;
	each(disabled);
}

static void many(void)
{
	for (unsigned i = 0; i < 40; i++) {
		setup(200 + i, (i * 7 % 32) << 3);
		put(GICD_ISPENDR, 200 + i);
	}
	for (unsigned last = 0, n = 0; n < 40; n++) {
		unsigned iar = (settle(), acknowledge());

		assert_in_range(iar, 200, 239);
		assert_true(((iar - 200) * 7 % 32) << 3 >= last);
		last = ((iar - 200) * 7 % 32) << 3;
		end();
	}
	expect(SPURIOUS);
}

static void more_pending_than_list_registers_come_in_order(void **state)
{
	(void)state;
	each(many);
}

static void nested(void)
{
	for (unsigned i = 0; i < 20; i++) {	/* each preempts the one before */
		setup(200 + i, 0xf0 - 8 * i);
		put(GICD_ISPENDR, 200 + i);
		expect(200 + i);
	}
	for (unsigned i = 20; i-- > 0;) {
		assert_true(get(GICD_ISACTIVER, 200 + i));
		end();
		assert_false(get(GICD_ISACTIVER, 200 + i));
	}
	expect(SPURIOUS);
}

static void more_active_than_list_registers_end_in_order(void **state)
{
	(void)state;
	each(nested);
}

static void eviction(void)
{
	for (unsigned i = 0; i < 16; i++) {
		setup(200 + i, 0xa0);
		put(GICD_ISPENDR, 200 + i);
	}
	settle();
	setup(300, 0x20);
	put(GICD_ISPENDR, 300);
	expect(300);
	end();
	set_priority(215, 0x10);	/* of one that waits in memory, or not */
	expect(215);
	end();
}

static void the_more_urgent_evicts(void **state)
{
	(void)state;
	each(eviction);
}

static void line(void)
{
	setup(UART, 0x80);
	arch_level_set(vcpus, UART, true);
	expect(UART);
	arch_level_set(vcpus, UART, true);
	end();			/* still high: again */
	expect(UART);
	arch_level_set(vcpus, UART, false);
	end();
	expect(SPURIOUS);
	arch_level_set(vcpus, UART, true);
	settle();
	arch_level_set(vcpus, UART, false);
	expect(SPURIOUS);	/* gone before it was taken */
	put(GICD_ISPENDR, LEVEL_SPI);	/* level without a line: once */
	setup(LEVEL_SPI, 0x80);
	expect(LEVEL_SPI);
	end();
	expect(SPURIOUS);
}

static void a_line_is_sampled_again_after_the_eoi(void **state)
{
	(void)state;
	each(line);
}

static void sgis(void)
{
	for (cpu = 0; cpu < CPUS; cpu++) {
		setup(3, 0x80);
	}
	cpu = 1;
	send(3, 1);
	cpu = 2;
	send(3, 1);
	send(3, 1);
	cpu = 0;
	if (gic.version == 2) {		/* each source once */
		expect(3 | 1 << 10);
		end();
		expect(3 | 2 << 10);
		end();
	} else {
		expect(3);
		end();
	}
	expect(SPURIOUS);
	send(3, 0xff);			/* absent ones are ignored */
	for (cpu = 0; cpu < CPUS; cpu++) {
		expect(3);
		end();
		expect(SPURIOUS);
	}
}

static void sgi_filters(void)
{
	for (cpu = 0; cpu < CPUS; cpu++) {
		setup(3, 0x80);
	}
	cpu = 0;
	if (gic.version == 2) {
		mmio(GICD + GICD_SGIR, true, 4, 3 << 24 | 0xff << 16 | 3);	/* reserved */
		settle();
		expect(SPURIOUS);
		mmio(GICD + GICD_SGIR, true, 4, 2 << 24 | 3);
		mmio(GICD + GICD_SGIR, true, 4, 1 << 24 | 3);
		expect(3);
		end();
		cpu = 1;
		expect(3);
		end();
		mmio(GICD + GICD_SPENDSGIR, true, 4, 0xff000000u);	/* SGI 3 from all */
		assert_int_equal(mmio(GICD + GICD_CPENDSGIR + 3, false, 1, 0), 7);
		mmio(GICD + GICD_CPENDSGIR + 3, true, 1, 5);
		expect(3 | 1 << 10);
		end();
	} else {
		vgic_write_sgi1r(&vcpus[0], 1ull << 40 | 3 << 24);	/* all but oneself */
		expect(SPURIOUS);
		cpu = 1;
		expect(3);
		end();
		vgic_write_sgi1r(&vcpus[1], 1ull << 16 | 3 << 24 | 7);	/* other affinities */
		vgic_write_sgi1r(&vcpus[1], 1ull << 32 | 3 << 24 | 7);
		vgic_write_sgi1r(&vcpus[1], 1ull << 44 | 3 << 24 | 7);
		vgic_write_sgi1r(&vcpus[1], 1ull << 48 | 3 << 24 | 7);
		vgic_enter(&vcpus[1]);
	}
	expect(SPURIOUS);
}

static void sgis_have_sources_on_gicv2(void **state)
{
	(void)state;
	each(sgis);
}

static void sgis_reach_whom_the_filter_or_the_affinity_says(void **state)
{
	(void)state;
	each(sgi_filters);
}

static void hardware(void)
{
	setup(HW_SPI, 0x80);
	assert_true(phys[0][HW_SPI].enabled);
	assert_false(phys[0][HW_SPI].edge);
	assert_true(phys[0][HW_SPI + 1].edge);
	set_target(HW_SPI, 1);
	assert_int_equal(phys[0][HW_SPI].routed, 1);
	phys[0][HW_SPI].pending = true;
	expect(SPURIOUS);
	cpu = 1;
	expect(HW_SPI);
	assert_true(phys[0][HW_SPI].active);
	put(GICD_ISPENDR, HW_SPI);	/* waits in the physical one */
	assert_true(phys[0][HW_SPI].pending);
	assert_true(get(GICD_ISPENDR, HW_SPI));
	end();				/* deactivated by the interface itself */
	expect(HW_SPI);
	end();
	assert_false(phys[0][HW_SPI].active);
	phys[0][HW_SPI].pending = true;
	settle();
	put(GICD_ICPENDR, HW_SPI);	/* gone, and it may come again */
	assert_false(phys[0][HW_SPI].active);
	expect(SPURIOUS);
	phys[0][HW_SPI].pending = true;
	expect(HW_SPI);
	cpu = 0;
	put(GICD_ICACTIVER, HW_SPI);	/* from another core */
	settle();
	assert_false(phys[0][HW_SPI].active);
	phys[0][HW_SPI].pending = true;
	settle();
	put(GICD_ICENABLER, HW_SPI);
	assert_false(phys[0][HW_SPI].enabled);
	vgic_guest_stop(&guest);
	assert_false(phys[0][HW_SPI].active || phys[0][HW_SPI].pending);
}

static void an_assigned_interrupt_is_deactivated_by_the_guests_eoi(void **state)
{
	(void)state;
	each(hardware);
}

static void uart(void)
{
	gic.uart = HW_SPI + 1;
	gic.owner[gic.uart] = 0;
	arch_guest_reset(&guest);
	for (cpu = 0; cpu < CPUS; cpu++) {
		vgic_enter(&vcpus[cpu]);
	}
	cpu = 0;
	mmio(GICD, true, 4, 3);
	phys[0][gic.uart].enabled = true;
	setup(gic.uart, 0x80);		/* too early: nothing physical happens */
	assert_true(phys[0][gic.uart].enabled);
	guest.vcpu[0].cpu = 1;
	phys[0][gic.uart].pending = true;	/* for EL2: not passed on */
	arch_uart_pass(&guest, true);
	guest.vcpu[0].cpu = 0;
	assert_false(phys[0][gic.uart].pending);
	assert_int_equal(phys[0][gic.uart].routed, 1);
	assert_true(phys[0][gic.uart].enabled);	/* as the guest has it */
	phys[0][gic.uart].pending = true;
	expect(gic.uart);
	end();
	assert_false(phys[0][gic.uart].active);
	put(GICD_ICENABLER, gic.uart);
	assert_false(phys[0][gic.uart].enabled);
	phys[0][gic.uart].active = true;
	arch_uart_pass(&guest, false);
	assert_true(phys[0][gic.uart].enabled && !phys[0][gic.uart].active);
	assert_int_equal(phys[0][gic.uart].routed, 0);
	assert_int_equal(gic.owner[gic.uart], 0);
	put(GICD_ISENABLER, gic.uart);
	put(GICD_ICENABLER, gic.uart);
	assert_true(phys[0][gic.uart].enabled);	/* not the guest's any more */
	gic.uart = 0;
	arch_uart_pass(&guest, true);		/* a board without: nothing to pass */
}

static void the_uarts_interrupt_changes_hands(void **state)
{
	(void)state;
	each(uart);
}

static void timer(void)
{
	setup(TIMER, 0x80);
	assert_true(phys[0][TIMER].enabled && !phys[1][TIMER].enabled);
	for (unsigned n = 0; n < 8; n++) {	/* by both paths */
		phys[0][TIMER].pending = true;
		expect(TIMER);
		assert_true(get(GICD_ISACTIVER, TIMER));
		end();
		assert_false(phys[0][TIMER].active);
	}
	phys[0][TIMER].pending = true;
	settle();
	put(GICD_ICENABLER, TIMER);
	expect(SPURIOUS);
	put(GICD_ISENABLER, TIMER);
	expect(TIMER);
	put(GICD_ICACTIVER, TIMER);
	assert_false(phys[0][TIMER].active);
	assert_false(get(GICD_ISACTIVER, TIMER));
	face[0].depth = 0;
	phys[0][TIMER].pending = true;
	expect(TIMER);
	stop(0);
	start(0);
	assert_false(get(GICD_ISACTIVER, TIMER));
	expect(SPURIOUS);
}

static void the_virtual_timer_has_a_list_register_of_its_own(void **state)
{
	(void)state;
	each(timer);
}

static void routes(void)
{
	setup(LEVEL_SPI, 0x80);
	put(GICD_ISPENDR, LEVEL_SPI);
	settle();
	set_target(LEVEL_SPI, 2);	/* while in a list register here */
	expect(SPURIOUS);
	cpu = 2;
	expect(LEVEL_SPI);
	end();
	put(GICD_ISPENDR, LEVEL_SPI);
	set_target(LEVEL_SPI, 7);	/* absent: it stays pending */
	expect(SPURIOUS);
	assert_true(get(GICD_ISPENDR, LEVEL_SPI));
	set_target(LEVEL_SPI, 1);
	stop(1);			/* and while its vCPU is off */
	expect(SPURIOUS);
	start(1);
	cpu = 1;
	expect(LEVEL_SPI);
	end();
	expect(SPURIOUS);
	if (gic.version == 2) {		/* several: the first that is on */
		mmio(GICD + GICD_ITARGETSR + LEVEL_SPI, true, 1, 6);
		stop(1);
		put(GICD_ISPENDR, LEVEL_SPI);
		cpu = 2;
	} else {
		mmio(GICD + GICD_IROUTER + 8 * LEVEL_SPI, true, 8, 1ull << 31);
		assert_int_equal(mmio(GICD + GICD_IROUTER + 8 * LEVEL_SPI, false, 8, 0), 1u << 31);
		stop(0);
		put(GICD_ISPENDR, LEVEL_SPI);
		cpu = 1;
	}
	expect(LEVEL_SPI);
	end();
}

static void an_spi_follows_its_route(void **state)
{
	(void)state;
	each(routes);
}

static void off_and_on(void)
{
	setup(200, 0x80);
	setup(201, 0x40);
	setup(5, 0x80);
	put(GICD_ISPENDR, 200);
	expect(200);
	put(GICD_ISPENDR, 201);
	settle();
	cpu = 1;
	stop(0);
	send(5, 1);
	assert_false(get(GICD_ISACTIVER, 200));
	start(0);
	cpu = 0;
	expect(201);
	end();
	expect(5 | (gic.version == 2 ? 1 << 10 : 0));
	end();
	expect(SPURIOUS);
}

static void a_vcpus_end_ends_what_it_had_active_and_keeps_what_is_pending(void **state)
{
	(void)state;
	each(off_and_on);
}

/* Every offset, every width: answered or refused, and never more than the own state. */
static void sweep(void)
{
	uint64_t value, last = SKERRY_GICR_BASE + (CPUS + 1) * SKERRY_GICR_STRIDE;

	for (uint64_t at = GICD; at < last; at += at < GICD + 0x1000 || !(at & 0xfe0) ? 1 : 3) {
		for (unsigned width = 1; width <= 8; width *= 2) {
			for (unsigned n = 0; n < 4; n++) {
				value = n == 1 ? 0 : UINT64_MAX, cpu = (unsigned)rand() % CPUS;
				if (vgic_mmio(&vcpus[cpu], at, n < 2, width, &value) && n >= 2) {
					assert_true(width == 8 || value >> 8 * width == 0);
				}
				assert_false(locked);
				vgic_enter(&vcpus[cpu]);
			}
		}
	}
	assert_false(vgic_mmio(&vcpus[0], GICD + 0x100, false, 2, &value));
	assert_false(vgic_mmio(&vcpus[0], GICD + 0x101, false, 4, &value));
	assert_false(vgic_mmio(&vcpus[0], GICD + 0x100, false, 8, &value));
	assert_false(vgic_mmio(&vcpus[0], last, false, 4, &value));
	assert_int_equal(mmio(GICD + GICD_TYPER, false, 4, 0) & 31, SKERRY_INTID_COUNT / 32 - 1);
	if (gic.version == 3) {
		value = last - 2 * SKERRY_GICR_STRIDE;
		assert_int_equal(mmio(value + 8, false, 8, 0), 2ull << 32 | 2 << 8 | 1 << 4);
		assert_int_equal(mmio(value + 12, false, 4, 0), 2);
		assert_int_equal(mmio(GICD + 0xffe8, false, 4, 0) & 0xf0, 0x30);
		assert_int_equal(mmio(GICD, false, 4, 0) & 0x50, 0x50);
	} else {
		assert_int_equal(mmio(GICD + 0xfe8, false, 4, 0) & 0xf0, 0x20);
	}
}

static void every_access_is_answered_or_refused(void **state)
{
	(void)state;
	each(sweep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_spi_goes_from_pending_to_active_to_idle),
		cmocka_unit_test(what_is_disabled_in_a_list_register_waits),
		cmocka_unit_test(more_pending_than_list_registers_come_in_order),
		cmocka_unit_test(more_active_than_list_registers_end_in_order),
		cmocka_unit_test(the_more_urgent_evicts),
		cmocka_unit_test(a_line_is_sampled_again_after_the_eoi),
		cmocka_unit_test(sgis_have_sources_on_gicv2),
		cmocka_unit_test(sgis_reach_whom_the_filter_or_the_affinity_says),
		cmocka_unit_test(an_assigned_interrupt_is_deactivated_by_the_guests_eoi),
		cmocka_unit_test(the_uarts_interrupt_changes_hands),
		cmocka_unit_test(the_virtual_timer_has_a_list_register_of_its_own),
		cmocka_unit_test(an_spi_follows_its_route),
		cmocka_unit_test(a_vcpus_end_ends_what_it_had_active_and_keeps_what_is_pending),
		cmocka_unit_test(every_access_is_answered_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
