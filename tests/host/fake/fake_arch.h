/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture for host tests: include/hv/arch.h on plain memory, and
 * weak stand-ins for core's globals, locks (with rank checking), log and panic,
 * which give way where a test links the real ones.
 */
#ifndef FAKE_ARCH_H
#define FAKE_ARCH_H

#include <setjmp.h>
#include <hv/types.h>
#include <hv/arch.h>
#include <core/guest.h>

enum fake_end { FAKE_RETURNED, FAKE_HALT, FAKE_OFF, FAKE_RESET, FAKE_PANIC };

#define FAKE_MAPS 64
struct fake_map {
	struct guest *guest;
	struct ipa at;
	struct pa to;
	uint64_t size;
	enum s2_kind kind;
};

struct fake {
	uint64_t now;			/* arch_time_now() */
	uint64_t tick;			/* added to `now` by each call of it */
	uint32_t hz;
	unsigned cpu;			/* arch_cpu_index() */
	unsigned kicks[SKERRY_CPU_MAX];
	unsigned waits, relaxes;
	bool has_work, has_serror;
	uint8_t *memory;		/* guest memory: host bytes ... */
	uint64_t memory_base, memory_size; /* ... of these physical addresses */
	bool is_window_mapped;
	const void *cleaned;		/* the last arch_data_clean() */
	uint64_t cleaned_size;
	bool is_uart_given;		/* by arch_uart_pass() */
	struct fake_map map[FAKE_MAPS];	/* arch_s2_map()'s calls */
	unsigned map_count;
	uint32_t (*mmio_read)(uintptr_t at, unsigned width);	/* NULL: plain memory */
	void (*mmio_write)(uintptr_t at, unsigned width, uint32_t value);
	void (*on_relax)(void);		/* called by arch_cpu_relax(): "another core" */
	void (*on_wait)(void);		/* by arch_cpu_wait() */
	void (*on_lock)(void);		/* before a lock is taken: it is waited for (weak locks) */
	unsigned feeds;			/* arch_board_watchdog()'s calls */
	uint32_t watchdog_ms;		/* of the last one */
	bool has_no_watchdog;
	enum fake_end end;
	jmp_buf *way_out;
	char log[4096];			/* lines of the weak log_raw() and panic() */
	unsigned lock_depth;		/* locks held now (weak locks) */
};

extern struct fake fake;

/* Everything back to the beginning; fills guests[0..count) with `config`s. */
void fake_reset(void);
void fake_guests(struct sys_guest *config, uint32_t count);

/* Runs `call(arg)`; how it ended, if by one of the functions that never return. */
enum fake_end fake_run(void (*call)(void *arg), void *arg);

#endif
