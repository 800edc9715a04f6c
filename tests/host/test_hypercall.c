/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls by HVC #0 and SMC #0: which function ids there are, what reaches EL3, and
 * each row of the hypercall table. Registers that are no documented result stay.
 */
/* sources: core/smccc.c core/hypercall.c lib/format.c tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <abi/hypercalls.h>
#include <abi/smccc.h>
#include <abi/stats.h>
#include <core/console.h>
#include <core/life.h>
#include <core/exit.h>
#include "fake_arch.h"

static struct sys_guest config;
static struct vcpu *v;
static uint64_t x[18], before[18];
static char written[128], input[128], crash_cause[128];
static uint32_t written_count, crashes;
static uint64_t passed_on[4];
static unsigned passes;

void console_write(uint32_t from, const char *bytes, size_t count)
{
	assert_int_equal(from, v->guest->index);
	memcpy(written, bytes, count);
	written_count = (uint32_t)count;
}

uint32_t console_read(struct guest *g, char *bytes, uint32_t max)
{
	uint32_t count = (uint32_t)min_u64(strlen(input), max);

	assert_ptr_equal(g, v->guest);
	memcpy(bytes, input, count);
	memmove(input, input + count, strlen(input + count) + 1);
	return count;
}

void life_crash(struct vcpu *of, const char *cause, uint64_t syndrome, uint64_t address,
		uint64_t at)
{
	assert_ptr_equal(of, v);
	assert_true(syndrome == 0 && address == 0 && at == 0);
	strncpy(crash_cause, cause, sizeof(crash_cause) - 1);
	crashes++;
}

static char managed[64];	/* rows of core/control.c that were called */

#define MANAGES(name) \
	int64_t hvc_##name(struct vcpu *of, uint64_t *at) \
	{ \
		assert_ptr_equal(of, v); \
		snprintf(managed, sizeof(managed), #name " %u", (unsigned)at[1]); \
		return SKERRY_OK; \
	}
MANAGES(control)
MANAGES(stats)
MANAGES(crash_read)
MANAGES(watchdog)
MANAGES(yield)

static char drives[64];

int64_t hvc_console_drive(struct vcpu *of, uint64_t *at)
{
	assert_ptr_equal(of, v);
	snprintf(drives + strlen(drives), 32, "drive %u;", (unsigned)at[1]);
	return SKERRY_OK;
}

int64_t hvc_console_input(struct vcpu *of, uint64_t *at)
{
	assert_ptr_equal(of, v);
	snprintf(drives + strlen(drives), 32, "input %u;", (unsigned)at[1]);
	return 5;
}

bool psci_call(struct vcpu *of, uint64_t *at)
{
	assert_ptr_equal(of, v);
	if ((uint32_t)at[0] != PSCI_VERSION) {
		return false;
	}
	at[0] = PSCI_VERSION_1_1;
	return true;
}

/* EL3: answers in all four registers. */
void arch_firmware_call(uint64_t *at)
{
	memcpy(passed_on, at, sizeof(passed_on));
	passes++;
	for (unsigned i = 0; i < 4; i++) {
		at[i] = 0xe130 + i;
	}
}

static int begin(void **state)
{
	(void)state;
	fake_reset();
	config = (struct sys_guest){ .name = "g", .vcpu_count = 1, .console = CONSOLE_HYPERCALL };
	fake_guests(&config, 1);
	v = &guests[0].vcpu[0];
	memset(&firmware, 0, sizeof(firmware));
	memset(written, 0, sizeof(written));
	memset(input, 0, sizeof(input));
	memset(crash_cause, 0, sizeof(crash_cause));
	written_count = crashes = passes = 0;
	the_system.console_driver = -1;
	drives[0] = '\0';
	return 0;
}

/* What x1.. hold before: a, b, then a number of their own each. */
static int64_t call(uint64_t function, uint64_t a, uint64_t b)
{
	for (unsigned i = 0; i < ARRAY_SIZE(x); i++) {
		x[i] = 0x0101010101010101ull * i;
	}
	x[0] = function;
	x[1] = a;
	x[2] = b;
	memcpy(before, x, sizeof(x));
	smccc_call(v, x);
	return (int64_t)x[0];
}

/* Did all registers from `first` on stay? */
static void kept_from(unsigned first)
{
	assert_memory_equal(x + first, before + first, (ARRAY_SIZE(x) - first) * sizeof(x[0]));
}

static void unknown_functions_are_not_supported(void **state)
{
	static const uint64_t functions[] = {
		0, 1, 0x7fffffff, PSCI_VERSION & 0x7fffffff,	/* yielding */
		0x80000003, 0x8000ffff, 0xc0000000, 0xc0000001,	/* Arm architecture */
		0x81000000, 0x82000000, 0x83000000, 0x85000000,	/* CPU, SiP, OEM, hypervisor */
		0x87000000, 0xb0000000, 0xb2000000, 0xbf00ff01,	/* vendor EL3, trusted OS */
		0x84001234, 0xc4000050, 0xffffffff,
		0x86000000, 0x8600ff00, 0x8600ff02, 0xc600ff01, 0xc600ff03,
		SKERRY_HVC(SKERRY_HYPERCALL_COUNT), SKERRY_HVC(0xfff), SKERRY_HVC(0xffff),
		SKERRY_HVC(0) & ~(1ull << 30), SKERRY_HVC(3) & ~(1ull << 30), /* HVC32 */
		SKERRY_HVC(0) & ~(1ull << 31),
		SKERRY_HVC(0) | 1 << 16, SKERRY_HVC(0) | 1 << 23, PSCI_VERSION | 1 << 16,
		SMCCC_VERSION | 1 << 20,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(functions); i++) {
		if (call(functions[i], 5, 6) != SKERRY_NOT_SUPPORTED) {
			fail_msg("%llx is there", (unsigned long long)functions[i]);
		}
		kept_from(1);
	}
	assert_int_equal(passes, 0);
	assert_int_equal(fake.log[0], '\0');
}

static void the_function_is_in_the_lower_half(void **state)
{
	(void)state;
	assert_int_equal(call(0xdeadbeef00000000 | SMCCC_VERSION, 0, 0), 0x10002);
	assert_int_equal(call(0xdeadbeef00000000 | PSCI_VERSION, 0, 0), 0x10001);
	assert_int_equal(call(0xdeadbeef00000000 | SKERRY_HVC_VERSION, 0, 0), 0);
}

static void smccc_s_own_calls(void **state)
{
	(void)state;
	assert_int_equal(call(SMCCC_VERSION, 1, 2), 0x10002);
	kept_from(1);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES, 0), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, 0x100000000 | SMCCC_VERSION, 0), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, 0x80000002, 0), -1);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_1, 0), -1);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, PSCI_VERSION, 0), -1);
	assert_int_equal(call(SMCCC_ARCH_WORKAROUND_1, 0, 0), -1);
	assert_int_equal(passes, 0);
}

