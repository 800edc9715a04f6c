/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A front end's request (VIRTIO 1.2, 5.2.6), read once out of a chain and checked against
 * its volume. What is in a request is drv_block's own copy: the front end can no longer
 * change where it goes. Pure C: also built for the host's tests and the fuzzer.
 */
#ifndef DRV_BLOCK_REQUEST_H
#define DRV_BLOCK_REQUEST_H

#include "../lib/virtq_device.h"
#include "volume.h"

#define BLK_T_IN		0
#define BLK_T_OUT		1
#define BLK_T_FLUSH		4
#define BLK_T_GET_ID		8

#define BLK_S_OK		0
#define BLK_S_IOERR		1
#define BLK_S_UNSUPP		2

#define BLK_ID_SIZE		20
#define BLK_HEADER_SIZE		16

#define REQUEST_SEGMENTS	62	/* of data: what SEG_MAX offers */
#define REQUEST_PARTS		(REQUEST_SEGMENTS + 4)	/* header and status may be in two */
#define REQUEST_SIZE_MAX	(1u << 20)	/* of a segment: what SIZE_MAX offers */

struct blk_header {		/* what a chain begins with */
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

struct request {
	uint32_t type;			/* BLK_T_IN, _OUT, _FLUSH */
	uint64_t sector;		/* of the volume */
	struct vqv_part *data;		/* in the chain's parts: window addresses */
	uint32_t data_count;
	uint32_t bytes;			/* of data: whole sectors inside the volume */
	uint8_t *status;		/* its last byte that can be written */
	uint32_t written;		/* what to give back: every byte up to the status */
};

enum request_kind {
	REQUEST_BAD,			/* no request: the front end broke the rules */
	REQUEST_DONE,			/* *status is set: give it back */
	REQUEST_WORK,			/* do it, then request_end() */
};

/* `id`: at most BLK_ID_SIZE characters of it are GET_ID's answer. Changes c's parts. */
enum request_kind request_parse(struct vqv_chain *c, const struct volume *v, const char *id,
				struct request *r);

static inline void request_end(const struct request *r, uint8_t status)
{
	*(volatile uint8_t *)r->status = status;
}

/* The whole of a request on a RAM disk. */
void request_do_ram(const struct request *r, const struct volume *v);

#endif
