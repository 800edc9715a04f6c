/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The register page: brought up as Linux's virtio_mmio does, every register with every
 * width, what the page shows after each write, interrupts and their acknowledgement, a
 * reset that has to wait; and the path of the write itself, arch/arm64/abort.c, with an
 * HPFAR_EL2 that holds rubbish.
 */
/* sources: arch/arm64/abort.c pv/device.c pv/message.c pv/page.c lib/format.c
 * tests/host/fake/fake_arch.c */
#include "fake/pv_machine.h"
#include <cmocka.h>
#include <sysreg.h>
#include "../../arch/arm64/trap.h"
#include "../../pv/link.c"		/* its static state is reset for each test */

/* --- What arch/arm64/abort.c stands on ------------------------------------------------ */

static uint64_t far_el2, par_el1, hpfar_reads;
static uint64_t guest_tables;		/* where the guest maps the page of far_el2; 1: nowhere */

uint64_t fake_sysreg_read(const char *name)
{
	if (strcmp(name, "hpfar_el2") == 0) {
		hpfar_reads++;
		return 0xdeadbeefdeadbeef;
	}
	return strcmp(name, "far_el2") == 0 ? far_el2 : par_el1;
}

void fake_sysreg_write(const char *name, uint64_t v)
{
	assert_string_equal(name, "par_el1");
	par_el1 = v;
}

/* AT S1E1R: attributes are in PAR_EL1's upper bits. */
void fake_at_s1e1r(uint64_t va)
{
	assert_true(va == far_el2);
	par_el1 = guest_tables & 1 ? 0x80b : guest_tables | 0xff00000000000b80;
}

bool vgic_mmio(struct vcpu *v, uint64_t at, bool is_write, unsigned width, uint64_t *value)
{
	(void)v, (void)at, (void)is_write, (void)width, (void)value;
	return false;
}

bool vpl011_access(struct guest *g, uint64_t offset, bool is_write, unsigned width,
		   uint64_t *value)
{
	(void)g, (void)offset, (void)is_write, (void)width, (void)value;
	return false;
}

static unsigned aborts;

void vcpu_skip_aarch32(struct vcpu *v, uint64_t esr)
{
	(void)v, (void)esr;
}

void inject_abort(struct vcpu *v, uint64_t esr, uint64_t far)
{
	(void)v, (void)esr, (void)far;
	aborts++;
}

/* --- A guest's store -------------------------------------------------------------------- */

#define PAGE_IPA	(SKERRY_PAGE_BASE + NET * PAGE_SIZE)
#define PERMISSION	0x0f

/* The store's address; what came of it: done, again, or an abort. */
static enum pv_write store_at(uint64_t va, unsigned width, uint32_t value)
{
	struct vcpu *v = &guests[FRONT_GUEST].vcpu[0];
	uint64_t elr = v->arch.elr, par = 0x123456789abcdef0;
	unsigned before = aborts;

	far_el2 = va;
	par_el1 = par;
	v->arch.x[7] = value;
	abort_handle(v, (uint64_t)EC_DABORT_LOW << 26 | ESR_IL | DABT_ISV | DABT_WNR |
		     (uint64_t)__builtin_ctz(width) << 22 | 7 << 16 | PERMISSION);
	assert_true(par_el1 == par);		/* the guest's own */
	assert_int_equal(hpfar_reads, 0);
	assert_int_equal(fake.lock_depth, 0);
	if (aborts != before) {
		return PV_ABSENT;
	}
	return v->arch.elr == elr ? PV_AGAIN : PV_WRITTEN;
}

static enum pv_write store(unsigned offset, unsigned width, uint32_t value)
{
	guest_tables = PAGE_IPA;
	return store_at(0xffff800008abc000 + offset, width, value);
}

static void put(unsigned offset, uint32_t value)
{
	assert_int_equal(store(offset, 4, value), PV_WRITTEN);
}

static uint32_t get(unsigned offset)
{
	return registers[offset / 4];
}

static int begin(void **state)
{
	(void)state;
	machine_reset();
	memset(next_port, 0, sizeof(next_port));
	for (unsigned i = 0; i < LINKS; i++) {
		links[i] = (struct pv_link){ .lock = LOCK_INIT(LOCK_LINK) };
	}
	aborts = 0;
	hpfar_reads = 0;
	machine_start(BACK_GUEST);
	machine_start(FRONT_GUEST);
	return 0;
}

