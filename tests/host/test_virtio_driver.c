/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guests/lib/virtio*.c: bring-up over messages, and the block, network and console drivers,
 * against a model of EL2's transport and of a back end, which may break the rules.
 */
/* sources: guests/lib/virtio.c guests/lib/virtio_msg.c guests/lib/virtio_blk.c
 * guests/lib/virtio_net.c guests/lib/virtio_console.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "guests/lib/link.h"
#include "guests/lib/virtio_blk.h"
#include "guests/lib/virtio_console.h"
#include "guests/lib/virtio_net.h"
#include "guests/lib/virtio_transport.h"
#include "guests/lib/virtq_device.h"

#define SECTORS		64u
#define WINDOW		(512u << 10)
#define OFFERED		(VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | VIRTIO_EVENT_IDX | \
			 1ull << 5 | 1ull << 9)

static uint8_t window[WINDOW] __attribute__((aligned(4096)));
static uint8_t disk[SECTORS * 512];
static struct skerry_link link_row;
static struct virtio_blk blk;
static struct virtio_net net;
static struct virtio_console console;

static struct {
	uint32_t device_id;
	uint64_t offered, accepted;
	uint32_t status, queue_count;
	struct skerry_msg_vqueue queue[VIRTIO_QUEUE_MAX];
	struct virtq_device ring[VIRTIO_QUEUE_MAX];
	uint32_t notified, messages, sleeps;
	uint32_t offers_after;		/* DEVICE_INFO answers AGAIN so often */
	uint32_t resets_after;		/* GET_STATUS until a reset is done */
	uint32_t lie;			/* what is wrong with the next completion */
	bool is_lazy;			/* works only when slept for */
	bool wants_reset;
} model;

enum { HONEST, LONG, WRONG_HEAD, FAR_INDEX, SHORT };

static void model_work(void);

const struct skerry_link *link_info(uint32_t port)
{
	return port == 0 ? &link_row : NULL;
}

int64_t link_notify(uint32_t port)
{
	model.notified++;
	if (!model.is_lazy) {
		model_work();
	}
	return 0;
}

void sleep_unless(bool (*is_ready)(void *context), void *context, uint64_t us)
{
	assert_true(++model.sleeps < 1000);
	if (!is_ready || !is_ready(context)) {
		model_work();
	}
}

int64_t virtio_use_mmio(struct virtio *v, uint64_t at, uint32_t intid)
{
	return SKERRY_INVALID;
}

static int64_t set_status(uint32_t status)
{
	if (status == 0) {
		memset(model.queue, 0, sizeof(model.queue));
		memset(window + WINDOW / 2, 0, WINDOW / 2);
		model.status = model.resets_after ? model.status : 0;
		return model.resets_after ? SKERRY_PENDING : SKERRY_OK;
	}
	model.status = status;
	if ((status & VIRTIO_FEATURES_OK) && (model.accepted & ~model.offered)) {
		model.status &= ~(uint32_t)VIRTIO_FEATURES_OK;
	}
	for (uint32_t i = 0; (status & VIRTIO_DRIVER_OK) && i < VIRTIO_QUEUE_MAX; i++) {
		const struct skerry_msg_vqueue *q = &model.queue[i];
		struct virtq_window w = { (uint64_t)window, WINDOW, window, true };
		struct vqv_setup s = { (uint16_t)q->size, model.accepted, q->descriptors,
				       q->available, q->used, NULL, 0 };

		assert_true(!q->size || vqv_open(&model.ring[i], &w, &s) == 0);
	}
	return SKERRY_OK;
}

int64_t link_queue(uint32_t port, uint32_t index, struct skerry_msg_vqueue *queue)
{
	model.messages++;
	if (index >= model.queue_count) {
		return SKERRY_INVALID;
	}
	*queue = model.queue[index];
	queue->size_max = 64;
	return SKERRY_OK;
}

int64_t link_config_read(uint32_t port, uint32_t offset, void *to, uint32_t size)
{
	uint8_t config[16] = { SECTORS };

	model.messages++;
	memcpy(to, config + offset, size);
	return SKERRY_OK;
}

int64_t link_ask(uint32_t port, uint32_t type, const void *payload, uint32_t size, void *answer,
		 uint32_t answer_size)
{
	const uint32_t *in = payload;
	uint32_t *out = answer;

	model.messages++;
	switch (type) {
	case SKERRY_MSG_DEVICE_INFO:
		if (model.offers_after) {
			model.offers_after--;
			return SKERRY_AGAIN;
		}
		out[0] = model.device_id;
		return SKERRY_OK;
	case SKERRY_MSG_GET_FEATURES:
		out[2] = (uint32_t)(model.offered >> 32 * in[0]);
		return SKERRY_OK;
	case SKERRY_MSG_SET_FEATURES:
		model.accepted &= ~(0xffffffffull << 32 * in[0]);
		model.accepted |= (uint64_t)in[2] << 32 * in[0];
		return SKERRY_OK;
	case SKERRY_MSG_GET_STATUS:
		if (model.resets_after && --model.resets_after == 0) {
			model.status = 0;
		}
		out[0] = model.status;
		return SKERRY_OK;
	case SKERRY_MSG_SET_STATUS:
		return set_status(in[0]);
	case SKERRY_MSG_SET_VQUEUE:
		memcpy(&model.queue[in[0]], payload, size);
		return SKERRY_OK;
	}
	return SKERRY_INVALID;
}

