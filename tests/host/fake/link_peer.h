/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guests/lib/link.h's messages of a back end, sent to pv_peer.c instead of by hypercall.
 * Included once, by a test that is the back end.
 */
#ifndef LINK_PEER_H
#define LINK_PEER_H

#include <string.h>
#include "guests/lib/link.h"
#include "pv_peer.h"

static int64_t link_ask_peer(uint32_t id, const void *from, uint32_t size, void *to,
			     uint32_t to_size)
{
	struct skerry_msg m = { .id = (uint8_t)id, .size = (uint16_t)(SKERRY_MSG_HEADER + size) };
	int64_t result;

	if (size) {
		memcpy(m.bytes, from, size);
	}
	result = peer_message(PEER_BACK, &m);
	if (to_size && result == SKERRY_OK) {
		memcpy(to, m.bytes, to_size);
	}
	return result;
}

int64_t link_offer(uint32_t port, const struct skerry_msg_offer *o, uint32_t *epoch)
{
	(void)port;
	return link_ask_peer(SKERRY_MSG_OFFER, o, sizeof(*o), epoch, sizeof(*epoch));
}

int64_t link_state(uint32_t port, struct skerry_msg_state *state)
{
	(void)port;
	return link_ask_peer(SKERRY_MSG_GET_STATE, NULL, 0, state, sizeof(*state));
}

int64_t link_queue(uint32_t port, uint32_t index, struct skerry_msg_vqueue *queue)
{
	(void)port;
	return link_ask_peer(SKERRY_MSG_GET_VQUEUE, &index, sizeof(index), queue, sizeof(*queue));
}

int64_t link_needs_reset(uint32_t port)
{
	(void)port;
	return link_ask_peer(SKERRY_MSG_NEEDS_RESET, NULL, 0, NULL, 0);
}

int64_t link_config_write(uint32_t port, uint32_t offset, const void *from, uint32_t size)
{
	uint32_t m[3 + 24] = { 0, offset, size };

	(void)port;
	memcpy(&m[3], from, size);
	return link_ask_peer(SKERRY_MSG_SET_CONFIG, m, 12 + size, NULL, 0);
}

#endif
