/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of the manager's commands: they run on a fake hypervisor with two guests,
 * and what they print is compared; a crash record and a ring of lines to be shown.
 */
#ifndef MANAGER_SHELL_H
#define MANAGER_SHELL_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guests/manager/shell.h"
#include "fake_manager.h"

#define TEST(f)	cmocka_unit_test_setup(f, begin)
#define RT	1
#define LINUX	4

static struct skerry_log ring;

static inline int begin(void **state)
{
	(void)state;
	fake_reset();
	say_flush();
	memset(&ring, 0, sizeof(ring));
	return 0;
}

static inline const char *run(const char *line)
{
	fake_clear();
	shell_run(line);
	return fake.out;
}

static inline void prints(const char *line, const char *text)
{
	assert_string_equal(run(line), text);
}

static inline void has(const char *text)
{
	if (!strstr(fake.out, text)) {
		fail_msg("\"%s\" is not in: %s", text, fake.out);
	}
}

/* Figures of Linux's. */
static inline void traffic(void)
{
	struct skerry_stats *s = &fake.page[LINUX];

	strcpy(s->port[0].link, "linux-tty");
	s->port[0].type = SKERRY_LINK_CONSOLE;
	s->port[0].peer = 7;
	s->port[0].notified = 1234;
	strcpy(s->port[3].link, "records");
	s->port[3].type = SKERRY_LINK_CONSOLE;
	s->port[3].role = SKERRY_BACK;
	s->port[3].peer = RT;
	s->vcpu[0].run = 250;
	s->vcpu[0].stolen = 250;
	s->vcpu[0].idle = 500;
	s->vcpu[0].policy = SKERRY_POLICY_SERVER;
	s->vcpu[0].exits[0] = 17;
	s->vcpu[1].run = 1000;
	s->vcpu[1].exits[5] = 4;
	s->vcpu[1].core = 5;
}

static inline void make_record(void)
{
	struct skerry_crash *c = &fake.record;

	*c = (struct skerry_crash){
		.magic = SKERRY_CRASH_MAGIC, .version = 1, .size = sizeof(*c), .guest = LINUX,
		.vcpu = 1, .core = 3, .exit_count = 2, .name = "linux",
		.cause = "data abort at \"nothing\"", .time = 90 * FAKE_HZ, .hz = FAKE_HZ,
		.life = 2, .esr = 0x92000046, .far = 0xdead0000, .ipa = 0xdead0000,
		.pc = 0xffff800008001234, .sp = 0xffff80000a000000, .pstate = 0x3c5,
		.exits = { { 0, 5 }, { 0x1234, 3 } },
		.stack_size = 16, .stack = { 0xab, 0xcd },
	};
	c->x[30] = 0x77;
	c->crc32 = crc32(0, c, sizeof(*c));
	fake.has_record = 1 << LINUX;
}

static inline void log_put(uint8_t guest, const char *text)
{
	uint8_t size = (uint8_t)strlen(text);
	uint64_t at = ring.head;

	ring.ring[at++ % SKERRY_LOG_SIZE] = guest;
	ring.ring[at++ % SKERRY_LOG_SIZE] = size;
	while (*text) {
		ring.ring[at++ % SKERRY_LOG_SIZE] = (uint8_t)*text++;
	}
	ring.head = at;
}

#endif
