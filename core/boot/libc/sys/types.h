/* SPDX-License-Identifier: BSD-2-Clause */
/* What libmd's header wants of <sys/types.h>, in EL2's boot-only part only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int64_t off_t;
