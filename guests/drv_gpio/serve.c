// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests from all ports, each done when it is taken. Ports take turns with a bounded batch, so
 * that none can keep the others waiting. Before a stop or reset of a front end is acknowledged
 * its pins are inputs again, and so they are when a session begins.
 */
#include "drv_gpio.h"

#define BATCH		16		/* requests of a port in one turn */
#define PARTS_MAX	64
#define REQUESTS	0u		/* queues */
#define EVENTS		1u

static struct port *ports;
static uint32_t port_count, first;

static struct port *port_of(uint32_t port)
{
	for (struct port *p = ports; p < ports + port_count; p++) {
		if (p->back.link && p->back.port == port) {
			return p;
		}
	}
	return NULL;
}

static void on_notify(uint32_t port)
{
	struct port *p = port_of(port);

	if (p) {
		p->has_work = true;
	}
}

/* Does the session that is live end with the next back_update()? */
static bool is_ending(const struct back *b)
{
	struct skerry_msg_state s;

	return b->is_live && link_state(b->port, &s) == SKERRY_OK &&
	       (s.is_ack_due || s.epoch != b->epoch || !(s.status & BACK_STATUS_DRIVER_OK));
}

static void session_begin(struct port *p)
{
	p->has_work = true;
	if (!p->back.is_resumed) {
		gpio_release(&p->gpio);
	} else {
		gpio_resume(&p->gpio);
	}
}

static void on_event(uint32_t port, uint32_t events, uint32_t epoch)
{
	struct port *p = port_of(port);

	(void)events;
	(void)epoch;
	if (!p) {
		return;
	}
	if (p->is_offered && is_ending(&p->back)) {
		gpio_release(&p->gpio);
		step();
	}
	if (back_update(&p->back) == BACK_LIVE) {
		session_begin(p);
	}
	if (p->back.is_closing) {	/* of buffers for events gpio_release() knows no more */
		back_let_go(&p->back);
		if (back_update(&p->back) == BACK_LIVE) {
			session_begin(p);
		}
	}
	step();
}

void serve_init(struct port *all, uint32_t count)
{
	ports = all;
	port_count = count;
	for (struct port *p = ports; p < ports + count; p++) {
		if (!p->back.link) {
			continue;
		}
		link_on_notify(p->back.port, on_notify);
		link_on_event(p->back.port, on_event);
		if (p->back.is_live) {
			session_begin(p);
		} else if (p->is_offered) {
			gpio_release(&p->gpio);
		}
	}
}

static void take_request(struct port *p, const struct vqv_chain *c)
{
	uint32_t written = gpio_request(&p->gpio, c);

	if (!written) {
		back_break(&p->back);
	}
	step();
	back_complete(&p->back, REQUESTS, c->head, written);
	step();
}

static void take_buffer(struct port *p, const struct vqv_chain *c)
{
	enum gpio_held held = gpio_buffer(&p->gpio, c);

	if (held == GPIO_BAD) {
		back_break(&p->back);
	}
	if (held != GPIO_HELD) {
		back_complete(&p->back, EVENTS, c->head, held == GPIO_BACK);
	}
	step();
}

/* A turn of one queue; true: it may hold more. */
static bool queue_serve(struct port *p, uint32_t queue)
{
	struct vqv_part part[PARTS_MAX];
	struct vqv_chain c = { .part = part, .part_max = PARTS_MAX };

	for (uint32_t n = 0; n < BATCH; n++) {
		if (back_next(&p->back, queue, &c) != 1) {
			return back_enable_event(&p->back, queue);
		}
		step();
		if (queue == REQUESTS) {
			take_request(p, &c);
		} else {
			take_buffer(p, &c);
		}
	}
	return true;
}

static void give_events(struct port *p)
{
	uint16_t head;

	while (p->back.is_live && gpio_next_event(&p->gpio, &head)) {
		back_complete(&p->back, EVENTS, head, 1);
		step();
	}
}

bool serve(void)
{
	bool more = false;

	for (uint32_t i = 0; i < port_count; i++) {
		struct port *p = &ports[(first + i) % port_count];

		if (p->has_work) {
			p->has_work = queue_serve(p, REQUESTS);
			p->has_work |= queue_serve(p, EVENTS);
			more |= p->has_work;
		}
		if (p->is_offered) {
			give_events(p);
			back_publish(&p->back, REQUESTS);
			back_publish(&p->back, EVENTS);
			step();
		}
	}
	first++;
	return more;
}
