// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The virtio transport: configuration by messages, virtqueues in a split window. Called by
 * virtio's core and drivers, which may sleep, but for notify and the interrupt. A back
 * end that restarts shows in nothing but time: it takes the rings up where they are.
 */
#include <linux/delay.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <linux/vmalloc.h>

#include "hypercall.h"
#include "skerry.h"

#define LOOKS		1500		/* 20 ms apart: 30 s, an offer takes 10 at most */
#define MINE		0		/* skerry_port.half: written here */
#define THEIRS		1		/* written by the back end */
#define CONSOLE_OUTPUT	1		/* its queue, of the first port */

struct config_message {
	u32 generation, offset, size;
	u8 bytes[SKERRY_CONFIG_MAX];
};

static struct skerry_port *port_of(struct virtio_device *vdev)
{
	return skerry_port_of(vdev->dev.parent);
}

static long ask(struct virtio_device *vdev, u8 id, const void *payload, u16 size, void *answer,
		u16 answer_size)
{
	long result = skerry_ask(port_of(vdev)->number, id, payload, size, answer, answer_size);

	if (result != SKERRY_OK && result != SKERRY_PENDING)
		dev_err(&vdev->dev, "message %#x: %ld\n", id, result);
	return result;
}

/* --- configuration --------------------------------------------------------- */

static u32 read_config(struct virtio_device *vdev, u32 offset, void *to, u32 size)
{
	struct config_message c = { 0 };
	u32 what[2] = { offset, size };

	ask(vdev, SKERRY_MSG_GET_CONFIG, what, sizeof(what), &c, 12 + size);
	memcpy(to, c.bytes, size);
	return c.generation;
}

static void get(struct virtio_device *vdev, unsigned int offset, void *to, unsigned int size)
{
	unsigned int part;

	for (; size; size -= part, offset += part, to += part) {
		part = min_t(unsigned int, size, SKERRY_CONFIG_MAX);
		read_config(vdev, offset, to, part);
	}
}

static u32 generation(struct virtio_device *vdev)
{
	u8 byte;

	return read_config(vdev, 0, &byte, 1);
}

static void set(struct virtio_device *vdev, unsigned int offset, const void *from,
		unsigned int size)
{
	struct config_message c = { generation(vdev), offset, size };

	if (WARN_ON_ONCE(size > SKERRY_CONFIG_MAX))
		return;
	memcpy(c.bytes, from, size);
	ask(vdev, SKERRY_MSG_SET_CONFIG, &c, 12 + size, NULL, 0);
}

static u8 get_status(struct virtio_device *vdev)
{
	u32 status = 0;

	ask(vdev, SKERRY_MSG_GET_STATUS, NULL, 0, &status, sizeof(status));
	return status;
}

static u16 used_index(const struct skerry_ring *r)
{
	const struct vring_used *used = r->mapping + r->driver_size;

	return r->vq ? le16_to_cpu((__force __le16)READ_ONCE(used->idx)) : 0;
}

static bool has_old_indexes(const struct skerry_port *port)
{
	unsigned int i;

	for (i = 0; i < SKERRY_QUEUE_MAX; i++)
		if (port->rings[i].old_index && used_index(&port->rings[i]) ==
		    port->rings[i].old_index)
			return true;
	return false;
}

/*
 * A back end that was down when the reset was done has left its used indexes as they were: its
 * next life clears them when it finds the device live. Until then the ring's code would
 * take them for buffers that are used, so drivers go no further.
 */
static void wait_for_rings(struct virtio_device *vdev)
{
	const u8 looked_at = VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET;
	struct skerry_port *port = port_of(vdev);
	int i;

	for (i = 0; i < LOOKS && has_old_indexes(port); i++) {
		if ((get_status(vdev) & looked_at) != VIRTIO_CONFIG_S_DRIVER_OK)
			break;
		msleep(20);
	}
	if (!has_old_indexes(port))
		return;
	dev_err(&vdev->dev, "the back end has not cleared the rings; bind again when it runs\n");
	virtio_break_device(vdev);
}

