// SPDX-License-Identifier: BSD-2-Clause
/*
 * The mailbox to VideoCore (BCM2835 ARM Peripherals, 1.3, and the firmware's documentation,
 * "Mailboxes"), channel 8; see firmware.h. It reads and writes the message in memory, not
 * coherently: the cache line is cleaned before and dropped after. What comes with another
 * address than the message's is an answer to an earlier life, whose message lay elsewhere.
 */
#include "firmware.h"
#include "../lib/mmu.h"
#include "../lib/tree.h"

enum {				/* offsets */
	READ = 0x00, READ_STATUS = 0x18, WRITE = 0x20, WRITE_STATUS = 0x38,
};

#define IS_EMPTY	(1u << 30)
#define IS_FULL		(1u << 31)
#define CHANNEL		8u
#define ADDRESS_MASK	(~15u)
#define CODE_DONE	0x80000000u	/* of a message, and of a tag with its answer's size */
#define LIMIT_US	100000
#define LINE		64u

struct message {
	uint32_t size, code;
	uint32_t tag, value_size, tag_code, value[FW_WORDS];
	uint32_t end;
	uint32_t pad[LINE / 4 - 6 - FW_WORDS];
};

_Static_assert(sizeof(struct message) == LINE, "a cache line");

static struct message messages[2] __attribute__((aligned(LINE)));	/* by life */
static uint64_t registers;
static struct message *message;
static uint32_t bus;			/* where VideoCore finds it */
static bool is_out;			/* its answer has not come */

const char *firmware_open(void)
{
	uint64_t at;
	struct tree_device mailbox;

	if (message) {
		return NULL;
	}
	if (!tree_device("brcm,bcm2835-mbox", 0, &mailbox)) {
		return "no brcm,bcm2835-mbox is assigned";
	}
	if (!tree_device_dma(&mailbox, (uint64_t)&messages[guest_life() & 1], LINE, &at) ||
	    at > UINT32_MAX - LINE) {
		return "VideoCore does not reach this guest's memory";
	}
	registers = mailbox.base;
	bus = (uint32_t)at;
	message = &messages[guest_life() & 1];
	return NULL;
}

/* Takes what has come; true: the answer was among it. */
static bool take(void)
{
	while (!(read32(registers + READ_STATUS) & IS_EMPTY)) {
		if (read32(registers + READ) == (bus | CHANNEL)) {
			is_out = false;
		}
	}
	return !is_out;
}

/* The message there and back. */
static bool exchange(void)
{
	uint64_t end = time_now() + us_to_ticks(LIMIT_US);

	while (read32(registers + WRITE_STATUS) & IS_FULL) {
		if (time_now() > end) {
			return false;
		}
	}
	cache_clean_invalidate(message, LINE);
	is_out = true;
	write32(registers + WRITE, bus | CHANNEL);
	while (!take()) {
		if (time_now() > end) {
			return false;
		}
		cpu_relax();
	}
	dsb();				/* its answer is there before it is looked at */
	cache_clean_invalidate(message, LINE);
	return true;
}

bool firmware_ask(uint32_t tag, uint32_t *value, uint32_t words)
{
	volatile struct message *m = message;

	if (!message || !take()) {
		return false;			/* still at work on what was asked before */
	}
	*m = (struct message){ .size = LINE, .tag = tag, .value_size = FW_WORDS * 4 };
	for (uint32_t i = 0; i < words && i < FW_WORDS; i++) {
		m->value[i] = value[i];
	}
	if (!exchange() || m->code != CODE_DONE || !(m->tag_code & CODE_DONE) ||
	    (m->tag_code & ~CODE_DONE) < 8) {
		return false;
	}
	for (uint32_t i = 0; i < words && i < FW_WORDS; i++) {
		value[i] = m->value[i];
	}
	return true;
}
