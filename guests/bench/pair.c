/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench between two guests. "pair" measures, "echo" is at the other end of their shared-
 * memory link: bells, 64-byte messages over a ring with one writer on each side. And, where
 * there are such links, a block device of drv_block's, and frames through drv_net.
 */
#include "bench.h"
#include "gic.h"
#include "link.h"
#include "virtio_blk.h"

#define BLOCKS		16u		/* of 4 KiB in a batch */
#define BLOCK		4096u
#define BATCHES		32u

enum mode { IDLE, HEAR, ANSWER, ECHO, QUIT };

static struct side *mine;
static const struct side *its;
static uint32_t port, sent, taken;

static uint64_t get(const uint64_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
static void set(uint64_t *at, uint64_t v) { __atomic_store_n(at, v, __ATOMIC_RELEASE); }

static void bell_taken(void)
{
	gic_eoi(gic_ack());
}

/* The ring. Interrupts stay masked: WFI ends with one, which is then acknowledged. */
static void send(uint32_t count)
{
	uint32_t old = sent, event;

	sent += count;
	__atomic_store_n(&mine->head, sent, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = __atomic_load_n(&its->event, __ATOMIC_RELAXED);
	if (sent - event - 1 < sent - old) {
		link_notify(port);
	}
}

/* Messages that are there; sleeps until there is one. */
static uint32_t wait_in(void)
{
	for (;;) {
		uint32_t count = __atomic_load_n(&its->head, __ATOMIC_ACQUIRE) - taken;

		if (count) {
			return count;
		}
		__atomic_store_n(&mine->event, taken, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&its->head, __ATOMIC_RELAXED) == taken) {
			wfi();
			bell_taken();
		}
	}
}

/* In registers: the compiler would call memcpy(). */
static inline void message_copy(struct message *to, const struct message *from)
{
	uint64_t a = from->word[0], b = from->word[1], c = from->word[2], d = from->word[3];
	uint64_t e = from->word[4], f = from->word[5], g = from->word[6], h = from->word[7];

	to->word[0] = a;
	to->word[1] = b;
	to->word[2] = c;
	to->word[3] = d;
	to->word[4] = e;
	to->word[5] = f;
	to->word[6] = g;
	to->word[7] = h;
}

/* The other end. */
static void hear(void)
{
	for (uint64_t n = 1; get(&its->mode) == HEAR; n++) {
		uint64_t t;

		set(&mine->ready, n);
		t = wait_wfi();
		acknowledge(SKERRY_INTID_LINK(port));
		mine->time = t;
		set(&mine->heard, n);
	}
	set(&mine->ready, 0);
}

static void answer(void)
{
	for (uint64_t n = 1; get(&its->mode) == ANSWER; n++) {
		set(&mine->ready, n);
		answer_bell(SKERRY_HVC_NOTIFY, port);
		acknowledge(SKERRY_INTID_LINK(port));
	}
	set(&mine->ready, 0);
}

static void echo(void)
{
	while (get(&its->mode) == ECHO) {
		uint32_t count = wait_in(), in = taken, out = sent;
		const struct message *from = its->slot;
		struct message *to = mine->slot;

		for (uint32_t i = 0; i < count; i++) {
			message_copy(&to[(out + i) % SLOTS], &from[(in + i) % SLOTS]);
		}
		taken += count;
		send(count);
	}
}

static void other_end(void)
{
	for (;;) {
		uint64_t mode = get(&its->mode);

		set(&mine->mode, mode);
		if (mode == HEAR) {
			hear();
		} else if (mode == ANSWER) {
			answer();
		} else if (mode == ECHO) {
			echo();
		} else if (mode == QUIT) {
			return;
		}
		cpu_relax();
	}
}

/* The measuring end. */
static void set_mode(uint64_t mode)
{
	set(&mine->mode, mode);
	while (get(&its->mode) != mode) {
		cpu_relax();
	}
}

static void wait_ready(uint64_t n)
{
	while (get(&its->ready) != n) {
		cpu_relax();
	}
	let_others_wait();
}

/* Each message is its number, eight times. */
static void fill(uint32_t count, uint64_t salt)
{
	struct message *to = mine->slot;
	uint32_t out = sent;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t v = salt + i;

		to[(out + i) % SLOTS] = (struct message){ { v, v, v, v, v, v, v, v } };
	}
}

/* NOTIFY, there and back; the median. */
static uint64_t bench_sender(uint64_t nothing, uint64_t first)
{
	for (uint64_t i = 0; i < reps; i++) {
		wait_ready(first + i);
		sample[i] = measure_hvc(SKERRY_HVC_NOTIFY, port) - nothing;
	}
	sort_samples();
	return sample[reps / 2];
}

/* Sender and receiver. From the two together what the sender takes is subtracted. */
static void bench_bell(uint64_t nothing)
{
	uint64_t sender, loaded;

	set_mode(HEAR);
	fill(BATCH_MAX, 0);
	mine->head = BATCH_MAX;
	loaded = bench_sender(nothing, 1);
	mine->head = 0;
	sender = bench_sender(nothing, reps + 1);
	report("notify-sender");
	report_one("notify-bytes", loaded > sender ? loaded - sender : sender - loaded);
	for (uint64_t i = 0; i < reps; i++) {
		uint64_t n = 2 * reps + i + 1, t;

		wait_ready(n);
		if (i == reps - 1) {
			set(&mine->mode, IDLE);
		}
		t = send_bell(SKERRY_HVC_NOTIFY, port, &its->heard, n);
		sample[i] = its->time - t - COUNTER_READ - sender - 1;	/* the YIELD */
	}
	report("notify-receiver");
	set_mode(IDLE);
}

