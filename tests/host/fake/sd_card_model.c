// SPDX-License-Identifier: BSD-2-Clause
/*
 * The card; see sd_model.h. Section numbers are the Physical Layer's. A command that its
 * state does not allow gets no answer, and ILLEGAL_COMMAND stands in the next one (4.7.5).
 */
#include "sd_model.h"
#include <string.h>

enum { IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG };

#define ILLEGAL		(1u << 22)
#define OUT_OF_RANGE	(1u << 31)
#define ECC_FAILED	(1u << 21)
#define LOCKED		(1u << 25)
#define CARD_ERROR	(1u << 19)
#define UNLIMITED	~0u
#define CARDS		2u

static uint8_t special[64];		/* what SCR and CMD6 give */
static uint32_t special_size;

static uint64_t tags[CARDS][MODEL_SECTORS];
static uint8_t contents[CARDS][MODEL_SECTORS][512];
static bool is_used[CARDS];

struct card_model card_make(enum sd_kind kind, uint64_t sectors, uint32_t serial)
{
	uint32_t i = 0;

	while (is_used[i]) {
		i++;
	}
	is_used[i] = true;
	memset(tags[i], 0, sizeof(tags[i]));
	return (struct card_model){
		.kind = kind, .sectors = sectors, .serial = serial, .has_count = true,
		.has_high_speed = kind != KIND_SDSC_1, .is_wide = true, .program_us = 200,
		.tag = tags[i], .content = contents[i][0],
	};
}

void card_free(struct card_model *c)
{
	for (uint32_t i = 0; i < CARDS; i++) {
		is_used[i] &= c->tag != tags[i];
	}
}

uint8_t *card_sector(struct card_model *c, uint64_t sector)
{
	uint32_t at = sector % MODEL_SECTORS;

	if (c->tag[at] != sector + 1) {
		c->tag[at] = sector + 1;
		memset(c->content + at * 512, 0, 512);
	}
	return c->content + at * 512;
}

void card_power(struct card_model *c)
{
	c->state = IDLE;
	c->rca = c->tries = c->ocr = c->next_errors = c->count = c->left = 0;
	c->is_app = c->is_on_wide = c->is_on_high_speed = false;
	c->busy_until = 0;
	special_size = 0;
}

/* A field of a 128-bit register whose lowest 8 bits the controller leaves out. */
static void set_bits(uint32_t *word, uint32_t low, uint32_t size, uint32_t value)
{
	for (uint32_t i = 0; i < size; i++) {
		uint32_t bit = low + i - 8;

		word[bit / 32] |= (value >> i & 1) << bit % 32;
	}
}

static void csd(const struct card_model *c, uint32_t *word)
{
	memset(word, 0, 16);
	set_bits(word, 12, 1, c->is_protected);
	if (c->kind == KIND_SDHC || c->kind == KIND_SDXC) {
		set_bits(word, 126, 2, 1);
		set_bits(word, 80, 4, 9);
		set_bits(word, 48, 22, (uint32_t)(c->sectors / 1024 - 1));
	} else {	/* blocks of 1,024 bytes, 512 of them a unit: 2 GB cards have that */
		set_bits(word, 80, 4, 10);
		set_bits(word, 47, 3, 7);
		set_bits(word, 62, 12, (uint32_t)(c->sectors / 1024 - 1));
	}
}

static void scr(const struct card_model *c)
{
	memset(special, 0, sizeof(special));
	special[0] = c->has_high_speed ? 2 : 0;
	special[1] = c->is_wide ? 5 : 1;
	special[3] = c->has_count ? 2 : 0;
	special_size = 8;
}

static void function(struct card_model *c, uint32_t argument)
{
	memset(special, 0, sizeof(special));
	special[13] = 3;
	special[16] = (argument & 15) == 1 ? 1 : 0;
	special_size = 64;
	if (argument >> 31 && special[16] == 1) {
		c->is_on_high_speed = true;
	}
}

static bool transfer(struct card_model *c, uint32_t state, uint32_t argument, bool is_multi)
{
	bool by_block = c->kind == KIND_SDHC || c->kind == KIND_SDXC;

	if (c->state != TRAN || (!by_block && argument % 512)) {
		return false;
	}
	c->at = by_block ? argument : argument / 512;
	c->left = is_multi ? (c->count ? c->count : UNLIMITED) : 1;
	c->count = 0;
	c->state = state;
	special_size = 0;
	if (c->at >= c->sectors) {
		c->next_errors |= OUT_OF_RANGE;
		c->state = TRAN;
	}
	return true;
}

static bool special_data(struct card_model *c)
{
	if (c->state != TRAN) {
		return false;
	}
	c->state = DATA;
	c->left = 1;
	return true;
}

/* 4.2.3: the card is ready at the third question. */
static bool op_cond(struct card_model *c, uint32_t argument, uint32_t *answer)
{
	bool wants_high = c->kind == KIND_SDHC || c->kind == KIND_SDXC;

	if (c->kind == KIND_MMC || (c->state != IDLE && c->state != READY)) {
		return false;
	}
	answer[0] = 0x00ff8000;
	if (++c->tries > 2 && !c->never_ready && (!wants_high || (argument >> 30 & 1))) {
		c->state = READY;
		answer[0] |= 1u << 31 | (wants_high ? 1u << 30 : 0);
	}
	return true;
}

