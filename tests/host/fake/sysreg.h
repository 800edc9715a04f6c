/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instead of arch/arm64's: system registers by name, as the test has them.
 */
#pragma once

#include <stdint.h>

uint64_t fake_sysreg_read(const char *name);
void fake_sysreg_write(const char *name, uint64_t value);
void fake_at_s1e1r(uint64_t va);	/* sets par_el1 */

#define READ_SYSREG(name)	fake_sysreg_read(#name)
#define WRITE_SYSREG(v, name)	fake_sysreg_write(#name, v)
#define at_s1e1r(va)		fake_at_s1e1r(va)