/* The block device's answer to a chain: bytes written. */
static uint32_t block_answer(struct vqv_chain *c)
{
	struct { uint32_t type, reserved; uint64_t sector; } header;
	uint32_t data = c->write_size - 1;
	uint8_t ok = 0;

	vqv_read(c, 0, &header, sizeof(header));
	if (header.type == BLK_READ) {
		vqv_write(c, 0, disk + header.sector * 512, data);
	} else if (header.type == BLK_WRITE) {
		vqv_read(c, sizeof(header), disk + header.sector * 512,
			 c->read_size - (uint32_t)sizeof(header));
	}
	vqv_write(c, data, &ok, 1);
	return c->write_size;
}

static void complete(struct virtq_device *q, uint32_t head, uint32_t written)
{
	if (model.lie == WRONG_HEAD) {
		head = 50;
	} else if (model.lie == LONG) {
		written = 1u << 20;
	} else if (model.lie == SHORT) {
		written = 1;
	}
	virtq_used_entry(q->used, q->done & (q->size - 1u))->id = head;
	virtq_used_entry(q->used, q->done & (q->size - 1u))->len = written;
	q->done = (uint16_t)(q->done + (model.lie == FAR_INDEX ? 100 : 1));
	virtq_store_release(&q->used->idx, q->done);
}

/* Network and console: what comes out of queue 1 goes into queue 0. */
static void echo_work(void)
{
	struct vqv_part in_part[4], out_part[4];
	struct vqv_chain in = { .part = in_part, .part_max = 4 };
	struct vqv_chain out = { .part = out_part, .part_max = 4 };

	while (vqv_next(&model.ring[1], &out) == 1) {
		assert_int_equal(vqv_next(&model.ring[0], &in), 1);
		vqv_write(&in, 0, out_part[0].at, out.read_size);
		complete(&model.ring[0], in.head, out.read_size);
		complete(&model.ring[1], out.head, 0);
	}
	vqv_enable_event(&model.ring[1]);
}

static void model_work(void)
{
	struct vqv_part part[8];
	struct vqv_chain c = { .part = part, .part_max = 8 };

	if (!(model.status & VIRTIO_DRIVER_OK) || model.resets_after) {
		return;
	}
	if (model.wants_reset) {
		model.status |= VIRTIO_NEEDS_RESET;
		return;
	}
	if (model.device_id != VIRTIO_ID_BLOCK) {
		echo_work();
		return;
	}
	while (vqv_next(&model.ring[0], &c) == 1) {
		complete(&model.ring[0], c.head, block_answer(&c));
	}
	vqv_enable_event(&model.ring[0]);
}

static int begin(void **state)
{
	memset(&model, 0, sizeof(model));
	memset(window, 0, sizeof(window));
	model.device_id = VIRTIO_ID_BLOCK;
	model.queue_count = 1;
	model.offered = OFFERED;
	link_row = (struct skerry_link){ .name = "test", .type = SKERRY_LINK_BLOCK,
					 .base = (uint64_t)window, .size = WINDOW };
	for (uint32_t i = 0; i < sizeof(disk); i++) {
		disk[i] = (uint8_t)(i * 7 + i / 512);
	}
	return 0;
}

static void start_blk(void)
{
	assert_int_equal(virtio_open_link(&blk.virtio, 0), SKERRY_OK);
	assert_int_equal(virtio_blk_start(&blk, 64), SKERRY_OK);
}

static int begin_blk(void **state)
{
	begin(state);
	start_blk();
	return 0;
}

static void start_takes_at_most_20_messages(void **state)
{
	start_blk();
	assert_in_range(model.messages, 10, 20);
	assert_int_equal(blk.virtio.controls, model.messages);
	assert_int_equal(blk.sectors, SECTORS);
	assert_int_equal(model.accepted, OFFERED);
	assert_true(blk.can_flush && blk.is_read_only);
}