static bool app_command(struct card_model *c, uint32_t index, uint32_t argument,
			uint32_t *answer)
{
	switch (index) {
	case 41:
		return op_cond(c, argument, answer);
	case 6:
		if (c->state != TRAN || !c->is_wide) {
			return false;
		}
		c->is_on_wide = argument == 2;
		return true;
	case 51:
		scr(c);
		return special_data(c);
	default:
		return false;
	}
}

static bool long_answer(struct card_model *c, uint32_t from, uint32_t to, uint32_t *answer)
{
	if (c->state != from) {
		return false;
	}
	if (from == READY) {
		memset(answer, 0, 16);
		set_bits(answer, 24, 32, c->serial);
		set_bits(answer, 120, 8, 3);
	} else {
		csd(c, answer);
	}
	c->state = to;
	return true;
}

static bool new_address(struct card_model *c, uint32_t *answer)
{
	if (c->state != IDENT && c->state != STBY) {
		return false;
	}
	c->rca = (c->rca + 0x12340000) | 0x10000;
	c->state = STBY;
	answer[0] = c->rca | 0x500;
	return true;
}

static bool stop(struct card_model *c)
{
	if (c->state != DATA && c->state != RCV) {
		return false;
	}
	c->state = c->state == RCV ? PRG : TRAN;
	c->left = 0;
	return true;
}

static bool plain_command(struct card_model *c, uint32_t index, uint32_t argument,
			  uint32_t *answer)
{
	bool is_mine = c->rca && argument == c->rca;

	switch (index) {
	case 0:
		card_power(c);
		return false;
	case 2:
		return long_answer(c, READY, IDENT, answer);
	case 3:
		return new_address(c, answer);
	case 6:
		function(c, argument);
		return c->has_high_speed && special_data(c);
	case 7:
		if (!is_mine || c->state != STBY) {
			return false;
		}
		c->state = TRAN;
		return true;
	case 8:
		answer[0] = argument;
		return c->state == IDLE && c->kind != KIND_SDSC_1 && c->kind != KIND_MMC;
	case 9:
		return is_mine && long_answer(c, STBY, STBY, answer);
	case 12:
		return stop(c);
	case 13:
		return is_mine && c->state >= STBY;
	case 16:
		return c->state == TRAN && argument == 512;
	case 17:
	case 18:
		return transfer(c, DATA, argument, index == 18);
	case 23:
		c->count = argument;
		return c->has_count && c->state == TRAN;
	case 24:
	case 25:
		return !c->is_protected && transfer(c, RCV, argument, index == 25);
	case 55:
		return c->kind != KIND_MMC && (argument == c->rca) && c->state != READY;
	default:
		return false;
	}
}

bool card_command(struct card_model *c, uint32_t index, uint32_t argument, uint32_t *answer)
{
	bool is_app = c->is_app && index, is_answered;
	uint32_t state;

	if (c->state == PRG && !card_is_busy(c, host.now)) {
		c->state = TRAN;
	}
	state = c->state;
	c->commands[index]++;
	if (index != 18 && index != 25 && index != 13) {
		c->count = index == 23 ? c->count : 0;
	}
	answer[0] = 0;
	is_answered = is_app ? app_command(c, index, argument, answer) :
		plain_command(c, index, argument, answer);
	c->is_app = is_answered && index == 55;
	if (!is_answered) {
		c->next_errors |= index ? ILLEGAL : 0;
		return index == 0;
	}
	if (index != 2 && index != 9 && index != 3 && index != 8 && !(is_app && index == 41)) {
		answer[0] = c->next_errors | state << 9 | (state == PRG ? 0 : 1u << 8) |
			    (index == 55 ? 1u << 5 : 0) | (c->is_locked ? LOCKED : 0);
		c->next_errors = 0;
	}
	return true;
}

static void block_done(struct card_model *c)
{
	if (c->left != UNLIMITED && --c->left == 0) {
		c->state = c->state == RCV ? PRG : TRAN;
	}
}

bool card_gives(struct card_model *c, uint8_t *block, uint32_t size)
{
	if (c->state != DATA || !c->left || model_is_wide() != c->is_on_wide) {
		return false;
	}
	if (special_size) {
		memcpy(block, special, size);
		if (size != special_size) {
			model_wrong("the block size of SCR or CMD6");
		}
		special_size = 0;
	} else {
		if (c->at >= c->sectors || (c->bad_sector && c->at == c->bad_sector)) {
			c->next_errors |= c->at >= c->sectors ? OUT_OF_RANGE : ECC_FAILED;
			return false;
		}
		memcpy(block, card_sector(c, c->at++), 512);
	}
	block_done(c);
	return true;
}

bool card_takes(struct card_model *c, const uint8_t *block, uint64_t now)
{
	if (c->state != RCV || !c->left || model_is_wide() != c->is_on_wide ||
	    c->at >= c->sectors || (c->bad_sector && c->at == c->bad_sector)) {
		return false;
	}
	if (c->rotten_sector && c->at == c->rotten_sector) {
		c->next_errors |= CARD_ERROR;
		c->at++;
	} else {
		memcpy(card_sector(c, c->at++), block, 512);
	}
	c->busy_until = now + c->program_us * 1000ull;
	block_done(c);
	return true;
}

bool card_is_busy(struct card_model *c, uint64_t now)
{
	return c && now < c->busy_until;
}
