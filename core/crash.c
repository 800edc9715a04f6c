/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash records, see core/exit.h. Each has one writer: a guest's the core of the vCPU that its
 * life's lock let crash first, later vCPU 0's that stops it; EL2's own who ends the board's
 * run. No lock: readers look at the checksum before and after. The stack is the one thing in
 * EL2 that is loaded from a guest's memory: docs/decisions/0021.
 */
#include <core/core.h>

_Static_assert(sizeof(union crash_page) == PAGE_SIZE, "a record does not fit its page");

union crash_page *crash_pages;

void crash_print_exits(const struct skerry_crash *r)
{
	static const char causes[EXIT_CAUSES][8] = {
		[EXIT_HVC] = "hvc", [EXIT_SMC] = "smc", [EXIT_SYSREG] = "sysreg",
		[EXIT_MMIO] = "mmio", [EXIT_ABORT] = "abort", [EXIT_IRQ] = "irq",
		[EXIT_SERROR] = "serror", [EXIT_OTHER] = "other",
	};
	char text[EXIT_RING * 17 + 6] = " none";	/* " serror/12345678" */
	int n = 0;

	for (uint32_t i = 0; i < r->exit_count % (EXIT_RING + 1); i++) {
		n += format_to(text + n, sizeof(text) - (size_t)n, " %s/%x",
			       causes[r->exits[i].cause % EXIT_CAUSES], r->exits[i].syndrome);
	}
	log_line("  last exits:%s", text);
}

void crash_print(const struct skerry_crash *r)
{
	const uint64_t *x = r->x;

	log_line("%s crashed at %lu.%06lu s: %s", r->name, r->time / r->hz,
		 r->time % r->hz * 1000000 / r->hz, r->cause);
	log_line("  life %lu, vCPU %u on core %u, pc %016lx, pstate %lx, sp %016lx", r->life,
		 r->vcpu, r->core, r->pc, r->pstate, r->sp);
	log_line("  ESR %08lx, FAR %016lx, IPA %010lx", r->esr, r->far, r->ipa);
	for (unsigned i = 0; i < 28; i += 4) {
		log_line("  x%-2u %016lx %016lx %016lx %016lx", i, x[i], x[i + 1],
			 x[i + 2], x[i + 3]);
	}
	log_line("  x28 %016lx %016lx %016lx", x[28], x[29], x[30]);
	crash_print_exits(r);
}

static void open_record(struct skerry_crash *r)
{
	store_relaxed(&r->crc32, 0);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void crash_seal(struct skerry_crash *r)
{
	store_release(&r->crc32, arch_crc32(0, r, sizeof(*r)));
	arch_data_clean(r, sizeof(*r));
}

/* A new record, but for the registers. */
static struct skerry_crash *begin(uint32_t index, const struct vcpu *v, const char *cause)
{
	struct skerry_crash *r = &crash_pages[index].record;

	open_record(r);
	*r = (struct skerry_crash){
		.magic = SKERRY_CRASH_MAGIC, .version = SKERRY_CRASH_VERSION, .size = sizeof(*r),
		.guest = index, .core = arch_cpu_index(),
		.time = arch_time_now(), .hz = arch_time_hz(),
	};
	(void)format_to(r->cause, sizeof(r->cause), "%s", cause);
	if (v != NULL) {
		memcpy(r->name, v->guest->config->name, sizeof(r->name));
		r->vcpu = v->index;
		r->life = v->guest->life;
		r->exit_count = (uint32_t)min_u64(v->exit_next, EXIT_RING);
		for (uint32_t i = 0, at = v->exit_next - r->exit_count; i < r->exit_count; i++) {
			r->exits[i] = v->last_exit[at++ % EXIT_RING];
		}
	}
	return r;
}

void crash_record(struct vcpu *v, const char *cause, uint64_t esr, uint64_t far, uint64_t ipa)
{
	struct skerry_crash *r = begin(v->guest->index, v, cause);

	r->esr = esr;
	r->far = far;
	r->ipa = ipa;
	arch_vcpu_registers(v, r);
	crash_seal(r);
	crash_print(r);
}

void crash_keep_stack(const struct guest *g)
{
	const struct sys_guest *c = g->config;
	struct skerry_crash *r = &crash_pages[g->index].record;
	uint64_t size = min_u64(SKERRY_CRASH_STACK_MAX, PAGE_SIZE - r->sp % PAGE_SIZE);
	uint32_t i = guest_find_bank(c, r->stack_ipa, size);
	bool is_new = r->life == g->life && r->boots == 0 && r->stack_size == 0;

	if (is_new && i != c->bank_count) {
		struct pa at = pa_add(c->host[i], r->stack_ipa - c->bank[i].base);

		open_record(r);
		memcpy(r->stack, arch_window_map(at, size, false), size);
		arch_window_unmap();
		r->stack_size = (uint32_t)size;
		crash_seal(r);
	}
}

void crash_note(const struct vcpu *v, uint64_t pc, const char *cause)
{
	if (crash_pages != NULL) {
		struct skerry_crash *r = begin(SKERRY_GUEST_MAX, v, cause);

		r->guest = SKERRY_CRASH_OWN;
		r->pc = pc;
		crash_seal(r);
	}
}

int64_t hvc_crash_read(struct vcpu *v, uint64_t *x)
{
	const struct skerry_crash *r = &crash_pages[x[1]].record;
	uint32_t seen = load_acquire(&r->crc32);
	uint64_t words[16] = { 0 }, at = x[2], size;

	(void)v;
	if (!is_aligned(at, 8)) {
		return SKERRY_INVALID;
	}
	size = at < sizeof(*r) ? min_u64(sizeof(*r) - at, sizeof(words)) : 0;
	memcpy(words, (const uint8_t *)r + at, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (seen == 0 || seen != load_relaxed(&r->crc32)) {
		return SKERRY_AGAIN;
	}
	memcpy(&x[1], words, sizeof(words));
	return (int64_t)size;
}
