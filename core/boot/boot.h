/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot-only part of core: what each step of the boot provides, then what an
 * architecture provides to them, and what it hands over. Nothing resident may include
 * this file.
 */
#pragma once

#include <core/boot/board.h>
#include <core/boot/fdt_util.h>
#include <core/boot/owner.h>
#include <core/system.h>
#include <hv/arch.h>
#include <lib/string.h>

/*
 * The system's table: checks what safety needs and fills each device from the board's tree.
 * `b` and `board_fdt` may be NULL (the host tools without a board): checks that need a
 * board are left out. The caller has run dt_check() on the tree. Everything found is told
 * to `r`. 0; SKERRY_INVALID: at least one error, `s` must not be used.
 */
int system_check(struct system *s, const struct board *b, const void *board_fdt,
		 struct report *r) nodiscard;
/* The guest-physical ranges that are EL2's own in each guest: banks must not
 * touch them (placement keeps an identity guest's away). An empty one ends it. */
extern const struct range system_fixed[];

/*
 * The board: fills `b` from the board's device tree alone. Damage and what is
 * essential and missing (memory, cores, GIC, timer) are errors; what one can do
 * without (UART, PSCI) is left out (skerry-check --board says why). 0; SKERRY_INVALID:
 * at least one error. The caller has run dt_check() on the tree.
 */
int board_discover(const void *fdt, struct board *b, struct report *r) nodiscard;

/*
 * Finishes the tree of a guest without its own one: from what mksystem made
 * (guest->tree, its bytes checked) into `out`, at most `room` bytes;
 * fdt_totalsize(out) bytes are it. Without rng-seed when the board has no seed. The
 * guest's banks are placed. 0, or SKERRY_INVALID, told: damaged, or does not fit.
 */
int tree_build(const struct sys_guest *guest, const struct board *b, const void *board_fdt,
	       void *out, uint32_t room, struct report *r) nodiscard;
/* Does the guest get the property at offset `at` of an assigned device's node (`top`), or of one
 * below that in the board's tree? Not what struct system's `list` names; but always a reference
 * to one of these nodes. */
bool tree_keeps(const char *list, const void *board_fdt, int top, int at);

/*
 * The system image: a FIT with its data outside the tree, somewhere in the
 * region that the boot loader calls the initrd. Also in the host tools.
 * Reads within [fit, fit + room) only, whatever stands there.
 */
struct fit_image {
	const void *data;
	uint64_t size;
	const fdt32_t *crc32;	/* NULL: not given */
	const uint8_t *sha256;	/* 32 bytes; NULL: not given */
};

/* Image `name` of a FIT that fit_system() passed. NULL, or what is wrong with it. */
const char *fit_find(const void *fit, uint64_t room, const char *name,
		     struct fit_image *image) nodiscard;

/* The system's table in the system image, checked by its CRC, its magic, version and size;
 * nothing in it is. NULL: there is none, and a report says what stands there instead.
 * `fit` at any alignment (not 8: refused). */
const struct system *fit_system(const void *fit, uint64_t room, struct report *r) nodiscard;

/* Find the bytes of every guest's segments, and hash them where the guest asks
 * for it. A guest whose image is missing, short or damaged is reported and
 * marked `refused`; the others go on. */
void fit_resolve(const void *fit, uint64_t room, struct system *s, struct report *r);

extern uint64_t fit_hash_ticks;	/* time spent hashing so far */

/*
 * Where in the board's RAM EL2's heap and the guests' memory go. Free is what the
 * board's tree calls memory, less what it reserves and what has an owner (owner.h).
 * What is placed gets its owner. Same input, same places.
 */
/* EL2's heap, aligned to its size. False: there is no room. */
bool place_heap(const struct board *b, uint64_t size, struct pa *heap) nodiscard;
/* The crash records: where no boot loader and no earlier owner of the memory writes, at the same
 * place in each boot of a board: at three quarters of its first memory, or below what lies there.
 * False: there is no room. */
