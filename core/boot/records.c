// SPDX-License-Identifier: BSD-2-Clause
/*
 * Crash records of earlier boots, see core/boot/boot.h. What lies there is memory as the
 * board's reset left it: a record counts if it is whole, and that is all that is believed.
 */
#include <core/core.h>
#include <core/boot/boot.h>

/* Leaves it open: its checksum is 0. */
static bool is_whole(struct skerry_crash *r)
{
	uint32_t crc32 = r->crc32;

	r->crc32 = 0;
	return r->magic == SKERRY_CRASH_MAGIC && r->version == SKERRY_CRASH_VERSION &&
	       r->size == sizeof(*r) && r->hz != 0 && r->name[sizeof(r->name) - 1] == '\0' &&
	       r->cause[sizeof(r->cause) - 1] == '\0' && crc32 == arch_crc32(0, r, sizeof(*r));
}

static void tell(const struct skerry_crash *r)
{
	if (r->guest != SKERRY_CRASH_OWN) {
		log_line("kept from an earlier boot:");
		crash_print(r);
	} else if (r->pc == 0) {
		log_line("the board was reset: %s %s", r->name, r->cause);
	} else {
		log_line("an earlier boot ended in a panic on core %u, guest %s, at 0x%lx: %s",
			 r->core, r->name[0] ? r->name : "none", r->pc, r->cause);
		crash_print_exits(r);
	}
}

void records_boot(const struct pa *kept)
{
	crash_pages = kept ? arch_boot_keep(*kept) : NULL;
	if (crash_pages == NULL) {
		log_line("crash records are not kept: no room at 3/4 of the first memory");
		crash_pages = arch_boot_alloc(RECORDS_SIZE);
	}
	for (uint32_t i = 0; i <= SKERRY_GUEST_MAX; i++) {
		struct skerry_crash *r = &crash_pages[i].record;
		bool is_known = is_whole(r);

		if (is_known && r->boots++ == 0) {
			tell(r);
		}
		if (is_known && (i == SKERRY_GUEST_MAX ||
				 !memcmp(r->name, the_system.guest[i].name, sizeof(r->name)))) {
			crash_seal(r);
		} else {
			memset(r, 0, PAGE_SIZE);
			arch_data_clean(r, PAGE_SIZE);
		}
	}
}
