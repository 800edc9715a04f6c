// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SD host controller; see sdhci.h. Its interrupt is closed by the handler and opened
 * again before sleeping, so all else here runs in the main loop. The controllers of the
 * BCM2711 lose a write to a register that follows another within two clocks of the card, so
 * each write is followed by a gap (BCM2835 ARM Peripherals, chapter 5); the data port is free
 * of that.
 */
#include "sdhci.h"
#include "adma.h"
#include "sdhci_regs.h"

#define ASSUMED_HZ	250000000u	/* where nobody tells the base clock: the fastest */
#define GAP_CLOCKS	4u		/* of the card, after a write */
#define SPIN		50u		/* looks before the main loop does something else */
#define LOOK_US		1000u		/* between two looks at what has no interrupt */
#define WATCH_US	50000u		/* and at what should have one */
#define COMMAND_US	100000u		/* patience with an answer, */
#define READ_US		1000000u	/* with the next block, or by DMA the last, */
#define BUSY_US		3000000u	/* with a card that writes or is busy */
#define BLOCKS_AT_ONCE	16u		/* by PIO, before the main loop goes around */
#define WORDS_MAX	128u		/* of a block */
#define EVENTS		(SDHCI_COMMAND_DONE | SDHCI_TRANSFER_DONE | SDHCI_WRITE_READY | \
			 SDHCI_READ_READY)
#define CARD_EVENTS	(SDHCI_CARD_CAME | SDHCI_CARD_LEFT)

enum operation { IDLE, RESET, CLOCK, PAUSE, COMMAND };

static struct {
	struct sd_wiring wiring;
	struct sd_host_info info;
	uint32_t version;
	uint32_t hz, next_hz;		/* of the card's clock, 0: off; after CLOCK */
	uint32_t control;		/* register, as written last */
	enum operation operation;
	uint64_t deadline;		/* of the operation */
	uint32_t reset;			/* RESET: the bits that must go */
	uint32_t patience;		/* COMMAND: us, from its answer on or a block's by PIO */
	uint32_t missing;		/* events that have not come */
	const struct sd_command *command;
	struct sd_command held;
	uint32_t moved;			/* blocks, by PIO */
	bool has_more;			/* PIO: goes on without an interrupt */
	bool has_left;			/* the card has */
	volatile uint32_t open;		/* events that interrupt */
} h;

static void gap(void)
{
	sd_pause_ns(h.hz ? (uint32_t)(1000000000ull * GAP_CLOCKS / h.hz) : 10000);
}

static void put(uint32_t offset, uint32_t value)
{
	sd_write(offset, value);
	gap();
}

const struct sd_host_info *sdhci_info(void)
{
	return &h.info;
}

/* 2.2.26: bits 15..8, in MHz; of version 2 six bits of them. */
static uint32_t base_clock(uint32_t capabilities)
{
	uint32_t mhz = capabilities >> 8 & (h.version >= 2 ? 0xff : 0x3f);

	return h.wiring.base_hz ? h.wiring.base_hz : mhz ? mhz * 1000000 : ASSUMED_HZ;
}

void sdhci_open(const struct sd_wiring *w)
{
	uint32_t c = sd_read(SDHCI_CAPABILITIES);

	memset(&h, 0, sizeof(h));
	h.wiring = *w;
	h.version = sd_read(SDHCI_VERSION) >> 16 & 0xff;
	h.info.has_high_speed = w->is_arasan || (c & SDHCI_CAP_HIGH_SPEED);
	h.info.has_dma = !w->is_arasan && (c & SDHCI_CAP_ADMA2) && adma_open();
	h.info.is_one_bit = w->is_one_bit;
	h.info.base_hz = base_clock(c);
}

static void begin(enum operation o, uint64_t us)
{
	h.operation = o;
	h.deadline = sd_now_us() + us;
}

static void reset(uint32_t bits)
{
	h.reset = bits;
	h.has_more = false;
	put(SDHCI_CLOCK, (sd_read(SDHCI_CLOCK) & 0x00ffffff) | bits);
	begin(RESET, COMMAND_US);
}

void sdhci_reset_all(void)
{
	h.hz = 0;
	h.control = 0;
	reset(SDHCI_RESET_ALL);
	h.open = 0;		/* the reset closes all interrupts */
}

