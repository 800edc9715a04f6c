/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links to other guests; see link.h. Interrupt handlers set bits in `came`, link_poll()
 * takes them; all else is done by the one vCPU that calls it.
 */
#include "link.h"
#include "gic.h"
#include "mmu.h"
#include "tree.h"

#define CAME_EVENT	(1u << 31)	/* in `came`; below these a bit per port */
#define CAME_OTHER	(1u << 30)
#define FETCH_MAX	64		/* events in one link_poll() */
#define PATH_SIZE	80

_Static_assert(SKERRY_PORT_MAX < 30, "a bit per port in one word");
_Static_assert(sizeof(struct skerry_msg) == SKERRY_MSG_MAX, "a message fills x2..x17");

static uint32_t came;
static link_notify_fn on_notify[SKERRY_PORT_MAX];
static link_event_fn on_event[SKERRY_PORT_MAX];
static void (*on_other)(void);

static uint32_t port_count(void)
{
	uint32_t n = platform.info ? platform.info->port_count : 0;

	return n < SKERRY_PORT_MAX ? n : SKERRY_PORT_MAX;
}

const struct skerry_link *link_info(uint32_t port)
{
	return port < port_count() ? &platform.info->link[port] : NULL;
}

int link_by_name(const char *name)
{
	for (uint32_t i = 0; i < port_count(); i++) {
		if (strcmp(platform.info->link[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

int link_by_type(uint32_t type, uint32_t role, uint32_t index)
{
	for (uint32_t i = 0; i < port_count(); i++) {
		const struct skerry_link *l = &platform.info->link[i];

		if (l->type == type && l->role == role && index-- == 0) {
			return (int)i;
		}
	}
	return -1;
}

struct bank link_half(uint32_t port, uint32_t role)
{
	const struct skerry_link *l = link_info(port);
	struct bank b = { 0, 0 };

	if (!l) {
		return b;
	}
	b = (struct bank){ l->base, l->size };
	if (l->window == SKERRY_WINDOW_SPLIT) {
		b.size /= 2;
		b.base += role == SKERRY_BACK ? b.size : 0;
	}
	return b;
}

const void *link_bytes(uint32_t port, const char *child, const char *name, uint32_t *size)
{
	char path[PATH_SIZE];

	format(path, sizeof(path), "/skerry@%lx/link@%x%s%s", (uint64_t)SKERRY_INFO_BASE, port,
	       child ? "/" : "", child ? child : "");
	return tree_property(path, name, size);
}

const char *link_string(uint32_t port, const char *child, const char *name)
{
	uint32_t size = 0;
	const char *at = link_bytes(port, child, name, &size);

	return at && size && at[size - 1] == 0 ? at : NULL;
}

uint64_t link_number(uint32_t port, const char *child, const char *name, uint64_t otherwise)
{
	uint32_t size = 0;
	const uint8_t *at = link_bytes(port, child, name, &size);
	uint64_t v = 0;

	if (!at || (size != 4 && size != 8)) {
		return otherwise;
	}
	for (uint32_t i = 0; i < size; i++) {
		v = v << 8 | at[i];
	}
	return v;
}

int64_t link_message(uint32_t port, struct skerry_msg *m)
{
	struct regs r = { { SKERRY_HVC_MESSAGE, port } };

	memcpy(&r.x[2], m, sizeof(*m));
	hvc(&r);
	memcpy(m, &r.x[2], sizeof(*m));
	return (int64_t)r.x[0];
}

int64_t link_ask(uint32_t port, uint32_t type, const void *payload, uint32_t size, void *answer,
		 uint32_t answer_size)
{
	static uint16_t token;
	struct skerry_msg m = { .id = (uint8_t)type,
				.size = (uint16_t)(SKERRY_MSG_HEADER + size) };
	int64_t result;

	m.token = ++token;
	memcpy(m.bytes, payload, size);
	result = link_message(port, &m);
	memcpy(answer, m.bytes, answer_size);
	return result;
}

int64_t link_offer(uint32_t port, const struct skerry_msg_offer *offer, uint32_t *epoch)
{
	return link_ask(port, SKERRY_MSG_OFFER, offer, sizeof(*offer), epoch, sizeof(*epoch));
}

int64_t link_state(uint32_t port, struct skerry_msg_state *state)
{
	return link_ask(port, SKERRY_MSG_GET_STATE, NULL, 0, state, sizeof(*state));
}

int64_t link_queue(uint32_t port, uint32_t index, struct skerry_msg_vqueue *queue)
{
	return link_ask(port, SKERRY_MSG_GET_VQUEUE, &index, sizeof(index), queue, sizeof(*queue));
}

int64_t link_ack(uint32_t port, uint32_t epoch)
{
	return link_ask(port, SKERRY_MSG_ACK, &epoch, sizeof(epoch), NULL, 0);
}

int64_t link_needs_reset(uint32_t port)
{
	return link_ask(port, SKERRY_MSG_NEEDS_RESET, NULL, 0, NULL, 0);
}

/* { generation, offset, size, bytes }, as SET_CONFIG and GET_CONFIG's answer have it */
struct config_message {
	uint32_t generation, offset, size;
	uint8_t bytes[SKERRY_CONFIG_MAX];
};

int64_t link_config_read(uint32_t port, uint32_t offset, void *to, uint32_t size)
{
	uint32_t ask[2] = { offset, size };
	struct config_message c;
	int64_t result;

	if (size > SKERRY_CONFIG_MAX) {
		return SKERRY_INVALID;
	}
	result = link_ask(port, SKERRY_MSG_GET_CONFIG, ask, sizeof(ask), &c, 12 + size);
	memcpy(to, c.bytes, size);
	return result;
}

int64_t link_config_write(uint32_t port, uint32_t offset, const void *from, uint32_t size)
{
	struct config_message c = { .offset = offset, .size = size };

	if (size > SKERRY_CONFIG_MAX) {
		return SKERRY_INVALID;
	}
	memcpy(c.bytes, from, size);
	return link_ask(port, SKERRY_MSG_SET_CONFIG, &c, 12 + size, NULL, 0);
}

static void interrupt(uint32_t intid)
{
	uint32_t bit = intid == SKERRY_INTID_EVENT ? CAME_EVENT :
		1u << (intid - SKERRY_INTID_LINK(0));

	__atomic_fetch_or(&came, bit, __ATOMIC_RELEASE);
}

static void open_interrupt(uint32_t intid)
{
	irq_handler(intid, interrupt);
	gic_set_edge(intid, true);
	gic_route(intid, (uint32_t)cpu_self()->index);
	gic_enable(intid);
}

uint32_t link_init(void)
{
	uint32_t n = port_count();

	if (platform.info) {
		open_interrupt(SKERRY_INTID_EVENT);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct skerry_link *l = &platform.info->link[i];

		mmu_map_missing(l->base, l->size, MAP_WB | MAP_XN);
		open_interrupt(SKERRY_INTID_LINK(i));
	}
	came = CAME_EVENT | ((1u << n) - 1);	/* look at everything once */
	irq_enable();
	return n;
}

void link_on_notify(uint32_t port, link_notify_fn fn)
{
	on_notify[port] = fn;
}

void link_on_event(uint32_t port, link_event_fn fn)
{
	on_event[port] = fn;
}

void link_on_other(void (*fn)(void))
{
	on_other = fn;
}

static uint32_t fetch_events(void)
{
	uint32_t called = 0;

	for (uint32_t i = 0; i < FETCH_MAX; i++) {
		struct regs r = { { SKERRY_HVC_EVENT } };

		hvc(&r);
		if ((int64_t)r.x[0] < 0 || r.x[0] >= SKERRY_PORT_MAX) {
			return called;
		}
		if (on_event[r.x[0]]) {
			on_event[r.x[0]]((uint32_t)r.x[0], (uint32_t)r.x[1], (uint32_t)r.x[2]);
			called++;
		}
	}
	__atomic_fetch_or(&came, CAME_EVENT, __ATOMIC_RELAXED);	/* more: next time */
	return called;
}

uint32_t link_poll(void)
{
	uint32_t now = __atomic_exchange_n(&came, 0, __ATOMIC_ACQUIRE);
	uint32_t called = 0;

	if (now & CAME_EVENT) {
		called += fetch_events();
	}
	if ((now & (CAME_EVENT | CAME_OTHER)) && on_other) {
		on_other();
	}
	for (uint32_t port = 0; port < SKERRY_PORT_MAX; port++) {
		if ((now >> port & 1) && on_notify[port]) {
			on_notify[port](port);
			called++;
		}
	}
	return called;
}

void link_wake(void)
{
	__atomic_fetch_or(&came, CAME_OTHER, __ATOMIC_RELEASE);
}

void link_look(void)
{
	__atomic_fetch_or(&came, CAME_EVENT | ((1u << port_count()) - 1), __ATOMIC_RELEASE);
}

static bool has_come(void *unused)
{
	(void)unused;
	return __atomic_load_n(&came, __ATOMIC_RELAXED);
}

void link_wait(void)
{
	sleep_unless(has_come, NULL, 0);
}

void link_wait_us(uint64_t us)
{
	sleep_unless(has_come, NULL, us);
}
