// SPDX-License-Identifier: BSD-2-Clause
/*
 * The controller and the time that guests/drv_block/sd_port.h asks for; see sd_model.h.
 */
#include "sdhci_model.h"
#include <string.h>

struct host_model host;
struct controller r;

void model_wrong(const char *what)
{
	host.wrong = host.wrong ? host.wrong : what;
}

/* --- the registers' insides ------------------------------------------------------- */

uint32_t model_clock(void)
{
	uint32_t n = (r.clock >> 8 & 0xff) | (r.clock >> 6 & 3) << 8;
	uint32_t base = (host.capabilities >> 8 & 0xff) * 1000000;

	if (!(r.clock & SDHCI_CARD_CLOCK) || !(r.clock & SDHCI_CLOCK_ON)) {
		return 0;
	}
	if (host.version < 2 && ((n & (n - 1)) || n > 128)) {
		model_wrong("a divider that version 2 does not have");
	}
	return n ? base / (2 * n) : base;
}

bool model_is_wide(void)
{
	return r.control & SDHCI_WIDE;
}

bool model_is_high_speed(void)
{
	return r.control & SDHCI_HIGH_SPEED;
}

/* --- the registers ------------------------------------------------------------------- */

static uint32_t present(void)
{
	uint32_t v = r.stage != NOTHING || r.is_stuck ? SDHCI_DATA_BUSY : 0;

	v |= r.stage == REPLY || r.is_stuck ? SDHCI_COMMAND_BUSY : 0;
	v |= r.buffer_full ? SDHCI_CAN_READ : 0;
	v |= r.buffer_open ? SDHCI_CAN_WRITE : 0;
	v |= host.card && host.is_card_seen ? SDHCI_CARD_IN : 0;
	v |= host.is_writable ? SDHCI_WRITABLE : 0;
	return v | (card_is_busy(host.card, host.now) ? 0 : SDHCI_DAT0);
}

uint32_t sd_read(uint32_t offset)
{
	host.now += 100;
	model_run();
	switch (offset) {
	case SDHCI_PRESENT:
		return present();
	case SDHCI_CONTROL:
		return r.control;
	case SDHCI_CLOCK:
		return r.clock | (host.now < r.reset_at || host.is_reset_stuck ? 7u << 24 : 0) |
		       ((r.clock & SDHCI_CLOCK_ON) && host.now >= r.clock_stable_at ?
			SDHCI_CLOCK_STABLE : 0);
	case SDHCI_STATUS:
		return r.status;
	case SDHCI_DATA:
		return data_read();
	case SDHCI_CAPABILITIES:
		return host.capabilities;
	case SDHCI_VERSION:
		return host.version << 16;
	default:
		return offset >= SDHCI_ANSWER && offset < SDHCI_ANSWER + 16 ?
			r.answer[(offset - SDHCI_ANSWER) / 4] : 0;
	}
}

static void clock_write(uint32_t value)
{
	uint32_t before = r.clock;

	if (value & SDHCI_RESET_ALL) {
		r.control = r.enable = r.signal = r.block = r.clock = r.status = 0;
		r.stage = NOTHING;
		r.is_stuck = false;
	} else {
		r.clock = value & 0x00ffffff & ~SDHCI_CLOCK_STABLE;
	}
	if (value & (SDHCI_RESET_COMMAND | SDHCI_RESET_DATA)) {
		r.stage = NOTHING;
		r.is_stuck = r.buffer_full = r.buffer_open = false;
		r.status &= ~(SDHCI_COMMAND_DONE | SDHCI_TRANSFER_DONE | SDHCI_READ_READY |
			      SDHCI_WRITE_READY);
	}
	r.reset_at = value >> 24 ? host.now + 5000 : r.reset_at;
	if ((r.clock & SDHCI_CLOCK_ON) && !(before & SDHCI_CLOCK_ON)) {
		r.clock_stable_at = host.now + 200000;
	}
	if ((before & r.clock & SDHCI_CARD_CLOCK) && ((before ^ r.clock) & 0xffc0)) {
		model_wrong("the divider is changed while the card has the clock");
	}
}

