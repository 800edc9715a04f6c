/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way out of boot: no core runs boot-only code any more when it is unmapped.
 */

#include <core/core.h>
#include "leave.h"
#include "mmu_private.h"

static bool boot_is_over;

void secondary_leave(uint32_t *online)
{
	__atomic_fetch_add(online, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&boot_is_over, __ATOMIC_ACQUIRE)) {
		arch_cpu_relax();
	}
	core_run();
}

void leave_boot(void)
{
	mmu_forget_boot();
	__atomic_store_n(&boot_is_over, true, __ATOMIC_RELEASE);
	core_run();
}
