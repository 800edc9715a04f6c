/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See fake_arch.h. One thread: "another core" is fake.cpu changed by the test.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <abi/errors.h>
#include <core/console.h>
#include <core/exit.h>
#include <hv/mmio.h>
#include <hv/pv.h>
#include <hv/sched.h>
#include "fake_arch.h"

#define weak __attribute__((weak))

struct fake fake;
weak struct system the_system;
weak struct guest guests[SKERRY_GUEST_MAX];
weak uint32_t guest_count;
weak struct pcpu pcpus[SKERRY_CPU_MAX];
static struct vcpu fake_vcpus[SKERRY_GUEST_MAX][SKERRY_VCPU_MAX];
static struct lock *held[16];

static _Noreturn void wrong(const char *what)
{
	fprintf(stderr, "fake architecture: %s\n", what);
	abort();
}

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.hz = 62500000;
	memset(guests, 0, sizeof(guests));
	memset(fake_vcpus, 0, sizeof(fake_vcpus));
	memset(pcpus, 0, sizeof(pcpus));
	guest_count = 0;
	for (uint8_t i = 0; i < SKERRY_CPU_MAX; i++) {
		pcpus[i].index = i;
	}
}

void fake_guests(struct sys_guest *config, uint32_t count)
{
	guest_count = count;
	for (uint8_t i = 0; i < count; i++) {
		struct guest *g = &guests[i];

		g->config = &config[i];
		g->index = i;
		g->vcpu = fake_vcpus[i];
		for (uint8_t n = 0; n < config[i].vcpu_count; n++) {
			g->vcpu[n].guest = g;
			g->vcpu[n].index = n;
			g->vcpu[n].cpu = config[i].cpu[n];
			g->vcpu[n].time = VCPU_RUN;	/* as on static cores */
			g->vcpu[n].deadline = g->vcpu[n].arch.timer = UINT64_MAX;
		}
	}
}

enum fake_end fake_run(void (*call)(void *arg), void *arg)
{
	jmp_buf here;

	fake.end = FAKE_RETURNED;
	fake.way_out = &here;
	if (setjmp(here) == 0) {
		call(arg);
	}
	fake.way_out = NULL;
	return fake.end;
}

static _Noreturn void end(enum fake_end how)
{
	if (!fake.way_out) {
		wrong("a function that never returns was called unexpectedly");
	}
	fake.end = how;
	longjmp(*fake.way_out, 1);
}

void arch_halt(void) { end(FAKE_HALT); }
void arch_board_end(bool stays_off) { end(stays_off ? FAKE_OFF : FAKE_RESET); }

uint64_t arch_time_now(void) { return fake.now += fake.tick; }
uint32_t arch_time_hz(void) { return fake.hz; }
unsigned arch_cpu_index(void) { return fake.cpu; }
void arch_cpu_kick(unsigned cpu) { fake.kicks[cpu]++; }

void arch_cpu_wait(void)
{
	fake.waits++;
	if (fake.on_wait) {
		fake.on_wait();
	}
}

bool arch_cpu_has_work(void) { return fake.has_work; }
bool arch_cpu_has_serror(void) { return fake.has_serror; }
void arch_cpu_deadline(uint64_t until) { pcpus[fake.cpu].until = until; }

void arch_cpu_relax(void)
{
	fake.relaxes++;
	if (fake.on_relax) {
		fake.on_relax();
	}
}

void arch_vcpu_start(struct vcpu *v, uint64_t entry, uint64_t context)
{
	memset(v->arch.x, 0, sizeof(v->arch.x));
	v->arch.x[0] = context;
	v->arch.elr = entry;
	v->arch.start_entry = entry;
	v->arch.start_context = context;
	v->arch.starts++;
	arch_vcpu_switch(v);
}

void arch_vcpu_switch(struct vcpu *v)
{
	struct pcpu *p = &pcpus[fake.cpu];

	if (p->current && p->current != v && p->current->is_waiting) {
		p->current->deadline = p->current->arch.timer;
		p->wake = min_u64(p->wake, p->current->deadline);
	}
	p->current = v;
}

void arch_vcpu_stop(struct vcpu *v)
{
	v->arch.stops++;
	pcpus[fake.cpu].current = NULL;
}

bool arch_vcpu_has_interrupt(const struct vcpu *v) { return v->arch.has_interrupt; }
void arch_vcpu_registers(struct vcpu *v, struct skerry_crash *out)
{
	memcpy(out->x, v->arch.x, sizeof(out->x));
	out->pc = v->arch.elr;
	out->pstate = v->arch.spsr;
	out->sp = v->arch.sp;
	out->stack_ipa = v->arch.is_translated ? v->arch.sp + v->arch.offset : UINT64_MAX;
}

void arch_guest_reset(struct guest *g) { g->arch.resets++; }
void arch_guest_stop(struct guest *g) { g->arch.stops++; }

int arch_guest_mpidr_to_vcpu(const struct guest *g, uint64_t mpidr)
{
	return mpidr < g->config->vcpu_count ? (int)mpidr : -1;
}

void arch_event_raise(struct guest *g, unsigned intid) { g->arch.raised[intid]++; }

void arch_level_set(struct vcpu *v, unsigned intid, bool high)
{
	v->guest->arch.level[intid] = high;
	v->guest->arch.level_calls++;
}

uint64_t *arch_notified(struct guest *g, unsigned port) { return &g->arch.notified[port]; }

bool arch_board_watchdog(uint32_t ms)
{
	fake.feeds++;
	fake.watchdog_ms = ms;
	return !fake.has_no_watchdog;
}

