/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links as the contract has them (abi/link.h): the information page, windows, bells,
 * events, lives. The tester is the front end of "ctl" (shared memory) and "device" (block),
 * and the back end of "reverse" (console); the servant has one link more before them, so
 * that its ports are other numbers.
 */
#include "pvtest.h"
#include "probe.h"

#define LAST_LIFE	4
#define PATTERN		0x5a5a0123456789abull
#define DFSC(esr)	((esr) & 0x3f)
#define WRITTEN(esr)	((esr) >> 6 & 1)

struct ports mine, its;

static void test_info(void)
{
	static const struct {
		const char *name;
		uint8_t type, role;
	} want[] = {
		{ "ctl", SKERRY_LINK_SHARED_MEMORY, SKERRY_FRONT },
		{ "device", SKERRY_LINK_BLOCK, SKERRY_FRONT },
		{ "reverse", SKERRY_LINK_CONSOLE, SKERRY_BACK },
	};

	check(platform.info->port_count == 3, "%u ports", platform.info->port_count);
	for (uint32_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct skerry_link *l = link_info(i);

		check(strcmp(l->name, want[i].name) == 0, "port %u is %s", i, l->name);
		check(l->type == want[i].type && l->role == want[i].role, "%s", l->name);
		check(l->intid == SKERRY_INTID_LINK(i), "INTID %u", l->intid);
		check(l->peer != platform.info->guest, "peer %u", l->peer);
		check(l->base % 0x10000 == 0 && l->size && l->size % 0x20000 == 0,
		      "window %lx, %lx", l->base, l->size);
		check(l->role == SKERRY_BACK || l->front_base == l->base, "%lx", l->front_base);
		check((l->role == SKERRY_BACK) == (l->page != 0), "page %lx", l->page);
		check(link_by_name(l->name) == (int)i, "%s by name", l->name);
		check(link_by_type(l->type, l->role, 0) == (int)i, "%s by type", l->name);
	}
	check(!link_info(3) && link_by_name("nothing") == -1, "a port that is not there");
	check(link_by_type(SKERRY_LINK_BLOCK, SKERRY_FRONT, 1) == -1, "a second block device");
}

static void test_tree(void)
{
	for (uint32_t i = 0; i < platform.info->port_count; i++) {
		const struct skerry_link *l = link_info(i);
		const char *role = link_string(i, NULL, "skerry,role");
		const char *name = link_string(i, NULL, "skerry,name");

		check(link_number(i, NULL, "reg", 99) == i, "reg of port %u", i);
		check(name && strcmp(name, l->name) == 0, "name %s", name ? name : "-");
		check(role && strcmp(role, l->role ? "back" : "front") == 0, "role of port %u", i);
	}
	check(!link_string(9, NULL, "skerry,name"), "a node that is not there");
	check(!link_string(0, "volume", "partition"), "a volume of shared memory");
}

static uint64_t or_here(struct bank b)
{
	uint64_t sum = 0;

	for (uint64_t at = b.base; at < b.base + b.size; at += 8) {
		sum |= *(volatile uint64_t *)at;
	}
	return sum;
}

static uint64_t or_there(uint64_t base, uint64_t size)
{
	struct mail m = { .x = { base, size } };

	return mail(&m, MAIL_OR) ? m.x[0] : ~0ull;
}

/* Where the servant has "device": windows of two non-identity guests need not be at one
 * place; its page. */
static uint64_t its_field(uint64_t offset)
{
	struct mail m = { .x = { (uint64_t)&platform.info->link[its.device] + offset, 8 } };

	return mail(&m, MAIL_READ) && m.x[0] == 0 ? m.x[1] : 0;
}

static uint64_t its_base(void) { return its_field(offsetof(struct skerry_link, base)); }
static uint64_t its_page(void) { return its_field(offsetof(struct skerry_link, page)); }

static void test_windows_are_zero(void)
{
	const struct skerry_link *l = link_info(mine.device);

	check(or_here((struct bank){ l->base, l->size }) == 0, "the tester's view");
	check(or_there(its_base(), l->size) == 0, "the servant's view");
	check(or_there(its_page(), 4096) == 0, "the servant's own page");
}

static uint64_t write_there(uint64_t at, uint64_t value)
{
	struct mail m = { .x = { at, 8, value } };

	return mail(&m, MAIL_WRITE) ? m.x[0] : ~0ull;
}

