// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The driver of the device tree's node "skerry,info": /dev/skerry, the watchdog, reports of
 * panics, and virtio devices over Skerry's links: finds the ports that are front ends with messages
 * and a split window, and hands events to them. Ports with a register page are stock
 * virtio-mmio's. Unloading resets the devices and lets go of the windows.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include <abi/info.h>

#include "hypercall.h"
#include "skerry.h"

#define EVENTS_MAX	64		/* fetched in one interrupt; a back end may storm */

struct skerry {
	struct skerry_port *ports[SKERRY_PORT_MAX];
};

long skerry_ask(u32 port, u8 id, const void *payload, u16 size, void *answer, u16 answer_size)
{
	static atomic_t token;
	union {
		struct arm_smccc_1_2_regs r;
		struct {
			u64 call, port;
			struct skerry_msg m;	/* x2..x17 */
		};
	} u = { .r = { .a0 = SKERRY_HVC_MESSAGE, .a1 = port } };

	BUILD_BUG_ON(sizeof(u) != sizeof(u.r));
	u.m.id = id;
	u.m.token = atomic_inc_return(&token);
	u.m.size = SKERRY_MSG_HEADER + size;
	memcpy(u.m.bytes, payload, size);
	arm_smccc_1_2_hvc(&u.r, &u.r);
	memcpy(answer, u.m.bytes, answer_size);
	return u.call;
}

/* --- events ---------------------------------------------------------------- */

/* Devices are registered one after the other, so that hvc0 is the first console's. */
static struct workqueue_struct *in_order;

static void port_event(struct skerry_port *port, unsigned long events)
{
	if (events & SKERRY_EVENT_OFFER)
		queue_work(in_order, &port->offered);
	if (events & SKERRY_EVENT_STATUS)
		wake_up(&port->reset_done);
	if ((events & SKERRY_EVENT_CONFIG) && smp_load_acquire(&port->is_registered))
		virtio_config_changed(port->vdev);
}

static irqreturn_t event_interrupt(int irq, void *data)
{
	struct skerry *s = data;
	struct arm_smccc_1_2_regs r;
	unsigned int i;

	for (i = 0; i < EVENTS_MAX; i++) {
		r = (struct arm_smccc_1_2_regs){ .a0 = SKERRY_HVC_EVENT };
		arm_smccc_1_2_hvc(&r, &r);
		if (r.a0 >= SKERRY_PORT_MAX)
			break;
		if (s->ports[r.a0])
			port_event(s->ports[r.a0], r.a1);
	}
	return IRQ_HANDLED;
}

/* --- ports ----------------------------------------------------------------- */

static void port_release(struct device *dev)
{
	struct skerry_port *port = skerry_port_of(dev);

	skerry_halves_close(port);
	kfree(port);
}

static void port_close(void *data)
{
	struct skerry_port *port = data;

	skerry_port_withdraw(port);
	free_irq(port->irq, port);
	device_unregister(&port->dev);
}

static int port_start(struct skerry_port *port, const struct skerry_link *link, int irq)
{
	int result = skerry_halves_open(port, link->base, link->size);

	if (!result)
		result = device_add(&port->dev);
	if (result)
		return result;
	port->irq = irq;
	result = request_irq(irq, skerry_port_interrupt, 0, dev_name(&port->dev), port);
	if (result)
		device_del(&port->dev);
	return result;
}

static int port_open(struct device *parent, struct skerry *s, u32 number,
		     const struct skerry_link *link, int irq)
{
	struct skerry_port *port = kzalloc(sizeof(*port), GFP_KERNEL);
	int result;

	if (!port)
		return -ENOMEM;
	port->number = number;
	INIT_WORK(&port->offered, skerry_port_offered);
	init_waitqueue_head(&port->reset_done);
	device_initialize(&port->dev);
	port->dev.parent = parent;
	port->dev.release = port_release;
	result = dev_set_name(&port->dev, "skerry-link%u", number);
	if (!result)
		result = port_start(port, link, irq);
	if (result) {
		put_device(&port->dev);
		return dev_err_probe(parent, result, "link %s\n", link->name);
	}
	s->ports[number] = port;
	return devm_add_action_or_reset(parent, port_close, port);
}

