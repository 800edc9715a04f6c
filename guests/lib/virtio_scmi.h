/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SCMI agent (Arm DEN0056B) over a virtio SCMI device (VIRTIO 1.2, 5.17): clocks and power
 * domains, by the numbers of the platform behind the link. One vCPU uses a device, one message
 * at a time.
 */
#ifndef VIRTIO_SCMI_H
#define VIRTIO_SCMI_H

#include "virtio.h"

#define SCMI_BUFFER	128u		/* bytes, of a message and of its answer */

enum scmi_protocol { SCMI_BASE = 0x10, SCMI_POWER = 0x11, SCMI_CLOCK = 0x14 };

enum scmi_message {
	SCMI_VERSION, SCMI_ATTRIBUTES, SCMI_MESSAGE_ATTRIBUTES,		/* of each protocol */
	BASE_VENDOR = 3, BASE_SUB_VENDOR, BASE_IMPLEMENTATION, BASE_PROTOCOLS, BASE_AGENT,
	POWER_DOMAIN_ATTRIBUTES = 3, POWER_STATE_SET, POWER_STATE_GET,
	CLOCK_ATTRIBUTES = 3, CLOCK_DESCRIBE_RATES, CLOCK_RATE_SET, CLOCK_RATE_GET,
	CLOCK_CONFIG_SET,
};

enum {				/* status: 4.1.4 */
	SCMI_SUCCESS = 0, SCMI_NOT_SUPPORTED = -1, SCMI_INVALID_PARAMETERS = -2,
	SCMI_DENIED = -3, SCMI_NOT_FOUND = -4, SCMI_OUT_OF_RANGE = -5, SCMI_BUSY = -6,
	SCMI_COMMS_ERROR = -7, SCMI_GENERIC_ERROR = -8, SCMI_HARDWARE_ERROR = -9,
	SCMI_PROTOCOL_ERROR = -10,
};

#define SCMI_POWER_ON	0u
#define SCMI_POWER_OFF	(1u << 30)

struct virtio_scmi {
	struct virtio virtio;
	uint32_t *out;			/* the message: VIRTIO_OUT */
	volatile uint32_t *in;		/* its answer: VIRTIO_IN */
	uint32_t token;
};

int64_t virtio_scmi_start(struct virtio_scmi *s);

/* The answer's status, COMMS_ERROR where there is none. `words` of parameters; behind the
 * status at least `answer_words` must come, or it is a PROTOCOL_ERROR. */
int32_t virtio_scmi_ask(struct virtio_scmi *s, enum scmi_protocol protocol, uint32_t message,
			const uint32_t *parameters, uint32_t words, uint32_t *answer,
			uint32_t answer_words);

/* Each is a status. Rates in Hz. */
int32_t virtio_scmi_rate(struct virtio_scmi *s, uint32_t clock, uint64_t *rate);
int32_t virtio_scmi_set_rate(struct virtio_scmi *s, uint32_t clock, uint64_t rate);
int32_t virtio_scmi_range(struct virtio_scmi *s, uint32_t clock, uint64_t *least, uint64_t *most);
int32_t virtio_scmi_enable(struct virtio_scmi *s, uint32_t clock, bool is_on);
int32_t virtio_scmi_power(struct virtio_scmi *s, uint32_t domain, bool *is_on);
int32_t virtio_scmi_set_power(struct virtio_scmi *s, uint32_t domain, bool is_on);

#endif
