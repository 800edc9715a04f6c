// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random requests, many at a time, never two on one unit: so that each read has exactly one
 * right answer, whatever happened to the back end meanwhile. A request that comes back
 * twice or never is seen by the ring's driver, or as a run that does not end.
 */
#include "blktest.h"

#define UNIT_MAX	16384		/* 64 MiB */

static uint16_t salt_of[UNIT_MAX];	/* of each unit's last write; 0: never written here */
static uint8_t busy[UNIT_MAX];
static uint64_t random_state, units;

static bool is_range_free(uint64_t unit, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (busy[unit + i]) {
			return false;
		}
	}
	return true;
}

static void range_set(uint64_t unit, uint32_t count, uint8_t is_busy)
{
	memset(&busy[unit], is_busy, count);
}

/* Fills in a request: two of three write, one in 64 flushes. */
static void choose(struct op *o)
{
	uint64_t random = random_next(&random_state);
	uint32_t size;

	do {
		o->unit = random_next(&random_state) % units;
		o->count = 1 + random_next(&random_state) % (CHUNK / KIB(4));
		o->count = o->count < units - o->unit ? o->count : (uint32_t)(units - o->unit);
	} while (!is_range_free(o->unit, o->count));
	size = o->count * (uint32_t)KIB(4);
	if (random % 64 == 0) {
		o->count = 0;
		o->r = request_of(BLK_FLUSH, 0, NULL, 0);
	} else if (random % 3) {
		o->salt = 1 + (random >> 32) % 0xffff;
		stamp(o->out, o->unit * UNIT_SECTORS, size, o->salt);
		o->r = request_of(BLK_WRITE, o->unit * UNIT_SECTORS, o->out, size);
	} else {
		o->r = request_of(BLK_READ, o->unit * UNIT_SECTORS, o->in, size);
	}
	range_set(o->unit, o->count, 1);
}

/* A request is done: remember what was written, compare what was read. */
static bool finish(struct op *o)
{
	bool is_good = o->r.result == SKERRY_OK;

	for (uint32_t i = 0; is_good && i < o->count; i++) {
		uint64_t unit = o->unit + i;

		if (o->r.operation == BLK_WRITE) {
			salt_of[unit] = (uint16_t)o->salt;
		} else if (salt_of[unit] && !is_stamped(o->in + i * KIB(4), unit * UNIT_SECTORS,
							KIB(4), salt_of[unit])) {
			is_good = false;
		}
	}
	if (!is_good) {
		printf("blktest: %s: operation %u at %lu: %ld\n", link_name,
		       (uint32_t)o->r.operation, o->r.sector, o->r.result);
	}
	range_set(o->unit, o->count, 0);
	o->is_busy = false;
	return is_good;
}

/* Everything that was ever written is still there. */
static bool look_at_all(void)
{
	for (uint64_t unit = 0; unit < units; unit++) {
		if (salt_of[unit] &&
		    (virtio_blk_do(&blk, BLK_READ, unit * UNIT_SECTORS, ops[0].in, KIB(4)) !=
		     SKERRY_OK || !is_stamped(ops[0].in, unit * UNIT_SECTORS, KIB(4),
					      salt_of[unit]))) {
			printf("blktest: %s: unit %lu at the end\n", link_name, unit);
			return false;
		}
	}
	return true;
}

static bool submit_some(uint64_t *begun, uint64_t requests)
{
	for (struct op *o = ops; o < ops + IN_FLIGHT && *begun < requests; o++) {
		if (!o->is_busy) {
			choose(o);
			if (virtio_blk_submit(&blk, &o->r) != SKERRY_OK) {
				return false;
			}
			o->is_busy = true;
			++*begun;
		}
	}
	virtio_blk_kick(&blk);
	return true;
}

bool disk_load(uint64_t requests, uint64_t crash_after)
{
	uint64_t begun = 0, done = 0;
	bool is_good = true;

	units = blk.sectors / UNIT_SECTORS;
	units = units < UNIT_MAX ? units : UNIT_MAX;
	random_state = time_now() | 1;
	memset(salt_of, 0, sizeof(salt_of));
	memset(busy, 0, sizeof(busy));
	while (done < requests && is_good) {
		is_good = submit_some(&begun, requests);
		if (crash_after && begun >= crash_after) {
			printf("blktest: %s: crashes in mid-work\n", link_name);
			guest_crash(6, done);
		}
		virtio_wait(&blk.virtio, 0);
		virtio_blk_poll(&blk);
		for (struct op *o = ops; o < ops + IN_FLIGHT; o++) {
			if (o->is_busy && o->r.result != SKERRY_PENDING) {
				is_good &= finish(o);
				done++;
			}
		}
	}
	printf("blktest: %s: %lu requests\n", link_name, done);
	return is_good && look_at_all();
}