static int begin_offered(void **state)
{
	uint32_t config_bytes[6] = { 0, 0, 12, 0x12345452, 0x00015634, 0 };

	begin(state);
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_SET_CONFIG, config_bytes, 24), 0);
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_OFFER, &net_offer, 32), SKERRY_OK);
	return 0;
}

static void put_address(unsigned offset, uint64_t address)
{
	put(offset, (uint32_t)address);
	put(offset + 4, (uint32_t)(address >> 32));
}

/* vm_setup_vq() of Linux 6.1; how many writes. */
static unsigned linux_queue(unsigned index)
{
	put(0x030, index);
	assert_int_equal(get(0x044), 0);
	assert_int_equal(get(0x034), 128);
	put(0x038, 64);
	put_address(0x080, BANK + index * KIB(8));
	put_address(0x090, BANK + index * KIB(8) + 1024);
	put_address(0x0a0, BANK + index * KIB(8) + KIB(4));
	put(0x044, 1);
	return 9;
}

/* Its probe, up to DRIVER_OK. */
static unsigned linux_up(void)
{
	unsigned writes = 0;

	assert_int_equal(get(0x000), 0x74726976);
	assert_int_equal(get(0x004), 2);
	assert_int_equal(get(0x008), SKERRY_LINK_NET);
	put(0x070, 0);
	put(0x070, 1);
	put(0x070, 3);
	put(0x014, 1);
	assert_int_equal(get(0x010), 3);
	put(0x014, 0);
	assert_int_equal(get(0x010), 1 << 5);
	put(0x024, 1);
	put(0x020, 3);
	put(0x024, 0);
	put(0x020, 1 << 5);
	put(0x070, 11);
	assert_int_equal(get(0x070), 11);
	writes += 10 + linux_queue(0) + linux_queue(1);
	assert_int_equal(get(0x044), 1);
	put(0x070, 15);
	assert_int_equal(get(0x070), 15);
	return writes + 1;
}

static void linux_brings_a_device_up(void **state)
{
	(void)state;
	(void)events_of(BACK_GUEST, NET);
	assert_int_equal(linux_up(), 29);	/* two queues; a disk's one: 20 */
	assert_int_equal(events_of(BACK_GUEST, NET), SKERRY_EVENT_STATUS);
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_GET_STATE, NULL, 0), SKERRY_OK);
	assert_int_equal(answer.w[0], 15);
	assert_true(answer.q[1] == (3ull << 32 | 1 << 5));
	assert_int_equal(ask_words(BACK_GUEST, NET, SKERRY_MSG_GET_VQUEUE, 1, 1), SKERRY_OK);
	assert_int_equal(answer.w[2], 64);
	assert_true(answer.q[2] == BANK + KIB(8) && answer.q[3] == BANK + KIB(8) + 1024 &&
		    answer.q[4] == BANK + KIB(12));
	/* both skins show one device */
	ask(FRONT_GUEST, NET, SKERRY_MSG_GET_STATUS, NULL, 0);
	assert_int_equal(answer.w[0], 15);
	assert_int_equal(aborts, 0);
}

static void nothing_is_there_before_the_offer(void **state)
{
	(void)state;
	assert_int_equal(get(0x000), 0x74726976);
	assert_int_equal(get(0x008), 0);
	put(0x070, 0);
	put(0x070, 3);
	put(0x030, 0);
	assert_int_equal(get(0x034), 0);
	put(0x044, 1);
	assert_int_equal(get(0x044), 0);
	/* nor may it keep the back end, and who waits for that, from starting */
	put(0x070, 1);
	assert_int_equal(get(0x070), 0);
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_OFFER, &net_offer, 32), SKERRY_OK);
}

static void a_kick_rings_the_back_end(void **state)
{
	(void)state;
	linux_up();
	put(0x050, 1);
	put(0x050, 0xffffffff);
	assert_int_equal(guests[BACK_GUEST].arch.raised[SKERRY_INTID_LINK(NET)], 2);
}