void sdhci_reset_lines(void)
{
	reset(SDHCI_RESET_COMMAND | SDHCI_RESET_DATA);
}

void sdhci_power(void)
{
	h.control = SDHCI_POWER_33;
	put(SDHCI_CONTROL, h.control);
	put(SDHCI_STATUS_ENABLE, SDHCI_ERRORS | EVENTS | (h.wiring.has_detect ? CARD_EVENTS : 0));
	sdhci_pause(LOOK_US);
}

void sdhci_set_bus(bool is_wide, bool is_high_speed)
{
	h.control &= ~(SDHCI_WIDE | SDHCI_HIGH_SPEED);
	h.control |= is_wide ? SDHCI_WIDE : 0;
	h.control |= is_high_speed && !h.wiring.is_arasan ? SDHCI_HIGH_SPEED : 0;
	put(SDHCI_CONTROL, h.control);
}

/* The divider's bits for at most `hz`, and what comes of it: 2N in ten bits from version 3.00
 * on, before a power of two (2.2.14). */
static uint32_t divider(uint32_t hz, uint32_t *real)
{
	uint32_t n = 0, most = h.version >= 2 ? 1023 : 128;

	while (n < most && h.info.base_hz / (n ? 2 * n : 1) > hz) {
		n = h.version >= 2 ? n + 1 : n ? n * 2 : 1;
	}
	*real = h.info.base_hz / (n ? 2 * n : 1);
	return (n & 0xff) << 8 | (n >> 8) << 6;
}

void sdhci_clock(uint32_t hz)
{
	uint32_t real, bits;

	if (h.wiring.max_hz && hz > h.wiring.max_hz) {
		hz = h.wiring.max_hz;
	}
	bits = divider(hz, &real) | SDHCI_TIMEOUT_MAX;
	put(SDHCI_CLOCK, sd_read(SDHCI_CLOCK) & ~SDHCI_CARD_CLOCK & 0x00ffffff);
	h.hz = 0;
	h.next_hz = real;
	put(SDHCI_CLOCK, bits);
	put(SDHCI_CLOCK, bits | SDHCI_CLOCK_ON);
	begin(CLOCK, COMMAND_US);
}

void sdhci_pause(uint32_t us)
{
	begin(PAUSE, us);
}

/* 2.2.6: the kind of answer, and what of it the controller can check. */
static uint32_t reply_bits(enum sd_reply reply)
{
	static const uint32_t bits[] = {
		[SD_R1] = SDHCI_REPLY_SHORT | SDHCI_CHECK_CRC | SDHCI_CHECK_INDEX,
		[SD_R1B] = SDHCI_REPLY_BUSY | SDHCI_CHECK_CRC | SDHCI_CHECK_INDEX,
		[SD_R2] = SDHCI_REPLY_LONG | SDHCI_CHECK_CRC,
		[SD_R3] = SDHCI_REPLY_SHORT,
		[SD_R6] = SDHCI_REPLY_SHORT | SDHCI_CHECK_CRC | SDHCI_CHECK_INDEX,
		[SD_R7] = SDHCI_REPLY_SHORT | SDHCI_CHECK_CRC | SDHCI_CHECK_INDEX,
	};

	return bits[reply];
}

static uint32_t data_begin(const struct sd_data *d)
{
	uint32_t mode = SDHCI_HAS_DATA | (d->is_write ? 0 : SDHCI_MODE_READ);

	h.moved = 0;
	if (d->by_dma) {
		mode |= SDHCI_MODE_DMA;
		put(SDHCI_ADMA_ADDRESS, adma_table());
		put(SDHCI_CONTROL, h.control | SDHCI_ADMA2);
	}
	put(SDHCI_BLOCK, d->block_size | SDHCI_BOUNDARY | d->blocks << 16);
	return mode | SDHCI_MODE_COUNT | (d->blocks > 1 ? SDHCI_MODE_MULTI : 0);
}

static bool lines_are_busy(bool with_data)
{
	uint32_t lines = SDHCI_COMMAND_BUSY | (with_data ? SDHCI_DATA_BUSY : 0), tries = SPIN;

	while ((sd_read(SDHCI_PRESENT) & lines) && tries) {
		tries--;
	}
	return !tries;
}

