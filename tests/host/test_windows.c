/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links' memory at boot: mapped in both guests with one writer a half, told in their
 * information pages.
 */
/* sources: core/boot/windows.c core/boot/report.c lib/format.c
 *          tests/host/fake/fake_arch.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>
#include <abi/errors.h>
#include <abi/info.h>
#include <abi/stats.h>
#include <core/boot/boot.h>
#include <core/guest.h>
#include "fake_arch.h"

#define MEMORY	0x50000000ull

static struct sys_guest configs[4];
static struct skerry_info infos[4];
static struct skerry_stats statistics[4];
static uint32_t pages[32][1024];
static unsigned page_count;
struct skerry_log console_log;
static struct report report;
static char said[256];

void guest_map(struct guest *g, uint64_t at, struct range to, enum s2_kind kind, struct report *r)
{
	r->errors += arch_s2_map(g, ipa(at), pa(to.base), to.size, kind) != SKERRY_OK;
}

void *arch_boot_uncached(void) { return pages[page_count++]; }
struct pa arch_boot_pa(const void *at) { return pa((uintptr_t)at); }

void *arch_boot_alloc(uint64_t size)
{
	assert_int_equal(size, sizeof(console_log));
	return &console_log;
}

static void print(struct report *r, bool is_error, const void *fdt, int node,
		  const char *property, const char *message)
{
	(void)r, (void)is_error, (void)fdt, (void)node;
	snprintf(said, sizeof(said), "%s: %s", property, message);
}

/* Records of owners stay from test to test, so each has memory of its own. */
static uint64_t next_host = MEMORY;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	memset(configs, 0, sizeof(configs));
	memset(infos, 0, sizeof(infos));
	memset(statistics, 0, sizeof(statistics));
	fake_guests(configs, 4);
	memset(&the_system, 0, sizeof(the_system));
	the_system.guest_count = 4;
	the_system.console_driver = -1;
	for (unsigned i = 0; i < 4; i++) {
		guests[i].info = &infos[i];
		guests[i].stats = &statistics[i];
	}
	fake.memory_base = next_host;
	fake.memory_size = MIB(1);
	fake.memory = malloc(MIB(1));
	memset(fake.memory, 0xa5, MIB(1));
	next_host += MIB(1);
	page_count = 0;
	said[0] = 0;
	report = (struct report){ .print = print };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(fake.memory);
	return 0;
}

static struct sys_window *add_window(uint8_t kind, uint64_t offset, uint64_t size, uint8_t front)
{
	struct sys_window *w = &the_system.window[the_system.window_count++];

	*w = (struct sys_window){ .host = pa(fake.memory_base + offset), .size = size,
				  .kind = kind, .front = front };
	return w;
}

/* With the window that was added last. */
static struct sys_link *add_link(const char *name, uint8_t type, struct sys_end front,
				 struct sys_end back)
{
	struct sys_link *l = &the_system.link[the_system.link_count++];
	struct sys_window *w = &the_system.window[the_system.window_count - 1];

	strcpy(l->name, name);
	l->type = type;
	l->window = (uint8_t)(the_system.window_count - 1);
	l->transport = w->kind == SKERRY_WINDOW_SHARED ? SKERRY_BY_REGISTER_PAGE :
		       SKERRY_BY_MESSAGE;
	l->end[SKERRY_FRONT] = front;
	l->end[SKERRY_BACK] = back;
	l->back_page = pa_add(w->host, w->size + w->link_count++ * PAGE_SIZE);
	return l;
}

static void map_all(void)
{
	for (unsigned i = 0; i < 4; i++) {
		windows_map(&guests[i], &report);
	}
	assert_int_equal(report.errors, 0);
}

/* Mapped so, and nothing else at that address. */
static void assert_mapped(unsigned guest, uint64_t at, uint64_t to, uint64_t size,
			  enum s2_kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < fake.map_count; i++) {
		const struct fake_map *m = &fake.map[i];

		if (m->guest == &guests[guest] && m->at.v == at) {
			count++;
			assert_int_equal(m->to.v, to);
			assert_int_equal(m->size, size);
			assert_int_equal(m->kind, kind);
		}
	}
	assert_true(count > 0);
}

static void each_half_of_a_split_window_has_one_writer(void **state)
{
	uint64_t host = fake.memory_base;

	(void)state;
	add_window(SKERRY_WINDOW_SPLIT, 0, KIB(128), 1);
	add_link("disk", SKERRY_LINK_BLOCK, (struct sys_end){ .guest = 1, .base = 0x20000000 },
		 (struct sys_end){ .guest = 2, .base = 0x20040000 });
	map_all();
	assert_int_equal(fake.map_count, 5);
	assert_mapped(1, 0x20000000, host, KIB(64), S2_DATA);
	assert_mapped(1, 0x20010000, host + KIB(64), KIB(64), S2_READ_ONLY);
	assert_mapped(2, 0x20040000, host, KIB(64), S2_READ_ONLY);
	assert_mapped(2, 0x20050000, host + KIB(64), KIB(64), S2_DATA);
	assert_mapped(2, SKERRY_BACK_PAGE_BASE, host + KIB(128), PAGE_SIZE, S2_DATA);
	assert_int_equal(page_count, 0);
}

