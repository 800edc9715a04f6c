/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work for another guest over a shared-memory link: the tester writes a request to
 * the driver half and rings, the servant does it and answers in the device half. Both
 * count the interrupts of all their links.
 */
#include "pvtest.h"
#include "gic.h"
#include "probe.h"

#define PATIENCE_US	30000000

volatile uint64_t bells[SKERRY_PORT_MAX], event_irqs;
static uint64_t sequence;

static void count(uint32_t intid)
{
	if (intid == SKERRY_INTID_EVENT) {
		event_irqs++;
	} else {
		bells[intid - SKERRY_INTID_LINK(0)]++;
	}
}

void counters_open(void)
{
	irq_disable();
	irq_handler(SKERRY_INTID_EVENT, count);
	for (uint32_t i = 0; i < platform.info->port_count; i++) {
		irq_handler(SKERRY_INTID_LINK(i), count);
	}
	irq_enable();
}

struct goal {
	const volatile uint64_t *counter;
	uint64_t least;
};

static bool is_reached(void *context)
{
	const struct goal *g = context;

	return __atomic_load_n(g->counter, __ATOMIC_ACQUIRE) >= g->least;
}

bool wait_count(const volatile uint64_t *counter, uint64_t least)
{
	struct goal g = { counter, least };
	uint64_t end = time_now() + us_to_ticks(PATIENCE_US);

	while (!is_reached(&g)) {
		if (time_now() > end) {
			return false;
		}
		sleep_unless(is_reached, &g, 10000);
	}
	return true;
}

static struct mail *box(uint32_t role)
{
	int port = link_by_name("ctl");

	return port < 0 ? NULL : (struct mail *)link_half((uint32_t)port, role).base;
}

bool mail(struct mail *m, enum mail_op op)
{
	struct mail *out = box(SKERRY_FRONT), *in = box(SKERRY_BACK);

	if (!sequence) {
		sequence = in->sequence;
	}
	memcpy(out->x, m->x, sizeof(m->x));
	out->op = op;
	__atomic_store_n(&out->sequence, ++sequence, __ATOMIC_RELEASE);
	link_notify(mine.ctl);
	if (!wait_count(&in->sequence, sequence)) {
		printf("  the servant does not answer\n");
		return false;
	}
	memcpy(m->x, in->x, sizeof(m->x));
	return true;
}

int64_t servant_ask(uint32_t port, uint32_t type, const void *payload, uint32_t size,
		    void *answer, uint32_t answer_size)
{
	struct skerry_msg s = { .id = (uint8_t)type, .size = (uint16_t)(SKERRY_MSG_HEADER + size) };
	struct mail m = { .x = { SKERRY_HVC_MESSAGE, port } };

	memcpy(s.bytes, payload, size);
	memcpy(&m.x[2], &s, sizeof(s));
	if (!mail(&m, MAIL_HVC)) {
		return SKERRY_NOT_SUPPORTED;
	}
	memcpy(&s, &m.x[2], sizeof(s));
	memcpy(answer, s.bytes, answer_size);
	return (int64_t)m.x[0];
}

int64_t servant_event(uint64_t *bits, uint64_t *epoch)
{
	struct mail m = { .x = { SKERRY_HVC_EVENT } };

	if (!mail(&m, MAIL_HVC)) {
		return SKERRY_NOT_SUPPORTED;
	}
	*bits = m.x[1];
	*epoch = m.x[2];
	return (int64_t)m.x[0];
}

uint64_t servant_count(uint32_t index)
{
	struct mail m = { 0 };

	return mail(&m, MAIL_COUNTS) ? m.x[index] : 0;
}

void servant_reset(void)
{
	struct mail m = { 0 };
	uint64_t life = servant_count(0);

	mail(&m, MAIL_RESET);
	check(servant_count(0) == life + 1, "the servant's life %lu", servant_count(0));
	servant_mode(SERVANT_OBEYS);
}

