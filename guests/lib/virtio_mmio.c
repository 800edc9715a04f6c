/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over memory-mapped registers (VIRTIO 1.2, 4.2.2, version 2): QEMU's devices given
 * to this guest, and Skerry's register page. Its interrupts are acknowledged here and
 * wake whoever sleeps; that something came is seen in the rings.
 */
#include "virtio_transport.h"
#include "gic.h"
#include "link.h"
#include "tree.h"

#define MAGIC		0x000
#define VERSION		0x004
#define DEVICE_ID	0x008
#define FEATURES	0x010
#define FEATURES_SELECT	0x014
#define ACCEPT		0x020
#define ACCEPT_SELECT	0x024
#define QUEUE_SELECT	0x030
#define QUEUE_SIZE_MAX	0x034
#define QUEUE_SIZE	0x038
#define QUEUE_READY	0x044
#define QUEUE_NOTIFY	0x050
#define IRQ_STATUS	0x060
#define IRQ_ACK		0x064
#define STATUS		0x070
#define QUEUE_DESC	0x080
#define QUEUE_AVAIL	0x090
#define QUEUE_USED	0x0a0
#define GENERATION	0x0fc
#define CONFIG		0x100

#define DEVICE_MAX	8		/* a guest has of these */
#define CONFIG_TRIES	100		/* while the device changes its config */

static struct {
	uint64_t at;
	uint32_t intid;
	struct virtio *v;
} devices[DEVICE_MAX];

static uint32_t get(struct virtio *v, uint32_t offset)
{
	return read32(v->at + offset);
}

static void put(struct virtio *v, uint32_t offset, uint32_t value)
{
	v->controls++;
	write32(v->at + offset, value);
}

static void put64(struct virtio *v, uint32_t offset, uint64_t value)
{
	put(v, offset, (uint32_t)value);
	put(v, offset + 4, (uint32_t)(value >> 32));
}

static int64_t mmio_identify(struct virtio *v)
{
	if (get(v, MAGIC) != 0x74726976 || get(v, VERSION) != 2) {
		return SKERRY_NOT_SUPPORTED;
	}
	v->device_id = get(v, DEVICE_ID);
	return v->device_id ? SKERRY_OK : SKERRY_AGAIN;
}

static int64_t mmio_features(struct virtio *v, uint64_t *offered)
{
	put(v, FEATURES_SELECT, 0);
	*offered = get(v, FEATURES);
	put(v, FEATURES_SELECT, 1);
	*offered |= (uint64_t)get(v, FEATURES) << 32;
	return SKERRY_OK;
}

static int64_t mmio_accept(struct virtio *v, uint64_t features)
{
	put(v, ACCEPT_SELECT, 0);
	put(v, ACCEPT, (uint32_t)features);
	put(v, ACCEPT_SELECT, 1);
	put(v, ACCEPT, (uint32_t)(features >> 32));
	return SKERRY_OK;
}

static int64_t mmio_status(struct virtio *v, uint32_t *status)
{
	*status = get(v, STATUS);
	return SKERRY_OK;
}

static int64_t mmio_set_status(struct virtio *v, uint32_t status)
{
	put(v, STATUS, status);
	return SKERRY_OK;
}

static int64_t mmio_config(struct virtio *v, uint32_t offset, void *to, uint32_t size)
{
	uint8_t *bytes = to;

	for (uint32_t tries = 0; tries < CONFIG_TRIES; tries++) {
		uint32_t generation = get(v, GENERATION);

		for (uint32_t i = 0; i < size; i++) {
			bytes[i] = (uint8_t)read8(v->at + CONFIG + offset + i);
		}
		if (get(v, GENERATION) == generation) {
			return SKERRY_OK;
		}
	}
	return SKERRY_BUSY;
}

static int64_t mmio_queue_size(struct virtio *v, uint32_t index, uint32_t *size_max)
{
	put(v, QUEUE_SELECT, index);
	*size_max = get(v, QUEUE_SIZE_MAX);
	return *size_max ? SKERRY_OK : SKERRY_INVALID;
}

static int64_t mmio_queue_set(struct virtio *v, const struct skerry_msg_vqueue *q)
{
	/* queue_size has selected it */
	put(v, QUEUE_SIZE, q->size);
	put64(v, QUEUE_DESC, q->descriptors);
	put64(v, QUEUE_AVAIL, q->available);
	put64(v, QUEUE_USED, q->used);
	put(v, QUEUE_READY, 1);
	return get(v, QUEUE_READY) == 1 ? SKERRY_OK : SKERRY_INVALID;
}

static void mmio_notify(struct virtio *v, uint32_t index)
{
	dsb();				/* the rings, before a device hears of them */
	write32(v->at + QUEUE_NOTIFY, index);
}

static const struct virtio_ops mmio_ops = {
	mmio_identify, mmio_features, mmio_accept, mmio_status, mmio_set_status,
	mmio_config, mmio_queue_size, mmio_queue_set, mmio_notify,
};

static void interrupt(uint32_t intid)
{
	for (uint32_t i = 0; i < DEVICE_MAX; i++) {
		if (devices[i].at && devices[i].intid == intid) {
			uint32_t status = read32(devices[i].at + IRQ_STATUS);

			if (status) {
				write32(devices[i].at + IRQ_ACK, status);
				devices[i].v->acknowledged++;
			}
		}
	}
	link_wake();
}

int64_t virtio_use_mmio(struct virtio *v, uint64_t at, uint32_t intid)
{
	uint32_t i = 0;

	while (i < DEVICE_MAX && devices[i].at && devices[i].at != at) {
		i++;
	}
	if (i == DEVICE_MAX) {
		return SKERRY_NO_MEMORY;
	}
	devices[i].intid = intid;
	devices[i].at = at;
	devices[i].v = v;
	v->ops = &mmio_ops;
	v->at = at;
	v->intid = intid;
	irq_handler(intid, interrupt);
	gic_set_edge(intid, true);
	gic_route(intid, (uint32_t)cpu_self()->index);
	gic_enable(intid);
	return SKERRY_OK;
}

int64_t virtio_open_mmio(struct virtio *v, uint32_t device_id, uint32_t index, struct bank memory)
{
	struct tree_device d;

	for (uint32_t i = 0; tree_device("virtio,mmio", i, &d); i++) {
		if (read32(d.base + MAGIC) == 0x74726976 && read32(d.base + VERSION) == 2 &&
		    read32(d.base + DEVICE_ID) == device_id && index-- == 0) {
			memset(v, 0, sizeof(*v));
			virtio_memory(v, memory, true);
			return virtio_use_mmio(v, d.base, d.intid);
		}
	}
	return SKERRY_INVALID;
}
