/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests out of the system description. Boot only.
 */
#ifndef CORE_BOOT_GUESTS_H
#define CORE_BOOT_GUESTS_H

#include <core/guest.h>
#include <core/boot/arch.h>

/* Fill guests[] and pcpus[] from the_system: vCPUs, stage 2, trees, pages that
 * EL2 publishes. A guest that can't be made is reported and marked refused. */
void guests_make(const struct boot *boot, struct report *r);

/* Boot's time stamps into the guest's information page. */
void guests_stamp(struct guest *g, const struct boot *boot);

#endif