static void bench_round_trip(void)
{
	set_mode(ANSWER);
	for (uint64_t i = 0; i < reps; i++) {
		wait_ready(i + 1);
		if (i == reps - 1) {
			set(&mine->mode, IDLE);
		}
		sample[i] = round_trip(SKERRY_HVC_NOTIFY, port) - COUNTER_READ;
		acknowledge(SKERRY_INTID_LINK(port));
	}
	report("notify-round-trip");
	set_mode(IDLE);
}

static bool is_filled(uint32_t count, uint64_t salt)
{
	const struct message *from = its->slot;
	uint32_t in = taken;
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t *w = from[(in + i) % SLOTS].word;
		uint64_t v = salt + i;

		wrong |= (w[0] ^ v) | (w[1] ^ v) | (w[2] ^ v) | (w[3] ^ v) | (w[4] ^ v) |
			 (w[5] ^ v) | (w[6] ^ v) | (w[7] ^ v);
	}
	return wrong == 0;
}

static uint64_t echo_batch(uint32_t count, uint64_t salt)
{
	uint64_t t = time_now();
	uint32_t got = 0;

	fill(count, salt);
	send(count);
	while (got < count) {
		uint32_t n = wait_in();

		if (!is_filled(n, salt + got)) {
			printf("bench: FAILED, a message is not what was sent\n");
		}
		taken += n;
		got += n;
	}
	return time_now() - t;
}

static void bench_echo(const char *name, uint32_t count)
{
	for (uint64_t i = 0; i < reps; i++) {
		let_others_wait();
		if (count == BATCH_MAX && i == reps - 1) {
			set(&mine->mode, IDLE);
		}
		sample[i] = echo_batch(count, i * 1000) / count;
	}
	report(name);
}

static struct virtio_blk blk;

static uint8_t *disk_start(uint32_t disk)
{
	memset(&blk, 0, sizeof(blk));
	if (virtio_open_link(&blk.virtio, disk) != SKERRY_OK ||
	    virtio_blk_start(&blk, 64) != SKERRY_OK) {
		printf("bench: FAILED, no block device\n");
		return NULL;
	}
	return virtio_alloc(&blk.virtio, VIRTIO_IN, BLOCKS * BLOCK);
}

/* Reads `count` blocks in one batch. */
static void read_blocks(uint8_t *data, uint32_t count)
{
	static struct blk_request r[BLOCKS];

	for (uint32_t i = 0; i < count; i++) {
		r[i] = (struct blk_request){ BLK_READ, i * BLOCK / BLK_SECTOR, data + i * BLOCK,
					     BLOCK, 0, NULL };
		virtio_blk_submit(&blk, &r[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (virtio_blk_wait(&blk, &r[i]) != SKERRY_OK) {
			printf("bench: FAILED, read %u\n", i);
		}
	}
}

static uint64_t exits(void)
{
	return blk.virtio.notifications + blk.virtio.acknowledged;
}

static void bench_block(uint32_t disk)
{
	uint8_t *data = disk_start(disk);
	uint64_t before = exits();

	if (!data) {
		return;
	}
	report_one("device-up", blk.virtio.controls);
	for (uint32_t n = 0; n < BATCHES; n++) {
		uint64_t t = time_now();

		read_blocks(data, BLOCKS);
		sample[n] = (time_now() - t) / BLOCKS;
	}
	report_one("block-exits", (exits() - before) * 100 / BATCHES);
	reps = BATCHES;
	report("block-4k");
}

/* By register page: a write to ring, and one to acknowledge. */
static void bench_page(uint32_t disk)
{
	uint8_t *data = disk_start(disk);
	uint64_t before = exits();

	if (!data) {
		return;
	}
	report_one("page-up", blk.virtio.controls);
	for (uint32_t n = 0; n < BATCHES; n++) {
		read_blocks(data, 1);
	}
	report_one("page-exits", (exits() - before) * 100 / BATCHES);
}

void pair_run(bool is_measuring)
{
	uint64_t wanted = reps < REPS_MAX / 2 ? reps : REPS_MAX / 2, nothing;
	int disk, lan;

	if (!link_init()) {
		printf("bench: FAILED, no link\n");
		return;
	}
	mine = (struct side *)link_half(port, is_measuring ? SKERRY_FRONT : SKERRY_BACK).base;
	its = (struct side *)link_half(port, is_measuring ? SKERRY_BACK : SKERRY_FRONT).base;
	disk = link_by_type(SKERRY_LINK_BLOCK, SKERRY_FRONT, 0);
	lan = link_by_type(SKERRY_LINK_NET, SKERRY_FRONT, 0);
	if (is_measuring && disk >= 0) {
		bench_block((uint32_t)disk);
	}
	disk = link_by_type(SKERRY_LINK_BLOCK, SKERRY_FRONT, 1);
	if (is_measuring && disk >= 0) {
		bench_page((uint32_t)disk);
	}
	if (lan >= 0 && is_measuring) {
		frames_send((uint32_t)lan, mine, its);
	} else if (lan >= 0) {
		frames_take((uint32_t)lan, mine);
	}
	reps = wanted;
	irq_disable();
	gic_disable(SKERRY_INTID_EVENT);
	sysreg_write(vbar_el1, bench_vectors);
	isb();
	if (!is_measuring) {
		other_end();
		return;
	}
	nothing = counter_cost();
	bench_bell(nothing);
	bench_round_trip();
	set_mode(ECHO);
	bench_echo("echo-64", 1);
	bench_echo("echo-64-batch", BATCH_MAX);
	set_mode(QUIT);
	printf("bench: done\n");
}
