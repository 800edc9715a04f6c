/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits by cause, for people. Read-only; any core.
 */
#include <core/console.h>
#include <core/stats.h>
#include <lib/format.h>

const char *stats_cause_name(uint32_t cause)
{
	static const char names[EXIT_CAUSES][8] = {
		[EXIT_HVC] = "hvc", [EXIT_SMC] = "smc", [EXIT_SYSREG] = "sysreg",
		[EXIT_MMIO] = "mmio", [EXIT_ABORT] = "abort", [EXIT_IRQ] = "irq",
		[EXIT_WFI] = "wfi", [EXIT_SERROR] = "serror", [EXIT_OTHER] = "other",
	};

	return cause < EXIT_CAUSES ? names[cause] : "?";
}

static uint64_t exits_of(const struct guest *g, uint32_t cause)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < g->config->vcpu_count; i++) {
		sum += g->vcpu[i].exits[cause];
	}
	return sum;
}

void stats_print(void)
{
	for (uint32_t i = 0; i < guest_count; i++) {
		char text[176];
		size_t n = 0;

		text[0] = '\0';
		for (uint32_t c = 0; c < EXIT_CAUSES; c++) {
			n += (size_t)format_to(text + n, sizeof(text) - n, " %s %llu",
					       stats_cause_name(c),
					       (unsigned long long)exits_of(&guests[i], c));
			if (n >= sizeof(text)) {
				break;
			}
		}
		log_line("exits of %s:%s", guests[i].config->name, text);
	}
}
