/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside nettest: frames of the tests' own protocol, and the device that carries them.
 * All stations have MACs 02:00:00:00:00:id.
 */
#ifndef NETTEST_H
#define NETTEST_H

#include "link.h"
#include "test.h"
#include "virtio_net.h"

#define TYPE_TEST	0x88b5u		/* for experiments (IEEE 802) */
#define TYPE_ARP	0x0806u
#define TYPE_IP		0x0800u
#define TO_ALL		0xffu		/* a station's id: broadcast */

#define KIND_ASK	1u		/* the receiver answers with the same bytes */
#define KIND_ANSWER	2u
#define KIND_FORGED	3u		/* nobody may ever get one */

struct message {			/* behind the Ethernet head of TYPE_TEST */
	uint8_t kind;
	uint8_t from;			/* the station that really sent it */
	uint8_t pad[2];
	uint32_t number;
	uint8_t data[];			/* message_byte() */
};

#define HEAD		14u
#define MESSAGE_HEAD	(HEAD + sizeof(struct message))

extern struct virtio_net net;
extern uint8_t self;			/* this station */

static inline uint8_t message_byte(uint32_t number, uint32_t at)
{
	return (uint8_t)(number * 31 + at * 7 + (at >> 8));
}

/* The next frame that came within so many microseconds, or NULL. */
uint8_t *frame_wait(uint32_t *size, uint64_t us);
/* A frame to fill, with its head; NULL: no room now. */
uint8_t *frame_new(uint8_t to, uint8_t source, uint32_t type);
void frame_send(uint8_t *frame, uint32_t size);
uint32_t frame_type(const uint8_t *frame);
/* A message of `size` bytes in all; false: no room now. */
bool message_send(uint8_t to, uint8_t source, uint8_t kind, uint32_t number, uint32_t size);
/* Is this frame a message of that kind, with all its bytes right? */
const struct message *message_of(const uint8_t *frame, uint32_t size, uint8_t kind);

void hostile_front_end(void);	/* tests: the rules of rings, broken */
void uplink_answers(void);		/* ARP and ICMP with 10.0.2.2 */

#endif
