/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SCMI agent; see virtio_scmi.h. The answer is read once, behind the ring's own check of how
 * much was written.
 */
#include "virtio_scmi.h"

#define COMMANDS	0		/* the queue */
#define QUEUE_SIZE	8

int64_t virtio_scmi_start(struct virtio_scmi *s)
{
	int64_t result = virtio_begin(&s->virtio, VIRTIO_ID_SCMI, 0);

	if (result == SKERRY_OK) {
		result = virtio_queue(&s->virtio, QUEUE_SIZE);
	}
	s->out = result == SKERRY_OK ? virtio_alloc(&s->virtio, VIRTIO_OUT, SCMI_BUFFER) : NULL;
	s->in = result == SKERRY_OK ? virtio_alloc(&s->virtio, VIRTIO_IN, SCMI_BUFFER) : NULL;
	if (result == SKERRY_OK && (!s->out || !s->in)) {
		result = SKERRY_NO_MEMORY;
	}
	return result == SKERRY_OK ? virtio_go(&s->virtio) : result;
}

/* The bytes of the answer; 0: none comes. */
static uint32_t exchange(struct virtio_scmi *s, uint32_t size)
{
	const struct virtq_buffer b[2] = { { (uint64_t)s->out, size },
					   { (uint64_t)s->in, SCMI_BUFFER } };
	uint32_t written = 0;
	bool is_idle = false;

	if (virtio_add(&s->virtio, COMMANDS, b, 1, 1, NULL) < 0) {
		return 0;
	}
	virtio_kick(&s->virtio, COMMANDS);
	while (!virtio_take(&s->virtio, COMMANDS, NULL, &written)) {
		if (!s->virtio.is_live || s->virtio.is_broken ||
		    (is_idle && virtio_check(&s->virtio))) {
			return 0;
		}
		virtio_wait(&s->virtio, COMMANDS);
		is_idle = true;
	}
	return written;
}

int32_t virtio_scmi_ask(struct virtio_scmi *s, enum scmi_protocol protocol, uint32_t message,
			const uint32_t *parameters, uint32_t words, uint32_t *answer,
			uint32_t answer_words)
{
	uint32_t header = message | (uint32_t)protocol << 10 | (s->token++ & 0x3ff) << 18;
	uint32_t written;
	int32_t status;

	if (words >= SCMI_BUFFER / 4) {
		return SCMI_INVALID_PARAMETERS;
	}
	s->out[0] = header;
	for (uint32_t i = 0; i < words; i++) {
		s->out[1 + i] = parameters[i];
	}
	written = exchange(s, 4 + words * 4);
	if (written < 8 || s->in[0] != header) {
		return SCMI_COMMS_ERROR;
	}
	status = (int32_t)s->in[1];
	if (status == SCMI_SUCCESS && written < 8 + answer_words * 4) {
		return SCMI_PROTOCOL_ERROR;
	}
	for (uint32_t i = 0; i < answer_words && status == SCMI_SUCCESS; i++) {
		answer[i] = s->in[2 + i];
	}
	return status;
}

int32_t virtio_scmi_rate(struct virtio_scmi *s, uint32_t clock, uint64_t *rate)
{
	uint32_t answer[2] = { 0, 0 };
	int32_t status = virtio_scmi_ask(s, SCMI_CLOCK, CLOCK_RATE_GET, &clock, 1, answer, 2);

	*rate = answer[0] | (uint64_t)answer[1] << 32;
	return status;
}

int32_t virtio_scmi_set_rate(struct virtio_scmi *s, uint32_t clock, uint64_t rate)
{
	const uint32_t set[4] = { 0, clock, (uint32_t)rate, (uint32_t)(rate >> 32) };

	return virtio_scmi_ask(s, SCMI_CLOCK, CLOCK_RATE_SET, set, 4, NULL, 0);
}

int32_t virtio_scmi_range(struct virtio_scmi *s, uint32_t clock, uint64_t *least, uint64_t *most)
{
	const uint32_t ask[2] = { clock, 0 };
	uint32_t answer[7] = { 0 };
	int32_t status = virtio_scmi_ask(s, SCMI_CLOCK, CLOCK_DESCRIBE_RATES, ask, 2, answer, 7);

	*least = answer[1] | (uint64_t)answer[2] << 32;
	*most = answer[3] | (uint64_t)answer[4] << 32;
	return status;
}

int32_t virtio_scmi_enable(struct virtio_scmi *s, uint32_t clock, bool is_on)
{
	const uint32_t set[2] = { clock, is_on };

	return virtio_scmi_ask(s, SCMI_CLOCK, CLOCK_CONFIG_SET, set, 2, NULL, 0);
}

int32_t virtio_scmi_power(struct virtio_scmi *s, uint32_t domain, bool *is_on)
{
	uint32_t state = SCMI_POWER_OFF;
	int32_t status = virtio_scmi_ask(s, SCMI_POWER, POWER_STATE_GET, &domain, 1, &state, 1);

	*is_on = state == SCMI_POWER_ON;
	return status;
}

int32_t virtio_scmi_set_power(struct virtio_scmi *s, uint32_t domain, bool is_on)
{
	const uint32_t set[3] = { 0, domain, is_on ? SCMI_POWER_ON : SCMI_POWER_OFF };

	return virtio_scmi_ask(s, SCMI_POWER, POWER_STATE_SET, set, 3, NULL, 0);
}