/* With DRIVER_OK the rings become the drivers', and the link's interrupt looks at them. */
static void set_status(struct virtio_device *vdev, u8 value)
{
	struct skerry_port *port = port_of(vdev);
	bool goes_live = (value & VIRTIO_CONFIG_S_DRIVER_OK) && !port->is_live;
	u32 status = value;
	unsigned int i;
	long result;

	if (goes_live) {
		disable_irq(port->irq);		/* a bell in the meantime is kept */
		for (i = 0; i < SKERRY_QUEUE_MAX; i++)
			port->rings[i].old_index = used_index(&port->rings[i]);
	}
	result = ask(vdev, SKERRY_MSG_SET_STATUS, &status, sizeof(status), NULL, 0);
	if (!goes_live)
		return;
	if (result == SKERRY_OK)
		wait_for_rings(vdev);
	WRITE_ONCE(port->is_live, true);
	enable_irq(port->irq);
}

/* Until the back end has let go of the rings nothing there may be reused. */
static void wait_for_reset(struct virtio_device *vdev)
{
	struct skerry_port *port = port_of(vdev);
	int i;

	/* the event ends the wait; while the module is unloaded there is none */
	for (i = 0; i < LOOKS; i++)
		if (wait_event_timeout(port->reset_done, get_status(vdev) == 0, HZ / 50))
			return;
	dev_err(&vdev->dev, "the back end does not acknowledge a reset\n");
}

/*
 * hvc's writer waits until its bytes are taken, or gives up when virtio_console breaks the
 * device to go, and frees them: what is left in the queue then must not reach that driver,
 * which would free it again. (Output of other ports than consoles needs MULTIPORT.)
 */
static void drop_console_output(struct virtio_device *vdev)
{
	struct virtqueue *vq = port_of(vdev)->rings[CONSOLE_OUTPUT].vq;

	if (vq && vdev->id.device == VIRTIO_ID_CONSOLE &&
	    !__virtio_test_bit(vdev, VIRTIO_CONSOLE_F_MULTIPORT))
		while (virtqueue_detach_unused_buf(vq))
			;
}

/* No interrupt reaches the drivers from here on: the back end is about to clear the rings. */
static void reset(struct virtio_device *vdev)
{
	struct skerry_port *port = port_of(vdev);
	u32 status = 0;

	WRITE_ONCE(port->is_live, false);
	synchronize_irq(port->irq);
	if (ask(vdev, SKERRY_MSG_SET_STATUS, &status, sizeof(status), NULL, 0) == SKERRY_PENDING)
		wait_for_reset(vdev);
	drop_console_output(vdev);
}

static u64 get_features(struct virtio_device *vdev)
{
	u64 features = 0;
	u32 block;

	for (block = 0; block < 2; block++) {
		u32 m[3] = { block, 1, 0 };

		if (ask(vdev, SKERRY_MSG_GET_FEATURES, m, 8, m, sizeof(m)) != SKERRY_OK)
			return 0;
		features |= (u64)m[2] << 32 * block;
	}
	return features;
}

static int finalize_features(struct virtio_device *vdev)
{
	u32 block;

	vring_transport_features(vdev);
	if (!__virtio_test_bit(vdev, VIRTIO_F_VERSION_1) ||
	    !__virtio_test_bit(vdev, VIRTIO_F_ACCESS_PLATFORM)) {
		dev_err(&vdev->dev, "VERSION_1 and ACCESS_PLATFORM are needed\n");
		return -EINVAL;
	}
	for (block = 0; block < 2; block++) {
		u32 m[3] = { block, 1, (u32)(vdev->features >> 32 * block) };

		if (ask(vdev, SKERRY_MSG_SET_FEATURES, m, sizeof(m), NULL, 0) != SKERRY_OK)
			return -EINVAL;
	}
	return 0;
}

static const char *bus_name(struct virtio_device *vdev)
{
	return dev_name(vdev->dev.parent);
}

/* --- virtqueues ------------------------------------------------------------ */

static bool notify(struct virtqueue *vq)
{
	hypercall_notify(port_of(vq->vdev)->number);	/* the bell names no queue */
	return true;
}