static void each_area_has_its_half_and_pages(void **state)
{
	const struct skerry_msg_vqueue *q = &model.queue[0];
	uint64_t middle = (uint64_t)window + WINDOW / 2;

	assert_int_equal((q->descriptors | q->available | q->used) % 4096, 0);
	assert_true(q->descriptors != q->available);
	assert_true(q->descriptors < middle && q->available < middle && q->used >= middle);
	assert_true((uint64_t)virtio_alloc(&blk.virtio, VIRTIO_OUT, 64) < middle);
	assert_true((uint64_t)virtio_alloc(&blk.virtio, VIRTIO_IN, 64) >= middle);
	assert_true((uint64_t)virtio_alloc(&blk.virtio, VIRTIO_IN, 64) >= q->used + 4096);
	assert_null(virtio_alloc(&blk.virtio, VIRTIO_IN, WINDOW));
	assert_null(virtio_alloc(&blk.virtio, VIRTIO_OUT, 0xffffffff));
}

static void a_device_that_comes_later_is_waited_for(void **state)
{
	model.offers_after = 5;
	start_blk();
	assert_true(model.sleeps >= 5);
}

static void a_reset_that_pends_is_waited_for(void **state)
{
	model.resets_after = 4;
	model.status = 15;
	start_blk();
	assert_true(blk.virtio.is_live);
	assert_int_equal(model.status, 15);
}

static void a_device_without_version_1_is_refused(void **state)
{
	model.offered &= ~VIRTIO_VERSION_1;
	virtio_open_link(&blk.virtio, 0);
	assert_int_equal(virtio_blk_start(&blk, 64), SKERRY_NOT_SUPPORTED);
	model.offered = OFFERED;
	model.device_id = VIRTIO_ID_NET;
	assert_int_equal(virtio_blk_start(&blk, 64), SKERRY_NOT_SUPPORTED);
	assert_int_equal(virtio_open_link(&blk.virtio, 1), SKERRY_INVALID);
}

static void what_is_written_is_read_back(void **state)
{
	uint8_t *out = virtio_alloc(&blk.virtio, VIRTIO_OUT, 4096);
	uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 4096);

	memset(out, 0xa5, 4096);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 8, in, 4096), SKERRY_OK);
	assert_memory_equal(in, disk + 8 * 512, 4096);
	assert_int_equal(virtio_blk_do(&blk, BLK_WRITE, 8, out, 4096), SKERRY_OK);
	assert_int_equal(virtio_blk_do(&blk, BLK_FLUSH, 0, NULL, 0), SKERRY_OK);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 8, in, 4096), SKERRY_OK);
	assert_memory_equal(in, out, 4096);
	assert_int_equal(blk.slots_free, blk.slot_count);
}

static void a_batch_takes_one_notification(void **state)
{
	struct blk_request r[16];
	uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 16 * 512);
	uint32_t before;

	for (int round = 0; round < 100; round++) {
		before = model.notified;
		for (uint32_t i = 0; i < 16; i++) {
			r[i] = (struct blk_request){ BLK_READ, i, in + i * 512, 512, 0, NULL };
			assert_int_equal(virtio_blk_submit(&blk, &r[i]), SKERRY_OK);
		}
		virtio_blk_kick(&blk);
		assert_int_equal(model.notified, before + 1);
		assert_int_equal(virtio_blk_poll(&blk), 16);
		assert_int_equal(r[15].result, SKERRY_OK);
		assert_memory_equal(in, disk, 16 * 512);
	}
}

static void requests_outside_the_device_are_refused(void **state)
{
	uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 4096);

	assert_int_equal(virtio_blk_do(&blk, BLK_READ, SECTORS, in, 512), SKERRY_INVALID);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, SECTORS - 1, in, 1024), SKERRY_INVALID);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, ~0ull, in, 512), SKERRY_INVALID);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 0, in, 100), SKERRY_INVALID);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 0, in, 0), SKERRY_INVALID);
	assert_int_equal(virtio_blk_do(&blk, (enum blk_operation)9, 0, in, 512), SKERRY_INVALID);
}

static void a_full_queue_is_waited_for(void **state)
{
	struct blk_request r[BLK_SLOT_MAX + 1];
	uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 512);
	uint32_t n = 0;

	model.is_lazy = true;
	do {
		r[n] = (struct blk_request){ BLK_READ, 0, in, 512, 0, NULL };
	} while (virtio_blk_submit(&blk, &r[n]) == SKERRY_OK && ++n <= BLK_SLOT_MAX);
	assert_int_equal(n, 64 / 3);
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 3, in, 512), SKERRY_OK);
	assert_int_equal(r[0].result, SKERRY_OK);
	assert_memory_equal(in, disk + 3 * 512, 512);
}

