/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an architecture provides to core. arch/arm64 implements it; the host
 * tests implement it against a fake (tests/host/fake). Unless said otherwise a
 * function acts on the calling core.
 */
#pragma once

#include <hv/types.h>

struct skerry_crash;		/* abi/crash.h */

/* Time: ticks of the generic timer, one base for everything (CNTVOFF = 0). */
uint64_t arch_time_now(void);
uint32_t arch_time_hz(void);

/* Cores. */
unsigned arch_cpu_index(void);
void arch_cpu_kick(unsigned cpu);	/* make it look at its work; never blocks */
void arch_cpu_wait(void);		/* sleep until an interrupt, and handle it */
void arch_cpu_relax(void);		/* in a spin loop */
bool arch_cpu_has_work(void);		/* is a physical interrupt waiting? */
bool arch_cpu_has_serror(void);		/* an SError, that the guest on the core would take? */
void arch_cpu_deadline(uint64_t until);	/* core_next() is needed then, ticks; UINT64_MAX: not */

/* vCPUs: on the core they live on. */
void arch_vcpu_start(struct vcpu *v, uint64_t entry, uint64_t context); /* off -> on, reset state */
void arch_vcpu_stop(struct vcpu *v);	/* all of it off the core: timers, interrupts */
bool arch_vcpu_has_interrupt(const struct vcpu *v); /* would it take one? (WFI, CPU_SUSPEND) */
/* What is on the core becomes `v`'s, of those that share it; NULL: nobody's. Before v is
 * entered, each time. pcpu.current says whose it is. Of one that waits, v->deadline is written
 * when it leaves the core, and pcpu.wake is no later then. */
void arch_vcpu_switch(struct vcpu *v);

/* On its own core: its registers as its last exit left them, x .. sp of the record, and where
 * its own translation, as it has made it, leads from sp. It is on the core afterwards if it is
 * on; an off one has no stack. */
void arch_vcpu_registers(struct vcpu *v, struct skerry_crash *out);

/* Guests. */
void arch_guest_reset(struct guest *g);	/* before its first vCPU starts: interrupts to reset */
void arch_guest_stop(struct guest *g);	/* all vCPUs are off: SPIs masked and deactivated, TLBs */
int arch_guest_mpidr_to_vcpu(const struct guest *g, uint64_t mpidr); /* index, or -1 */
void arch_event_raise(struct guest *g, unsigned intid); /* an edge SPI, from any core */
uint64_t *arch_notified(struct guest *g, unsigned port); /* count of what it rang there */
/* An emulated line: an SPI of v's guest, any core, or a PPI of `v`, its own core. */
void arch_level_set(struct vcpu *v, unsigned intid, bool high);

/* The boot UART's interrupt: from EL2 to the console's driver `g`, where it is that of an
 * assigned device, or back. No lock held; its vCPUs may run. */
void arch_uart_pass(struct guest *g, bool is_given);

/* Stage 2, boot only: 0, or SKERRY_NO_MEMORY / SKERRY_INVALID. Whole pages. Only RAM
 * can be executed; all but devices and register pages (non-cacheable) is write-back. */
enum s2_kind { S2_RAM, S2_DEVICE, S2_READ_ONLY, S2_DATA, S2_REGISTER_PAGE };
int arch_s2_map(struct guest *g, struct ipa at, struct pa to, uint64_t size, enum s2_kind kind);

/* The core's temporary window onto guest memory, normal write-back, or a device's registers:
 * at most WINDOW_SIZE bytes from `at`, any alignment. One at a time; unmapped before a
 * guest is entered. */
#define WINDOW_SIZE	KIB(64)
#define STEP_SIZE	KIB(16)		/* loaded or scrubbed between looks for interrupts */
void *arch_window_map(struct pa at, uint64_t size, bool is_device);
void arch_window_unmap(void);
void arch_zero(void *at, uint64_t size);	/* whole pages; cleans to the point of coherency */
uint32_t arch_crc32(uint32_t crc, const void *data, uint64_t size); /* IEEE, as zlib's crc32() */
void arch_data_clean(const void *at, uint64_t size); /* to the point of coherency; and invalidate */

/* The board. Its watchdog, fed, or armed by the first call: false, it has none. */
bool arch_board_watchdog(uint32_t ms);
void arch_board_end(bool stays_off) __attribute__((noreturn));	/* or it is reset */
void arch_halt(void) __attribute__((noreturn));
