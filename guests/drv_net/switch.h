/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A learning layer-2 switch: which ports a frame goes to. Pure: no device, no clock, no
 * memory of frames; tested on the host. Who may talk to whom:
 *
 *   source       a port with a filter sends from its own MAC only; nobody else sends from
 *                that MAC. Group, zero: never.
 *   reach        a port without has_uplink neither sends to an uplink nor hears it. An isolated
 *                one talks to uplinks only.
 *   destination  a port's own MAC: that port. Learned: where it was last seen. Group: all
 *                that can be reached. Unknown: those without a filter. 01:80:c2:00:00:0x: none.
 *
 * Times are ticks of a clock whose rate is given once.
 */
#ifndef SWITCH_H
#define SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#define SWITCH_PORT_MAX	17u		/* a guest's ports and an uplink */
#define SWITCH_WAYS	4u
#define SWITCH_SETS	128u		/* learned MACs: SETS x WAYS */
#define SWITCH_AGE_S	300u		/* and for how long */
#define SWITCH_HEAD	14u		/* bytes of a frame that decide */
#define SWITCH_FRAME_MAX 1518u		/* with a VLAN tag, without the checksum */

struct switch_limit {			/* what a rate allows; see switch_allow() */
	uint64_t kbps;			/* 1,000 bits a second; 0: any */
	uint64_t until;			/* when all that was let through will have been due */
};

struct switch_port {
	bool is_uplink;
	bool has_filter;		/* sends from `mac` only, is sent its own and groups */
	bool is_isolated;
	bool has_uplink;
	uint64_t mac;			/* switch_mac(); 0: none */
	struct switch_limit sends, receives;
	uint64_t taken, given;		/* frames */
	uint64_t forged, lost;		/* refused for their source; not given for want of room
					   or by the rate */
};

struct switch_entry {
	uint64_t mac;			/* 0: none */
	uint64_t seen;
	uint32_t port;
};

struct switch_core {
	uint64_t hz;
	uint32_t open;			/* ports that carry frames, one bit each */
	struct switch_port port[SWITCH_PORT_MAX];
	struct switch_entry learned[SWITCH_SETS][SWITCH_WAYS];
};

/* A port begins or ceases to carry frames. */
static inline void switch_open(struct switch_core *s, uint32_t port, bool is_open)
{
	s->open = is_open ? s->open | 1u << port : s->open & ~(1u << port);
}

/* Takes the lowest port out of a set. */
static inline uint32_t switch_first(uint32_t *ports)
{
	uint32_t port = (uint32_t)__builtin_ctz(*ports);

	*ports &= *ports - 1;
	return port;
}

/* Six bytes as a number, the first one highest. */
uint64_t switch_mac(const uint8_t *bytes);
/* A MAC for who has none: locally administered, the same for the same name. */
uint64_t switch_mac_of_name(const char *name);

/*
 * The ports that a frame from `from` goes to, one bit each; 0: nobody. `head`: its first
 * SWITCH_HEAD bytes, private to the caller. Counts it, and learns from it.
 */
uint32_t switch_frame(struct switch_core *s, uint32_t from, const uint8_t *head, uint64_t now);

/* May `size` bytes pass now? Then they are charged. */
bool switch_allow(const struct switch_core *s, struct switch_limit *l, uint32_t size,
		  uint64_t now);
/* Ticks until a frame of any size may pass: 0: now. */
uint64_t switch_wait(const struct switch_core *s, const struct switch_limit *l, uint64_t now);

#endif