static void the_service_has_a_uid_and_a_revision(void **state)
{
	(void)state;
	assert_int_equal(call(SMCCC_HYP_UID, 0, 0), SKERRY_UID_0);
	assert_true(x[1] == SKERRY_UID_1 && x[2] == SKERRY_UID_2 && x[3] == SKERRY_UID_3);
	kept_from(4);
	assert_int_equal(call(SMCCC_HYP_REVISION, 5, 5), SKERRY_ABI_MAJOR);
	assert_int_equal(x[1], SKERRY_ABI_MINOR);
	kept_from(2);
}

static void only_what_the_firmware_has_reaches_it(void **state)
{
	static const uint32_t trng[] = {
		SMCCC_TRNG_VERSION, SMCCC_TRNG_VERSION + 1, SMCCC_TRNG_VERSION + 2,
		SMCCC_TRNG_RND32, SMCCC_TRNG_RND64,
	};

	begin(state);
	firmware.workarounds[0] = SMCCC_ARCH_WORKAROUND_1;
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_1, 0), 0xe130);
	kept_from(1);
	assert_int_equal(call(0xdeadbeef00000000 | SMCCC_ARCH_WORKAROUND_1, 7, 0), 0xe130);
	assert_true(passed_on[0] == SMCCC_ARCH_WORKAROUND_1 && passed_on[1] == 7);
	kept_from(1);
	assert_int_equal(call(SMCCC_ARCH_WORKAROUND_2, 0, 0), -1);
	assert_int_equal(call(SMCCC_ARCH_WORKAROUND_3, 0, 0), -1);
	assert_int_equal(passes, 2);
	firmware.trng = true;
	for (unsigned i = 0; i < ARRAY_SIZE(trng); i++) {
		assert_int_equal(call(trng[i], 64, 0), 0xe130);
		assert_true(passed_on[0] == trng[i] && passed_on[1] == 64);
		assert_int_equal(x[3], 0xe133);
		kept_from(4);
	}
	passes = 0;
	for (uint32_t number = 0x40; number < 0x60; number++) {
		if (number != 0x53) {
			assert_int_equal(call(0xc4000000 | number, 64, 0), -1);
		}
	}
	assert_int_equal(call(0x8400004f, 0, 0), -1);
	assert_int_equal(call(0x84000054, 0, 0), -1);
	assert_int_equal(passes, 0);
}

static void version(void **state)
{
	(void)state;
	config.console = CONSOLE_NONE;	/* every guest has the right */
	assert_int_equal(call(SKERRY_HVC_VERSION, 9, 9), SKERRY_OK);
	assert_int_equal(x[1], SKERRY_ABI_MAJOR << 16 | SKERRY_ABI_MINOR);
	assert_int_equal(x[2], SKERRY_ABI_FEATURES);
	kept_from(3);
}

static void console_write_takes_1_to_64_bytes(void **state)
{
	static const uint64_t bad[] = { 0, 65, 1ull << 31, 1ull << 32, 1ull << 63, ~0ull };

	(void)state;
	for (uint64_t count = 1; count <= 64; count++) {
		assert_int_equal(call(SKERRY_HVC_CONSOLE_WRITE, count, 0x4847464544434241), count);
		assert_int_equal(written_count, count);
		assert_memory_equal(written, &before[2], count);
		kept_from(1);
	}
	written_count = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(call(SKERRY_HVC_CONSOLE_WRITE, bad[i], 0), SKERRY_INVALID);
		kept_from(1);
	}
	assert_int_equal(written_count, 0);
}

