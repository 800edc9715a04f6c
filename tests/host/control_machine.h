/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four guests for the tests of control: MANAGER and OTHER have control over all, A has one
 * vCPU, B two; each vCPU has a core of its own. Loading and scrubbing take one call of
 * life_work() each. Included once by each test.
 */
#ifndef CONTROL_MACHINE_H
#define CONTROL_MACHINE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <abi/hypercalls.h>
#include <abi/info.h>
#include <abi/stats.h>
#include <core/core.h>
#include "fake_arch.h"

enum { MANAGER, OTHER, A, B, GUESTS };

static struct sys_guest config[GUESTS];
static struct skerry_info infos[GUESTS];
static struct skerry_stats pages[GUESTS];
static struct skerry_time_page time_page;
static union crash_page kept[GUESTS];
union crash_page *crash_pages = kept;
static char cause[128];
static unsigned records, record_cpu;
static const struct vcpu *record_of;

void load_begin(struct guest *g, bool scrub_only)
{
	g->life += !scrub_only;
	if (!scrub_only) {
		g->info->load_begin = fake.now;
	}
}

enum load_result load_step(struct guest *g)
{
	(void)g;
	return LOAD_DONE;
}

bool quiesce_devices(const struct guest *g)
{
	(void)g;
	return true;
}

void crash_record(struct vcpu *v, const char *why, uint64_t esr, uint64_t far, uint64_t ipa)
{
	(void)esr, (void)far, (void)ipa;
	strncpy(cause, why, sizeof(cause) - 1);
	record_of = v;
	record_cpu = fake.cpu;
	records++;
}

void console_write(uint32_t from, const char *bytes, size_t count)
{
	(void)from, (void)bytes, (void)count;
}

void vpl011_reset(struct guest *g) { (void)g; }

static int begin(void **state)
{
	static const char *const names[GUESTS] = { "manager", "other", "a", "b" };

	(void)state;
	fake_reset();
	memset(config, 0, sizeof(config));
	memset(infos, 0, sizeof(infos));
	memset(pages, 0, sizeof(pages));
	memset(&time_page, 0, sizeof(time_page));
	memset(kept, 0, sizeof(kept));
	memset(cause, 0, sizeof(cause));
	memset(&the_system, 0, sizeof(the_system));
	for (uint8_t i = 0; i < GUESTS; i++) {
		strcpy(config[i].name, names[i]);
		config[i].vcpu_count = 1;
		config[i].cpu[0] = i;
		config[i].control = i <= OTHER ? 0xffff : 0;
	}
	config[B].vcpu_count = 2;
	config[B].cpu[1] = 5;
	fake_guests(config, GUESTS);
	for (uint8_t i = 0; i < GUESTS; i++) {
		guests[i].info = &infos[i];
		guests[i].stats = &pages[i];
		pages[i].vcpu_count = config[i].vcpu_count;
		for (uint32_t k = 0; k < config[i].vcpu_count; k++) {
			struct pcpu *p = &pcpus[config[i].cpu[k]];

			p->vcpu[p->vcpu_count++] = &guests[i].vcpu[k];
		}
	}
	records = 0;
	record_of = NULL;
	watchdog_critical = 0;
	return 0;
}

/* Each core's loop, until nobody has work left. */
static void work(void)
{
	unsigned cpu = fake.cpu;
	bool is_busy = true;

	for (unsigned n = 0; is_busy && n < 1000; n++) {
		is_busy = false;
		for (uint32_t i = 0; i < guest_count; i++) {
			for (uint32_t k = 0; k < config[i].vcpu_count; k++) {
				fake.cpu = config[i].cpu[k];
				is_busy |= life_work(&guests[i].vcpu[k]);
			}
		}
	}
	fake.cpu = cpu;
	assert_false(is_busy);
	assert_int_equal(fake.lock_depth, 0);
}

static void start(int guest)
{
	assert_int_equal(life_apply(&guests[guest], LIFE_START), SKERRY_OK);
	work();
	assert_int_equal(guests[guest].state, GUEST_RUNNING);
	for (uint32_t i = 0; i < config[guest].vcpu_count; i++) {
		guests[guest].vcpu[i].power = VCPU_ON;
	}
}

static int64_t control(int by, uint64_t guest, uint64_t operation)
{
	uint64_t x[18] = { 0, guest, operation };

	fake.cpu = config[by].cpu[0];
	return hvc_control(&guests[by].vcpu[0], x);
}

#endif
