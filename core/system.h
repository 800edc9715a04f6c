/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system as its description asks for it. mksystem's tool fills it (tools/system_parse.c)
 * and writes it into the system image as it stands here, little endian, padding zero: the
 * image "system". EL2 takes a copy, checks it (system_check() in core/boot, in skerry-check too)
 * and fills what is marked (boot), whatever stood there. Read-only afterwards. Its layout is
 * checked by the host's compiler and by EL2's: tests/oracle/layout.h.
 */
#pragma once

#include <hv/types.h>
#include <abi/link.h>

#define SYS_MAGIC	0x7379737972656b73ull	/* "skerysys" */
#define SYS_VERSION	3			/* changes with this file */

/* Banks, segments and devices of a guest, ranges, interrupts and quiesce of a device; bytes
 * of a FIT node's name and of a path in the board's tree, with the NUL; of the lists. */
enum { SYS_BANK_MAX = 4, SYS_SEGMENT_MAX = 8, SYS_DEVICE_MAX = 8, SYS_REG_MAX = 4, SYS_IRQ_MAX = 8,
       SYS_QUIESCE_MAX = 4, SYS_IMAGE_MAX = 32, SYS_PATH_MAX = 104, SYS_NO_DMA_MAX = 512,
       SYS_DROPPED_MAX = 1024 };
/* vCPUs of one core, and their turns in a major frame; times: of budgets, turns and slices, of
 * periods and the major frame, of all of them; of the watchdog. */
enum { SYS_SLOT_MAX = 32, SYS_TURN_MAX = 32, SYS_TIME_MIN_US = 10, SYS_PERIOD_MIN_US = 100,
       SYS_TIME_MAX_US = 10000000, SYS_QUIESCE_MAX_US = 10000, SYS_WATCHDOG_MIN_MS = 1000,
       SYS_WATCHDOG_MAX_MS = 15000 };
/* Phandles in guests' trees, above those of any board: the first device's clock and DMA bus. */
#define SYS_PHANDLE_CLOCK	0x10000010
#define SYS_PHANDLE_BUS		0x10000020

enum sys_console { CONSOLE_NONE, CONSOLE_HYPERCALL, CONSOLE_PL011 };
enum sys_crash { CRASH_STOP, CRASH_RESTART, CRASH_PAUSE, CRASH_RESET_BOARD };
enum sys_policy { POLICY_STATIC, POLICY_CYCLIC, POLICY_SERVER, POLICY_RR, POLICIES };

struct sys_segment {		/* flat bytes: pristine copy in the system image */
	struct range at;	/* guest-physical destination and size in bytes */
	const void *data;	/* (boot) EL2's mapping of them; NULL: not given */
	uint32_t crc32;		/* IEEE, as mkimage's "crc32" hash */
	int32_t node;		/* (host) in the description */
	char image[SYS_IMAGE_MAX]; /* the FIT's node that has the bytes */
};

struct sys_quiesce {		/* a step of stopping a device's DMA: one write, then a poll */
	uint32_t offset, width;	/* in the device's first range; bytes 1, 2, 4 */
	uint32_t value;		/* written */
	uint32_t mask, expect, limit_us;	/* poll until (read & mask) == expect */
};

struct sys_device {
	char name[SKERRY_NAME_MAX];
	char path[SYS_PATH_MAX];	/* or alias, in the board's tree; "stdout-path" */
	struct range regs[SYS_REG_MAX];	/* (boot) physical; whole pages are mapped */
	struct range reach;		/* (boot) physical addresses that its DMA reaches ... */
	uint64_t bus;			/* (boot) ... and the bus address of the first of them */
	uint32_t intid[SYS_IRQ_MAX];	/* (boot) SPIs, 32.. */
	uint8_t edge[SYS_IRQ_MAX];	/* (boot) */
	uint32_t reg_count, irq_count;	/* (boot) */
	int32_t board_node, node;	/* (boot) offset in the board's tree; (host) */
	struct sys_quiesce quiesce[SYS_QUIESCE_MAX];	/* in this order */
	uint32_t quiesce_count;
	uint8_t no_dma;			/* the description says that it never masters the bus */
	uint8_t is_dma, reserved[2];	/* (boot) may master the bus */
};

struct sys_server {		/* of a vCPU on a core of the policy `server`, and 0 elsewhere */
	uint32_t priority;		/* larger: more urgent */
	uint32_t budget_us, period_us;	/* SYS_TIME_MIN_US <= budget <= period */
};

struct sys_turn {		/* of the policy `cyclic`: a vCPU's window in the major frame */
	uint32_t start_us, length_us;	/* from the frame's begin; in order, without overlap */
	uint8_t guest, vcpu, reserved[2];
};

struct sys_core {		/* by core; the default is static, for at most one vCPU */
	uint8_t policy;			/* enum sys_policy */
	uint8_t slack;			/* server: idle time goes to those without budget left */
	uint8_t reserved[2];
	uint32_t slice_us;		/* rr: longest run while another waits */
	uint32_t turn_count;
	int32_t node;			/* (host) */
	struct sys_turn turn[SYS_TURN_MAX];
};

