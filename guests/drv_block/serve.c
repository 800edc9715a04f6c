// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests from all ports to the disk and back. Ports take turns, with a bounded batch each
 * and a share of the disk's slots, so that none can keep the others waiting. A request
 * is given back once, when the disk has done it; until then its chain is marked in flight
 * in the link's own page, from where the next life of this guest does it again.
 */
#include "drv_block.h"

#define BATCH	16			/* requests of a port in one turn */

struct slot {				/* by the disk's slot: whom a request to the disk is for */
	struct port *port;
	struct request request;
	uint16_t head;
};

static struct port *ports, *by_port[SKERRY_PORT_MAX];	/* by_port: those with a link */
static uint32_t port_count, first, share;
static struct slot slots[DISK_SLOTS];

static void on_notify(uint32_t port)
{
	by_port[port]->has_work = true;
}

/* A session has begun, perhaps one that began in an earlier life. */
static void session_begin(struct port *p)
{
	p->has_work = true;
	p->is_lost = p->volume.ram && p->back.is_resumed;
	if (p->is_lost) {
		printf("drv_block: link %s: the RAM disk %s is empty after a restart: requests "
		       "fail until the front end resets its device\n", p->link, p->name);
	}
}

static void on_event(uint32_t port, uint32_t events, uint32_t epoch)
{
	struct port *p = by_port[port];

	(void)events;
	(void)epoch;
	if (back_update(&p->back) == BACK_LIVE && !p->back.is_resumed) {
		session_begin(p);
	}
	step();
}

void serve_init(struct port *all, uint32_t count)
{
	uint32_t offered = 0;

	ports = all;
	port_count = count;
	for (struct port *p = ports; p < ports + count; p++) {
		if (p->back.link) {
			offered += p->is_offered;
			by_port[p->back.port] = p;
			link_on_notify(p->back.port, on_notify);
			link_on_event(p->back.port, on_event);
			if (p->back.is_live) {
				session_begin(p);
			}
		}
	}
	share = DISK_SLOTS / (offered ? offered : 1);
}

static void give_back(struct port *p, uint16_t head, uint32_t written)
{
	back_complete(&p->back, 0, head, written);
	p->is_dirty = true;
	step();
}

static void to_disk(struct port *p, const struct request *r, uint16_t head)
{
	int slot = disk_submit((uint32_t)(p - ports), r->type, p->volume.at.start + r->sector,
			       r->data, r->data_count);

	if (slot < 0) {
		request_end(r, BLK_S_IOERR);
		give_back(p, head, r->written);
		return;
	}
	slots[slot] = (struct slot){ p, *r, head };
	step();
}

static void request_take(struct port *p, struct vqv_chain *c)
{
	struct request r;
	enum request_kind kind = request_parse(c, &p->volume, p->name, &r);

	step();
	if (kind == REQUEST_BAD) {
		back_break(&p->back);
		give_back(p, c->head, 0);
	} else if (kind == REQUEST_DONE) {
		give_back(p, c->head, r.written);
	} else if (p->is_lost) {
		request_end(&r, BLK_S_IOERR);
		give_back(p, c->head, r.written);
	} else if (p->volume.ram) {
		request_do_ram(&r, &p->volume);
		give_back(p, c->head, r.written);
	} else if (r.type == BLK_T_FLUSH && !disk_can_flush()) {
		request_end(&r, BLK_S_OK);	/* what it has answered is on the medium */
		give_back(p, c->head, r.written);
	} else {
		to_disk(p, &r, c->head);
	}
}

/* A turn of one port; true: it has more that could be done now. */
static bool port_serve(struct port *p)
{
	struct vqv_part part[REQUEST_PARTS];
	struct vqv_chain c = { .part = part, .part_max = REQUEST_PARTS };

	for (uint32_t n = 0; n < BATCH; n++) {
		if (!p->volume.ram && (p->back.in_flight >= share || !disk_has_room())) {
			return false;		/* goes on when the disk has done something */
		}
		if (back_next(&p->back, 0, &c) != 1) {
			p->has_work = back_enable_event(&p->back, 0);
			return p->has_work;
		}
		step();
		request_take(p, &c);
	}
	return true;
}

/* What the disk has done goes back to where it came from. */
static void disk_done(void)
{
	uint8_t status;
	int slot;

	while ((slot = disk_take(&status)) >= 0) {
		struct slot *s = &slots[slot];

		step();
		if (s->port->back.is_live) {
			request_end(&s->request, status);
		}
		step();
		give_back(s->port, s->head, s->request.written);
	}
	if (disk_is_broken()) {
		printf("drv_block: the disk broke its rules\n");
		guest_crash(3, 0);		/* DMA may be under way: only a restart ends it */
	}
}

bool serve(void)
{
	bool more = false;

	disk_done();
	for (uint32_t i = 0; i < port_count; i++) {
		struct port *p = &ports[(first + i) % port_count];

		if (p->has_work) {
			more |= port_serve(p);
		}
	}
	first++;
	disk_kick();
	step();
	for (struct port *p = ports; p < ports + port_count; p++) {
		if (p->is_dirty) {
			p->is_dirty = false;
			back_publish(&p->back, 0);
			step();
		}
	}
	return more;
}
