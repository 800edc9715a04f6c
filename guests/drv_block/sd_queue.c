// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests to the SD card, one transfer at a time; see disk.h. Those of one source keep their
 * order; sources take turns, so that none can keep the others waiting. What is under way is
 * a state, each with what it begins and where its end leads to, so nobody waits here. A
 * write is answered when the card has programmed it (CMD13). What to do after an error is
 * sd_mend.c's. Pure C above sd_port.h.
 */
#include "sd_queue.h"

#define CHUNK_BLOCKS	1024u		/* of one transfer */
#define TURN_BLOCKS	256u		/* of a source, while another one waits */
#define ROUNDS		64u		/* operations before the main loop goes around */
#define PAUSE_US	500u		/* between two looks at a card that programs */
#define PAUSES		2000u

struct sd_queue q;

/* --- requests ------------------------------------------------------------------- */

static enum sd_state answer(uint8_t status)
{
	uint32_t at = 0;

	while (q.waiting[at] != q.current) {
		at++;
	}
	q.waiting_count--;
	for (; at < q.waiting_count; at++) {
		q.waiting[at] = q.waiting[at + 1];
	}
	q.request[q.current].status = status;
	q.done[q.done_end++ % DISK_SLOTS] = (uint8_t)q.current;
	q.current = -1;
	return SD_IDLE;
}

enum sd_state sd_fail_request(void)
{
	return answer(BLK_S_IOERR);
}

/* The oldest of the source whose last turn is longest ago. */
static bool next_request(void)
{
	struct sd_request *r = NULL;

	for (uint32_t i = 0; q.current < 0 && i < q.waiting_count; i++) {
		struct sd_request *one = &q.request[q.waiting[i]];

		if (!r || q.turn_of[one->source] < q.turn_of[r->source]) {
			r = one;
		}
	}
	if (r) {
		q.current = (int)(r - q.request);
		q.moved = r->moved;
		q.mend = r->mend;
		q.turn_of[r->source] = ++q.turn;
		q.turn_blocks = 0;
	}
	return q.current >= 0;
}

static bool do_others_wait(void)
{
	for (uint32_t i = 0; i < q.waiting_count; i++) {
		if (q.request[q.waiting[i]].source != q.request[q.current].source) {
			return true;
		}
	}
	return false;
}

/* The request under way waits for its source's next turn. */
static enum sd_state turn_over(void)
{
	struct sd_request *r = &q.request[q.current];

	r->moved = q.moved;
	r->mend = q.mend;
	q.current = -1;
	return SD_IDLE;
}

enum sd_state sd_go_on(void)
{
	struct sd_request *r = &q.request[q.current];
	uint32_t left = (r->bytes - q.moved) / SECTOR_SIZE, n;
	uint32_t most = do_others_wait() ? TURN_BLOCKS : CHUNK_BLOCKS;

	q.pauses = 0;
	if (r->type == BLK_T_FLUSH) {
		return SD_STATUS;
	}
	if (r->type == BLK_T_OUT && q.card.is_read_only) {
		return sd_fail_request();
	}
	q.data = (struct sd_data){ .part = r->part, .part_count = r->count, .skip = q.moved,
				   .block_size = SECTOR_SIZE, .is_write = r->type == BLK_T_OUT };
	q.data.blocks = q.mend.is_single ? 1 : left < most ? left : most;
	n = q.mend.is_single ? 0 : sdhci_dma_begin(&q.data);
	q.data.by_dma = n;
	q.data.blocks = n ? n : q.data.blocks;
	return q.data.blocks > 1 && q.card.has_count ? SD_COUNT : SD_MOVE;
}

/* --- states ---------------------------------------------------------------------- */

static void command(uint32_t index, enum sd_reply reply, uint32_t argument)
{
	const struct sd_command c = { .index = (uint8_t)index, .reply = (uint8_t)reply,
				      .argument = argument };

	sdhci_command(&c);
}

static void do_count(void)
{
	command(23, SD_R1, q.data.blocks);
}

/* An R1's errors, without those in `but`. */
static uint32_t card_errors(uint32_t errors, uint32_t but)
{
	return errors ? errors : sdhci_answer(0) & SD_S_ERRORS & ~but ? SD_E_CARD : 0;
}

static enum sd_state end_count(uint32_t errors)
{
	errors = card_errors(errors, 0);
	return errors ? sd_mend(errors) : SD_MOVE;
}

static void do_move(void)
{
	uint64_t sector = q.request[q.current].sector + q.moved / SECTOR_SIZE;
	bool is_multi = q.data.blocks > 1;
	const struct sd_command c = {
		.index = q.data.is_write ? (is_multi ? 25 : 24) : is_multi ? 18 : 17,
		.reply = SD_R1, .data = &q.data,
		.argument = (uint32_t)(q.card.is_block_addressed ? sector :
				       sector * SECTOR_SIZE),
	};

	sdhci_command(&c);
}

static enum sd_state chunk_done(void)
{
	if (q.data.by_dma) {
		sdhci_dma_end(&q.data);
	}
	q.moved += q.data.blocks * SECTOR_SIZE;
	q.turn_blocks += q.data.blocks;
	sd_mend_worked();
	if (q.moved == q.request[q.current].bytes) {
		return answer(BLK_S_OK);
	}
	return q.turn_blocks >= TURN_BLOCKS && do_others_wait() ? turn_over() : sd_go_on();
}

static enum sd_state end_move(uint32_t errors)
{
	errors = card_errors(errors, 0);
	if (errors) {
		return sd_mend(errors);
	}
	if (q.data.blocks > 1 && !q.card.has_count) {
		return SD_STOP;
	}
	return q.data.is_write ? SD_STATUS : chunk_done();
}

