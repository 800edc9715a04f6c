/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system image: a FIT with its data outside the tree, somewhere in the
 * region that the boot loader calls the initrd. Boot only; also in the host tools.
 * Reads within [fit, fit + room) only, whatever stands there.
 */
#ifndef CORE_BOOT_FIT_H
#define CORE_BOOT_FIT_H

#include <core/system.h>
#include <libfdt.h>

struct fit_image {
	const void *data;
	uint64_t size;
	const fdt32_t *crc32;	/* NULL: not given */
	const uint8_t *sha256;	/* 32 bytes; NULL: not given */
};

/* Image `name` of a FIT that fit_system() passed. NULL, or what is wrong with it. */
const char *fit_find(const void *fit, uint64_t room, const char *name,
		     struct fit_image *image) nodiscard;

/* The system's table in the system image, checked by its CRC, its magic, version and size;
 * nothing in it is. NULL: there is none, and a report says what stands there instead.
 * `fit` at any alignment (not 8: refused). */
const struct system *fit_system(const void *fit, uint64_t room, struct report *r) nodiscard;

/* Find the bytes of every guest's segments, and hash them where the guest asks
 * for it. A guest whose image is missing, short or damaged is reported and
 * marked `refused`; the others go on. Number of guests refused here. */
uint32_t fit_resolve(const void *fit, uint64_t room, struct system *s, struct report *r);

extern uint64_t fit_hash_ticks;	/* time spent hashing so far */

#endif
