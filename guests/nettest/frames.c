// SPDX-License-Identifier: BSD-2-Clause
/*
 * nettest's frames: sending, waiting with a time limit, and the messages in them.
 */
#include "nettest.h"

static bool has_frame(void *unused)
{
	(void)unused;
	return vqd_enable_event(&net.virtio.queue[0]);
}

uint8_t *frame_wait(uint32_t *size, uint64_t us)
{
	uint64_t begin = time_now(), most = us_to_ticks(us);
	uint8_t *frame;

	while (!(frame = virtio_net_receive(&net, size))) {
		uint64_t gone = time_now() - begin;

		virtio_net_flush(&net);
		link_poll();
		if (gone >= most) {
			return NULL;
		}
		sleep_unless(has_frame, NULL, us - ticks_to_ns(gone) / 1000 + 1);
	}
	return frame;
}

uint8_t *frame_new(uint8_t to, uint8_t source, uint32_t type)
{
	uint8_t *frame = virtio_net_frame(&net);

	if (!frame) {
		return NULL;
	}
	memset(frame, to == TO_ALL ? 0xff : 0, HEAD);
	frame[0] = to == TO_ALL ? 0xff : 2;
	frame[5] = to;
	memset(frame + 6, 0, 6);
	frame[6] = 2;
	frame[11] = source;
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	return frame;
}

void frame_send(uint8_t *frame, uint32_t size)
{
	virtio_net_send(&net, frame, size);
	virtio_net_flush(&net);
}

uint32_t frame_type(const uint8_t *frame)
{
	return (uint32_t)frame[12] << 8 | frame[13];
}

bool message_send(uint8_t to, uint8_t source, uint8_t kind, uint32_t number, uint32_t size)
{
	uint8_t *frame = frame_new(to, source, TYPE_TEST);
	struct message m = { .kind = kind, .from = self, .number = number };

	if (!frame) {
		return false;
	}
	memcpy(frame + HEAD, &m, sizeof(m));
	for (uint32_t i = 0; MESSAGE_HEAD + i < size; i++) {
		frame[MESSAGE_HEAD + i] = message_byte(number, i);
	}
	frame_send(frame, size);
	return true;
}

const struct message *message_of(const uint8_t *frame, uint32_t size, uint8_t kind)
{
	const struct message *m = (const struct message *)(frame + HEAD);

	if (size < MESSAGE_HEAD || frame_type(frame) != TYPE_TEST || m->kind != kind) {
		return NULL;
	}
	for (uint32_t i = 0; MESSAGE_HEAD + i < size; i++) {
		if (m->data[i] != message_byte(m->number, i)) {
			printf("nettest: message %u of %u bytes is damaged at %u\n", m->number,
			       size, i);
			return NULL;
		}
	}
	return m;
}
