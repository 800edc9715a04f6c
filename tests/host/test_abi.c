/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi: sizes and places in what guests, Linux and EL2 share. They are numbers
 * here, so that no change of a header goes unnoticed; each wants a new version of the ABI.
 */
/* sources: */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <abi/info.h>
#include <abi/message.h>
#include "tests/oracle/layout.h"	/* compiling it is its test */

#define SIZE(type, size)	assert_int_equal(sizeof(struct skerry_##type), size)
#define AT(type, field, at)	assert_int_equal(offsetof(struct skerry_##type, field), at)

static void the_information_page_is_laid_out_as_guests_know_it(void **state)
{
	(void)state;
	SIZE(info, 1280);
	AT(info, guest, 8);
	AT(info, life, 16);
	AT(info, name, 32);
	AT(info, boot_entry, 56);
	AT(info, load_end, 112);
	AT(info, port_count, 120);
	AT(info, link, 128);
	SIZE(link, 72);
	AT(link, type, 24);
	AT(link, intid, 28);
	AT(link, base, 40);
	AT(link, page, 64);
}

static void the_console_ring_is_a_page_and_the_bytes_behind_it(void **state)
{
	(void)state;
	AT(log, dropped, 8);
	AT(log, ring, 4096);
	SIZE(log, 4096 + SKERRY_LOG_SIZE);
}

static void messages_fit_the_registers(void **state)
{
	(void)state;
	SIZE(msg, 128);
	AT(msg, device, 2);
	AT(msg, token, 4);
	AT(msg, size, 6);
	AT(msg, w, 8);
	SIZE(msg_info, 20);
	SIZE(msg_vqueue, 40);
	AT(msg_vqueue, used, 32);
	SIZE(msg_offer, 32);
	AT(msg_offer, config_size, 16);
	SIZE(msg_state, 24);
	AT(msg_state, is_front_up, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_information_page_is_laid_out_as_guests_know_it),
		cmocka_unit_test(the_console_ring_is_a_page_and_the_bytes_behind_it),
		cmocka_unit_test(messages_fit_the_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