static void interrupts_are_shown_and_acknowledged(void **state)
{
	const unsigned intid = SKERRY_INTID_LINK(1);
	uint32_t w[4] = { 0, 0, 4, 99 };

	(void)state;
	linux_up();
	assert_int_equal(notify(BACK_GUEST, NET), SKERRY_OK);
	assert_int_equal(get(0x060), 1);
	assert_int_equal(guests[FRONT_GUEST].arch.raised[intid], 1);
	assert_int_equal(ask(BACK_GUEST, NET, SKERRY_MSG_SET_CONFIG, w, 16), SKERRY_OK);
	assert_int_equal(get(0x060), 3);
	assert_int_equal(get(0x100), 99);
	assert_int_equal(guests[FRONT_GUEST].arch.raised[intid], 2);
	put(0x064, 1);
	assert_int_equal(get(0x060), 2);
	notify(BACK_GUEST, NET);
	assert_int_equal(get(0x060), 3);
	put(0x064, 2);
	assert_int_equal(get(0x060), 1);
	put(0x064, 0xfffffffe);
	assert_int_equal(get(0x060), 1);
	put(0x064, 0xffffffff);
	assert_int_equal(get(0x060), 0);
	ask(BACK_GUEST, NET, SKERRY_MSG_NEEDS_RESET, NULL, 0);
	assert_int_equal(get(0x070), 15 | 64);
	assert_int_equal(get(0x060), 2);
}

static void config_bytes_are_written_with_any_width(void **state)
{
	uint32_t generation = get(0x0fc);

	(void)state;
	assert_int_equal(get(0x100), 0x12345452);
	assert_int_equal(store(0x100, 1, 0xaa), PV_WRITTEN);
	assert_int_equal(store(0x102, 2, 0xbbcc), PV_WRITTEN);
	assert_int_equal(get(0x100), 0xbbcc54aa);
	assert_int_not_equal(get(0x0fc), generation);
	assert_int_equal(store(0x108, 4, 5), PV_WRITTEN);
	assert_int_equal(get(0x108), 5);
	assert_int_equal(store(0x10c, 4, 6), PV_WRITTEN);	/* beyond: nothing */
	assert_int_equal(get(0x10c), 0);
	assert_int_equal(store(0xffc, 4, 6), PV_WRITTEN);
	assert_int_equal(events_of(BACK_GUEST, NET) & SKERRY_EVENT_CONFIG, SKERRY_EVENT_CONFIG);
}

static void a_write_of_status_0_lasts_until_the_back_end_agrees(void **state)
{
	(void)state;
	linux_up();
	(void)events_of(BACK_GUEST, NET);
	assert_int_equal(store(0x070, 4, 0), PV_AGAIN);
	assert_int_equal(store(0x070, 4, 0), PV_AGAIN);
	assert_int_equal(get(0x070), 15);
	assert_int_equal(events_of(BACK_GUEST, NET), SKERRY_EVENT_STATUS);
	put(0x064, 1);				/* what comes in an interrupt meanwhile */
	ask(BACK_GUEST, NET, SKERRY_MSG_GET_STATE, NULL, 0);
	assert_int_equal(ask_words(BACK_GUEST, NET, SKERRY_MSG_ACK, 1, answer.w[1]), SKERRY_OK);
	assert_int_equal(get(0x070), 0);
	put(0x070, 0);
	put(0x030, 1);
	assert_int_equal(get(0x044), 0);
	linux_up();
	assert_int_equal(store(0x070, 4, 0), PV_AGAIN);
	fake.now += fake.hz + 1;
	assert_int_equal(store(0x070, 4, 0), PV_AGAIN);
	assert_int_equal(forced[BACK_GUEST], 1);
	machine_stop(BACK_GUEST);
	put(0x070, 0);
	assert_int_equal(get(0x070), 0);
}

