/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: 1,500-byte packets from one guest to another through drv_net. What it takes is
 * counted from before the first of a batch is made until the sender has been told, by the
 * bell of port 0, that the last was taken.
 */
#include "bench.h"
#include "link.h"
#include "virtio_net.h"

#define FRAME		1514u		/* 1,500 bytes and Ethernet's header */
#define FRAMES		16u		/* of a batch */
#define BATCHES		32u
#define LOAD		256u		/* frames, each shown to the device at once */
#define ALL		((BATCHES + 1) * FRAMES + LOAD)

static struct virtio_net net;

struct goal {
	const uint64_t *counter;
	uint64_t least;
};

static bool is_reached(void *context)
{
	const struct goal *g = context;

	return __atomic_load_n(g->counter, __ATOMIC_ACQUIRE) >= g->least;
}

static void wait_frames(const struct side *its, uint64_t least)
{
	struct goal g = { &its->frames, least };

	while (!is_reached(&g)) {
		sleep_unless(is_reached, &g, 0);
	}
}

static void send_one(const struct side *its)
{
	uint8_t *f;

	while ((f = virtio_net_frame(&net)) == NULL) {
		virtio_net_flush(&net);
		virtio_wait(&net.virtio, 1);
	}
	memcpy(f, (const void *)&its->mac, 6);
	memcpy(f + 6, net.mac, 6);
	f[12] = 0x88;			/* an experimental protocol's EtherType */
	f[13] = 0xb5;
	virtio_net_send(&net, f, FRAME);
}

void frames_send(uint32_t port, struct side *mine, const struct side *its)
{
	uint64_t sent = 0, before;

	(void)mine;
	if (virtio_open_link(&net.virtio, port) != SKERRY_OK ||
	    virtio_net_start(&net, 128) != SKERRY_OK) {
		printf("bench: FAILED, no network\n");
		return;
	}
	while (!__atomic_load_n(&its->mac, __ATOMIC_ACQUIRE)) {
		cpu_relax();
	}
	for (uint32_t n = 0; n <= BATCHES; n++) {
		uint64_t t = time_now();

		for (uint32_t i = 0; i < FRAMES; i++) {
			send_one(its);
		}
		virtio_net_flush(&net);
		sent += FRAMES;
		wait_frames(its, sent);
		sample[n ? n - 1 : 0] = (time_now() - t) / FRAMES;
	}
	reps = BATCHES;
	report("frame-1500");
	before = net.virtio.notifications;
	for (uint32_t i = 0; i < LOAD; i++) {
		send_one(its);
		virtio_net_flush(&net);
	}
	wait_frames(its, ALL);
	report_one("frame-notify", net.virtio.notifications - before);
}

void frames_take(uint32_t port, struct side *mine)
{
	uint64_t mac = 0, count = 0;

	if (virtio_open_link(&net.virtio, port) != SKERRY_OK ||
	    virtio_net_start(&net, 128) != SKERRY_OK) {
		printf("bench: FAILED, no network\n");
		return;
	}
	memcpy(&mac, net.mac, 6);
	__atomic_store_n(&mine->mac, mac, __ATOMIC_RELEASE);
	while (count < ALL) {
		uint64_t before = count;
		uint32_t size;
		uint8_t *f;

		while ((f = virtio_net_receive(&net, &size)) != NULL) {
			count += size == FRAME;
			virtio_net_release(&net, f);
		}
		virtio_net_flush(&net);
		__atomic_store_n(&mine->frames, count, __ATOMIC_RELEASE);
		if (count / FRAMES != before / FRAMES) {
			link_notify(0);
		}
		if (count < ALL) {
			virtio_net_wait(&net);
		}
	}
}
