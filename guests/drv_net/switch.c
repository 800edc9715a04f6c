// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where frames go; see switch.h. Bounded: a frame costs one look at each port and at
 * the ways of one or two sets of the table.
 */
#include "switch.h"

#define GROUP		(1ull << 40)	/* in a MAC: more than one station */
#define RESERVED	0x0180c2000000ull /* ..0f: of a link, not forwarded (802.1D, 7.12.6) */
#define BURST_MS	50u		/* what may come at once at a limited port */
#define BURST_FRAMES	8u		/* but at least these */

uint64_t switch_mac(const uint8_t *bytes)
{
	return (uint64_t)bytes[0] << 40 | (uint64_t)bytes[1] << 32 | (uint64_t)bytes[2] << 24 |
	       (uint64_t)bytes[3] << 16 | (uint64_t)bytes[4] << 8 | bytes[5];
}

uint64_t switch_mac_of_name(const char *name)
{
	uint64_t h = 0xcbf29ce484222325ull;	/* FNV-1a */

	while (*name) {
		h = (h ^ (uint8_t)*name++) * 0x100000001b3ull;
	}
	h ^= h >> 40;
	return 0x02ull << 40 | (h & 0xffffffffffull);
}

static bool is_reached(const struct switch_core *s, uint32_t from, uint32_t to)
{
	const struct switch_port *a = &s->port[from], *b = &s->port[to];

	if (from == to || !(s->open >> to & 1)) {
		return false;
	}
	if (a->is_uplink || b->is_uplink) {
		return (a->is_uplink || a->has_uplink) && (b->is_uplink || b->has_uplink);
	}
	return !a->is_isolated && !b->is_isolated;
}

/* The port whose own MAC this is, or SWITCH_PORT_MAX */
static uint32_t owner_of(const struct switch_core *s, uint64_t mac)
{
	for (uint32_t left = s->open; left;) {
		uint32_t i = switch_first(&left);

		if (s->port[i].mac == mac && s->port[i].has_filter) {
			return i;
		}
	}
	return SWITCH_PORT_MAX;
}

static struct switch_entry *set_of(struct switch_core *s, uint64_t mac)
{
	return s->learned[(mac ^ mac >> 7 ^ mac >> 24) % SWITCH_SETS];
}

static bool is_old(const struct switch_core *s, const struct switch_entry *e, uint64_t now)
{
	return e->mac == 0 || now - e->seen > SWITCH_AGE_S * s->hz || !(s->open >> e->port & 1);
}

/* Remember where this MAC is: in its place, or in that of the oldest. */
static void learn(struct switch_core *s, uint32_t port, uint64_t mac, uint64_t now)
{
	struct switch_entry *set = set_of(s, mac), *e = &set[0];

	for (unsigned i = 0; i < SWITCH_WAYS; i++) {
		if (set[i].mac == mac) {
			e = &set[i];
			break;
		}
		if (is_old(s, &set[i], now) ? !is_old(s, e, now) : set[i].seen < e->seen) {
			e = &set[i];
		}
	}
	*e = (struct switch_entry){ mac, now, port };
}

static uint32_t place_of(struct switch_core *s, uint64_t mac, uint64_t now)
{
	struct switch_entry *set = set_of(s, mac);

	for (unsigned i = 0; i < SWITCH_WAYS; i++) {
		if (set[i].mac == mac && !is_old(s, &set[i], now)) {
			return set[i].port;
		}
	}
	return SWITCH_PORT_MAX;
}

static bool is_forged(const struct switch_core *s, uint32_t from, uint64_t source)
{
	const struct switch_port *p = &s->port[from];

	if (source == 0 || source & GROUP) {
		return true;
	}
	return p->has_filter ? source != p->mac : owner_of(s, source) != SWITCH_PORT_MAX;
}

uint32_t switch_frame(struct switch_core *s, uint32_t from, const uint8_t *head, uint64_t now)
{
	uint64_t to = switch_mac(head), source = switch_mac(head + 6);
	uint32_t place, ports = 0;

	if (is_forged(s, from, source)) {
		s->port[from].forged++;
		return 0;
	}
	s->port[from].taken++;
	if (!s->port[from].has_filter) {
		learn(s, from, source, now);
	}
	if ((to & ~0xfull) == RESERVED) {
		return 0;
	}
	place = owner_of(s, to);
	if (place == SWITCH_PORT_MAX && !(to & GROUP)) {
		place = place_of(s, to, now);
	}
	if (place != SWITCH_PORT_MAX) {
		return is_reached(s, from, place) ? 1u << place : 0;
	}
	for (uint32_t left = s->open; left;) {
		uint32_t i = switch_first(&left);

		if ((to & GROUP || !s->port[i].has_filter) && is_reached(s, from, i)) {
			ports |= 1u << i;
		}
	}
	return ports;
}

static uint64_t cost(const struct switch_core *s, const struct switch_limit *l, uint32_t size)
{
	uint64_t bits_a_second = l->kbps * 1000;

	return (size * 8ull * s->hz + bits_a_second - 1) / bits_a_second;
}

static uint64_t burst(const struct switch_core *s, const struct switch_limit *l)
{
	uint64_t by_time = s->hz * BURST_MS / 1000;
	uint64_t by_frames = cost(s, l, BURST_FRAMES * SWITCH_FRAME_MAX);

	return by_time > by_frames ? by_time : by_frames;
}

uint64_t switch_wait(const struct switch_core *s, const struct switch_limit *l, uint64_t now)
{
	uint64_t ahead = l->kbps && l->until > now ? l->until - now : 0;
	uint64_t most = l->kbps ? burst(s, l) : 0;

	return ahead > most ? ahead - most : 0;
}

bool switch_allow(const struct switch_core *s, struct switch_limit *l, uint32_t size,
		  uint64_t now)
{
	if (switch_wait(s, l, now)) {
		return false;
	}
	if (l->kbps) {
		l->until = (l->until > now ? l->until : now) + cost(s, l, size);
	}
	return true;
}
