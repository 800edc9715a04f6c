// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the controller does between two accesses: commands, their answers, data by its buffer
 * or by DMA, busy cards, and the faults that a test asks for; see sd_model.h.
 */
#include "sdhci_model.h"
#include <string.h>

#define ERR(bit)	(1u << (SDHCI_ERRORS_SHIFT + (bit)))

void raise_status(uint32_t bits)
{
	r.status |= bits & r.enable;
	if (r.status & SDHCI_ERRORS) {
		r.status |= SDHCI_ERROR;
	}
}

static void next(enum stage stage, uint64_t ns)
{
	r.stage = stage;
	r.at = host.now + ns;
}

static void fail(uint32_t bit)
{
	r.stage = NOTHING;
	r.is_stuck = true;		/* until a reset of the lines */
	raise_status(ERR(bit));
}

static enum fault fault_now(uint32_t index)
{
	if (host.fault == FAULT_NONE || (host.fault_index >= 0 &&
	    (uint32_t)host.fault_index != index) || (host.fault_hz &&
	    model_clock() <= host.fault_hz)) {
		return FAULT_NONE;
	}
	if (host.fault_at > 1) {
		host.fault_at--;
		return FAULT_NONE;
	}
	if (!host.fault_count) {
		return FAULT_NONE;
	}
	host.fault_count -= host.fault_count != ~0u;
	return host.fault;
}

static void check_clock(uint32_t hz)
{
	struct card_model *c = host.card;

	if (hz > (c->state < 3 ? 400000u : c->is_on_high_speed ? 50000000u : 25000000u)) {
		model_wrong("the clock is too fast for the card");
	}
	if (c->state < 3 && hz < 200000) {	/* a card's least is half of that, EMMC2's is not */
		model_wrong("the clock is too slow for an identification");
	}
}

void command_write(uint32_t value)
{
	bool needs_data = value & SDHCI_HAS_DATA;

	if (r.stage != NOTHING || r.is_stuck) {
		model_wrong("a command while a line is in use");
	}
	if (r.status & STATUS_ALL) {
		model_wrong("a command with old events");
	}
	r.command = value;
	r.index = value >> SDHCI_INDEX_SHIFT & 63;
	r.blocks = needs_data ? r.block >> 16 : 0;
	r.word = 0;
	r.buffer_full = r.buffer_open = false;
	host.commands++;
	if (host.leaves_at && --host.leaves_at == 0) {
		model_take_out();
	}
	r.fault = fault_now(r.index);
	next(REPLY, 20000);
	if (needs_data && (value & SDHCI_MODE_DMA) && (r.control & (3 << 3)) != SDHCI_ADMA2) {
		model_wrong("DMA that is not chosen");
	}
}

static void data_begin(void)
{
	uint64_t bits = r.blocks * (r.block & 0xfff) * 8ull;

	if (r.command & SDHCI_MODE_DMA) {
		next(DMA, 100000 + bits / (model_is_wide() ? 4 : 1) * 1000000000 / model_clock());
	} else if (r.command & SDHCI_MODE_READ) {
		next(GIVE, 10000);
	} else {
		r.buffer_open = true;
		raise_status(SDHCI_WRITE_READY);
		r.stage = TAKE;
		r.at = ~0ull;
	}
}

static bool reply_fault(void)
{
	static const uint8_t bit[] = { [FAULT_NO_ANSWER] = 0, [FAULT_CRC] = 1,
				       [FAULT_END_BIT] = 2, [FAULT_INDEX] = 3 };

	if (r.fault < FAULT_NO_ANSWER || r.fault > FAULT_INDEX ||
	    !(r.command & SDHCI_REPLY_BUSY)) {
		return false;
	}
	fail(bit[r.fault]);
	return true;
}

static void reply(void)
{
	struct card_model *c = host.card;
	uint32_t hz = model_clock();
	bool is_answered = false;

	r.stage = NOTHING;
	if (r.fault == FAULT_SILENCE) {
		r.is_stuck = true;
		return;
	}
	if (c && hz && (r.control & SDHCI_POWER_33)) {
		check_clock(hz);
		is_answered = r.fault != FAULT_NO_ANSWER &&
			      card_command(c, r.index, r.argument, r.answer);
	}
	if (reply_fault()) {
		return;
	}
	if (!is_answered && (r.command & SDHCI_REPLY_BUSY)) {
		fail(0);
		return;
	}
	if (r.fault == FAULT_STATUS && r.index != 2 && r.index != 3 && r.index != 8 &&
	    r.index != 9 && r.index != 41) {
		r.answer[0] |= 1u << 19;
	}
	raise_status(SDHCI_COMMAND_DONE);
	if (r.command & SDHCI_HAS_DATA) {
		data_begin();
	} else if ((r.command & SDHCI_REPLY_BUSY) == SDHCI_REPLY_BUSY) {
		next(BUSY, 1000);
	}
}

