// SPDX-License-Identifier: BSD-2-Clause
/*
 * Identification of an SD card; see sd_card.h. Section numbers are the Physical Layer
 * Simplified Specification's (6.00). Every step has two functions: what it begins, and where
 * its end leads to.
 */
#include "sd_card.h"

#define IDENTIFY_HZ	400000u		/* EMMC2 may hang below 200 kHz, with a fast VideoCore */
#define HCS		(1u << 30)	/* ACMD41: high capacity */
#define VOLTAGES	0x00ff8000u	/* 2.7 to 3.6 V */
#define OCR_READY	(1u << 31)
#define PATTERN		0x1aau		/* CMD8: 2.7 to 3.6 V, a check pattern */
#define OP_COND_US	10000u		/* between two ACMD41 */
#define OP_COND_TRIES	150u		/* more than the second that a card may take */
#define SWITCH_CHECK	0x00fffff1u	/* CMD6: is function 1 of group 1 there? */
#define SWITCH_SET	0x80fffff1u
#define SCR_WIDE	(4u << 16)
#define SCR_COUNT	2u
#define SCR_VERSION	(15u << 24)

enum step {
	RESET, POWER, CLOCK, SETTLE, IDLE, IF_COND, IF_COND_RESET, APP_OP_COND, OP_COND,
	OP_COND_PAUSE, CID, RCA, CSD, SELECT, LENGTH, APP_SCR, SCR, APP_WIDTH, WIDTH, SWITCH_ASK,
	SWITCH, SWITCH_RESET, SPEED, DONE, FAILED,
};

static struct {
	struct sd_card *card;
	uint32_t slower;
	enum step step;
	uint32_t tries;			/* ACMD41 */
	bool has_if_cond;		/* it answered CMD8 */
	bool has_switch;		/* its version has CMD6 */
	uint8_t bytes[64] __attribute__((aligned(4)));	/* what SCR and CMD6 give */
	struct vqv_part part;
	struct sd_data data;
	const char *why;
} s;

static void command(uint32_t index, enum sd_reply reply, uint32_t argument)
{
	const struct sd_command c = { .index = (uint8_t)index, .reply = (uint8_t)reply,
				      .argument = argument };

	sdhci_command(&c);
}

/* A command that gives `size` bytes. */
static void ask(uint32_t index, uint32_t argument, uint32_t size)
{
	struct sd_command c = { .index = (uint8_t)index, .reply = SD_R1, .argument = argument,
				.data = &s.data };

	memset(s.bytes, 0, sizeof(s.bytes));
	s.part = (struct vqv_part){ s.bytes, size };
	s.data = (struct sd_data){ .part = &s.part, .part_count = 1, .block_size = size,
				   .blocks = 1 };
	sdhci_command(&c);
}

/* `size` bits from `low` on of an answer of 128 bits whose lowest 8 are not there. */
static uint32_t long_bits(const uint32_t *word, uint32_t low, uint32_t size)
{
	uint64_t two;

	low -= 8;
	two = word[low / 32] | (uint64_t)(low / 32 < 3 ? word[low / 32 + 1] : 0) << 32;
	return (uint32_t)(two >> low % 32) & (uint32_t)((1ull << size) - 1);
}

static enum step fail(const char *why)
{
	s.why = why;
	return FAILED;
}

static void do_app(void)
{
	command(55, SD_R1, s.card->rca);
}

/* Also in the answer: the last command was illegal, which CMD8 may be. */
static enum step end_app(uint32_t errors)
{
	if (errors || !(sdhci_answer(0) & SD_S_APP)) {
		return fail(s.step == APP_OP_COND ? "no SD card answers" :
			    "the SD card takes no application command");
	}
	return s.step + 1;
}

static enum step end_any(uint32_t errors)
{
	return errors ? fail("the SD host controller does not come up") : s.step + 1;
}

static enum step end_command(uint32_t errors)
{
	return errors ? fail("the SD card does not come up") : s.step + 1;
}

