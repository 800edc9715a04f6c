// SPDX-License-Identifier: BSD-2-Clause
/*
 * nettest as a front end that breaks the rules of rings in each way there is: its device is
 * stopped each time, works again after a reset, and nobody else notices.
 */
#include "nettest.h"

#define RECEIVE		0
#define SEND		1
#define WAITS		200u		/* of 10 ms, for the back end's verdict */

static struct virtq_driver *q;		/* the queue to send */
static uint64_t out, in;		/* addresses in the two halves */

/* A head becomes available as if it were right. */
static void offer(uint16_t head)
{
	*virtq_avail_entry(q->avail, (uint16_t)(q->added & (q->size - 1u))) = head;
	virtq_store_release(&q->avail->idx, ++q->added);
	link_notify((uint32_t)net.virtio.at);
}

static void desc(uint16_t index, uint64_t address, uint32_t size, uint16_t flags, uint16_t next)
{
	q->desc[index].addr = address;
	q->desc[index].len = size;
	q->desc[index].flags = flags;
	q->desc[index].next = next;
}

static void one(uint64_t address, uint32_t size, uint16_t flags)
{
	desc(0, address, size, flags, 0);
	offer(0);
}

static void head_out_of_range(void) { offer(q->size); }
static void empty_buffer(void) { one(out, 0, 0); }
static void longest_buffer(void) { one(out, UINT32_MAX, 0); }
static void own_memory(void) { one((uint64_t)&net, 64, 0); }
static void before_the_window(void) { one(net.virtio.area[VIRTIO_OUT].base - 8, 64, 0); }
static void behind_the_window(void) { one(net.virtio.area[VIRTIO_IN].end - 8, 64, 2); }
static void wrapping_address(void) { one(UINT64_MAX - 8, 64, 0); }
static void read_of_the_device_half(void) { one(in, 64, 0); }
static void write_to_the_driver_half(void) { one(out, 64, VIRTQ_DESC_WRITE); }
static void table_not_negotiated(void) { one(out, 16, VIRTQ_DESC_INDIRECT); }

static void next_out_of_range(void)
{
	desc(0, out, 64, VIRTQ_DESC_NEXT, 999);
	offer(0);
}

static void endless_chain(void)
{
	desc(0, out, 64, VIRTQ_DESC_NEXT, 1);
	desc(1, out, 64, VIRTQ_DESC_NEXT, 0);
	offer(0);
}

static void readable_behind_writable(void)
{
	desc(0, in, 64, VIRTQ_DESC_WRITE | VIRTQ_DESC_NEXT, 1);
	desc(1, out, 64, 0, 0);
	offer(0);
}

static void index_far_ahead(void)
{
	q->added = (uint16_t)(q->added + q->size);
	offer(0);
}

static void index_behind(void)
{
	q->added = (uint16_t)(q->added - 2);
	offer(0);
}

/* The buffers for what comes are cut to 16 bytes; the peer's answer finds one. */
static void tiny_buffers(void)
{
	for (uint32_t i = 0; i < net.virtio.queue[RECEIVE].size; i++) {
		net.virtio.queue[RECEIVE].desc[i].len = 16;
	}
	message_send((uint8_t)arg_number("peer", 0), self, KIND_ASK, 1, 100);
}

static const struct {
	const char *name;
	void (*run)(void);
} attacks[] = {
	{ "head_out_of_range", head_out_of_range },
	{ "empty_buffer", empty_buffer },
	{ "longest_buffer", longest_buffer },
	{ "own_memory", own_memory },
	{ "before_the_window", before_the_window },
	{ "behind_the_window", behind_the_window },
	{ "wrapping_address", wrapping_address },
	{ "read_of_the_device_half", read_of_the_device_half },
	{ "write_to_the_driver_half", write_to_the_driver_half },
	{ "next_out_of_range", next_out_of_range },
	{ "table_not_negotiated", table_not_negotiated },
	{ "endless_chain", endless_chain },
	{ "readable_behind_writable", readable_behind_writable },
	{ "index_far_ahead", index_far_ahead },
	{ "index_behind", index_behind },
	{ "tiny_buffers", tiny_buffers },
};

static bool is_stopped(void)
{
	for (uint32_t i = 0; i < WAITS; i++) {
		uint32_t status = 0;

		if (net.virtio.ops->status(&net.virtio, &status) == SKERRY_OK &&
		    status & VIRTIO_NEEDS_RESET) {
			return true;
		}
		link_poll();
		link_wait_us(10000);
	}
	return false;
}

/* What is odd and no breach of the rules: dropped frames, and bells. */
static void nuisances(void)
{
	static const uint32_t sizes[] = { 1, 11, 12, 13, 25, 1531, 1700, 2048 };

	for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct virtq_buffer b = { out, sizes[i] };

		virtio_add(&net.virtio, SEND, &b, 1, 0, net.out);
		virtio_kick(&net.virtio, SEND);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		link_notify((uint32_t)net.virtio.at);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		link_config_write((uint32_t)net.virtio.at, 0, &i, 4);
	}
	check(!virtio_check(&net.virtio), "the device is stopped");
}

void hostile_front_end(void)
{
	if (!arg_has("hostile")) {
		test_skip("not asked for");
		return;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		q = &net.virtio.queue[SEND];
		out = (uint64_t)net.out;
		in = (uint64_t)net.in;
		attacks[i].run();
		check(is_stopped(), "%s", attacks[i].name);
		check(virtio_net_start(&net, 64) == SKERRY_OK, "%s: reset", attacks[i].name);
	}
	nuisances();
	check(virtio_net_start(&net, 64) == SKERRY_OK, "reset");
	printf("nettest: %u breaches of the rules\n", (uint32_t)ARRAY_SIZE(attacks));
}