static void console_read_gives_up_to_16_bytes(void **state)
{
	(void)state;
	assert_int_equal(call(SKERRY_HVC_CONSOLE_READ, 1, 2), SKERRY_AGAIN);
	kept_from(1);
	strcpy(input, "0123456789abcdefXYZ");
	assert_int_equal(call(SKERRY_HVC_CONSOLE_READ, 1, 2), 16);
	assert_memory_equal(&x[1], "0123456789abcdef", 16);
	kept_from(3);
	assert_int_equal(call(SKERRY_HVC_CONSOLE_READ, ~0ull, ~0ull), 3);
	assert_memory_equal(&x[1], "XYZ\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	kept_from(3);
}

static void without_a_hypercall_console_both_are_denied(void **state)
{
	static const uint8_t kinds[] = { CONSOLE_NONE, CONSOLE_PL011 };

	(void)state;
	strcpy(input, "secret");
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		config.console = kinds[i];
		assert_int_equal(call(SKERRY_HVC_CONSOLE_WRITE, 1, 2), SKERRY_DENIED);
		kept_from(1);
		assert_int_equal(call(SKERRY_HVC_CONSOLE_READ, 1, 2), SKERRY_DENIED);
		kept_from(1);
	}
	assert_int_equal(written_count, 0);
}

static void crash_tells_code_and_argument(void **state)
{
	(void)state;
	(void)call(SKERRY_HVC_CRASH, 3, 0x1234);
	assert_int_equal(crashes, 1);
	assert_string_equal(crash_cause, "reported by the guest: code 3, argument 1234");
	(void)call(SKERRY_HVC_CRASH, ~0ull, ~0ull);
	assert_int_equal(crashes, 2);
	assert_true(strlen(crash_cause) < 64);
	kept_from(1);
}

static void only_the_console_s_driver_has_the_uart(void **state)
{
	(void)state;
	assert_int_equal(call(SKERRY_HVC_CONSOLE_DRIVE, 1, 0), SKERRY_DENIED);
	assert_int_equal(call(SKERRY_HVC_CONSOLE_DRIVE, 2, 0), SKERRY_DENIED);
	assert_int_equal(call(SKERRY_HVC_CONSOLE_INPUT, 7, 1), SKERRY_DENIED);
	assert_string_equal(drives, "");
	the_system.console_driver = 0;
	assert_int_equal(call(SKERRY_HVC_CONSOLE_DRIVE, 1, 5), SKERRY_OK);
	assert_int_equal(call(SKERRY_HVC_CONSOLE_INPUT, 7, 64), 5);
	assert_string_equal(drives, "drive 1;input 7;");
	kept_from(1);
}

/* Arm DEN0057A: for guests that have a time page, and its address by vCPU. */
static void paravirtualised_time_is_where_the_page_is(void **state)
{
	static struct skerry_time_page page;

	(void)state;
	assert_int_equal(call(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES, 0), 0);
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_ST, 0), -1);
	assert_int_equal(call(PV_TIME_ST, 0, 0), -1);
	assert_false(v->has_asked_time);
	v->guest->time = &page;
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_ST, 0), 0);
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_FEATURES, 0), 0);
	assert_int_equal(call(PV_TIME_FEATURES, 0xffffffff00000000 | PV_TIME_ST, 0), 0);
	assert_int_equal(call(PV_TIME_FEATURES, 0xc5000022, 0), -1);
	assert_int_equal(call(PV_TIME_FEATURES, PSCI_VERSION, 0), -1);
	assert_int_equal(call(PV_TIME_ST, 0, 0), SKERRY_TIME_BASE);
	assert_true(v->has_asked_time);		/* its page is kept from here on */
	kept_from(1);
	v->index = 5;
	assert_int_equal(call(PV_TIME_ST, 0, 0), SKERRY_TIME_BASE + 5 * 64);
	v->index = 0;
	assert_int_equal(call(0x85000021, 0, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(unknown_functions_are_not_supported, begin),
		cmocka_unit_test_setup(the_function_is_in_the_lower_half, begin),
		cmocka_unit_test_setup(smccc_s_own_calls, begin),
		cmocka_unit_test_setup(the_service_has_a_uid_and_a_revision, begin),
		cmocka_unit_test_setup(only_what_the_firmware_has_reaches_it, begin),
		cmocka_unit_test_setup(paravirtualised_time_is_where_the_page_is, begin),
		cmocka_unit_test_setup(version, begin),
		cmocka_unit_test_setup(console_write_takes_1_to_64_bytes, begin),
		cmocka_unit_test_setup(console_read_gives_up_to_16_bytes, begin),
		cmocka_unit_test_setup(without_a_hypercall_console_both_are_denied, begin),
		cmocka_unit_test_setup(only_the_console_s_driver_has_the_uart, begin),
		cmocka_unit_test_setup(crash_tells_code_and_argument, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
