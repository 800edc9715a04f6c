/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The back end of a virtio console (VIRTIO 1.2, 5.3), one port without MULTIPORT: takes what
 * the front end prints and gives it input. Nothing here waits. On each event of the port
 * the caller asks console_back_update(), as back.h says; after its notifications, and
 * whenever there is room or input, the others. One vCPU uses it.
 *
 * What is printed goes back to the front end only when console_back_printed() says that it
 * is where it should be: if this guest dies before, it comes again in its next life.
 */
#ifndef CONSOLE_BACK_H
#define CONSOLE_BACK_H

#include "back.h"

#define CONSOLE_BACK_QUEUE	64u	/* entries of a queue, and parts of a chain */

struct console_back_held {	/* read, but not yet given back */
	uint16_t head;
	uint32_t end;			/* console_back.count behind its last byte */
};

struct console_back {
	struct back back;
	uint32_t count;			/* bytes ever read */
	struct console_back_held held[CONSOLE_BACK_QUEUE];	/* a ring */
	uint32_t held_put, held_got;
	struct vqv_chain chain;		/* of what is printed; has_chain: not yet given back */
	struct vqv_part parts[CONSOLE_BACK_QUEUE];
	uint32_t part, offset;		/* how far it has been read */
	bool has_chain;
};

/* Offers the console. Columns and rows: of the terminal, 0: not known. */
int64_t console_back_open(struct console_back *c, uint32_t port, uint16_t columns, uint16_t rows);
enum back_change console_back_update(struct console_back *c);
/* Takes printed bytes, at most `max`; 0: there are none now. */
uint32_t console_back_read(struct console_back *c, uint8_t *to, uint32_t max);
/* What was read is printed up to this `count`. */
void console_back_printed(struct console_back *c, uint32_t count);
/* Gives input: bytes taken, 0: the front end has posted no buffer. */
uint32_t console_back_write(struct console_back *c, const uint8_t *from, uint32_t count);

#endif
