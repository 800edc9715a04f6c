// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stopping a device's DMA: each step's write, then its poll, in the order of the list, against
 * a model of the registers; and what a device that does not stop means.
 */
/* sources: core/quiesce.c tests/host/fake/fake_arch.c lib/format.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <core/core.h>
#include "fake_arch.h"

#define REGISTERS	0xfe340000u

static struct sys_guest config[1];
static uint8_t page[0x1000];
static char trace[512];			/* "w2c=1 r2c ..." */
static unsigned busy_reads;		/* a poll of 0x2c sees bit 0 until so many were made */

static unsigned offset_of(uintptr_t at)
{
	return (unsigned)(at - (uintptr_t)page);
}

static void note(const char *format, unsigned offset, unsigned width, uint32_t value)
{
	size_t n = strlen(trace);

	snprintf(trace + n, sizeof(trace) - n, format, offset, width, value);
}

static uint32_t read_register(uintptr_t at, unsigned width)
{
	note("r%x/%u ", offset_of(at), width, 0);
	return busy_reads && busy_reads-- ? 1 : 0;
}

static void write_register(uintptr_t at, unsigned width, uint32_t value)
{
	note("w%x/%u=%x ", offset_of(at), width, value);
}

static int begin(void **state)
{
	fake_reset();
	memset(config, 0, sizeof(config));
	fake_guests(config, 1);
	fake.memory = page;
	fake.memory_base = REGISTERS;
	fake.memory_size = sizeof(page);
	fake.mmio_read = read_register;
	fake.mmio_write = write_register;
	fake.hz = 1000000;		/* a tick is a microsecond */
	fake.tick = 1;
	guests[0].life = 1;
	busy_reads = 0;
	trace[0] = '\0';
	return 0;
}

static struct sys_device *add_device(const char *name)
{
	struct sys_device *d = &config[0].device[config[0].device_count++];

	strcpy(d->name, name);
	d->regs[d->reg_count++] = (struct range){ REGISTERS, 0x100 };
	return d;
}

static void add_step(struct sys_device *d, struct sys_quiesce q)
{
	d->quiesce[d->quiesce_count++] = q;
}

static void steps_run_in_their_order_each_with_its_poll(void **state)
{
	struct sys_device *d = add_device("disk"), *e = add_device("net");

	add_step(d, (struct sys_quiesce){ 0x2c, 4, 0x01000000, 1, 0, 100 });
	add_step(d, (struct sys_quiesce){ 0x30, 2, 7, 0, 0, 0 });
	add_step(d, (struct sys_quiesce){ 0x33, 1, 8, 0, 0, 0 });
	add_step(d, (struct sys_quiesce){ 0xfc, 4, 9, 0, 0, 0 });
	add_device("none");
	add_step(e, (struct sys_quiesce){ 0, 4, 0, 0, 0, 0 });
	busy_reads = 2;
	assert_true(quiesce_devices(&guests[0]));
	assert_string_equal(trace, "w2c/4=1000000 r2c/4 r2c/4 r2c/4 w30/2=7 r30/2 w33/1=8 r33/1 "
			    "wfc/4=9 rfc/4 w0/4=0 r0/4 ");
	assert_false(fake.is_window_mapped);
	assert_string_equal(fake.log, "");
}

static void a_step_that_fails_is_the_last_and_names_its_device(void **state)
{
	struct sys_device *d = add_device("disk");

	add_step(d, (struct sys_quiesce){ 0, 4, 1, 0, 0, 0 });
	add_step(d, (struct sys_quiesce){ 4, 4, 2, 2, 2, 3 });
	add_step(d, (struct sys_quiesce){ 8, 4, 3, 0, 0, 0 });
	assert_false(quiesce_devices(&guests[0]));
	assert_string_equal(trace, "w0/4=1 r0/4 w4/4=2 r4/4 r4/4 r4/4 ");
	assert_non_null(strstr(fake.log, "disk did not stop within 3 us: its memory is "
			       "quarantined"));
	assert_false(fake.is_window_mapped);
}

static void before_the_first_life_nothing_is_touched(void **state)
{
	add_step(add_device("disk"), (struct sys_quiesce){ 0, 4, 1, 1, 1, 3 });
	guests[0].life = 0;
	assert_true(quiesce_devices(&guests[0]));
	assert_string_equal(trace, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(steps_run_in_their_order_each_with_its_poll, begin),
		cmocka_unit_test_setup(a_step_that_fails_is_the_last_and_names_its_device, begin),
		cmocka_unit_test_setup(before_the_first_life_nothing_is_touched, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