void servant_mode(enum servant_mode mode)
{
	struct mail m = { .x = { mode } };

	mail(&m, MAIL_MODE);
}

/* The servant. */
static enum servant_mode mode;

static void acknowledge(uint32_t port)
{
	struct skerry_msg_state s;
	const struct skerry_link *l = link_info(port);

	if (l->role == SKERRY_BACK && link_state(port, &s) == SKERRY_OK && s.is_ack_due) {
		link_ack(port, s.epoch);
	}
}

static void serve_events(void)
{
	struct regs r = { { SKERRY_HVC_EVENT } };

	for (hvc(&r); (int64_t)r.x[0] >= 0; hvc(&r)) {
		acknowledge((uint32_t)r.x[0]);
		r.x[0] = SKERRY_HVC_EVENT;
	}
}

static void serve(struct mail *m)
{
	uint64_t sum = 0;

	switch ((enum mail_op)m->op) {
	case MAIL_HVC:
		hvc((struct regs *)m->x);
		break;
	case MAIL_READ:
		m->x[0] = try_read(m->x[0], (unsigned)m->x[1], &m->x[1]);
		break;
	case MAIL_WRITE:
		m->x[0] = try_write(m->x[0], (unsigned)m->x[1], m->x[2]);
		break;
	case MAIL_OR:
		for (uint64_t at = m->x[0]; at < m->x[0] + m->x[1]; at += 8) {
			sum |= *(volatile uint64_t *)at;
		}
		m->x[0] = sum;
		break;
	case MAIL_FILL:
		for (uint64_t at = m->x[0]; at < m->x[0] + m->x[1]; at += 8) {
			*(volatile uint64_t *)at = m->x[2];
		}
		break;
	case MAIL_COUNTS:
		m->x[0] = guest_life();
		m->x[1] = event_irqs;
		for (uint32_t i = 0; i < SKERRY_PORT_MAX; i++) {
			m->x[2 + i] = bells[i];
		}
		break;
	case MAIL_MODE:
		mode = (enum servant_mode)m->x[0];
		break;
	case MAIL_RESET:
	case MAIL_CRASH:
		break;
	}
}

static bool has_work(void *context)
{
	static uint64_t seen;
	struct mail **box = context;

	if (seen != event_irqs && mode == SERVANT_ACKS) {
		seen = event_irqs;
		return true;
	}
	return __atomic_load_n(&box[0]->sequence, __ATOMIC_ACQUIRE) != box[1]->sequence;
}

/* Its last answer outlives it, so a new life goes on with the next request. A new
 * front end's window is empty on both sides. */
void servant_run(void)
{
	static const struct skerry_msg_offer ready;
	struct mail *boxes[2] = { box(SKERRY_FRONT), box(SKERRY_BACK) };
	struct mail *in = boxes[0], *out = boxes[1], m;
	uint32_t epoch;

	counters_open();
	printf("servant: life %lu\n", guest_life());
	mode = arg_has("stubborn") ? SERVANT_OBEYS : SERVANT_ACKS;
	link_offer((uint32_t)link_by_name("ctl"), &ready, &epoch);
	for (;;) {
		sleep_unless(has_work, boxes, 0);
		if (mode == SERVANT_ACKS) {
			serve_events();
		}
		m.sequence = __atomic_load_n(&in->sequence, __ATOMIC_ACQUIRE);
		if (m.sequence == out->sequence) {
			continue;
		}
		memcpy(m.x, in->x, sizeof(m.x));
		m.op = in->op;
		serve(&m);
		memcpy(out->x, m.x, sizeof(m.x));
		__atomic_store_n(&out->sequence, m.sequence, __ATOMIC_RELEASE);
		link_notify((uint32_t)link_by_name("ctl"));
		if (m.op == MAIL_RESET) {
			system_reset();
		} else if (m.op == MAIL_CRASH) {
			delay_us(m.x[0]);
			guest_crash(7, 7);
		}
	}
}
