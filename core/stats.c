/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits by cause: core/stats.h. No lock; bounded.
 */
#include <core/stats.h>
#include <hv/arch.h>

void stats_exit(struct vcpu *v, enum exit_cause cause, uint64_t syndrome)
{
	v->exits[cause]++;
	v->last_exit[v->exit_next++ % EXIT_RING] = (struct exit_record){
		arch_time_now(), (uint32_t)syndrome, (uint32_t)cause,
	};
}

const char *stats_cause_name(uint32_t cause)
{
	static const char names[EXIT_CAUSES][8] = {
		[EXIT_HVC] = "hvc", [EXIT_SMC] = "smc", [EXIT_SYSREG] = "sysreg",
		[EXIT_MMIO] = "mmio", [EXIT_ABORT] = "abort", [EXIT_IRQ] = "irq",
		[EXIT_WFI] = "wfi", [EXIT_SERROR] = "serror", [EXIT_OTHER] = "other",
	};

	return cause < EXIT_CAUSES ? names[cause] : "?";
}