static void do_clock(void)
{
	sdhci_clock(IDENTIFY_HZ);
}

/* 6.4.1: 1 ms and 74 clocks after it has power. */
static void do_settle(void)
{
	sdhci_pause(1000);
}

static void do_idle(void)
{
	s.card->rca = 0;
	command(0, SD_R0, 0);
}

static void do_if_cond(void)
{
	command(8, SD_R7, PATTERN);
}

/* 4.3.13: a card of version 1 does not answer. */
static enum step end_if_cond(uint32_t errors)
{
	s.has_if_cond = !errors && (sdhci_answer(0) & 0xfff) == PATTERN;
	s.tries = 0;
	if (errors & ~SD_E_NO_ANSWER) {
		return fail("the SD card does not come up");
	}
	if (errors) {
		return IF_COND_RESET;
	}
	return s.has_if_cond ? APP_OP_COND : fail("the SD card does not take 3.3 V");
}

static void do_op_cond(void)
{
	command(41, SD_R3, VOLTAGES | (s.has_if_cond ? HCS : 0));
}

static enum step end_op_cond(uint32_t errors)
{
	uint32_t ocr = sdhci_answer(0);

	if (errors || !(ocr & VOLTAGES)) {
		return fail("the card is no SD memory card");
	}
	if (!(ocr & OCR_READY)) {
		return ++s.tries < OP_COND_TRIES ? OP_COND_PAUSE :
			fail("the SD card does not become ready");
	}
	s.card->is_block_addressed = ocr & HCS;
	return CID;
}

static void do_op_cond_pause(void)
{
	sdhci_pause(OP_COND_US);
}

static enum step end_op_cond_pause(uint32_t errors)
{
	(void)errors;
	return APP_OP_COND;
}

static void do_cid(void)
{
	command(2, SD_R2, 0);
}

static enum step end_cid(uint32_t errors)
{
	for (uint32_t i = 0; i < 4; i++) {
		s.card->cid[i] = sdhci_answer(i);
	}
	return end_command(errors);
}

static void do_rca(void)
{
	command(3, SD_R6, 0);
}

static enum step end_rca(uint32_t errors)
{
	s.card->rca = sdhci_answer(0) & 0xffff0000;
	return end_command(errors);
}

static void do_csd(void)
{
	command(9, SD_R2, s.card->rca);
}

/* 5.3.2, 5.3.3: version 1 gives blocks of a size, version 2 units of 512 KiB. */
static enum step end_csd(uint32_t errors)
{
	uint32_t word[4];

	if (errors) {
		return end_command(errors);
	}
	for (uint32_t i = 0; i < 4; i++) {
		word[i] = sdhci_answer(i);
	}
	switch (long_bits(word, 126, 2)) {
	case 0:
		s.card->sectors = ((uint64_t)long_bits(word, 62, 12) + 1) <<
				  (long_bits(word, 47, 3) + 2) << long_bits(word, 80, 4) >> 9;
		break;
	case 1:
		s.card->sectors = ((uint64_t)long_bits(word, 48, 22) + 1) << 10;
		break;
	default:
		return fail("the SD card is of an unknown kind");
	}
	s.card->is_read_only = long_bits(word, 12, 2) || sdhci_is_protected();
	return SELECT;
}

static void do_select(void)
{
	command(7, SD_R1B, s.card->rca);
}

static enum step end_select(uint32_t errors)
{
	if (!errors && (sdhci_answer(0) & SD_S_LOCKED)) {
		return fail("the SD card is locked by a password");
	}
	return end_command(errors);
}

/* 4.3.2: of use to SDSC only, others have blocks of 512 bytes. */
static void do_length(void)
{
	command(16, SD_R1, SECTOR_SIZE);
}

