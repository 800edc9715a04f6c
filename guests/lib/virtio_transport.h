/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the runtime only: what the files of virtio's transports give each other.
 */
#ifndef VIRTIO_TRANSPORT_H
#define VIRTIO_TRANSPORT_H

#include "virtio.h"

/* The first half of `b` goes out, the second comes in; may the driver write that too? */
void virtio_memory(struct virtio *v, struct bank b, bool is_in_writable);
/* Registers at `at`; its interrupt is opened to the calling vCPU. */
int64_t virtio_use_mmio(struct virtio *v, uint64_t at, uint32_t intid);

#endif