static void do_stop(void)
{
	command(12, SD_R1B, 0);
}

/* 4.3.3: a card that reads ahead over its end may say so. */
static enum sd_state end_stop(uint32_t errors)
{
	errors = card_errors(errors, q.data.is_write ? 0 : SD_S_OUT_OF_RANGE);
	if (errors) {
		return sd_mend(errors);
	}
	return q.data.is_write ? SD_STATUS : chunk_done();
}

static void do_status(void)
{
	command(13, SD_R1, q.card.rca);
}

/* Programmed: the card is ready for the next. */
static enum sd_state end_status(uint32_t errors)
{
	uint32_t status = sdhci_answer(0);

	errors = card_errors(errors, 0);
	if (!errors && (SD_STATE(status) == SD_STATE_PRG || !(status & SD_S_READY)) &&
	    q.pauses++ < PAUSES) {
		return SD_STATUS_PAUSE;
	}
	if (errors || SD_STATE(status) != SD_STATE_TRAN) {
		return sd_mend(errors ? errors : SD_E_CARD);
	}
	if (q.request[q.current].type == BLK_T_FLUSH) {
		return answer(BLK_S_OK);
	}
	return chunk_done();
}

static void do_pause(void)
{
	sdhci_pause(PAUSE_US);
}

static enum sd_state end_status_pause(uint32_t errors)
{
	(void)errors;
	return SD_STATUS;
}

static const struct {
	void (*begin)(void);
	enum sd_state (*end)(uint32_t errors);	/* SD_SAME: has begun its next part itself */
} states[] = {
	[SD_IDENTIFY] = { sd_do_identify, sd_end_identify },
	[SD_COUNT] = { do_count, end_count },
	[SD_MOVE] = { do_move, end_move },
	[SD_STOP] = { do_stop, end_stop },
	[SD_STATUS] = { do_status, end_status },
	[SD_STATUS_PAUSE] = { do_pause, end_status_pause },
	[SD_LINES] = { sdhci_reset_lines, sd_end_lines },
	[SD_ABORT] = { do_stop, sd_end_abort },
	[SD_LINES_AGAIN] = { sdhci_reset_lines, sd_end_lines_again },
	[SD_LOOK] = { do_status, sd_end_look },
	[SD_LOOK_PAUSE] = { do_pause, sd_end_look_pause },
	[SD_SPEED] = { sd_do_speed, sd_end_speed },
};

static void go(enum sd_state next)
{
	if (next != SD_SAME) {
		q.state = next;
		if (next != SD_IDLE) {
			states[next].begin();
		}
	}
}

/* Goes on with what has ended, for a bounded number of operations. */
static void run(void)
{
	uint32_t errors;

	q.has_more = false;
	for (uint32_t i = 0; i < ROUNDS && !q.is_broken; i++) {
		if (!sdhci_poll(&errors)) {
			return;
		}
		sd_look_at_card();
		if (q.state != SD_IDLE) {
			go(states[q.state].end(errors));
		} else if (next_request()) {
			go(sd_begin_request());
		} else {
			return;
		}
	}
	q.has_more = true;
}

/* --- the disk ----------------------------------------------------------------------- */

static bool sd_is_there(void)
{
	return sd_find(&q.wiring);
}

static bool sd_enable_event(void)
{
	return q.has_more || q.done_begin != q.done_end || sdhci_before_sleep();
}

static void sd_wait(void)
{
	if (!sd_enable_event()) {
		sd_sleep();
	}
}

static const char *sd_open(struct disk_info *info)
{
	sdhci_open(&q.wiring);
	q.current = -1;
	for (uint32_t i = 0; i < DISK_SLOTS; i++) {
		q.free[q.free_count++] = (uint8_t)i;
	}
	go(SD_IDENTIFY);
	for (run(); q.state != SD_IDLE; run()) {
		sd_wait();
	}
	if (!q.is_in) {
		return q.why;
	}
	printf("drv_block: SD card: %lu MiB, %u data lines, %u kHz, by %s\n",
	       q.card.sectors >> 11, q.card.is_wide ? 4u : 1u, (q.card.hz >> q.slower) / 1000,
	       sdhci_info()->has_dma ? "ADMA2" : "PIO");
	*info = (struct disk_info){ q.card.sectors, q.card.is_read_only, true };
	return NULL;
}

static bool sd_has_room(void)
{
	return q.free_count;
}

static bool sd_is_broken(void)
{
	return q.is_broken;
}

static int sd_submit(uint32_t source, uint32_t type, uint64_t sector,
		     const struct vqv_part *data, uint32_t count)
{
	uint8_t slot = q.free[--q.free_count];
	struct sd_request *r = &q.request[slot];

	r->source = source % DISK_SOURCES;
	r->type = type;
	r->sector = sector;
	r->count = count;
	r->bytes = r->moved = 0;
	r->mend = (struct sd_mend){ 0 };
	for (uint32_t i = 0; i < count; i++) {
		r->part[i] = data[i];
		r->bytes += data[i].size;
	}
	q.waiting[q.waiting_count++] = slot;
	return slot;
}

static int sd_take(uint8_t *status)
{
	uint8_t slot;

	if (q.done_begin == q.done_end) {
		run();
	}
	if (q.done_begin == q.done_end) {
		return -1;
	}
	slot = q.done[q.done_begin++ % DISK_SLOTS];
	*status = q.request[slot].status;
	q.free[q.free_count++] = slot;
	return slot;
}

const struct disk_ops disk_sd = {
	sd_is_there, sd_open, sd_submit, run, sd_take, sd_has_room, sd_is_broken,
	sd_enable_event, sd_wait,
};
