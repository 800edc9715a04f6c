/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside blktest: one disk, and contents that say where they belong: each word of sector
 * S written with a salt is S x STAMP + salt. The test host makes the same (tests/qemu).
 */
#ifndef BLKTEST_H
#define BLKTEST_H

#include "test.h"
#include "link.h"
#include "virtio_blk.h"

#define CHUNK		KIB(16)		/* largest request of ours */
#define IN_FLIGHT	24
#define UNIT_SECTORS	8		/* random requests are whole units of 4 KiB */

extern struct virtio_blk blk;
extern const char *link_name;

/* One request's memory, and what it is about. */
struct op {
	struct blk_request r;
	uint8_t *out, *in;		/* CHUNK each */
	uint64_t unit;			/* load.c */
	uint32_t count, salt;
	bool is_busy;
};

extern struct op ops[IN_FLIGHT];

static inline struct blk_request request_of(enum blk_operation operation, uint64_t sector,
					    void *data, uint32_t size)
{
	return (struct blk_request){ operation, sector, data, size, SKERRY_PENDING, NULL };
}

bool disk_begin(uint32_t port);		/* false: told why */
void stamp(uint8_t *to, uint64_t sector, uint32_t size, uint64_t salt);
bool is_stamped(const uint8_t *data, uint64_t sector, uint32_t size, uint64_t salt);

/* Writes, or reads and compares, the whole disk; many requests are in flight. */
bool disk_fill(uint64_t salt);
bool disk_verify(uint64_t salt);
bool disk_flush(void);
/* load.c: reads and writes at random, each read compared with what was written last. */
bool disk_load(uint64_t requests, uint64_t crash_after);
/* raw.c: what front ends must not do, and odd requests that they may make. */
void raw_run(uint32_t port);

#endif