irqreturn_t skerry_port_interrupt(int irq, void *data)
{
	struct skerry_port *port = data;
	unsigned int i;

	for (i = 0; i < SKERRY_QUEUE_MAX && READ_ONCE(port->is_live); i++) {
		struct virtqueue *vq = READ_ONCE(port->rings[i].vq);

		if (vq)
			vring_interrupt(irq, vq);
	}
	return IRQ_HANDLED;
}

static void ring_free(struct skerry_port *port, struct skerry_ring *r)
{
	if (r->mapping)
		vunmap(r->mapping);
	if (r->driver)
		gen_pool_free(port->half[MINE].pool, r->driver, r->driver_size);
	if (r->device)
		gen_pool_free(port->half[THEIRS].pool, r->device, r->device_size);
	memset(r, 0, sizeof(*r));
}

/* Pages of both halves side by side, as the ring's code wants them */
static void *map_side_by_side(const struct skerry_ring *r)
{
	unsigned int mine = r->driver_size >> PAGE_SHIFT, theirs = r->device_size >> PAGE_SHIFT, i;
	unsigned long *pfns = kmalloc_array(mine + theirs, sizeof(*pfns), GFP_KERNEL);
	void *mapping;

	if (!pfns)
		return NULL;
	for (i = 0; i < mine; i++)
		pfns[i] = PHYS_PFN(r->driver) + i;
	for (i = 0; i < theirs; i++)
		pfns[mine + i] = PHYS_PFN(r->device) + i;
	mapping = vmap_pfn(pfns, mine + theirs, PAGE_KERNEL);
	kfree(pfns);
	return mapping;
}

static unsigned long alloc_pages_of(struct skerry_half *h, size_t size)
{
	struct genpool_data_align align = { .align = PAGE_SIZE };

	return gen_pool_alloc_algo(h->pool, size, gen_pool_first_fit_align, &align);
}

static int ring_alloc(struct skerry_port *port, struct skerry_ring *r, u32 entries)
{
	r->driver_size = PAGE_ALIGN(entries * (sizeof(struct vring_desc) + 2) + 6);
	r->device_size = PAGE_ALIGN(entries * sizeof(struct vring_used_elem) + 6);
	r->driver = alloc_pages_of(&port->half[MINE], r->driver_size);
	r->device = alloc_pages_of(&port->half[THEIRS], r->device_size);
	if (r->driver && r->device)
		r->mapping = map_side_by_side(r);
	if (!r->mapping)
		return -ENOMEM;
	memset(r->mapping, 0, r->driver_size);	/* the other half is the back end's to clear */
	return 0;
}

/* As many as fit when each buffer is a page, and half of the window is left */
static u32 entries_of(struct skerry_port *port, u32 size_max)
{
	u32 fit = port->half[THEIRS].size / 2 / PAGE_SIZE;

	return min_t(u32, size_max, rounddown_pow_of_two(max_t(u32, fit, 2)));
}

static struct virtqueue *setup_vq(struct virtio_device *vdev, unsigned int index,
				  vq_callback_t *callback, const char *name, bool ctx)
{
	struct skerry_port *port = port_of(vdev);
	struct skerry_ring *r = &port->rings[index];
	struct skerry_msg_vqueue q = { .index = index };
	struct virtqueue *vq;

	if (index >= SKERRY_QUEUE_MAX ||
	    ask(vdev, SKERRY_MSG_GET_VQUEUE, &index, sizeof(index), &q, sizeof(q)) != SKERRY_OK)
		return ERR_PTR(-ENOENT);
	q.size = entries_of(port, q.size_max);
	if (ring_alloc(port, r, q.size))
		goto no_memory;
	vq = vring_new_virtqueue(index, q.size, PAGE_SIZE, vdev, true, ctx, r->mapping, notify,
				 callback, name);
	if (!vq)
		goto no_memory;
	q.descriptors = r->driver;
	q.available = r->driver + q.size * sizeof(struct vring_desc);
	q.used = r->device;
	if (ask(vdev, SKERRY_MSG_SET_VQUEUE, &q, sizeof(q), NULL, 0) != SKERRY_OK) {
		vring_del_virtqueue(vq);
		ring_free(port, r);
		return ERR_PTR(-EIO);
	}
	WRITE_ONCE(r->vq, vq);
	return vq;

no_memory:
	dev_err(&vdev->dev, "no room in the window for a queue of %u\n", q.size);
	ring_free(port, r);
	return ERR_PTR(-ENOMEM);
}