void sd_write(uint32_t offset, uint32_t value)
{
	host.now += 100;
	model_run();
	if (offset == SDHCI_DATA) {
		data_write(value);
		return;
	}
	if (host.now < r.write_at) {
		model_wrong("two writes without a gap");
	}
	r.write_at = host.now + (model_clock() ? 2000000000ull / model_clock() : 1000) + 100;
	switch (offset) {
	case SDHCI_BLOCK:
		r.block = value;
		break;
	case SDHCI_ARGUMENT:
		r.argument = value;
		break;
	case SDHCI_COMMAND:
		command_write(value);
		break;
	case SDHCI_CONTROL:
		r.control = value;
		break;
	case SDHCI_CLOCK:
		clock_write(value);
		break;
	case SDHCI_STATUS:
		r.status &= ~value;
		r.status &= r.status & SDHCI_ERRORS ? ~0u : ~SDHCI_ERROR;
		break;
	case SDHCI_STATUS_ENABLE:
		r.enable = value;
		break;
	case SDHCI_SIGNAL_ENABLE:
		r.signal = value;
		break;
	case SDHCI_ADMA_ADDRESS:
		r.adma = value;
		break;
	default:
		model_wrong("a write to a register that is none");
	}
}

/* --- time ---------------------------------------------------------------------------- */

void sd_pause_ns(uint32_t ns)
{
	host.now += ns;
	host.longest_pause = ns > host.longest_pause ? ns : host.longest_pause;
	model_run();
}

uint64_t sd_now_us(void)
{
	host.now += 50;
	return host.now / 1000;
}

void sd_wake_at(uint64_t us)
{
	r.wake_at = !r.wake_at || us * 1000 < r.wake_at ? us * 1000 : r.wake_at;
}

void sd_sleep(void)
{
	uint64_t wake = r.wake_at ? r.wake_at : ~0ull;

	model_run();
	while (!(r.status & r.signal)) {
		uint64_t event = r.stage != NOTHING ? r.at : ~0ull;

		if (event == ~0ull && wake == ~0ull) {
			model_wrong("the driver sleeps for ever");
			return;
		}
		host.now = host.now > (event < wake ? event : wake) ? host.now :
			event < wake ? event : wake;
		model_run();
		if (host.now >= wake) {
			r.wake_at = 0;
			return;
		}
	}
	host.interrupts++;
	sdhci_interrupt();
	if (r.status & r.signal) {
		model_wrong("the interrupt stays up");
	}
}

bool sd_find(struct sd_wiring *w)
{
	*w = (struct sd_wiring){ .has_detect = host.is_card_seen, .has_protect = true,
				 .max_hz = host.max_hz };
	return true;
}

/* --- for the tests ------------------------------------------------------------------- */

void model_begin(struct card_model *card)
{
	memory_begin();
	memset(&r, 0, sizeof(r));
	memset(&host, 0, sizeof(host));
	host.version = 2;
	host.capabilities = 100 << 8 | SDHCI_CAP_HIGH_SPEED;
	host.is_writable = true;
	host.fault_index = -1;
	host.card = card;
	if (card) {
		card_power(card);
		card->state = 5;	/* whoever was here before has left it so */
		card->is_on_wide = true;
		card->rca = 0x77770000;
		memset(card->commands, 0, sizeof(card->commands));
	}
}

void model_fault(enum fault f, uint32_t at, uint32_t count, int index)
{
	host.fault = f;
	host.fault_at = at;
	host.fault_count = count;
	host.fault_index = index;
}

void model_take_out(void)
{
	host.card = NULL;
	if (host.is_card_seen) {
		raise_status(SDHCI_CARD_LEFT);
	}
}

void model_put_in(struct card_model *card)
{
	host.card = card;
	card_power(card);
	if (host.is_card_seen) {
		raise_status(SDHCI_CARD_CAME);
	}
}
