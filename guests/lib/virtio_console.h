/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of a virtio console (VIRTIO 1.2, 5.3), one port: bytes out and in. They are
 * copied between the caller and small buffers in the window. One vCPU uses a device.
 */
#ifndef VIRTIO_CONSOLE_H
#define VIRTIO_CONSOLE_H

#include "virtio.h"

#define CONSOLE_CHUNK	256u		/* bytes of a buffer */
#define CONSOLE_SLOTS	8		/* in each direction */

struct virtio_console {
	struct virtio virtio;
	uint8_t *in, *out;
	uint32_t out_free;
	uint8_t free[CONSOLE_SLOTS];	/* a stack of buffers to send from */
	const uint8_t *waiting;		/* input that was received, not yet read */
	uint32_t waiting_count;
	uint8_t *waiting_slot;		/* NULL: none */
};

int64_t virtio_console_start(struct virtio_console *c);
/* The terminal's size, where the device tells it; false: it does not. */
bool virtio_console_size(struct virtio_console *c, uint16_t *columns, uint16_t *rows);
/* Bytes taken: fewer than `count` when all buffers are under way. */
size_t virtio_console_write(struct virtio_console *c, const void *bytes, size_t count);
/* All of it, sleeping as long as that takes. False: the device is broken. */
bool virtio_console_print(struct virtio_console *c, const void *bytes, size_t count);
/* Bytes read, 0: there is no input. */
size_t virtio_console_read(struct virtio_console *c, void *to, size_t size);
/* Sleeps until there is input, or any interrupt. */
void virtio_console_wait(struct virtio_console *c);

#endif
