/* SPDX-License-Identifier: BSD-2-Clause */
#include <core/core.h>
/*
 * Crash records. No state, no lock but the console's, line by line.
 */

typedef unsigned long long ull;

/* The newest last: of each its cause and ESR, 0 for interrupts. */
void crash_print_exits(const struct vcpu *v)
{
	static const char causes[EXIT_CAUSES][8] = {
		[EXIT_HVC] = "hvc", [EXIT_SMC] = "smc", [EXIT_SYSREG] = "sysreg",
		[EXIT_MMIO] = "mmio", [EXIT_ABORT] = "abort", [EXIT_IRQ] = "irq",
		[EXIT_SERROR] = "serror", [EXIT_OTHER] = "other",
	};
	uint32_t count = v->exit_next < EXIT_RING ? v->exit_next : EXIT_RING;
	char text[EXIT_RING * 17 + 6] = " none";	/* " serror/12345678" */
	int n = 0;

	for (uint32_t i = v->exit_next - count; i != v->exit_next; i++) {
		const struct exit_record *r = &v->last_exit[i % EXIT_RING];

		n += format_to(text + n, sizeof(text) - (size_t)n, " %s/%x", causes[r->cause],
			       r->syndrome);
	}
	log_line("  last exits:%s", text);
}

void crash_record(const struct vcpu *v, const char *cause, uint64_t esr, uint64_t far,
		  uint64_t ipa)
{
	uint64_t now = arch_time_now();
	uint32_t hz = arch_time_hz();
	struct crash_registers at;
	const uint64_t *x = at.x;

	arch_vcpu_registers(v, &at);
	log_line("%s crashed at %llu.%06llu s: %s", v->guest->config->name, (ull)(now / hz),
		 (ull)(now % hz * 1000000 / hz), cause);
	log_line("  life %llu, vCPU %u on core %u, pc %016llx, pstate %llx, sp %016llx",
		 (ull)v->guest->life, v->index, v->cpu, (ull)at.pc, (ull)at.pstate, (ull)at.sp);
	log_line("  ESR %08llx, FAR %016llx, IPA %010llx", (ull)esr, (ull)far, (ull)ipa);
	for (unsigned i = 0; i < 28; i += 4) {
		log_line("  x%-2u %016llx %016llx %016llx %016llx", i, (ull)x[i], (ull)x[i + 1],
			 (ull)x[i + 2], (ull)x[i + 3]);
	}
	log_line("  x28 %016llx %016llx %016llx", (ull)x[28], (ull)x[29], (ull)x[30]);
	crash_print_exits(v);
}
