/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between an end of a link and EL2's transport state machine: the vocabulary
 * of the virtio-msg draft (revision 1), in x2..x17 of the call MESSAGE, little endian, the
 * header in x2, the payload from x3 on. EL2 answers in the same registers: type with
 * SKERRY_MSG_RESPONSE, id and token as they came, size that of the answer; all bytes
 * behind it 0. The draft still moves: its constants stand here and nowhere else.
 *
 * Who may send what, request -> answer:
 *   both ends   GET_CONFIG   { offset, size } -> { generation, offset, size, bytes }
 *               GET_VQUEUE   { index } -> struct skerry_msg_vqueue
 *               GET_STATUS   - -> { status }
 *   front end   DEVICE_INFO  - -> struct skerry_msg_info
 *               GET_FEATURES { block, 1 } -> { block, 1, bits }: of 32 features each
 *               SET_FEATURES { block, 1, bits } -> the same
 *               SET_STATUS   { status } -> { status }; x0 PENDING: a reset that the back end
 *                            has not acknowledged: EVENT_STATUS tells, or GET_STATUS 0
 *               SET_CONFIG   { generation, offset, size, bytes } -> the same
 *               SET_VQUEUE   struct skerry_msg_vqueue -> the same
 *   back end    OFFER        struct skerry_msg_offer -> { epoch }; all 0: there is no device,
 *                            and whoever waits for this guest (`after`) need not
 *               GET_STATE    - -> struct skerry_msg_state
 *               ACK          { epoch } -> -: nothing of the front end's is touched any more
 *               SET_CONFIG   { 0, offset, size, bytes } -> the same; tells the front end. The
 *                            first time before OFFER, so that it never sees other bytes
 *               NEEDS_RESET  - -> -: the front end broke the rules
 * On a shared-memory link: OFFER (all 0: ready), GET_STATE, ACK.
 * Errors in x0: INVALID (unknown, not this end's, malformed, out of range), BUSY (not in
 * this state), AGAIN (front end: nothing is offered yet).
 */
#pragma once

#include "link.h"

#define SKERRY_MSG_RESPONSE	1	/* in skerry_msg.type */
#define SKERRY_MSG_HEADER	8	/* bytes */
#define SKERRY_MSG_MAX		128	/* bytes, header included: x2..x17 */

#define SKERRY_QUEUE_MAX	4	/* virtqueues of a device */
#define SKERRY_QUEUE_SIZE_MAX	1024	/* entries; a power of two */
#define SKERRY_CONFIG_MAX	96	/* config bytes of a device, and in one message */

#ifndef __ASSEMBLER__
enum {	/* skerry_msg.type, as the draft has them; then Skerry's own, of back ends */
	SKERRY_MSG_DEVICE_INFO = 0x02, SKERRY_MSG_GET_FEATURES, SKERRY_MSG_SET_FEATURES,
	SKERRY_MSG_GET_CONFIG, SKERRY_MSG_SET_CONFIG, SKERRY_MSG_GET_STATUS, SKERRY_MSG_SET_STATUS,
	SKERRY_MSG_GET_VQUEUE, SKERRY_MSG_SET_VQUEUE,
	SKERRY_MSG_OFFER = 0x80, SKERRY_MSG_GET_STATE, SKERRY_MSG_ACK, SKERRY_MSG_NEEDS_RESET,
};

struct skerry_msg_info {	/* device_id 0: nothing is offered; feature_count: 64 */
	uint32_t device_id, vendor_id, feature_count, config_size, queue_count;
};

struct skerry_msg_vqueue {
	uint32_t index, size_max, size, reserved; /* maximum: in answers; size 0: not set up */
	uint64_t descriptors, available, used;	/* the front end's guest-physical addresses */
};

struct skerry_msg_offer {
	uint32_t device_id, vendor_id;
	uint64_t features;
	uint32_t config_size, queue_count, queue_size_max, reserved;	/* the maximum: of each */
};

struct skerry_msg_state {
	uint32_t status;	/* VIRTIO 1.2, 2.1 */
	uint32_t epoch;		/* grows with each reset and each stop of the front end */
	uint64_t features;	/* that the driver accepted */
	uint32_t is_front_up, is_ack_due; /* 1: its guest runs; EL2 waits for ACK of this epoch */
};

struct skerry_msg {
	uint8_t type, id;
	uint16_t device;	/* 0: the port names it */
	uint16_t token, size;	/* the sender's, comes back; of header and payload */
	union {
		uint32_t w[30];
		uint8_t bytes[120];
		uint64_t q[15];
		struct skerry_msg_info info;
		struct skerry_msg_vqueue vqueue;
		struct skerry_msg_offer offer;
		struct skerry_msg_state state;
	};
};
#endif /* __ASSEMBLER__ */