/* By DMA no block is seen to end: all of them are waited for, at worst on one line. */
static uint32_t patience(const struct sd_command *c, bool is_long)
{
	const struct sd_data *d = c->data;
	uint64_t line_us = d && d->by_dma && h.hz ? d->blocks * d->block_size * 8000000ull / h.hz :
			   0;

	return !is_long ? COMMAND_US : (d && !d->is_write ? READ_US : BUSY_US) + (uint32_t)line_us;
}

void sdhci_command(const struct sd_command *c)
{
	uint32_t word = (uint32_t)c->index << SDHCI_INDEX_SHIFT | reply_bits(c->reply);
	bool is_abort = c->index == 12, is_long = c->data || c->reply == SD_R1B;

	h.patience = patience(c, is_long);
	h.held = *c;
	h.command = &h.held;
	h.missing = 0;
	begin(COMMAND, COMMAND_US);
	if (lines_are_busy(is_long && !is_abort)) {
		h.command = NULL;		/* sdhci_poll() says so */
		return;
	}
	put(SDHCI_STATUS, SDHCI_ERRORS | EVENTS);
	if (c->data) {
		word |= data_begin(c->data);
	}
	h.missing = SDHCI_COMMAND_DONE | (is_long ? SDHCI_TRANSFER_DONE : 0);
	put(SDHCI_ARGUMENT, c->argument);
	put(SDHCI_COMMAND, word | (is_abort ? SDHCI_ABORT : 0));
}

uint32_t sdhci_answer(uint32_t word)
{
	return sd_read(SDHCI_ANSWER + 4 * word);
}

/* `size` bytes between `block` and the parts, from `at` of them on. */
static void scatter(const struct sd_data *d, uint32_t at, uint8_t *block)
{
	const struct vqv_part *p = d->part;
	uint32_t left = d->block_size;

	while (at >= p->size) {
		at -= p++->size;
	}
	while (left) {
		uint32_t n = p->size - at < left ? p->size - at : left;

		if (d->is_write) {
			memcpy(block, p->at + at, n);
		} else {
			memcpy(p->at + at, block, n);
		}
		block += n;
		left -= n;
		at = 0;
		p++;
	}
}

static void move_block(const struct sd_data *d)
{
	uint32_t word[WORDS_MAX], at = d->skip + h.moved * d->block_size;
	uint32_t words = d->block_size / 4;

	if (d->is_write) {
		scatter(d, at, (uint8_t *)word);
	}
	for (uint32_t i = 0; i < words; i++) {
		if (d->is_write) {
			sd_write(SDHCI_DATA, word[i]);
		} else {
			word[i] = sd_read(SDHCI_DATA);
		}
	}
	if (!d->is_write) {
		scatter(d, at, (uint8_t *)word);
	}
	h.moved++;
}

/* What the buffer holds or takes now, and not for ever. */
static void pio(const struct sd_data *d)
{
	uint32_t ready = d->is_write ? SDHCI_CAN_WRITE : SDHCI_CAN_READ, n = 0;

	h.has_more = false;
	while (h.moved < d->blocks && (sd_read(SDHCI_PRESENT) & ready)) {
		if (n++ == BLOCKS_AT_ONCE) {
			h.has_more = true;
			return;
		}
		move_block(d);
		h.deadline = sd_now_us() + h.patience;
	}
}

static bool end(uint32_t result, uint32_t *errors)
{
	if (h.operation == COMMAND && h.command && h.command->data && h.command->data->by_dma) {
		put(SDHCI_CONTROL, h.control);
	}
	h.operation = IDLE;
	h.has_more = false;
	*errors = result;
	return true;
}

/* A card that was busy for too short a time may not be seen to end that. */
static bool is_quiet(const struct sd_command *c)
{
	return !c->data && h.missing == SDHCI_TRANSFER_DONE &&
	       sd_now_us() + h.patience > h.deadline + LOOK_US &&
	       (sd_read(SDHCI_PRESENT) & (SDHCI_DAT0 | SDHCI_DATA_BUSY)) == SDHCI_DAT0;
}

