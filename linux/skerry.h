/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Private to the module: a link of this guest and the virtio device on it. Stock virtio
 * drivers run over hypercalls and a split window; addresses and interrupts come from
 * the device tree's node "skerry,info" and from the information page. Also what else the
 * driver of that node opens.
 */
#ifndef SKERRY_MODULE_H
#define SKERRY_MODULE_H

#include <linux/dma-map-ops.h>
#include <linux/genalloc.h>
#include <linux/interrupt.h>
#include <linux/virtio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <abi/errors.h>
#include <abi/info.h>
#include <abi/message.h>

/*
 * One half of a window. What the device reads is copied into the driver half when it
 * is mapped, what it writes comes out of the device half when it is unmapped; `slots` says
 * for each granule where a mapping begins, and for that one whose memory it stands for.
 */
struct skerry_slot {
	phys_addr_t original;
	u32 first;
};

struct skerry_half {
	phys_addr_t base;
	size_t size;
	void *memory;
	struct gen_pool *pool;		/* addresses from `base` */
	struct skerry_slot *slots;
};

struct skerry_ring {
	struct virtqueue *vq;		/* the link's interrupt looks here */
	void *mapping;			/* driver_size bytes, then device_size */
	unsigned long driver, device;	/* in the halves */
	size_t driver_size, device_size;
	u16 old_index;			/* the used one before DRIVER_OK; 0: clean */
};

struct skerry_port {
	struct device dev;		/* the virtio device's parent: DMA is its */
	u32 number;
	int irq;
	struct skerry_half half[2];	/* the driver's, the device's */
	struct virtio_device *vdev;	/* NULL: nothing is offered yet */
	bool is_registered;
	struct work_struct offered;
	wait_queue_head_t reset_done;
	bool is_live;			/* the rings are clean, and the drivers' */
	struct skerry_ring rings[SKERRY_QUEUE_MAX];
};

static inline struct skerry_port *skerry_port_of(struct device *dev)
{
	return container_of(dev, struct skerry_port, dev);
}

/* main.c: one message; `answer` may be NULL. SKERRY_OK or what else x0 was. */
long skerry_ask(u32 port, u8 id, const void *payload, u16 size, void *answer, u16 answer_size);

/* transport.c */
void skerry_port_offered(struct work_struct *work);	/* registers the device, once */
void skerry_port_withdraw(struct skerry_port *port);
irqreturn_t skerry_port_interrupt(int irq, void *data);

/* dma.c */
int skerry_halves_open(struct skerry_port *port, phys_addr_t base, size_t size);
void skerry_halves_close(struct skerry_port *port);

/* device.c, watchdog.c, panic.c: there until `dev`'s driver goes */
int skerry_device_open(struct device *dev, const struct skerry_info *info);
int skerry_watchdog_open(struct device *dev);
int skerry_panic_open(struct device *dev);

#endif
