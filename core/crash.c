/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash records. records[i] is written by the core that holds is_taken[i];
 * printing takes no lock but the console's, line by line.
 */
#include <abi/layout.h>
#include <core/console.h>
#include <core/crash.h>
#include <core/stats.h>
#include <hv/arch.h>
#include <lib/format.h>
#include <lib/string.h>

typedef unsigned long long ull;

#define CHECKED		offsetof(struct crash_record, life)

static struct crash_record records[SKERRY_GUEST_MAX];
static bool is_taken[SKERRY_GUEST_MAX];

static void copy_exits(const struct vcpu *v, struct exit_record *last)
{
	for (uint32_t i = 0; i < EXIT_RING; i++) {
		last[i] = v->last_exit[(v->exit_next + i) % EXIT_RING];
	}
}

/* The newest last: of each its cause and ESR, 0 for interrupts. */
static void print_exits(const struct exit_record *last)
{
	char text[176] = " none";
	int n = 0;

	for (uint32_t i = 0; i < EXIT_RING && n < (int)sizeof(text); i++) {
		if (last[i].syndrome != 0 || last[i].cause != 0) {
			n += format_to(text + n, sizeof(text) - (size_t)n, " %s/%x",
				       stats_cause_name(last[i].cause), last[i].syndrome);
		}
	}
	log_line("  last exits:%s", text);
}

static void print_record(const struct crash_record *r)
{
	const uint64_t *x = r->at.x;
	uint32_t hz = arch_time_hz();

	log_line("%s crashed at %llu.%06llu s: %s", r->name, (ull)(r->time / hz),
		 (ull)(r->time % hz * 1000000 / hz), r->cause);
	log_line("  life %llu, vCPU %u on core %u, pc %016llx, pstate %llx, sp %016llx",
		 (ull)r->life, r->vcpu, r->cpu, (ull)r->at.pc, (ull)r->at.pstate, (ull)r->at.sp);
	log_line("  ESR %08llx, FAR %016llx, IPA %010llx", (ull)r->esr, (ull)r->far, (ull)r->ipa);
	for (unsigned i = 0; i < 28; i += 4) {
		log_line("  x%-2u %016llx %016llx %016llx %016llx", i, (ull)x[i], (ull)x[i + 1],
			 (ull)x[i + 2], (ull)x[i + 3]);
	}
	log_line("  x28 %016llx %016llx %016llx", (ull)x[28], (ull)x[29], (ull)x[30]);
	print_exits(r->last);
}

static uint32_t checksum(const struct crash_record *r)
{
	return arch_crc32(0, (const char *)r + CHECKED, sizeof(*r) - CHECKED);
}

void crash_record(const struct vcpu *v, const char *cause, uint64_t esr, uint64_t far,
		  uint64_t ipa)
{
	const struct guest *g = v->guest;
	struct crash_record *r = &records[g->index];

	if (__atomic_exchange_n(&is_taken[g->index], true, __ATOMIC_ACQUIRE)) {
		return;
	}
	memset(r, 0, sizeof(*r));
	r->life = g->life;
	r->time = arch_time_now();
	r->vcpu = v->index;
	r->cpu = v->cpu;
	r->esr = esr;
	r->far = far;
	r->ipa = ipa;
	arch_vcpu_registers(v, &r->at);
	copy_exits(v, r->last);
	str_copy(r->name, g->config->name, sizeof(r->name));
	str_copy(r->cause, cause, sizeof(r->cause));
	r->checksum = checksum(r);
	print_record(r);
	__atomic_store_n(&is_taken[g->index], false, __ATOMIC_RELEASE);
}

void crash_print(void)
{
	for (uint32_t i = 0; i < guest_count; i++) {
		const struct crash_record *r = &records[i];

		if (r->life != 0 && r->checksum == checksum(r)) {
			print_record(r);
		} else {
			log_line("%s has not crashed", guests[i].config->name);
		}
	}
}

void crash_note_panic(const struct vcpu *v)
{
	struct exit_record last[EXIT_RING];

	copy_exits(v, last);
	print_exits(last);
}