static void a_shared_window_is_mapped_for_all_of_its_links(void **state)
{
	uint64_t host = fake.memory_base;
	struct sys_link *l;

	(void)state;
	add_window(SKERRY_WINDOW_SHARED, 0, KIB(192), 3);
	add_link("root", SKERRY_LINK_BLOCK, (struct sys_end){ .guest = 3, .base = 0x40000000 },
		 (struct sys_end){ .guest = 0, .base = 0x20000000 });
	l = add_link("lan", SKERRY_LINK_NET,
		     (struct sys_end){ .guest = 3, .port = 1, .base = 0x40000000 },
		     (struct sys_end){ .guest = 0, .port = 1, .base = 0x20000000 });
	map_all();
	assert_mapped(3, 0x40000000, host, KIB(192), S2_RAM);
	assert_mapped(3, SKERRY_PAGE_BASE, (uintptr_t)pages[0], PAGE_SIZE, S2_REGISTER_PAGE);
	assert_mapped(3, SKERRY_PAGE_BASE + 0x1000, (uintptr_t)pages[1], PAGE_SIZE,
		      S2_REGISTER_PAGE);
	assert_mapped(0, 0x20000000, host, KIB(192), S2_DATA);
	assert_mapped(0, SKERRY_BACK_PAGE_BASE, host + KIB(192), PAGE_SIZE, S2_DATA);
	assert_mapped(0, SKERRY_BACK_PAGE_BASE + 0x1000, host + KIB(196), PAGE_SIZE, S2_DATA);
	assert_ptr_equal(l->registers, pages[1]);
}

static void the_information_page_has_the_ports(void **state)
{
	const struct skerry_link *p;

	(void)state;
	add_window(SKERRY_WINDOW_SHARED, 0, KIB(192), 3);
	add_link("root", SKERRY_LINK_BLOCK, (struct sys_end){ .guest = 3, .base = 0x40000000 },
		 (struct sys_end){ .guest = 0, .base = 0x20000000 });
	add_window(SKERRY_WINDOW_SPLIT, KIB(256), KIB(128), 0);
	add_link("bell", SKERRY_LINK_SHARED_MEMORY,
		 (struct sys_end){ .guest = 0, .port = 1, .base = 0x20040000 },
		 (struct sys_end){ .guest = 3, .port = 1, .base = 0x20000000 });
	map_all();
	assert_int_equal(infos[0].port_count, 2);
	assert_int_equal(infos[1].port_count, 0);
	assert_int_equal(infos[3].port_count, 2);
	p = &infos[3].link[0];
	assert_string_equal(p->name, "root");
	assert_int_equal(p->type, SKERRY_LINK_BLOCK);
	assert_int_equal(p->role, SKERRY_FRONT);
	assert_int_equal(p->transport, SKERRY_BY_REGISTER_PAGE);
	assert_int_equal(p->window, SKERRY_WINDOW_SHARED);
	assert_int_equal(p->intid, 289);
	assert_int_equal(p->peer, 0);
	assert_int_equal(p->base, 0x40000000);
	assert_int_equal(p->size, KIB(192));
	assert_int_equal(p->front_base, 0x40000000);
	assert_int_equal(p->page, SKERRY_PAGE_BASE);
	p = &infos[0].link[0];
	assert_int_equal(p->role, SKERRY_BACK);
	assert_int_equal(p->peer, 3);
	assert_int_equal(p->base, 0x20000000);
	assert_int_equal(p->front_base, 0x40000000);
	assert_int_equal(p->page, SKERRY_BACK_PAGE_BASE);
	p = &infos[3].link[1];
	assert_int_equal(p->type, SKERRY_LINK_SHARED_MEMORY);
	assert_int_equal(p->role, SKERRY_BACK);
	assert_int_equal(p->intid, 290);
	assert_int_equal(p->page, SKERRY_BACK_PAGE_BASE + 0x1000);
	assert_int_equal(infos[0].link[1].page, 0);	/* front end by messages */
}

static void the_console_driver_alone_reads_the_log(void **state)
{
	(void)state;
	the_system.console_driver = 2;
	map_all();
	assert_int_equal(fake.map_count, 1);
	assert_mapped(2, SKERRY_LOG_BASE, (uintptr_t)&console_log, sizeof(console_log),
		      S2_READ_ONLY);
}

static void a_mapping_that_fails_refuses_the_guest(void **state)
{
	(void)state;
	add_window(SKERRY_WINDOW_SPLIT, 0, KIB(128), 1);
	add_link("disk", SKERRY_LINK_BLOCK, (struct sys_end){ .guest = 1, .base = 0x20000000 },
		 (struct sys_end){ .guest = 2, .base = 0x20000000 });
	for (unsigned room = 0; room < 3; room++) {
		report.errors = 0;
		fake.map_count = FAKE_MAPS - room;
		windows_map(&guests[1], &report);
		assert_int_equal(report.errors, 2 - room);	/* two halves */
		fake.map_count = FAKE_MAPS - room;
		windows_map(&guests[2], &report);
		assert_int_equal(report.errors, 2 - room + 3 - room);	/* and its page */
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_half_of_a_split_window_has_one_writer),
		T(a_shared_window_is_mapped_for_all_of_its_links),
		T(the_information_page_has_the_ports),
		T(the_console_driver_alone_reads_the_log),
		T(a_mapping_that_fails_refuses_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