static void what_is_refused_does_not_show(void **state)
{
	(void)state;
	put(0x070, 3);
	put(0x020, 0xffffffff);
	put(0x070, 11);
	assert_int_equal(get(0x070), 3);
	put(0x070, 15);
	assert_int_equal(get(0x070), 3);
	put(0x020, 0);
	put(0x024, 1);
	put(0x020, 3);
	put(0x070, 11);
	assert_int_equal(get(0x070), 11);
	put(0x030, 0);
	put(0x038, 64);
	put_address(0x080, BANK - 16);
	put_address(0x090, BANK + 1024);
	put_address(0x0a0, BANK + KIB(4));
	put(0x044, 1);
	assert_int_equal(get(0x044), 0);
	put_address(0x080, BANK);
	put(0x038, 3);
	put(0x044, 1);
	assert_int_equal(get(0x044), 0);
	put(0x038, 64);
	put(0x044, 1);
	assert_int_equal(get(0x044), 1);
	put(0x044, 0);
	assert_int_equal(get(0x044), 0);
	put(0x030, 0xffffffff);
	assert_int_equal(get(0x034), 0);
	put(0x038, 1);
	put(0x044, 1);
	put(0x014, 0xffffffff);
	assert_int_equal(get(0x010), 0);
}

static void every_other_access_is_an_abort(void **state)
{
	uint64_t at[] = {
		0, SKERRY_INFO_BASE, SKERRY_PAGE_BASE, PAGE_IPA - PAGE_SIZE, PAGE_IPA + PAGE_SIZE,
		SKERRY_PAGE_BASE + 16 * PAGE_SIZE, PAGE_IPA + (1ull << 32), PAGE_IPA | 1ull << 47,
		SKERRY_PAGE_BASE - PAGE_SIZE,
	};
	static const struct { unsigned offset, width; } shapes[] = {
		{ 0x070, 1 }, { 0x070, 2 }, { 0x070, 8 }, { 0x072, 4 }, { 0x071, 4 }, { 0x101, 2 },
		{ 0x102, 4 }, { 0x100, 8 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		guest_tables = at[i];
		assert_int_equal(store_at(0xffff800008abc070, 4, 1), PV_ABSENT);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(shapes); i++) {
		assert_int_equal(store(shapes[i].offset, shapes[i].width, 1), PV_ABSENT);
	}
	guest_tables = 1;			/* gone from its tables meanwhile: once more */
	assert_int_equal(store_at(0xffff800008abc070, 4, 1), PV_AGAIN);
	assert_int_equal(get(0x070), 0);
}

/* Every register with every bit, before and after: nothing but the device suffers. */
static void a_sweep_of_writes_stays_on_the_device(void **state)
{
	uint64_t x = 88172645463325252ull;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		unsigned width, offset;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		width = 1u << (x & 3);
		offset = (unsigned)(x >> 8) % (x & 4 ? 0x180 : 0x1000) & ~(width - 1);
		(void)store(offset, width, (uint32_t)(x >> 32) & (x & 0x70 ? 0xf : UINT32_MAX));
		if (i % 64 == 0) {
			ask(BACK_GUEST, NET, SKERRY_MSG_GET_STATE, NULL, 0);
			(void)ask_words(BACK_GUEST, NET, SKERRY_MSG_ACK, 1, answer.w[1]);
		}
		assert_int_equal(get(0x000), 0x74726976);
		assert_int_equal(get(0x070), links[NET].status);
		assert_true(links[NET].status != 15 || links[NET].features >> 32 == 3);
	}
	assert_int_equal(links[DISK].status | links[DISK].epoch, 0);
	assert_int_equal(guests[OTHER_GUEST].arch.raised[SKERRY_INTID_EVENT], 0);
	for (unsigned i = (0x100 + SKERRY_CONFIG_MAX) / 4; i < 1024; i++) {
		assert_int_equal(registers[i], 0);
	}
}

#define T(name) cmocka_unit_test_setup(name, begin)
#define OFFERED(name) cmocka_unit_test_setup(name, begin_offered)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_there_before_the_offer),
		OFFERED(linux_brings_a_device_up),
		OFFERED(a_kick_rings_the_back_end),
		OFFERED(interrupts_are_shown_and_acknowledged),
		OFFERED(config_bytes_are_written_with_any_width),
		OFFERED(a_write_of_status_0_lasts_until_the_back_end_agrees),
		OFFERED(what_is_refused_does_not_show),
		OFFERED(every_other_access_is_an_abort),
		OFFERED(a_sweep_of_writes_stays_on_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