static void del_vqs(struct virtio_device *vdev)
{
	struct skerry_port *port = port_of(vdev);
	struct virtqueue *vq, *next;

	WRITE_ONCE(port->is_live, false);
	list_for_each_entry_safe(vq, next, &vdev->vqs, list) {
		struct skerry_ring *r = &port->rings[vq->index];

		WRITE_ONCE(r->vq, NULL);
		synchronize_irq(port->irq);
		vring_del_virtqueue(vq);
		ring_free(port, r);
	}
}

static void synchronize_cbs(struct virtio_device *vdev)
{
	synchronize_irq(port_of(vdev)->irq);
}

static struct virtqueue *find_vq(struct virtio_device *vdev, unsigned int *index,
				 vq_callback_t *callback, const char *name, bool ctx)
{
	return name ? setup_vq(vdev, (*index)++, callback, name, ctx) : NULL;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static int find_vqs(struct virtio_device *vdev, unsigned int count, struct virtqueue *vqs[],
		    struct virtqueue_info info[], struct irq_affinity *affinity)
#define CALLBACK(i)	info[i].callback
#define NAME(i)		info[i].name
#define CONTEXT(i)	info[i].ctx
#else
static int find_vqs(struct virtio_device *vdev, unsigned int count, struct virtqueue *vqs[],
		    vq_callback_t *callbacks[], const char *const names[], const bool *ctx,
		    struct irq_affinity *affinity)
#define CALLBACK(i)	callbacks[i]
#define NAME(i)		names[i]
#define CONTEXT(i)	(ctx && ctx[i])
#endif
{
	unsigned int i, index = 0;

	for (i = 0; i < count; i++) {
		vqs[i] = find_vq(vdev, &index, CALLBACK(i), NAME(i), CONTEXT(i));
		if (IS_ERR(vqs[i])) {
			int error = PTR_ERR(vqs[i]);

			del_vqs(vdev);
			return error;
		}
	}
	return 0;
}

static const struct virtio_config_ops config_ops = {
	.get = get,
	.set = set,
	.generation = generation,
	.get_status = get_status,
	.set_status = set_status,
	.reset = reset,
	.find_vqs = find_vqs,
	.del_vqs = del_vqs,
	.synchronize_cbs = synchronize_cbs,
	.get_features = get_features,
	.finalize_features = finalize_features,
	.bus_name = bus_name,
};

/* --- the device ------------------------------------------------------------ */

static void release(struct device *dev)
{
	kfree(dev_to_virtio(dev));
}

void skerry_port_offered(struct work_struct *work)
{
	struct skerry_port *port = container_of(work, struct skerry_port, offered);
	struct skerry_msg_info info = { 0 };
	struct virtio_device *vdev;

	if (port->vdev ||
	    skerry_ask(port->number, SKERRY_MSG_DEVICE_INFO, NULL, 0, &info, sizeof(info)) !=
	    SKERRY_OK || !info.device_id)
		return;
	vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);
	if (!vdev)
		return;
	vdev->dev.parent = &port->dev;
	vdev->dev.release = release;
	vdev->config = &config_ops;
	vdev->id.device = info.device_id;
	vdev->id.vendor = info.vendor_id;
	port->vdev = vdev;
	if (register_virtio_device(vdev)) {
		dev_err(&port->dev, "the device could not be registered\n");
		port->vdev = NULL;
		put_device(&vdev->dev);
		return;
	}
	smp_store_release(&port->is_registered, true);
}

void skerry_port_withdraw(struct skerry_port *port)
{
	if (port->is_registered) {
		WRITE_ONCE(port->is_registered, false);
		unregister_virtio_device(port->vdev);
		port->vdev = NULL;
	}
}
