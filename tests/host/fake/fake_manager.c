/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See fake_manager.h.
 */
#include <string.h>
#include "fake_manager.h"
#include "guests/manager/board.h"

struct fake_manager fake;

static void guest(uint32_t index, const char *name, uint32_t vcpus, uint32_t core)
{
	struct skerry_stats *s = &fake.page[index];

	memset(s, 0, sizeof(*s));
	s->magic = SKERRY_STATS_MAGIC;
	s->guest = index;
	s->vcpu_count = vcpus;
	strcpy(s->name, name);
	s->memory = 16 << 20;
	s->hz = FAKE_HZ;
	s->life = 1;
	s->state = SKERRY_STATE_RUNNING;
	for (uint32_t i = 0; i < vcpus; i++) {
		s->vcpu[i].core = (uint8_t)(core + i);
		s->vcpu[i].is_on = 1;
	}
}

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.controlled = 1 << 1 | 1 << 4;
	fake.has_stats = true;
	fake.now = 100 * FAKE_HZ;
	guest(1, "rt", 1, 1);
	guest(4, "linux", 2, 2);
	board_init();
}

void fake_clear(void)
{
	fake.count = 0;
	fake.out[0] = 0;
	terminal_reset(&fake.terminal);
}

void port_write(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			terminal_print(&fake.terminal, (const uint8_t *)"\r", 1);
		}
		terminal_print(&fake.terminal, (const uint8_t *)&bytes[i], 1);
		if (fake.count + 1 < sizeof(fake.out)) {
			fake.out[fake.count++] = bytes[i];
		}
	}
	fake.out[fake.count] = 0;
}

bool port_wait(uint64_t us)
{
	fake.now += us * (FAKE_HZ / 1000000);
	return fake.keys && fake.now >= fake.keys;
}

void port_drop_keys(void) { fake.keys = 0; }
uint32_t port_columns(void) { return fake.columns; }
uint64_t port_now(void) { return fake.now; }
uint64_t port_hz(void) { return FAKE_HZ; }
uint64_t port_begin(void) { return 0; }

static bool is_controlled(uint32_t guest_index)
{
	return guest_index < SKERRY_GUEST_MAX && (fake.controlled >> guest_index & 1);
}

int64_t port_control(uint32_t guest_index, uint32_t operation)
{
	if (!is_controlled(guest_index)) {
		return SKERRY_DENIED;
	}
	if (operation >= SKERRY_CONTROL_COUNT) {
		return SKERRY_INVALID;
	}
	fake.guest = guest_index;
	fake.operation = operation;
	fake.asked++;
	return fake.answer;
}

int64_t port_stats(uint32_t guest_index)
{
	if (!fake.has_stats || !is_controlled(guest_index)) {
		return fake.has_stats ? SKERRY_DENIED : SKERRY_NOT_SUPPORTED;
	}
	fake.steps++;
	if (fake.on_stats) {
		fake.on_stats(guest_index);
	}
	fake.page[guest_index].now = fake.now;
	return SKERRY_OK;
}

const struct skerry_stats *port_page(uint32_t guest_index)
{
	return fake.has_stats && is_controlled(guest_index) ? &fake.page[guest_index] : NULL;
}

int64_t port_crash_read(uint32_t guest_index, uint32_t offset, uint64_t words[16])
{
	uint32_t left = sizeof(fake.record) - offset, n = left < 128 ? left : 128;

	if (!is_controlled(guest_index)) {
		return SKERRY_DENIED;
	}
	if (!(fake.has_record >> guest_index & 1)) {
		return SKERRY_AGAIN;
	}
	if (offset >= sizeof(fake.record)) {
		return offset % 8 ? SKERRY_INVALID : 0;
	}
	memset(words, 0, 128);
	memcpy(words, (const uint8_t *)&fake.record + offset, n);
	return n;
}

const struct skerry_log *port_log(void) { return fake.log; }