struct sys_guest {
	char name[SKERRY_NAME_MAX];
	char note[SYS_IMAGE_MAX];	/* cores and console, for the boot's table */
	struct range bank[SYS_BANK_MAX]; /* guest-physical RAM; identity: at 0 until placement */
	struct pa host[SYS_BANK_MAX];	/* (boot) where placement put each bank */
	uint64_t entry;			/* guest-physical */
	struct sys_segment tree;	/* what mksystem made: own, or finished at boot */
	struct sys_segment segment[SYS_SEGMENT_MAX];
	struct sys_device device[SYS_DEVICE_MAX];
	struct range reach;		/* (boot) identity: where all its bus masters reach ... */
	const char *reach_by;		/* (boot) ... and the one that reaches least, or NULL */
	uint32_t bank_count, vcpu_count, segment_count, device_count;
	uint32_t restart_limit, restart_window_s; /* restarts after a crash in so many seconds */
	int32_t node;			/* (host) */
	uint8_t cpu[SKERRY_VCPU_MAX];	/* core of each vCPU */
	struct sys_server server[SKERRY_VCPU_MAX];
	uint16_t after, control;	/* masks: must be running first; this one may control */
	uint8_t console, on_crash;	/* enum sys_console, sys_crash */
	uint8_t autostart, service, identity, has_own_tree;	/* dtb = "..." */
	uint8_t verify;			/* SHA-256 of its images is checked at boot */
	uint8_t refused;		/* its image is missing or damaged: never starts */
	uint8_t critical, reserved[3];	/* the board's watchdog needs its check-ins */
};

/* The bank of a guest's RAM that holds [at, at + size); its bank_count: none does. */
static inline uint32_t guest_find_bank(const struct sys_guest *c, uint64_t at, uint64_t size)
{
	uint32_t i = 0;

	while (i < c->bank_count && !range_holds(c->bank[i], at, size)) {
		i++;
	}
	return i;
}

/* Memory of the links of one front end: of one link (split), or of all of its
 * shared ones (its window-bank). Behind it in physical memory, not beside it in any
 * guest: one page for the back end of each of its links. Boot zeroes all of it
 * (window_whole()); whoever ends a front end's life does so again. */
struct sys_window {
	struct pa host;			/* (boot) filled by placement, 64 KiB aligned */
	uint64_t size;			/* split: two halves, each whole multiples of 64 KiB */
	uint64_t front_base;		/* of a shared one: its window-bank's */
	struct range reach;		/* (boot) where the bus masters of both ends reach */
	uint32_t link_count;		/* (boot) that use it */
	uint8_t front;			/* guest that it is scrubbed with */
	uint8_t kind;			/* SKERRY_WINDOW_SPLIT, _SHARED */
	uint8_t identity, reserved;	/* (boot) of one of its guests */
};

/* Of the memory at `host`: window and back ends' pages, in bytes. */
static inline uint64_t window_whole(const struct sys_window *w)
{
	return w->size + w->link_count * PAGE_SIZE;
}

struct sys_end {			/* one end of a link */
	uint64_t base;			/* the window there; an identity guest's: by placement */
	uint8_t guest, port;		/* (boot) among the guest's: in the order of the links */
	uint8_t reserved[6];
};

struct sys_link {
	char name[SKERRY_NAME_MAX];
	int32_t node;			/* (host) */
	uint8_t type, transport;	/* SKERRY_LINK_*, SKERRY_BY_* (abi/link.h) */
	uint8_t window;			/* index in struct system's */
	uint8_t back_index;		/* (boot) of its back_page, behind the window */
	struct sys_end end[2];		/* by SKERRY_FRONT, SKERRY_BACK */
	struct pa back_page;		/* (boot) the back end's own page: behind the window */
	/* (boot) Register page: 4 KiB of EL2's that boot has zeroed, in EL2 and in the front end
	 * Normal non-cacheable, in the front end read-only. NULL: none. */
	volatile uint32_t *registers;
};

struct system {
	uint64_t magic;			/* SYS_MAGIC */
	uint32_t version, size;		/* SYS_VERSION, sizeof(struct system) */
	uint32_t guest_count, window_count, link_count;
	int8_t console_driver, input;	/* guests: may take the UART over, gets input; -1: none */
	uint8_t panic_resets, reserved;	/* EL2's panic resets the board; 0: halts it */
	uint32_t frame_us;		/* the major frame of all cyclic cores; 0: there are none */
	uint32_t watchdog_ms;		/* the board's watchdog; 0: it is left alone */
	struct sys_core core[SKERRY_CPU_MAX];
	struct sys_guest guest[SKERRY_GUEST_MAX];
	struct sys_window window[SKERRY_LINK_MAX];
	struct sys_link link[SKERRY_LINK_MAX];
	/* Lists of strings, one behind the other, an empty one last. Devices are taken for bus
	 * masters unless they are of these classes; properties of a device's node that its guest
	 * does not get ("x-": what begins so, "-x": what ends so). */
	char no_dma[SYS_NO_DMA_MAX];
	char dropped[SYS_DROPPED_MAX];
};

extern struct system the_system;	/* what guests[].config points into */

/* Where parsing and checking report to: EL2 prints, skerry-check adds file and
 * line. `node` and `property` may be NULL. An error makes the caller refuse. */
struct report {
	uint32_t errors, warnings;
	const void *fdt;	/* (host) the description; NULL: none */
	const char *in[2];	/* what a message without a tree is about: guest, part of it */
	void (*print)(struct report *r, bool is_error, const void *fdt, int node,
		      const char *property, const char *message);
};

bool report_add(struct report *r, bool is_error, const void *fdt, int node, const char *property,
		const char *format, ...) printf_like(6, 7);	/* true */
#define report_error(r, ...)	report_add(r, true, __VA_ARGS__)
#define report_warning(r, ...)	report_add(r, false, __VA_ARGS__)