static bool data_fault(void)
{
	static const uint8_t bit[] = { [FAULT_DATA_TIMEOUT] = 4, [FAULT_DATA_CRC] = 5,
				       [FAULT_DATA_END] = 6, [FAULT_ADMA] = 9 };

	if (r.fault < FAULT_DATA_TIMEOUT || r.fault > FAULT_ADMA ||
	    (r.fault == FAULT_ADMA && r.stage != DMA)) {
		return false;
	}
	fail(bit[r.fault]);
	return true;
}

static void block_given(void)
{
	if (r.fault && r.blocks > 1 && r.blocks == r.block >> 16) {
		/* a fault of the data comes in its second block */
	} else if (data_fault()) {
		return;
	}
	if (!host.card || !card_gives(host.card, r.buffer, r.block & 0xfff)) {
		fail(4);
		return;
	}
	r.buffer_full = true;
	r.word = 0;
	r.stage = GIVE;
	r.at = ~0ull;
	raise_status(SDHCI_READ_READY);
}

static void transfer_end(void)
{
	next(BUSY, 1000);
}

uint32_t data_read(void)
{
	uint32_t value = 0;

	if (r.stage != GIVE || !r.buffer_full) {
		model_wrong("a read of an empty buffer");
		return 0;
	}
	host.data_words++;
	memcpy(&value, r.buffer + 4 * r.word++, 4);
	if (4 * r.word == (r.block & 0xfff)) {
		r.buffer_full = false;
		if (--r.blocks) {
			next(GIVE, 10000);
		} else {
			transfer_end();
		}
	}
	return value;
}

void data_write(uint32_t value)
{
	if (r.stage != TAKE || !r.buffer_open) {
		model_wrong("a write into a full buffer");
		return;
	}
	host.data_words++;
	memcpy(r.buffer + 4 * r.word++, &value, 4);
	if (4 * r.word == (r.block & 0xfff)) {
		r.buffer_open = false;
		r.word = 0;
		next(TAKE, 10000);
	}
}

static void block_taken(void)
{
	if (data_fault()) {
		return;
	}
	if (!host.card || !card_takes(host.card, r.buffer, host.now)) {
		fail(4);
		return;
	}
	if (--r.blocks) {
		r.buffer_open = true;
		r.at = ~0ull;
		raise_status(SDHCI_WRITE_READY);
	} else {
		transfer_end();
	}
}

/* A block to or from memory as the device sees it. */
static bool dma_block(uint32_t bus)
{
	bool is_read = r.command & SDHCI_MODE_READ;
	uint8_t *at = device_memory(bus, 512, is_read);

	host.dma_bytes += 512;
	return is_read ? card_gives(host.card, at, 512) : card_takes(host.card, at, host.now);
}

static void dma(void)
{
	uint32_t table = r.adma, descriptor[2];

	if (data_fault()) {
		return;
	}
	do {
		uint8_t *at = device_memory(table, 8, false);
		uint32_t length;

		if (!at || table % 4) {
			fail(9);
			return;
		}
		memcpy(descriptor, at, 8);
		length = descriptor[0] >> 16;
		if ((descriptor[0] & 0x3d) != (ADMA_VALID | ADMA_TRANSFER) ||
		    descriptor[1] % 4 || !length || length % 512) {
			fail(9);
			return;
		}
		for (; length; length -= 512, descriptor[1] += 512) {
			if (!device_memory(descriptor[1], 512, false) || !r.blocks ||
			    !host.card) {
				fail(9);
				return;
			}
			if (!dma_block(descriptor[1])) {
				fail(4);
				return;
			}
			r.blocks--;
		}
		table += 8;
	} while (!(descriptor[0] & ADMA_END));
	if (r.blocks) {
		model_wrong("a descriptor table that ends before the data");
	}
	transfer_end();
}

static void busy(void)
{
	uint64_t until = host.card ? host.card->busy_until : 0;

	if (until > host.now) {
		r.at = until;
		return;
	}
	r.stage = NOTHING;
	if (r.fault != FAULT_BUSY) {
		raise_status(SDHCI_TRANSFER_DONE);
	}
}

void model_run(void)
{
	while (r.stage != NOTHING && r.at <= host.now) {
		switch (r.stage) {
		case REPLY:
			reply();
			break;
		case GIVE:
			block_given();
			break;
		case TAKE:
			block_taken();
			break;
		case DMA:
			dma();
			break;
		default:
			busy();
			break;
		}
	}
}