static bool is_mine(const struct skerry_link *link)
{
	return link->role == SKERRY_FRONT && link->transport == SKERRY_BY_MESSAGE &&
		link->window == SKERRY_WINDOW_SPLIT && link->type != SKERRY_LINK_SHARED_MEMORY;
}

static int open_ports(struct device *dev, struct skerry *s, const struct skerry_info *info)
{
	struct device_node *node;
	u32 number;

	for_each_available_child_of_node(dev->of_node, node) {
		int irq, result;

		if (of_property_read_u32(node, "reg", &number) || number >= info->port_count ||
		    number >= SKERRY_PORT_MAX || !is_mine(&info->link[number]))
			continue;
		irq = of_irq_get(node, 0);
		result = irq > 0 ? port_open(dev, s, number, &info->link[number], irq) : -ENXIO;
		if (result) {
			of_node_put(node);
			return result;
		}
	}
	return 0;
}

/* No event reaches a port any more, and no device is being registered. */
static void quiet(void *data)
{
	struct skerry *s = data;
	unsigned int i;

	for (i = 0; i < SKERRY_PORT_MAX; i++)
		if (s->ports[i])
			cancel_work_sync(&s->ports[i]->offered);
}

static void end_work(void *data)
{
	destroy_workqueue(data);
}

static int open_links(struct platform_device *pdev, struct skerry *s,
		      const struct skerry_info *info, int irq)
{
	unsigned int i;
	int result;

	in_order = alloc_ordered_workqueue("skerry", 0);
	if (!in_order)
		return -ENOMEM;
	result = devm_add_action_or_reset(&pdev->dev, end_work, in_order);
	if (!result)
		result = open_ports(&pdev->dev, s, info);
	if (!result)
		result = devm_add_action_or_reset(&pdev->dev, quiet, s);
	if (!result)
		result = devm_request_irq(&pdev->dev, irq, event_interrupt, 0, "skerry-event", s);
	if (result)
		return result;
	/* what is offered already is there when this returns; the rest comes as events */
	for (i = 0; i < SKERRY_PORT_MAX; i++)
		if (s->ports[i])
			queue_work(in_order, &s->ports[i]->offered);
	flush_workqueue(in_order);
	return 0;
}

static int skerry_probe(struct platform_device *pdev)
{
	struct skerry *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);
	const struct skerry_info *info;
	struct resource *page;
	int irq, result;

	page = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	irq = platform_get_irq(pdev, 0);
	if (!s || !page || irq < 0)
		return !s ? -ENOMEM : -ENXIO;
	info = devm_memremap(&pdev->dev, page->start, resource_size(page), MEMREMAP_WB);
	if (IS_ERR(info))
		return PTR_ERR(info);
	if (info->magic != SKERRY_INFO_MAGIC)
		return dev_err_probe(&pdev->dev, -ENODEV, "no information page\n");
	result = skerry_panic_open(&pdev->dev);
	if (!result)
		result = skerry_device_open(&pdev->dev, info);
	if (!result)
		result = skerry_watchdog_open(&pdev->dev);
	return result ? result : open_links(pdev, s, info, irq);
}

static const struct of_device_id skerry_match[] = {
	{ .compatible = "skerry,info" },
	{ }
};
MODULE_DEVICE_TABLE(of, skerry_match);

static struct platform_driver skerry_driver = {
	.probe = skerry_probe,
	.driver = {
		.name = "skerry",
		.of_match_table = skerry_match,
		.suppress_bind_attrs = true,	/* files may be open: the module counts them */
	},
};
module_platform_driver(skerry_driver);

MODULE_DESCRIPTION("A guest of Skerry: virtio over links, control, watchdog, panics");
MODULE_LICENSE("Dual BSD/GPL");