static bool poll_command(uint32_t *errors)
{
	const struct sd_command *c = h.command;
	uint32_t status = c ? sd_read(SDHCI_STATUS) & (SDHCI_ERRORS | EVENTS) : 0;

	if (!c) {
		return end(SD_E_STUCK, errors);
	}
	if (status) {
		put(SDHCI_STATUS, status);
	}
	if (status & SDHCI_ERRORS) {
		return end(status >> SDHCI_ERRORS_SHIFT, errors);
	}
	h.missing &= ~status;
	if (status & SDHCI_COMMAND_DONE) {
		h.deadline = sd_now_us() + h.patience;
	}
	if (c->data && !c->data->by_dma &&
	    (h.has_more || (status & (SDHCI_READ_READY | SDHCI_WRITE_READY)))) {
		pio(c->data);
	}
	if (!h.missing && c->data && !c->data->by_dma && h.moved < c->data->blocks) {
		return end(SD_E_LATE, errors);	/* it says that all is done, and it is not */
	}
	if (!h.missing || is_quiet(c)) {
		return end(0, errors);
	}
	return sd_now_us() > h.deadline ? end(SD_E_LATE, errors) : false;
}

static bool poll_reset(uint32_t *errors)
{
	for (uint32_t i = 0; i < SPIN; i++) {
		if (!(sd_read(SDHCI_CLOCK) & h.reset)) {
			return end(0, errors);
		}
	}
	return sd_now_us() > h.deadline ? end(SD_E_LATE, errors) : false;
}

static bool poll_clock(uint32_t *errors)
{
	uint32_t clock;

	for (uint32_t i = 0; i < SPIN; i++) {
		clock = sd_read(SDHCI_CLOCK);
		if (clock & SDHCI_CLOCK_STABLE) {
			put(SDHCI_CLOCK, (clock & 0x00ffffff) | SDHCI_CARD_CLOCK);
			h.hz = h.next_hz;
			return end(0, errors);
		}
	}
	return sd_now_us() > h.deadline ? end(SD_E_LATE, errors) : false;
}

static void look_at_card(void)
{
	uint32_t status;

	if (h.wiring.has_detect) {
		status = sd_read(SDHCI_STATUS) & CARD_EVENTS;
		if (status) {
			put(SDHCI_STATUS, status);
			h.has_left |= status & SDHCI_CARD_LEFT;
		}
	}
}

bool sdhci_poll(uint32_t *errors)
{
	*errors = 0;
	look_at_card();
	switch (h.operation) {
	case RESET:
		return poll_reset(errors);
	case CLOCK:
		return poll_clock(errors);
	case PAUSE:
		return sd_now_us() >= h.deadline ? end(0, errors) : false;
	case COMMAND:
		return poll_command(errors);
	default:
		return true;
	}
}

uint32_t sdhci_dma_begin(const struct sd_data *d)
{
	return h.info.has_dma ? adma_begin(d) : 0;
}

void sdhci_dma_end(const struct sd_data *d)
{
	adma_end(d);
}

bool sdhci_has_card(void)
{
	return !h.wiring.has_detect || (sd_read(SDHCI_PRESENT) & SDHCI_CARD_IN);
}

bool sdhci_card_left(void)
{
	bool has_left = h.has_left;

	h.has_left = false;
	return has_left;
}

bool sdhci_is_protected(void)
{
	bool is_writable = sd_read(SDHCI_PRESENT) & SDHCI_WRITABLE;

	return h.wiring.has_protect && is_writable == h.wiring.is_protect_inverted;
}

bool sdhci_before_sleep(void)
{
	uint64_t now = sd_now_us(), step = h.operation == COMMAND ? WATCH_US : LOOK_US;
	uint32_t wanted = (h.operation == COMMAND ? SDHCI_ERRORS | EVENTS : 0) |
			  (h.wiring.has_detect ? CARD_EVENTS : 0);

	if (h.has_more) {
		return true;
	}
	if (wanted & ~h.open) {
		h.open = wanted;
		put(SDHCI_SIGNAL_ENABLE, wanted);
	}
	if (h.operation != IDLE) {
		sd_wake_at(h.operation != COMMAND && h.deadline < now + step ? h.deadline :
			   now + step);
	}
	return false;
}

void sdhci_interrupt(void)
{
	gap();
	put(SDHCI_SIGNAL_ENABLE, 0);
	h.open = 0;
}
