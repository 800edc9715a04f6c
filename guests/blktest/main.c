// SPDX-License-Identifier: BSD-2-Clause
/*
 * blktest: a front end of block links. Its boot arguments say what it does with each of its
 * disks, in this order:
 *   raw            odd and forbidden requests (raw.c)
 *   load=N         N random requests, all checked; crash-after=N: in its first life this
 *                  guest crashes after so many of them
 *   again=N        one sector is read until that works, then N random requests
 *   fill=SALT      stamps the whole disk and flushes
 *   verify=SALT    reads it all and compares
 *   crash          at the end of the first life
 *   stay           waits for ever at the end
 */
#include "blktest.h"

#define QUEUE_SIZE	128

struct virtio_blk blk;
struct op ops[IN_FLIGHT];
const char *link_name;
static uint32_t failed;

void stamp(uint8_t *to, uint64_t sector, uint32_t size, uint64_t salt)
{
	uint64_t *at = (uint64_t *)to;

	for (uint32_t i = 0; i < size / 8; i++) {
		at[i] = (sector + i / 64) * 0x9e3779b97f4a7c15ull + salt;
	}
}

bool is_stamped(const uint8_t *data, uint64_t sector, uint32_t size, uint64_t salt)
{
	const uint64_t *at = (const uint64_t *)data;

	for (uint32_t i = 0; i < size / 8; i++) {
		if (at[i] != (sector + i / 64) * 0x9e3779b97f4a7c15ull + salt) {
			return false;
		}
	}
	return true;
}

bool disk_begin(uint32_t port)
{
	int64_t result = virtio_open_link(&blk.virtio, port);

	if (result == SKERRY_OK) {
		result = virtio_blk_start(&blk, QUEUE_SIZE);
	}
	for (uint32_t i = 0; result == SKERRY_OK && i < IN_FLIGHT; i++) {
		ops[i].out = virtio_alloc(&blk.virtio, VIRTIO_OUT, CHUNK);
		ops[i].in = virtio_alloc(&blk.virtio, VIRTIO_IN, CHUNK);
		ops[i].is_busy = false;
		if (!ops[i].out || !ops[i].in) {
			result = SKERRY_NO_MEMORY;
		}
	}
	if (result != SKERRY_OK) {
		printf("blktest: %s: no disk: %ld FAILED\n", link_name, result);
	}
	return result == SKERRY_OK;
}

static bool op_end(struct op *o, uint64_t salt)
{
	int64_t result = virtio_blk_wait(&blk, &o->r);

	o->is_busy = false;
	if (result != SKERRY_OK) {
		printf("blktest: %s: request at %lu: %ld\n", link_name, o->r.sector, result);
		return false;
	}
	if (o->r.operation == BLK_READ && !is_stamped(o->in, o->r.sector, o->r.size, salt)) {
		printf("blktest: %s: content at %lu\n", link_name, o->r.sector);
		return false;
	}
	return true;
}

/* The whole disk, in order, with all of ops[] in flight. */
static bool sweep(enum blk_operation operation, uint64_t salt)
{
	bool is_good = true;
	uint32_t n = 0;

	for (uint64_t sector = 0; sector < blk.sectors; n = (n + 1) % IN_FLIGHT) {
		uint64_t left = (blk.sectors - sector) * BLK_SECTOR;
		uint32_t size = left < CHUNK ? (uint32_t)left : CHUNK;
		struct op *o = &ops[n];

		if (o->is_busy) {
			is_good &= op_end(o, salt);
		}
		if (operation == BLK_WRITE) {
			stamp(o->out, sector, size, salt);
		}
		o->r = request_of(operation, sector,
					     operation == BLK_WRITE ? o->out : o->in, size);
		if (virtio_blk_submit(&blk, &o->r) != SKERRY_OK) {
			return false;
		}
		o->is_busy = true;
		if (n % 8 == 7) {
			virtio_blk_kick(&blk);
		}
		sector += size / BLK_SECTOR;
	}
	for (n = 0; n < IN_FLIGHT; n++) {
		if (ops[n].is_busy) {
			is_good &= op_end(&ops[n], salt);
		}
	}
	return is_good;
}

bool disk_fill(uint64_t salt)
{
	return sweep(BLK_WRITE, salt);
}

bool disk_verify(uint64_t salt)
{
	return sweep(BLK_READ, salt);
}

bool disk_flush(void)
{
	return virtio_blk_do(&blk, BLK_FLUSH, 0, NULL, 0) == SKERRY_OK;
}

static void tell(const char *what, bool is_good)
{
	printf("blktest: %s: %s: %s\n", link_name, what, is_good ? "ok" : "FAILED");
	failed += !is_good;
}

/* The disk comes back some time. */
static bool again(void)
{
	while (virtio_blk_do(&blk, BLK_READ, 0, ops[0].in, BLK_SECTOR) != SKERRY_OK) {
		sleep_unless(NULL, NULL, 300000);
	}
	return disk_load(arg_number("again", 100), 0);
}

static void disk_run(uint32_t port)
{
	link_name = link_info(port)->name;
	if (arg_has("raw")) {
		raw_run(port);
	}
	if (!disk_begin(port)) {
		failed++;
		return;
	}
	printf("blktest: %s: %lu sectors%s\n", link_name, blk.sectors,
	       blk.is_read_only ? ", read-only" : "");
	if (arg_has("load")) {
		tell("load", disk_load(arg_number("load", 1000), guest_life() == 1 ?
				       arg_number("crash-after", 0) : 0));
	}
	if (arg_has("again")) {
		tell("again", again());
	}
	if (arg_has("fill")) {
		tell("fill", disk_fill(arg_number("fill", 1)) && disk_flush());
	}
	if (arg_has("verify")) {
		tell("verify", disk_verify(arg_number("verify", 1)));
	}
}

void guest_main(void)
{
	uint32_t count = link_init(), disks = 0;

	printf("blktest: life %lu\n", guest_life());
	for (uint32_t port = 0; port < count; port++) {
		const struct skerry_link *l = link_info(port);

		if (l->type == SKERRY_LINK_BLOCK && l->role == SKERRY_FRONT) {
			disk_run(port);
			disks++;
		}
	}
	printf("blktest: %u disks, %s\n", disks, failed ? "FAILED" : "ok");
	if (arg_has("crash") && guest_life() == 1) {
		guest_crash(5, 0);
	}
	while (arg_has("stay")) {
		wfi();
	}
}
