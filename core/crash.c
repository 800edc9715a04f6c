/* SPDX-License-Identifier: BSD-2-Clause */
#include <core/core.h>
/*
 * Crash records. No state, no lock but the console's, line by line.
 */

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
	log_line("%s crashed at %lu.%06lu s: %s", v->guest->config->name, now / hz,
		 now % hz * 1000000 / hz, cause);
	log_line("  life %lu, vCPU %u on core %u, pc %016lx, pstate %lx, sp %016lx",
		 v->guest->life, v->index, v->cpu, at.pc, at.pstate, at.sp);
	log_line("  ESR %08lx, FAR %016lx, IPA %010lx", esr, far, ipa);
	for (unsigned i = 0; i < 28; i += 4) {
		log_line("  x%-2u %016lx %016lx %016lx %016lx", i, x[i], x[i + 1],
			 x[i + 2], x[i + 3]);
	}
	log_line("  x28 %016lx %016lx %016lx", x[28], x[29], x[30]);
	crash_print_exits(v);
}