void arch_uart_pass(struct guest *g, bool is_given)
{
	(void)g;
	fake.is_uart_given = is_given;
}

int arch_s2_map(struct guest *g, struct ipa at, struct pa to, uint64_t size, enum s2_kind kind)
{
	if (fake.map_count == FAKE_MAPS) {
		return SKERRY_NO_MEMORY;
	}
	fake.map[fake.map_count++] = (struct fake_map){ g, at, to, size, kind };
	return SKERRY_OK;
}

void *arch_window_map(struct pa at, uint64_t size, bool is_device)
{
	if (fake.is_window_mapped || !size || size > WINDOW_SIZE || !fake.memory) {
		wrong("a second window, or one of a bad size");
	}
	if (!range_holds((struct range){ fake.memory_base, fake.memory_size }, at.v, size)) {
		wrong("a window outside the memory of this test");
	}
	fake.is_window_mapped = true;
	return fake.memory + (at.v - fake.memory_base);
}

void arch_window_unmap(void) { fake.is_window_mapped = false; }
void arch_zero(void *at, uint64_t size) { memset(at, 0, size); }

void arch_data_clean(const void *at, uint64_t size)
{
	fake.cleaned = at;
	fake.cleaned_size = size;
}


uint32_t arch_crc32(uint32_t crc, const void *data, uint64_t size)
{
	const uint8_t *p = data;

	for (crc = ~crc; size; size--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++) {
			crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
		}
	}
	return ~crc;
}

uint32_t fake_mmio_read(uintptr_t at, unsigned width)
{
	uint32_t v = 0;

	if (fake.mmio_read) {
		return fake.mmio_read(at, width);
	}
	memcpy(&v, (const void *)at, width);
	return v;
}

void fake_mmio_write(uintptr_t at, unsigned width, uint32_t value)
{
	if (fake.mmio_write) {
		fake.mmio_write(at, width, value);
	} else {
		memcpy((void *)at, &value, width);
	}
}

weak void lock_acquire(struct lock *l)
{
	if (fake.on_lock) {
		fake.on_lock();
	}
	if (fake.lock_depth == ARRAY_SIZE(held)) {
		wrong("too many locks");
	}
	if (fake.lock_depth && held[fake.lock_depth - 1]->rank >= l->rank) {
		wrong("locks taken against their ranks");
	}
	held[fake.lock_depth++] = l;
	l->next++;
}

weak void lock_release(struct lock *l)
{
	if (!fake.lock_depth || held[fake.lock_depth - 1] != l) {
		wrong("a lock released that is not the last one taken");
	}
	fake.lock_depth--;
	l->owner++;
}

weak union crash_page *crash_pages;
weak void crash_keep_stack(const struct guest *g) { (void)g; }
weak void crash_note(const struct vcpu *v, uint64_t pc, const char *cause)
{
	(void)v, (void)pc, (void)cause;
}

weak void sched_wake(unsigned cpu, unsigned slot, uint64_t now)
{
	(void)cpu, (void)slot, (void)now;
}
weak void sched_block(unsigned cpu, unsigned slot, uint64_t now)
{
	(void)cpu, (void)slot, (void)now;
}
weak void sched_pass(unsigned cpu, int to, uint64_t now) { (void)cpu, (void)to, (void)now; }
weak int sched_pick(unsigned cpu, uint64_t now, uint64_t *until)
{
	(void)cpu, (void)now, (void)until;
	return SCHED_NONE;
}
weak uint64_t watchdog_look(unsigned cpu, uint64_t now) { (void)cpu, (void)now; return UINT64_MAX; }
weak void time_publish(struct vcpu *v) { (void)v; }
weak void core_wait(struct vcpu *v)
{
	if (!arch_vcpu_has_interrupt(v)) {
		arch_cpu_wait();
	}
}
weak void pv_guest_change(const struct guest *g, bool begins) { (void)g, (void)begins; }
weak enum pv_stop pv_stop_step(const struct guest *g) { (void)g; return PV_DONE; }
weak bool pv_has_offered(const struct guest *g) { (void)g; return true; }
weak int64_t hvc_notify(struct vcpu *v, uint64_t *x) { (void)v, (void)x; return SKERRY_INVALID; }
weak int64_t hvc_message(struct vcpu *v, uint64_t *x) { (void)v, (void)x; return SKERRY_INVALID; }
weak void console_pass(struct guest *g, bool to_guest) { (void)g; (void)to_guest; }
weak bool console_drain(void) { return false; }
weak int64_t hvc_event(struct vcpu *v, uint64_t *x) { (void)v, (void)x; return SKERRY_AGAIN; }

static void log_v(const char *prefix, const char *format, va_list args, const char *suffix)
{
	size_t n = strlen(fake.log);

	n += (size_t)snprintf(fake.log + n, sizeof(fake.log) - n, "%s", prefix);
	n = n < sizeof(fake.log) ? n : sizeof(fake.log) - 1;
	n += (size_t)vsnprintf(fake.log + n, sizeof(fake.log) - n, format, args);
	n = n < sizeof(fake.log) ? n : sizeof(fake.log) - 1;
	snprintf(fake.log + n, sizeof(fake.log) - n, "%s", suffix);
}

weak void log_raw(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_v("", format, args, "");
	va_end(args);
}

weak void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_v("panic: ", format, args, "\n");
	va_end(args);
	if (!fake.way_out) {
		fputs(fake.log, stderr);
	}
	end(FAKE_PANIC);
}
