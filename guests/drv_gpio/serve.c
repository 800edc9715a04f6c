// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests from all ports, each done when it is taken. Ports take turns with a bounded batch, so
 * that none can keep the others waiting. Before a stop or reset of a front end is acknowledged
 * its pins are inputs again, and so they are when a session begins. Clocks and power stay.
 */
#include "drv_gpio.h"
#include "../lib/gic.h"

#define BATCH		16u		/* requests of a port in one turn; one that goes to the */
#define BATCH_SCMI	1u		/* firmware takes long: pins don't wait for more */
#define PARTS_MAX	64
#define REQUESTS	0u		/* queues */
#define EVENTS		1u

static struct port *ports, *by_port[SKERRY_PORT_MAX];	/* by_port: those with a link */
static uint32_t port_count, first;
static uint32_t intids[3], intid_count;
static bool is_event_due;

static void on_notify(uint32_t port)
{
	by_port[port]->has_work = true;
}

/* Does the session that is live end with the next back_update()? */
static bool is_ending(const struct back *b)
{
	struct skerry_msg_state s;

	return b->is_live && link_state(b->port, &s) == SKERRY_OK &&
	       (s.is_ack_due || s.epoch != b->epoch || !(s.status & BACK_STATUS_DRIVER_OK));
}

static void release(struct port *p)
{
	if (p->type == SKERRY_LINK_GPIO) {
		gpio_release(&p->gpio);
	}
}

static void session_begin(struct port *p)
{
	p->has_work = true;
	if (!p->back.is_resumed) {
		release(p);
	} else if (p->type == SKERRY_LINK_GPIO) {
		gpio_resume(&p->gpio);
	}
}

static void on_event(uint32_t port, uint32_t events, uint32_t epoch)
{
	struct port *p = by_port[port];

	(void)events;
	(void)epoch;
	if (p->is_offered && is_ending(&p->back)) {
		release(p);
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

/* What the firmware may have left switched on: pins of nobody have no events. */
static void silence_others(void)
{
	uint64_t used = 0;

	for (struct port *p = ports; p < ports + port_count; p++) {
		for (uint32_t i = 0; p->is_offered && i < p->gpio.line_count; i++) {
			used |= 1ull << p->gpio.line[i].pin;
		}
	}
	for (uint32_t pin = 0; used && pin < PIN_COUNT; pin++) {
		if (!(used >> pin & 1)) {
			pin_set_trigger(pin, PIN_NEVER);
		}
	}
}

void serve_init(struct port *all, uint32_t count)
{
	ports = all;
	port_count = count;
	for (struct port *p = ports; p < ports + count; p++) {
		if (!p->back.link) {
			continue;
		}
		by_port[p->back.port] = p;
		link_on_notify(p->back.port, on_notify);
		link_on_event(p->back.port, on_event);
		if (p->back.is_live) {
			session_begin(p);
		} else if (p->is_offered) {
			release(p);
		}
	}
	silence_others();
}

/* A message's chain: how many bytes were written, or 0: it is none. */
static uint32_t scmi_request(const struct scmi_agent *a, const struct vqv_chain *c)
{
	static const int32_t too_long = SCMI_PROTOCOL_ERROR;
	uint8_t in[SCMI_IN_MAX] = { 0 }, out[SCMI_OUT_MAX];
	uint32_t size;

	if (c->read_size < 4 || c->write_size < 8) {
		return 0;
	}
	vqv_read(c, 0, in, sizeof(in));
	size = scmi_message(a, in, c->read_size, out);
	if (size > c->write_size) {
		memcpy(out + 4, &too_long, sizeof(too_long));
		size = 8;
	}
	return vqv_write(c, 0, out, size);
}

static void take_request(struct port *p, const struct vqv_chain *c)
{
	uint32_t written = p->type == SKERRY_LINK_GPIO ? gpio_request(&p->gpio, c) :
			   scmi_request(&p->scmi, c);

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
	uint32_t batch = p->type == SKERRY_LINK_SCMI ? BATCH_SCMI : BATCH;

	for (uint32_t n = 0; n < batch; n++) {
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

/* Pins' events wait until the main loop has taken them. */
static void on_pins(uint32_t intid)
{
	gic_disable(intid);
	__atomic_store_n(&is_event_due, true, __ATOMIC_RELEASE);
	link_wake();
}

void serve_interrupt(uint32_t intid)
{
	if (intid_count < ARRAY_SIZE(intids)) {
		intids[intid_count++] = intid;
		irq_handler(intid, on_pins);
		gic_set_edge(intid, false);
		gic_route(intid, (uint32_t)cpu_self()->index);
		gic_enable(intid);
	}
}

static void take_events(void)
{
	uint64_t pins = pins_take_events();

	for (struct port *p = ports; pins && p < ports + port_count; p++) {
		if (p->type == SKERRY_LINK_GPIO && p->is_offered) {
			gpio_events(&p->gpio, pins);
		}
	}
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
	bool more = false, had_events = __atomic_exchange_n(&is_event_due, false, __ATOMIC_ACQUIRE);

	if (had_events) {
		take_events();
	}
	for (uint32_t i = 0; i < port_count; i++) {
		struct port *p = &ports[(first + i) % port_count];

		if (p->has_work) {
			p->has_work = queue_serve(p, REQUESTS);
			p->has_work |= p->type == SKERRY_LINK_GPIO && queue_serve(p, EVENTS);
			more |= p->has_work;
		}
		if (p->type == SKERRY_LINK_GPIO && p->is_offered) {
			give_events(p);
			back_publish(&p->back, EVENTS);
		}
		if (p->is_offered) {
			back_publish(&p->back, REQUESTS);
			step();
		}
	}
	for (uint32_t i = 0; i < intid_count && had_events; i++) {
		gic_enable(intids[i]);
	}
	first++;
	return more;
}
