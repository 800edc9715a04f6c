/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside drv_block: a port is a block link of which this guest is the back end, with the
 * volume that its front end sees as a disk.
 */
#ifndef DRV_BLOCK_H
#define DRV_BLOCK_H

#include "../lib/back.h"
#include "../lib/step.h"
#include "disk.h"

struct port {
	struct back back;
	struct volume volume;
	const char *link, *name;	/* of the link, of the volume */
	bool is_offered;
	bool has_work;			/* its queue may hold requests */
	bool is_dirty;			/* requests were completed and not yet told */
	bool is_lost;			/* a RAM disk that ended with this guest's last life, while
					   the front end goes on: until that resets its device */
};

/* ports.c: opens the disk, makes the volumes and offers those that can be had. */
uint32_t ports_open(struct port *ports, uint32_t max);

/* serve.c: requests of all ports. serve_init() after ports_open(). */
void serve_init(struct port *ports, uint32_t count);
/* Does what is there; true: more is there already. */
bool serve(void);

#endif
