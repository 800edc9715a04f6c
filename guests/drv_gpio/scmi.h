/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCMI 2.0's platform (Arm DEN0056B) for the front end of an scmi link, its only agent: the base,
 * power domain and clock protocols. Numbers are the firmware's; each is looked up in the rights
 * of the link, and nothing else is asked of the firmware. Pure C: also built for the host's tests.
 */
#ifndef DRV_GPIO_SCMI_H
#define DRV_GPIO_SCMI_H

#include "firmware.h"

#define SCMI_IDS	256u
#define SCMI_IN_MAX	20u	/* bytes: header and the longest parameters */
#define SCMI_OUT_MAX	64u

enum {				/* protocols */
	SCMI_BASE = 0x10, SCMI_POWER = 0x11, SCMI_CLOCK = 0x14,
};

enum {				/* status codes, 4.1.4 */
	SCMI_SUCCESS = 0, SCMI_NOT_SUPPORTED = -1, SCMI_INVALID_PARAMETERS = -2,
	SCMI_DENIED = -3, SCMI_NOT_FOUND = -4, SCMI_OUT_OF_RANGE = -5,
	SCMI_HARDWARE_ERROR = -9, SCMI_PROTOCOL_ERROR = -10,
};

struct scmi_set {
	uint32_t readable[SCMI_IDS / 32], writable[SCMI_IDS / 32];
	uint32_t count;			/* the highest of them, and one */
};

struct scmi_agent {
	const char *name;
	struct scmi_set clock, power;
};

/* Adds what a list of big-endian cells has. What is wrong, or NULL. */
const char *scmi_allow(struct scmi_set *s, const uint8_t *list, uint32_t size, bool is_writable);

/* A message of `in_size` bytes (of which in[] has SCMI_IN_MAX at most) and at least a header;
 * its answer, as long as returned: 8 to SCMI_OUT_MAX. */
uint32_t scmi_message(const struct scmi_agent *a, const uint8_t *in, uint32_t in_size,
		      uint8_t *out);

#endif
