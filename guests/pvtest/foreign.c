/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our drivers over virtio-mmio against a foreign device: a disk whose sectors begin with
 * their number (the test host made it so), and a network in which 10.0.2.2 answers ARP
 * and ping.
 */
#include "pvtest.h"
#include "virtio_blk.h"
#include "virtio_net.h"

#define BATCH		16u
#define CHUNK		4096u
#define MEMORY		MIB(1)		/* for each device's rings and buffers */

static struct virtio_blk blk;
static struct virtio_net net;

static struct bank memory(uint32_t index)
{
	uint64_t base = (free_base() + MIB(1) - 1) & ~(MIB(1) - 1);

	return (struct bank){ base + index * MEMORY, MEMORY };
}

static bool blk_begin(void)
{
	int64_t result = virtio_open_mmio(&blk.virtio, VIRTIO_ID_BLOCK, 0, memory(0));

	check(result == SKERRY_OK, "open: %ld", result);
	result = result == SKERRY_OK ? virtio_blk_start(&blk, 128) : result;
	check(result == SKERRY_OK, "start: %ld", result);
	return result == SKERRY_OK;
}

static void test_blk_read(void)
{
	struct blk_request r[BATCH];
	uint8_t *data;

	if (!blk_begin()) {
		return;
	}
	check(blk.sectors >= 2048, "%lu sectors", blk.sectors);
	check(blk.virtio.features & VIRTIO_EVENT_IDX, "features %lx", blk.virtio.features);
	data = virtio_alloc(&blk.virtio, VIRTIO_IN, BATCH * CHUNK);
	for (uint64_t round = 0; round < 16; round++) {
		uint64_t sector = round * BATCH * CHUNK / BLK_SECTOR;

		for (uint32_t i = 0; i < BATCH; i++) {
			r[i] = (struct blk_request){ BLK_READ, sector + i * CHUNK / BLK_SECTOR,
						     data + i * CHUNK, CHUNK, 0, NULL };
			check(virtio_blk_submit(&blk, &r[i]) == SKERRY_OK, "submit %u", i);
		}
		for (uint32_t i = 0; i < BATCH; i++) {
			int64_t result = virtio_blk_wait(&blk, &r[i]);

			check(result == SKERRY_OK, "read %lu: %ld", r[i].sector, result);
		}
		check(stamp_is(data, sector, BATCH * CHUNK, STAMP_READ), "content at %lu", sector);
	}
	check(blk.virtio.notifications <= 16, "%lu notifications", blk.virtio.notifications);
}

static void test_blk_write(void)
{
	uint8_t *in, *out;

	if (!blk_begin()) {
		return;
	}
	out = virtio_alloc(&blk.virtio, VIRTIO_OUT, CHUNK);
	in = virtio_alloc(&blk.virtio, VIRTIO_IN, CHUNK);
	for (uint64_t sector = 0; sector < 256; sector += CHUNK / BLK_SECTOR) {
		stamp_fill(out, sector, CHUNK, STAMP_WRITTEN);
		check(virtio_blk_do(&blk, BLK_WRITE, sector, out, CHUNK) == SKERRY_OK, "write");
		check(virtio_blk_do(&blk, BLK_READ, sector, in, CHUNK) == SKERRY_OK, "read");
		check(stamp_is(in, sector, CHUNK, STAMP_WRITTEN), "content at %lu", sector);
	}
	check(blk.can_flush && virtio_blk_do(&blk, BLK_FLUSH, 0, NULL, 0) == SKERRY_OK, "flush");
	check(virtio_blk_do(&blk, BLK_READ, blk.sectors, in, CHUNK) == SKERRY_INVALID, "outside");
}

static void test_blk_again(void)
{
	for (uint32_t i = 0; i < 20; i++) {
		uint8_t *in;

		if (!blk_begin()) {
			return;
		}
		in = virtio_alloc(&blk.virtio, VIRTIO_IN, CHUNK);
		check(virtio_blk_do(&blk, BLK_READ, 512, in, CHUNK) == SKERRY_OK, "read %u", i);
		check(stamp_is(in, 512, CHUNK, STAMP_READ), "content %u", i);
		check(virtio_reset(&blk.virtio) == SKERRY_OK, "reset %u", i);
		check(virtio_blk_do(&blk, BLK_READ, 0, in, CHUNK) == SKERRY_BUSY, "when reset");
	}
}