static void test_halves_have_one_writer(void)
{
	const struct skerry_link *l = link_info(mine.device);
	uint64_t half = l->size / 2, there = its_base();
	static const uint64_t at[] = { 0, 0x1000, 0xfff8 };

	for (uint32_t i = 0; i < ARRAY_SIZE(at); i++) {
		uint64_t v = PATTERN + i, esr;
		struct mail m = { .x = { there + at[i], 8 } };

		check(try_write(l->base + at[i], 8, v) == 0, "own half at %lx", at[i]);
		check(mail(&m, MAIL_READ) && m.x[0] == 0 && m.x[1] == v, "read there: %lx", m.x[1]);
		check(write_there(there + half + at[i], v) == 0, "its half at %lx", at[i]);
		check(*(volatile uint64_t *)(l->base + half + at[i]) == v, "read here");
		esr = try_write(l->base + half + at[i], 8, ~v);
		check(ESR_EC(esr) == EC_DABORT && WRITTEN(esr), "other half: ESR %lx", esr);
		esr = write_there(there + at[i], ~v);
		check(ESR_EC(esr) == EC_DABORT && WRITTEN(esr), "there: ESR %lx", esr);
		check(*(volatile uint64_t *)(l->base + half + at[i]) == v, "nothing changed");
		check(*(volatile uint64_t *)(l->base + at[i]) == v, "nothing changed");
	}
	l = link_info(mine.reverse);
	check(try_read(l->base + l->size, 8, NULL) != 0, "behind the last window");
	check(try_write(SKERRY_INFO_BASE, 8, 0) != 0, "the information page");
	check(try_write(SKERRY_BACK_PAGE_BASE + mine.device * 4096, 8, 0) != 0, "no own page");
	check(write_there(its_page(), PATTERN) == 0, "the servant's own page");
}

static void test_bells(void)
{
	for (uint32_t i = 0; i < 100; i++) {
		struct mail m = { .x = { SKERRY_HVC_NOTIFY, its.reverse } };
		uint64_t there = servant_count(2 + its.device), here = bells[mine.reverse];
		uint64_t others = bells[mine.device] + servant_count(2 + its.reverse);

		check(link_notify(mine.device) == SKERRY_OK, "notify");
		check(servant_count(2 + its.device) == there + 1, "bell %u there", i);
		check(mail(&m, MAIL_HVC) && m.x[0] == SKERRY_OK, "notify there");
		check(wait_count(&bells[mine.reverse], here + 1), "bell %u here", i);
		check(bells[mine.reverse] == here + 1, "%lu times", bells[mine.reverse] - here);
		check(bells[mine.device] + servant_count(2 + its.reverse) == others, "others");
	}
}

static void test_bell_numbers(void)
{
	static const uint64_t bad[] = { 3, 4, 15, 16, 17, 31, 32, 63, 64, 255, 256, 1ull << 32,
					1ull << 63, ~0ull, (1ull << 32) - 1, 0x100000001ull };

	for (uint32_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct regs r = { { SKERRY_HVC_NOTIFY, bad[i] } };

		for (uint32_t n = 2; n < 18; n++) {
			r.x[n] = PATTERN * n;
		}
		hvc(&r);
		check((int64_t)r.x[0] == SKERRY_INVALID, "NOTIFY(%lx): %ld", bad[i], r.x[0]);
		for (uint32_t n = 2; n < 18; n++) {
			check(r.x[n] == PATTERN * n, "x%u after NOTIFY(%lx)", n, bad[i]);
		}
		r = (struct regs){ { SKERRY_HVC_MESSAGE, bad[i],
				     SKERRY_MSG_GET_STATUS << 8 | 8ull << 48 } };
		hvc(&r);
		check((int64_t)r.x[0] == SKERRY_INVALID, "MESSAGE(%lx): %ld", bad[i], r.x[0]);
	}
}

/* A bell that rings all the time keeps nobody from work. */
static void test_storm(void)
{
	uint64_t there = servant_count(2 + its.device);
	struct mail m = { .x = { SKERRY_HVC_NOTIFY, its.reverse } };

	for (uint32_t i = 0; i < 20000; i++) {
		link_notify(mine.device);
	}
	check(servant_count(2 + its.device) > there, "no bell");
	for (uint32_t i = 0; i < 5000; i++) {
		struct skerry_msg s = { .id = (uint8_t)i, .size = (uint16_t)(i * 7) };

		link_message(i % 4, &s);
	}
	check(mail(&m, MAIL_HVC) && m.x[0] == SKERRY_OK, "the servant works");
}