static void do_scr(void)
{
	ask(51, 0, 8);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* 5.6 */
static enum step end_scr(uint32_t errors)
{
	uint32_t scr = be32(s.bytes);

	s.card->is_wide = (scr & SCR_WIDE) && !sdhci_info()->is_one_bit;
	s.card->has_count = scr & SCR_COUNT;
	s.has_switch = (scr & SCR_VERSION) && sdhci_info()->has_high_speed;
	s.card->hz = SD_FULL_HZ;
	if (errors) {
		return end_command(errors);
	}
	return s.card->is_wide ? APP_WIDTH : s.has_switch ? SWITCH_ASK : SPEED;
}

static void do_width(void)
{
	command(6, SD_R1, 2);
}

static enum step end_width(uint32_t errors)
{
	if (errors) {
		return end_command(errors);
	}
	sdhci_set_bus(true, false);
	return s.has_switch ? SWITCH_ASK : SPEED;
}

static void do_switch_ask(void)
{
	ask(6, SWITCH_CHECK, 64);
}

/* 4.3.10.4: bits 400 to 415 say which functions of group 1 there are. A card that does
 * not know this command stays as fast as it is. */
static enum step end_switch_ask(uint32_t errors)
{
	if (errors & ~SD_E_NO_ANSWER) {
		return end_command(errors);
	}
	if (errors) {
		return SWITCH_RESET;
	}
	return s.bytes[13] & 2 ? SWITCH : SPEED;
}

static void do_switch(void)
{
	ask(6, SWITCH_SET, 64);
}

/* Bits 376 to 379: the function of group 1 that it has now. */
static enum step end_switch(uint32_t errors)
{
	if (errors) {
		return end_command(errors);
	}
	if ((s.bytes[16] & 15) == 1) {
		s.card->hz = SD_HIGH_HZ;
		s.card->is_high_speed = true;
		sdhci_set_bus(s.card->is_wide, true);
	}
	return SPEED;
}

static enum step end_switch_reset(uint32_t errors)
{
	(void)errors;
	return SPEED;
}

static void do_speed(void)
{
	sdhci_clock(s.card->hz >> s.slower);
}

static const struct {
	void (*begin)(void);
	enum step (*end)(uint32_t errors);
} steps[] = {
	[RESET] = { sdhci_reset_all, end_any },
	[POWER] = { sdhci_power, end_any },
	[CLOCK] = { do_clock, end_any },
	[SETTLE] = { do_settle, end_any },
	[IDLE] = { do_idle, end_any },
	[IF_COND] = { do_if_cond, end_if_cond },
	[IF_COND_RESET] = { sdhci_reset_lines, end_any },
	[APP_OP_COND] = { do_app, end_app },
	[OP_COND] = { do_op_cond, end_op_cond },
	[OP_COND_PAUSE] = { do_op_cond_pause, end_op_cond_pause },
	[CID] = { do_cid, end_cid },
	[RCA] = { do_rca, end_rca },
	[CSD] = { do_csd, end_csd },
	[SELECT] = { do_select, end_select },
	[LENGTH] = { do_length, end_command },
	[APP_SCR] = { do_app, end_app },
	[SCR] = { do_scr, end_scr },
	[APP_WIDTH] = { do_app, end_app },
	[WIDTH] = { do_width, end_width },
	[SWITCH_ASK] = { do_switch_ask, end_switch_ask },
	[SWITCH] = { do_switch, end_switch },
	[SWITCH_RESET] = { sdhci_reset_lines, end_switch_reset },
	[SPEED] = { do_speed, end_any },
};

void sd_card_begin(struct sd_card *card, uint32_t slower)
{
	memset(card, 0, sizeof(*card));
	s.card = card;
	s.slower = slower;
	s.why = NULL;
	s.step = RESET;
	steps[RESET].begin();
}

bool sd_card_next(uint32_t errors, const char **why)
{
	s.step = steps[s.step].end(errors);
	*why = s.why;
	if (s.step >= DONE) {
		return true;
	}
	steps[s.step].begin();
	return false;
}