/* Frames: all fields as they stand on the wire. */
static const uint8_t gateway[4] = { 10, 0, 2, 2 }, self[4] = { 10, 0, 2, 15 };
static uint8_t gateway_mac[6];

static void put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static uint32_t ip_sum(const uint8_t *at, uint32_t size)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < size; i++) {
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16)) & 0xffff;
}

static void send_arp(void)
{
	static const uint8_t fixed[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	uint8_t *f = virtio_net_frame(&net);

	memset(f, 0, 60);
	memset(f, 0xff, 6);
	memcpy(f + 6, net.mac, 6);
	put16(f + 12, 0x0806);
	memcpy(f + 14, fixed, 8);
	memcpy(f + 22, net.mac, 6);
	memcpy(f + 28, self, 4);
	memcpy(f + 38, gateway, 4);
	virtio_net_send(&net, f, 60);
}

static void send_ping(uint32_t sequence, uint32_t size)
{
	uint8_t *f = virtio_net_frame(&net), *ip = f + 14, *icmp = f + 34;

	memcpy(f, gateway_mac, 6);
	memcpy(f + 6, net.mac, 6);
	put16(f + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, 28 + size);
	ip[8] = 64;
	ip[9] = 1;
	memcpy(ip + 12, self, 4);
	memcpy(ip + 16, gateway, 4);
	put16(ip + 10, ip_sum(ip, 20));
	memset(icmp, 0, 8);
	icmp[0] = 8;
	put16(icmp + 6, sequence);
	for (uint32_t i = 0; i < size; i++) {
		icmp[8 + i] = (uint8_t)(i + sequence);
	}
	put16(icmp + 2, ip_sum(icmp, 8 + size));
	virtio_net_send(&net, f, 42 + size);
}

/* Frames until one of this kind has come; 0: the device is broken. */
static uint32_t wait_for(uint32_t ethertype, uint8_t *copy)
{
	for (;;) {
		uint32_t size;
		uint8_t *f;

		while ((f = virtio_net_receive(&net, &size)) != NULL) {
			bool is_it = (uint32_t)(f[12] << 8 | f[13]) == ethertype;

			memcpy(copy, f, size);
			virtio_net_release(&net, f);
			virtio_net_flush(&net);
			if (is_it) {
				return size;
			}
		}
		if (net.virtio.is_broken) {
			return 0;
		}
		virtio_net_wait(&net);
	}
}

static void test_net(void)
{
	static uint8_t frame[NET_FRAME_MAX];
	int64_t result = virtio_open_mmio(&net.virtio, VIRTIO_ID_NET, 0, memory(1));

	result = result == SKERRY_OK ? virtio_net_start(&net, 64) : result;
	check(result == SKERRY_OK, "start: %ld", result);
	if (result != SKERRY_OK) {
		return;
	}
	check(net.has_mac, "no address");
	send_arp();
	virtio_net_flush(&net);
	check(wait_for(0x0806, frame) >= 42 && frame[21] == 2, "an ARP reply");
	memcpy(gateway_mac, frame + 22, 6);
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t size = i * 7 % 1400, got;

		send_ping(i, size);
		virtio_net_flush(&net);
		got = wait_for(0x0800, frame);
		check(got >= 42 + size, "reply %u has %u bytes", i, got);
		check(frame[34] == 0 && (uint32_t)(frame[40] << 8 | frame[41]) == i, "reply %u", i);
		check(ip_sum(frame + 34, 8 + size) == 0, "checksum of reply %u", i);
	}
	check(net.dropped == 0, "%lu frames of impossible size", net.dropped);
}

static const struct test tests[] = {
	{ "blk-read", test_blk_read },
	{ "blk-write", test_blk_write },
	{ "blk-again", test_blk_again },
	{ "net", test_net },
};

void foreign_run(void)
{
	irq_enable();
	tests_run(tests, ARRAY_SIZE(tests));
}
