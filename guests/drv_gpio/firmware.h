/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What VideoCore's firmware answers to, over the mailbox's property channel (the Raspberry Pi
 * firmware's documentation, "Mailbox property interface"): clocks and power, by numbers of its
 * own. Knows no rights: scmi.h checks those. One request at a time.
 */
#ifndef DRV_GPIO_FIRMWARE_H
#define DRV_GPIO_FIRMWARE_H

#include "../lib/guest.h"

/* Tags. Values are {id, x}; with FW_SET_CLOCK_RATE {id, Hz, leave turbo alone}. */
enum {
	FW_GET_POWER = 0x00020001, FW_SET_POWER = 0x00028001,
	FW_GET_CLOCK_STATE = 0x00030001, FW_SET_CLOCK_STATE = 0x00038001,
	FW_GET_CLOCK_RATE = 0x00030002, FW_SET_CLOCK_RATE = 0x00038002,
	FW_GET_MAX_RATE = 0x00030004, FW_GET_MIN_RATE = 0x00030007,
};

#define FW_ON		1u	/* of a state */
#define FW_WAIT		2u	/* to FW_SET_POWER: answer when it is stable */
#define FW_ABSENT	2u	/* in answers: there is no such thing */
#define FW_WORDS	3u	/* the most that a tag has */

/* The firmware's memory is drv_gpio's: that of an identity guest. NULL, or what is wrong. */
const char *firmware_open(void);

/* True: value[] holds the answer, 8 bytes of it or more; false: it does not know this tag, or
 * did not answer within its time. */
bool firmware_ask(uint32_t tag, uint32_t *value, uint32_t words);

#endif
