/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits by cause: core/stats.h. No lock; bounded.
 */
#include <core/stats.h>

const char *stats_cause_name(uint32_t cause)
{
	static const char names[EXIT_CAUSES][8] = {
		[EXIT_HVC] = "hvc", [EXIT_SMC] = "smc", [EXIT_SYSREG] = "sysreg",
		[EXIT_MMIO] = "mmio", [EXIT_ABORT] = "abort", [EXIT_IRQ] = "irq",
		[EXIT_WFI] = "wfi", [EXIT_SERROR] = "serror", [EXIT_OTHER] = "other",
	};

	return cause < EXIT_CAUSES ? names[cause] : "?";
}
