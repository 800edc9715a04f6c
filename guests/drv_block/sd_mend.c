// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the SD disk does after an error, and when its card goes and comes back. An error:
 * reset of the command and data circuits, CMD12, reset again (SD Host Controller Simplified
 * Specification 3.00, 3.10), CMD13. Then the request goes on where it was: block by block,
 * slower, after a new identification; at last it fails alone. A card that does not
 * answer any more is gone: all requests fail, and later ones look for it again.
 */
#include "sd_queue.h"

#define TRIES		5u		/* of one place of a request */
#define ERRORS_MAX	32u		/* of one request */
#define LOOKS		3u
#define PAUSES		2000u
#define SLOWEST		3u		/* an eighth of the clock */
#define TRY_AGAIN_US	1000000u	/* between two looks for a card that is gone */

static enum sd_state gone(const char *why)
{
	if (q.is_known && (q.is_in || q.why != why)) {
		printf("drv_block: %s: requests fail until the card is back\n", why);
	}
	q.why = why;
	q.is_in = false;
	q.slower = 0;
	q.next_try = sd_now_us() + TRY_AGAIN_US;
	return q.current >= 0 ? sd_fail_request() : SD_IDLE;
}

void sd_look_at_card(void)
{
	if (sdhci_card_left() && q.is_in) {
		q.why = "the SD card was taken out";
		printf("drv_block: %s\n", q.why);
		q.is_in = false;
		q.next_try = 0;
	}
}

enum sd_state sd_begin_request(void)
{
	if (q.is_in) {
		q.slower_before = q.slower;
		return sd_go_on();
	}
	if (!sdhci_has_card() || sd_now_us() < q.next_try) {
		return sd_fail_request();
	}
	return SD_IDENTIFY;
}

/* --- a new identification --------------------------------------------------------- */

void sd_do_identify(void)
{
	q.mend.identified++;
	sd_card_begin(&q.card, q.slower);
}

static bool is_same_card(void)
{
	return memcmp(q.card.cid, q.known.cid, sizeof(q.card.cid)) == 0 &&
	       q.card.sectors == q.known.sectors;
}

static enum sd_state is_here(void)
{
	if (q.is_known && !is_same_card()) {
		return gone("another card is in the slot");
	}
	if (q.is_known && !q.is_in) {
		printf("drv_block: the SD card is there again\n");
	}
	q.known = q.card;
	q.is_known = q.is_in = true;
	return q.current >= 0 ? sd_go_on() : SD_IDLE;
}

enum sd_state sd_end_identify(uint32_t errors)
{
	const char *why;

	if (!sd_card_next(errors, &why)) {
		return SD_SAME;
	}
	if (!why) {
		return is_here();
	}
	if (q.mend.identified < 3 && sdhci_has_card()) {
		q.slower += q.mend.identified == 2 && q.slower < SLOWEST;
		return SD_IDENTIFY;
	}
	return gone(why);
}

/* --- after an error ----------------------------------------------------------------- */

enum sd_state sd_mend(uint32_t errors)
{
	q.mend.last = errors;
	q.mend.errors++;
	q.mend.looks = q.mend.pauses = 0;
	return SD_LINES;
}

/* It is there, but not as it should be. */
static enum sd_state afresh(void)
{
	q.slower += q.slower < SLOWEST;
	return q.mend.identified < 2 ? SD_IDENTIFY : gone("the SD card does not answer");
}

/* Now the controller's DMA is over: a request may fail only behind that. */
enum sd_state sd_end_lines(uint32_t errors)
{
	if (errors && q.data.by_dma) {
		printf("drv_block: the SD host controller can't be reset\n");
		q.is_broken = true;
		return SD_IDLE;
	}
	if (!sdhci_has_card()) {
		return gone("the SD card was taken out");
	}
	return errors ? afresh() : SD_ABORT;
}

/* A card that was not in a transfer does not answer. */
enum sd_state sd_end_abort(uint32_t errors)
{
	(void)errors;
	return SD_LINES_AGAIN;
}

enum sd_state sd_end_lines_again(uint32_t errors)
{
	return errors ? afresh() : SD_LOOK;
}

static enum sd_state slow_down(void)
{
	q.slower += q.slower < SLOWEST;
	return SD_SPEED;
}

static enum sd_state give_up(void)
{
	const struct sd_request *r = &q.request[q.current];

	printf("drv_block: the SD card's sector %lu can't be %s: errors %x\n",
	       r->sector + q.moved / SECTOR_SIZE, r->type == BLK_T_OUT ? "written" :
	       r->type == BLK_T_IN ? "read" : "flushed", q.mend.last);
	q.slower = q.slower_before;	/* it was not the speed */
	sd_fail_request();
	return SD_SPEED;
}

static enum sd_state try_again(void)
{
	q.mend.tries++;
	if (q.mend.tries >= TRIES || q.mend.errors >= ERRORS_MAX) {
		return give_up();
	}
	switch (q.mend.tries) {
	case 1:
		q.mend.is_single = true;
		return sd_go_on();
	case 2:
		return slow_down();
	case 3:
		q.slower += q.slower < SLOWEST;
		return SD_IDENTIFY;
	default:
		return sd_go_on();
	}
}

enum sd_state sd_end_look(uint32_t errors)
{
	uint32_t state = SD_STATE(sdhci_answer(0));

	if (!errors && state == SD_STATE_TRAN) {
		return try_again();
	}
	if (!errors && state == SD_STATE_PRG && q.mend.pauses++ < PAUSES) {
		return SD_LOOK_PAUSE;
	}
	return q.mend.looks++ < LOOKS ? SD_LINES : afresh();
}

enum sd_state sd_end_look_pause(uint32_t errors)
{
	(void)errors;
	return SD_LOOK;
}

void sd_mend_worked(void)
{
	if (q.mend.tries && q.slower > q.slower_before) {
		q.slower_before = q.slower;
		printf("drv_block: the SD card has errors: %u kHz from now on\n",
		       (q.card.hz >> q.slower) / 1000);
	}
	q.mend.tries = 0;
}

void sd_do_speed(void)
{
	sdhci_clock(q.card.hz >> q.slower);
}

enum sd_state sd_end_speed(uint32_t errors)
{
	if (errors) {
		return afresh();
	}
	return q.current >= 0 ? sd_go_on() : SD_IDLE;
}
