// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_gpio's SCMI platform against a table of what each message must answer, and with a model of
 * the firmware that counts what it is asked: nothing outside the link's rights ever.
 */
/* sources: guests/drv_gpio/scmi.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <guests/drv_gpio/scmi.h>

/* --- The firmware ----------------------------------------------------------------- */

static uint32_t rate[256], is_on[256], power[256];
static unsigned asked;
static bool is_dead;

static bool is_mine(uint32_t tag, uint32_t id)
{
	bool is_power = tag == FW_GET_POWER || tag == FW_SET_POWER, writes = tag & 0x8000;

	return is_power ? id == 3 || (id == 0 && !writes) : id == 2 || id == 255 ||
	       ((id == 4 || id == 5) && !writes);
}

bool firmware_ask(uint32_t tag, uint32_t *value, uint32_t words)
{
	uint32_t id = value[0];

	assert_int_equal(words, tag == FW_SET_CLOCK_RATE ? 3 : 2);
	if (!is_mine(tag, id)) {
		fail_msg("tag 0x%x of %u is asked", tag, id);
	}
	asked++;
	if (is_dead) {
		return false;
	}
	switch (tag) {
	case FW_SET_POWER:
		assert_true(value[1] & FW_WAIT);
		power[id] = value[1] & 1;
		break;
	case FW_GET_POWER:
		break;
	case FW_SET_CLOCK_STATE:
		is_on[id] = value[1] & 1;
		break;
	case FW_GET_CLOCK_STATE:
		break;
	case FW_SET_CLOCK_RATE:
		rate[id] = value[1];
		break;
	case FW_GET_CLOCK_RATE:
		value[1] = rate[id];
		return true;
	case FW_GET_MIN_RATE:
		value[1] = 1000;
		return true;
	case FW_GET_MAX_RATE:
		value[1] = 2000000;
		return true;
	default:
		fail_msg("tag 0x%x", tag);
	}
	if (tag == FW_GET_POWER || tag == FW_SET_POWER) {
		value[1] = power[id];
	} else if (tag != FW_SET_CLOCK_RATE) {
		value[1] = is_on[id];
	}
	value[1] = id == 255 ? tag == FW_SET_CLOCK_RATE ? 0 : FW_ABSENT : value[1];
	return true;
}

/* --- The agent -------------------------------------------------------------------- */

static struct scmi_agent agent;

static int begin(void **state)
{
	static const uint8_t set[] = { 0, 0, 0, 2, 0, 0, 0, 255 };
	static const uint8_t read[] = { 0, 0, 0, 4, 0, 0, 0, 5 };
	static const uint8_t pset[] = { 0, 0, 0, 3 }, pread[] = { 0, 0, 0, 0 };

	(void)state;
	memset(&agent, 0, sizeof(agent));
	agent.name = "pump-clocks";
	assert_null(scmi_allow(&agent.clock, set, sizeof(set), true));
	assert_null(scmi_allow(&agent.clock, read, sizeof(read), false));
	assert_null(scmi_allow(&agent.power, pset, sizeof(pset), true));
	assert_null(scmi_allow(&agent.power, pread, sizeof(pread), false));
	memset(is_on, 0, sizeof(is_on));
	memset(power, 0, sizeof(power));
	rate[2] = 3000000;
	rate[4] = 500000000;
	asked = 0;
	is_dead = false;
	return 0;
}

struct row {
	uint32_t header;
	uint32_t words, in[5];
	int32_t status;
	uint32_t out_words, out[8];
};

static uint32_t answer[SCMI_OUT_MAX / 4];

static uint32_t send(uint32_t header, const uint32_t *in, uint32_t size)
{
	uint8_t message[SCMI_IN_MAX] = { 0 };
	uint32_t written;

	memcpy(message, &header, 4);
	memcpy(message + 4, in, size - 4 < 16 ? size - 4 : 16);
	memset(answer, 0xee, sizeof(answer));
	written = scmi_message(&agent, message, size, (uint8_t *)answer);
	assert_in_range(written, 8, sizeof(answer));
	assert_int_equal(answer[0], header);
	return written;
}

#define H(protocol, message)	((protocol) << 10 | (message))
#define BASE(m)			H(0x10u, m)
#define POWER(m)		H(0x11u, m)
#define CLOCK(m)		H(0x14u, m)
#define WORD(a, b, c, d)	((a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)

