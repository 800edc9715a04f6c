/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzzers share: their entry, and a report that prints nothing but reads
 * each message and holds it to FUZZ_MESSAGE_MAX characters (defined by the includer).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <core/system.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_print(struct report *r, bool is_error, const void *fdt, int node,
			      const char *property, const char *message)
{
	(void)r;
	(void)is_error;
	(void)fdt;
	(void)node;
	(void)property;
	if (strlen(message) > FUZZ_MESSAGE_MAX) {
		abort();
	}
}

#endif