bool place_records(const struct board *b, uint64_t size, struct pa *at) nodiscard;
/* Fills host[] of every guest's banks (and bank[0] of an identity guest) and that of the
 * links' windows with all that follows from it (struct sys_link). First identity guests and
 * their windows, inside their `reach`, the narrowest before the others; then the larger banks
 * first, so that stage 2 can use 1 GiB and 2 MiB blocks where possible; then windows. A
 * guest that finds no room is reported and marked `refused`; guests already refused get
 * nothing. */
void place_guests(const struct board *b, struct system *s, struct report *r);

/* Fill guests[] and pcpus[] from the_system: vCPUs, stage 2, trees, pages that
 * EL2 publishes. A guest that can't be made is reported and marked refused. */
void guests_make(struct report *r);

/* Crash records of earlier boots: told, once each; and those of guests that this system has not
 * are forgotten. `kept`: where place_records() put them; NULL: nowhere, then this boot's are
 * lost with it. the_system is there. */
#define RECORDS_SIZE	((SKERRY_GUEST_MAX + 1) * PAGE_SIZE)
void records_boot(const struct pa *kept);

/* Maps pages into a guest that is being made; not possible there: told, an error. A guest
 * with errors is refused. */
void guest_map(struct guest *g, uint64_t at, struct range to, enum s2_kind kind, struct report *r);

/* A guest's part of links: register pages made, all mapped, and its ports written into its
 * information page. */
void windows_map(struct guest *g, struct report *r);

/* Gives each of the first `count` guests a key of its own (seed_key), made of the
 * board's seed, and forgets that; seed_size stays, to tell that there was one. Once. No keys
 * where the board gave none. */
void seed_guests(struct board *b, uint32_t count);

#define SHA256_SIZE	32

/* FIPS 180-4: for images with verify = "sha256", and for the guests' keys. */
void sha256(const void *data, uint64_t size, uint8_t digest[SHA256_SIZE]);

/* What an architecture provides, and hands over. */
#define BOOT_HEAP_SIZE		BLOCK_SIZE

struct boot {
	const void *tree;		/* the board's, mapped read-only */
	struct range tree_at;		/* it begins there; so many bytes from there are mapped */
	struct range image;		/* skerry.bin with its zeroed memory, physical */
	uint64_t level;			/* exception level at entry; EL2 works at 2 only */
	uint64_t entry_ticks;		/* arch_time_now() at the first instruction */
	struct board board;		/* core_boot()'s */
};

extern struct boot boot;		/* core/boot/boot.c; filled by the architecture first */

void core_boot(void) __attribute__((noreturn));

/* Registers of the board's devices that EL2 drives: mapped. Where the UART's are. */
uintptr_t arch_boot_board(const struct board *b);
/* EL2's heap, BOOT_HEAP_SIZE bytes, aligned to that: mapped, then allocated from. */
void arch_boot_heap(struct pa at);
void *arch_boot_alloc(uint64_t size);	/* zeroed whole pages; panics when used up */
void *arch_boot_uncached(void);	/* one zeroed page, mapped non-cacheable; SKERRY_LINK_MAX times */
/* Memory mapped for good, RECORDS_SIZE bytes, as it is. NULL: not possible. Once. */
void *arch_boot_keep(struct pa at);
struct pa arch_boot_pa(const void *at);	/* of anything of EL2's own */
/* The system image, read-only; NULL: too large. */
const void *arch_boot_map_image(struct range at);
/* Interrupt controller, firmware, and all other cores: up and waiting. */
void arch_boot_cores(const struct board *b);
/* What the architecture adds to a guest: its interrupt controller. Errors are told. */
void arch_boot_guest(struct guest *g, const struct board *b, struct report *r);
/* All cores into their loops; boot-only memory unmapped. */
void arch_boot_leave(void) __attribute__((noreturn));