static const struct row table[] = {
	{ BASE(0), 0, { 0 }, 0, 1, { 0x20000 } },
	{ BASE(1) | 0x3ffu << 18, 0, { 0 }, 0, 1, { 0x102 } },
	{ BASE(2), 1, { 7 }, 0, 1, { 0 } },
	{ BASE(2), 1, { 8 }, -4, 0, { 0 } },
	{ BASE(3), 0, { 0 }, 0, 4, { WORD('S', 'k', 'e', 'r'), WORD('r', 'y', 0, 0), 0, 0 } },
	{ BASE(5), 0, { 0 }, 0, 1, { 1 } },
	{ BASE(6), 1, { 0 }, 0, 2, { 2, 0x1411 } },
	{ BASE(6), 1, { 1 }, 0, 2, { 1, 0x14 } },
	{ BASE(6), 1, { 2 }, 0, 1, { 0 } },
	{ BASE(6), 1, { 3 }, -2, 0, { 0 } },
	{ BASE(7), 1, { 2 }, -4, 0, { 0 } },
	{ BASE(7), 1, { 0 }, 0, 5, { 0, WORD('p', 'l', 'a', 't'), WORD('f', 'o', 'r', 'm'), 0,
				     0 } },
	{ BASE(7), 1, { ~0u }, 0, 5, { 1, WORD('p', 'u', 'm', 'p'), WORD('-', 'c', 'l', 'o'),
				       WORD('c', 'k', 's', 0), 0 } },
	{ BASE(8), 0, { 0 }, -1, 0, { 0 } },
	{ BASE(0), 1, { 0 }, -10, 0, { 0 } },
	{ BASE(0) | 0x100, 0, { 0 }, -10, 0, { 0 } },
	{ H(0x13u, 0), 0, { 0 }, -1, 0, { 0 } },
	{ POWER(0), 0, { 0 }, 0, 1, { 0x20000 } },
	{ POWER(1), 0, { 0 }, 0, 4, { 4, 0, 0, 0 } },
	{ POWER(3), 1, { 3 }, 0, 5, { 1u << 29, WORD('p', 'o', 'w', 'e'), WORD('r', '3', 0, 0),
				      0, 0 } },
	{ POWER(3), 1, { 0 }, 0, 5, { 0, WORD('p', 'o', 'w', 'e'), WORD('r', '0', 0, 0), 0, 0 } },
	{ POWER(3), 1, { 1 }, -4, 0, { 0 } },
	{ POWER(5), 1, { 3 }, 0, 1, { 1u << 30 } },
	{ POWER(4), 3, { 0, 3, 0 }, 0, 0, { 0 } },
	{ POWER(5), 1, { 3 }, 0, 1, { 0 } },
	{ POWER(4), 3, { 0, 3, 1u << 30 }, 0, 0, { 0 } },
	{ POWER(5), 1, { 3 }, 0, 1, { 1u << 30 } },
	{ POWER(4), 3, { 0, 3, 1 }, -2, 0, { 0 } },
	{ POWER(4), 3, { 1, 3, 0 }, -1, 0, { 0 } },
	{ POWER(4), 3, { 2, 3, 0 }, -2, 0, { 0 } },
	{ POWER(4), 3, { 0, 0, 0 }, -3, 0, { 0 } },
	{ POWER(4), 3, { 0, 1, 0 }, -4, 0, { 0 } },
	{ POWER(4), 3, { 0, 259, 0 }, -4, 0, { 0 } },
	{ POWER(6), 2, { 0 }, -1, 0, { 0 } },
	{ CLOCK(0), 0, { 0 }, 0, 1, { 0x10000 } },
	{ CLOCK(1), 0, { 0 }, 0, 1, { 256 } },
	{ CLOCK(3), 1, { 2 }, 0, 5, { 0, WORD('c', 'l', 'o', 'c'), WORD('k', '2', 0, 0), 0, 0 } },
	{ CLOCK(7), 2, { 2, 1 }, 0, 0, { 0 } },
	{ CLOCK(3), 1, { 2 }, 0, 5, { 1, WORD('c', 'l', 'o', 'c'), WORD('k', '2', 0, 0), 0, 0 } },
	{ CLOCK(7), 2, { 2, 0 }, 0, 0, { 0 } },
	{ CLOCK(3), 1, { 2 }, 0, 5, { 0, WORD('c', 'l', 'o', 'c'), WORD('k', '2', 0, 0), 0, 0 } },
	{ CLOCK(7), 2, { 2, 2 }, -2, 0, { 0 } },
	{ CLOCK(7), 2, { 4, 1 }, -3, 0, { 0 } },
	{ CLOCK(7), 2, { 3, 1 }, -4, 0, { 0 } },
	{ CLOCK(4), 2, { 4, 0 }, 0, 7, { 0x1003, 1000, 0, 2000000, 0, 1, 0 } },
	{ CLOCK(4), 2, { 4, 1 }, -5, 0, { 0 } },
	{ CLOCK(4), 2, { 1, 0 }, -4, 0, { 0 } },
	{ CLOCK(6), 1, { 4 }, 0, 2, { 500000000, 0 } },
	{ CLOCK(6), 1, { 256 }, -4, 0, { 0 } },
	{ CLOCK(6), 1, { 0x80000002 }, -4, 0, { 0 } },
	{ CLOCK(5), 4, { 0, 2, 1234567, 0 }, 0, 0, { 0 } },
	{ CLOCK(6), 1, { 2 }, 0, 2, { 1234567, 0 } },
	{ CLOCK(5), 4, { 0xc, 2, 7, 0 }, 0, 0, { 0 } },
	{ CLOCK(5), 4, { 1, 2, 7, 0 }, -1, 0, { 0 } },
	{ CLOCK(5), 4, { 0x10, 2, 7, 0 }, -2, 0, { 0 } },
	{ CLOCK(5), 4, { 0, 2, 7, 1 }, -2, 0, { 0 } },
	{ CLOCK(5), 4, { 0, 2, 0, 0 }, -2, 0, { 0 } },
	{ CLOCK(5), 4, { 0, 4, 7, 0 }, -3, 0, { 0 } },
	{ CLOCK(5), 4, { 0, 6, 7, 0 }, -4, 0, { 0 } },
	/* the firmware has no clock 255 */
	{ CLOCK(3), 1, { 255 }, -9, 0, { 0 } },
	{ CLOCK(5), 4, { 0, 255, 7, 0 }, -9, 0, { 0 } },
	{ CLOCK(7), 2, { 255, 1 }, -9, 0, { 0 } },
};

