/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system as its description asks for it: what system_parse() (core/boot,
 * also linked into skerry-check) reads out of the system image's "system" tree.
 * Numbers are checked for range and for clashes there; read-only afterwards.
 */
#ifndef CORE_SYSTEM_H
#define CORE_SYSTEM_H

#include <hv/types.h>
#include <abi/link.h>

#define SYS_BANK_MAX		4
#define SYS_SEGMENT_MAX		8
#define SYS_DEVICE_MAX		8
#define SYS_REG_MAX		4	/* register ranges of a device */
#define SYS_IRQ_MAX		8	/* interrupts of a device */
#define SYS_QUIESCE_MAX_US	10000
#define SYS_PHANDLE_CLOCK	16	/* in guests' trees: the first device's clock */

enum sys_console { CONSOLE_NONE, CONSOLE_HYPERCALL, CONSOLE_PL011 };
enum sys_crash { CRASH_STOP, CRASH_RESTART, CRASH_PAUSE, CRASH_RESET_BOARD };

struct sys_segment {		/* flat bytes: pristine copy in the system image */
	struct range at;	/* guest-physical destination and size in bytes */
	const void *data;	/* EL2's mapping of the system image; NULL: not given */
	uint32_t crc32;		/* IEEE, as mkimage's "crc32" hash */
	int node;		/* in the system tree (boot only): `data` names the FIT image */
};

struct sys_quiesce {		/* one write that stops a device's DMA, then a poll */
	uint32_t offset, width;	/* in the device's first range; bytes 1, 2, 4 */
	uint32_t value;		/* written */
	uint32_t mask, expect;	/* poll until (read & mask) == expect */
	uint32_t limit_us;
};

struct sys_device {
	char name[SKERRY_NAME_MAX];
	int board_node;			/* offset in the board's tree (boot only) */
	int node;			/* offset in the system tree (boot only) */
	struct range regs[SYS_REG_MAX];	/* physical; whole pages are mapped */
	uint32_t reg_count;
	uint32_t intid[SYS_IRQ_MAX];	/* SPIs, 32.. */
	bool edge[SYS_IRQ_MAX];
	uint32_t irq_count;
	bool is_dma;			/* may master the bus */
	bool has_quiesce;
	struct sys_quiesce quiesce;
};

struct sys_guest {
	char name[SKERRY_NAME_MAX];
	int node;			/* offset in the system tree (boot only) */
	struct range bank[SYS_BANK_MAX]; /* guest-physical RAM; identity: filled by placement */
	struct pa host[SYS_BANK_MAX];	/* where placement put each bank */
	uint32_t bank_count;
	uint8_t cpu[SKERRY_VCPU_MAX];	/* core of each vCPU */
	uint32_t vcpu_count;
	uint8_t console;		/* enum sys_console */
	uint8_t on_crash;		/* enum sys_crash */
	bool autostart, service, identity;
	bool has_own_tree;		/* dtb = "..." in the description */
	bool refused;			/* its image is missing or damaged: never starts */
	bool verify;			/* SHA-256 of its images is checked at boot */
	uint32_t restart_limit;		/* restarts after a crash in ... */
	uint32_t restart_window_s;	/* ... this many seconds */
	uint64_t entry;			/* guest-physical */
	struct sys_segment tree;	/* what mksystem made: own, or to be finished at boot */
	struct sys_segment segment[SYS_SEGMENT_MAX];
	uint32_t segment_count;
	uint16_t after;			/* mask of guests that must be running first */
	struct sys_device device[SYS_DEVICE_MAX];
	uint32_t device_count;
};

/* Memory of the links of one front end: of one link (split), or of all of its
 * shared ones (its window-bank). Behind it in physical memory, not beside it in any
 * guest: one page for the back end of each of its links. Boot zeroes all of it
 * (window_whole()); whoever ends a front end's life does so again. */
struct sys_window {
	struct pa host;			/* filled by placement, 64 KiB aligned */
	uint64_t size;			/* split: two halves, each whole multiples of 64 KiB */
	uint64_t front_base;		/* of a shared one: its window-bank's */
	uint32_t link_count;		/* that use it */
	uint8_t front;			/* guest that it is scrubbed with */
	uint8_t kind;			/* SKERRY_WINDOW_SPLIT, _SHARED */
};

/* Of the memory at `host`: window and back ends' pages, in bytes. */
static inline uint64_t window_whole(const struct sys_window *w)
{
	return w->size + w->link_count * PAGE_SIZE;
}

struct sys_end {			/* one end of a link */
	uint8_t guest;
	uint8_t port;			/* among the guest's: in the order of the description */
	uint64_t base;			/* the window there; an identity guest's: by placement */
};

struct sys_link {
	char name[SKERRY_NAME_MAX];
	int node;			/* offset in the system tree (host only) */
	uint8_t type;			/* SKERRY_LINK_* (abi/link.h) */
	uint8_t transport;		/* SKERRY_BY_* */
	uint8_t window;			/* index in struct system's */
	struct sys_end end[2];		/* by SKERRY_FRONT, SKERRY_BACK */
	struct pa back_page;		/* the back end's own page: behind the window */
	/* Register page: 4 KiB of EL2's that boot has zeroed, in EL2 and in the front end Normal
	 * non-cacheable, in the front end read-only. NULL: none. */
	volatile uint32_t *registers;
};

struct system {
	struct sys_guest guest[SKERRY_GUEST_MAX];
	uint32_t guest_count;
	struct sys_window window[SKERRY_LINK_MAX];
	uint32_t window_count;
	struct sys_link link[SKERRY_LINK_MAX];
	uint32_t link_count;
	int8_t console_driver;		/* guest that may take the UART over; -1: none */
	struct skerry_log *log;		/* for that guest, made at boot; NULL: none (abi/info.h) */
	int8_t input;			/* guest that gets the console's input; -1: none */
};

/* Where parsing and checking report to: EL2 prints, skerry-check adds file and
 * line. `node` and `property` may be NULL. An error makes the caller refuse. */
struct report {
	uint32_t errors, warnings;
	void (*print)(struct report *r, bool is_error, const void *fdt, int node,
		      const char *property, const char *message);
};

void report_add(struct report *r, bool is_error, const void *fdt, int node, const char *property,
		const char *format, ...) printf_like(6, 7);
#define report_error(r, ...)	report_add(r, true, __VA_ARGS__)
#define report_warning(r, ...)	report_add(r, false, __VA_ARGS__)

#endif