static void a_device_that_lies_is_broken_and_can_begin_again(void **state)
{
	static const uint32_t lies[] = { LONG, WRONG_HEAD, FAR_INDEX };

	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 512);

		model.lie = lies[i];
		assert_int_equal(virtio_blk_do(&blk, BLK_READ, 0, in, 512), SKERRY_BUSY);
		assert_true(blk.virtio.is_broken);
		assert_int_equal(virtio_blk_do(&blk, BLK_READ, 0, in, 512), SKERRY_BUSY);
		model.lie = HONEST;
		assert_int_equal(virtio_blk_start(&blk, 64), SKERRY_OK);
		in = virtio_alloc(&blk.virtio, VIRTIO_IN, 512);
		assert_int_equal(virtio_blk_do(&blk, BLK_READ, 1, in, 512), SKERRY_OK);
		assert_memory_equal(in, disk + 512, 512);
	}
}

static void a_read_that_wrote_too_little_has_failed(void **state)
{
	uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 512);

	model.lie = SHORT;
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 0, in, 512), SKERRY_INVALID);
	assert_false(blk.virtio.is_broken);
}

static void a_device_that_needs_a_reset_ends_the_requests(void **state)
{
	uint8_t *in = virtio_alloc(&blk.virtio, VIRTIO_IN, 512);

	model.wants_reset = true;
	assert_int_equal(virtio_blk_do(&blk, BLK_READ, 0, in, 512), SKERRY_BUSY);
	model.wants_reset = false;
	assert_int_equal(virtio_blk_start(&blk, 64), SKERRY_OK);
}

static void frames_come_back(void **state)
{
	uint32_t size;
	uint8_t *frame;

	model.device_id = VIRTIO_ID_NET;
	model.queue_count = 2;
	model.is_lazy = true;
	virtio_open_link(&net.virtio, 0);
	assert_int_equal(virtio_net_start(&net, 64), SKERRY_OK);
	assert_true(net.has_mac);
	for (uint32_t i = 0; i < 1000; i++) {
		frame = virtio_net_frame(&net);
		assert_non_null(frame);
		memset(frame, (int)i, 1514);
		assert_int_equal(virtio_net_send(&net, frame, 14 + i % 1501), SKERRY_OK);
		virtio_net_flush(&net);
		virtio_net_wait(&net);
		frame = virtio_net_receive(&net, &size);
		assert_non_null(frame);
		assert_int_equal(size, 14 + i % 1501);
		assert_int_equal(frame[13], i & 0xff);
		virtio_net_release(&net, frame);
		assert_null(virtio_net_receive(&net, &size));
		model.sleeps = 0;
	}
	assert_int_equal(virtio_net_send(&net, virtio_net_frame(&net), 1515), SKERRY_INVALID);
	assert_int_equal(net.dropped, 0);
	model.lie = LONG;
	virtio_net_send(&net, virtio_net_frame(&net), 100);
	virtio_net_flush(&net);
	model_work();
	assert_null(virtio_net_receive(&net, &size));
	assert_true(net.virtio.is_broken);
	assert_null(virtio_net_frame(&net));
}

static void bytes_come_back(void **state)
{
	static uint8_t out[1000], in[1000];
	size_t got = 0;

	model.device_id = VIRTIO_ID_CONSOLE;
	model.queue_count = 2;
	virtio_open_link(&console.virtio, 0);
	assert_int_equal(virtio_console_start(&console), SKERRY_OK);
	for (uint32_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 3);
	}
	assert_true(virtio_console_print(&console, out, sizeof(out)));
	while (got < sizeof(in)) {
		size_t n = virtio_console_read(&console, in + got, 77);

		assert_true(n > 0);
		got += n;
	}
	assert_memory_equal(in, out, sizeof(out));
	assert_int_equal(virtio_console_read(&console, in, 1), 0);
	model.lie = FAR_INDEX;
	model.is_lazy = true;
	while (virtio_console_print(&console, out, sizeof(out))) {
		model_work();
	}
	assert_true(console.virtio.is_broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(start_takes_at_most_20_messages, begin),
		cmocka_unit_test_setup(each_area_has_its_half_and_pages, begin_blk),
		cmocka_unit_test_setup(a_device_that_comes_later_is_waited_for, begin),
		cmocka_unit_test_setup(a_reset_that_pends_is_waited_for, begin),
		cmocka_unit_test_setup(a_device_without_version_1_is_refused, begin),
		cmocka_unit_test_setup(what_is_written_is_read_back, begin_blk),
		cmocka_unit_test_setup(a_batch_takes_one_notification, begin_blk),
		cmocka_unit_test_setup(requests_outside_the_device_are_refused, begin_blk),
		cmocka_unit_test_setup(a_full_queue_is_waited_for, begin_blk),
		cmocka_unit_test_setup(a_device_that_lies_is_broken_and_can_begin_again, begin_blk),
		cmocka_unit_test_setup(a_read_that_wrote_too_little_has_failed, begin_blk),
		cmocka_unit_test_setup(a_device_that_needs_a_reset_ends_the_requests, begin_blk),
		cmocka_unit_test_setup(frames_come_back, begin),
		cmocka_unit_test_setup(bytes_come_back, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