static void each_message_answers_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const struct row *r = &table[i];
		uint32_t written = send(r->header, r->in, 4 + r->words * 4);

		if ((int32_t)answer[1] != r->status || written != 8 + r->out_words * 4 ||
		    memcmp(&answer[2], r->out, r->out_words * 4) != 0) {
			fail_msg("row %zu: status %d, %u bytes", i, (int)answer[1], written);
		}
	}
}

static void a_silent_firmware_is_a_hardware_error(void **state)
{
	static const struct row rows[] = {
		{ CLOCK(3), 1, { 2 }, 0, 0, { 0 } }, { CLOCK(4), 2, { 2, 0 }, 0, 0, { 0 } },
		{ CLOCK(5), 4, { 0, 2, 7, 0 }, 0, 0, { 0 } }, { CLOCK(6), 1, { 2 }, 0, 0, { 0 } },
		{ CLOCK(7), 2, { 2, 1 }, 0, 0, { 0 } }, { POWER(4), 3, { 0, 3, 0 }, 0, 0, { 0 } },
		{ POWER(5), 1, { 3 }, 0, 0, { 0 } },
	};

	(void)state;
	is_dead = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(send(rows[i].header, rows[i].in, 4 + rows[i].words * 4), 8);
		assert_int_equal((int32_t)answer[1], -9);
	}
	assert_int_equal(asked, 7);
}

/* firmware_ask() fails the test where it is asked for more than the rights. */
static void random_messages_stay_within_the_rights(void **state)
{
	uint64_t random = 7;
	uint32_t in[4];

	(void)state;
	for (unsigned n = 0; n < 500000; n++) {
		uint32_t header;

		for (unsigned i = 0; i < 4; i++) {
			random = random * 6364136223846793005ull + 1442695040888963407ull;
			in[i] = (uint32_t)(random >> 40 & 3 ? random >> 33 & 7 : random >> 32);
		}
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		header = (uint32_t)(random >> 33 & 7) | (0x10u + (random >> 36 & 7)) << 10;
		header ^= random >> 45 & 15 ? 0 : (uint32_t)(random >> 32);
		send(header, in, 4 + 4 * (random >> 50 & 7) + (random >> 55 & 15 ? 0 : 1));
	}
	assert_true(asked > 500);
}

static void without_numbers_a_protocol_is_not_there(void **state)
{
	const uint32_t skip = 0;

	(void)state;
	memset(&agent.power, 0, sizeof(agent.power));
	send(BASE(1), &skip, 4);
	assert_int_equal(answer[2], 0x101);
	send(BASE(6), &skip, 8);
	assert_int_equal(answer[2], 1);
	assert_int_equal(answer[3], 0x14);
	assert_int_equal(send(POWER(0), &skip, 4), 8);
	assert_int_equal((int32_t)answer[1], -1);
}

static void lists_with_numbers_too_large_are_refused(void **state)
{
	static const uint8_t bad[][4] = { { 0, 0, 1, 0 }, { 0, 1, 0, 2 }, { 0x80, 0, 0, 2 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_non_null(scmi_allow(&agent.clock, bad[i], 4, true));
	}
	assert_null(scmi_allow(&agent.clock, NULL, 0, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_message_answers_as_the_table_says, begin),
		cmocka_unit_test_setup(a_silent_firmware_is_a_hardware_error, begin),
		cmocka_unit_test_setup(random_messages_stay_within_the_rights, begin),
		cmocka_unit_test_setup(without_numbers_a_protocol_is_not_there, begin),
		cmocka_unit_test_setup(lists_with_numbers_too_large_are_refused, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