/* A restart of the servant: the window and its own page stay, the tester is told. */
static void test_servant_restarts(void)
{
	const struct skerry_link *l = link_info(mine.device);
	struct mail fill = { .x = { its_page(), 4096, PATTERN } };
	uint64_t bits = 0;
	struct regs r;

	check(mail(&fill, MAIL_FILL), "fill");
	memset((void *)l->base, 0x77, 4096);
	servant_reset();
	check(*(volatile uint64_t *)l->base == 0x7777777777777777, "the window here");
	check(or_there(its_base(), 4096) == 0x7777777777777777, "the window there");
	check(or_there(its_page(), 4096) == PATTERN, "its own page");
	for (r = (struct regs){ { SKERRY_HVC_EVENT } }, hvc(&r); (int64_t)r.x[0] >= 0; hvc(&r)) {
		bits |= r.x[0] == mine.ctl ? r.x[1] : 0;
		r.x[0] = SKERRY_HVC_EVENT;
	}
	check(r.x[0] == (uint64_t)SKERRY_AGAIN, "no event: %ld", r.x[0]);
	check(bits & SKERRY_EVENT_UP, "events %lx", bits);
	check(bits & SKERRY_EVENT_OFFER, "events %lx", bits);
}

static void test_after_restart(void)
{
	const struct skerry_link *l = link_info(mine.device);
	uint32_t status = 99;

	check(or_here((struct bank){ l->base, l->size }) == 0, "the window is not empty");
	check(or_there(its_base(), l->size) == 0, "the window there is not empty");
	check(or_there(its_page(), 4096) == 0, "the servant's own page is not empty");
	check(link_ask(mine.device, SKERRY_MSG_GET_STATUS, NULL, 0, &status, 4) == SKERRY_OK &&
	      status == 0, "status %x", status);
}

/* Leave something behind everywhere. */
static void soil(void)
{
	const struct skerry_link *l = link_info(mine.device);
	struct mail half = { .x = { its_base() + l->size / 2, l->size / 2, PATTERN } };
	struct mail page = { .x = { its_page(), 4096, PATTERN } };

	memset((void *)l->base, 0xee, l->size / 2);
	mail(&half, MAIL_FILL);
	mail(&page, MAIL_FILL);
}

static const struct test first_life[] = {
	{ "info", test_info },
	{ "tree", test_tree },
	{ "windows-are-zero", test_windows_are_zero },
	{ "halves-have-one-writer", test_halves_have_one_writer },
	{ "bells", test_bells },
	{ "bell-numbers", test_bell_numbers },
	{ "storm", test_storm },
	{ "device-refusals", test_device_refusals },
	{ "device-setup", test_device_setup },
	{ "device-queues", test_device_queues },
	{ "device-config", test_device_config },
	{ "device-reset", test_device_reset },
	{ "device-needs-reset", test_device_needs_reset },
	{ "servant-restarts", test_servant_restarts },
	{ "device-lives", test_device_lives },
};

static const struct test later_life[] = {
	{ "after-restart", test_after_restart },
	{ "halves-have-one-writer", test_halves_have_one_writer },
	{ "bells", test_bells },
	{ "device-setup", test_device_setup },
	{ "device-reset", test_device_reset },
};

void tester_run(void)
{
	uint64_t life = guest_life();
	struct mail m = { 0 };

	mine = (struct ports){ 0, 1, 2 };
	its = (struct ports){ 0, 2, 3 };
	counters_open();
	printf("tester: life %lu\n", life);
	servant_mode(SERVANT_OBEYS);
	if (life == 1) {
		tests_run(first_life, ARRAY_SIZE(first_life));
	} else {
		tests_run(later_life, ARRAY_SIZE(later_life));
	}
	soil();
	servant_mode(arg_has("stubborn") && life == 1 ? SERVANT_OBEYS : SERVANT_ACKS);
	if (life == arg_number("lives", LAST_LIFE)) {
		printf("tester: done\n");
		return;
	}
	if (life == 3) {
		mail(&m, MAIL_CRASH);		/* both at once */
	}
	if (life == 2) {
		guest_crash(5, life);
	}
	system_reset();
}
