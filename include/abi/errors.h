/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Result codes of hypercalls, in x0 as a signed 64-bit number.
 * Zero or more is success. 0, -1 and -3 are SMCCC's (Arm DEN0028, 2.6);
 * Skerry's own go from -16 down and are never renumbered.
 * Plain macros, so that C, C++ and assembly can use them.
 */
#pragma once

#define SKERRY_OK		0	/* done */
#define SKERRY_NOT_SUPPORTED	(-1)	/* no such function */
#define SKERRY_INVALID		(-3)	/* an argument is out of range, or a reserved one not 0 */
#define SKERRY_DENIED		(-16)	/* the description does not give the caller this right */
#define SKERRY_PENDING		(-17)	/* the answer arrives as an event */
#define SKERRY_BUSY		(-18)	/* the object is in a state that does not allow this */
#define SKERRY_AGAIN		(-19)	/* nothing there now */
#define SKERRY_NO_MEMORY	(-20)	/* a table or region is full */
