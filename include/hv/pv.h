/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links between guests, as core and the architecture see them: pv/ provides it. The
 * contract between guests stands in include/abi/link.h and message.h.
 */
#pragma once

#include <hv/types.h>

/* A guest's life begins: its interrupts are reset, its first instruction is next. Or it
 * has ended: its vCPUs are off, its DMA is silenced; what it serves is let go of, who
 * serves it is told. Once each, on vCPU 0's core. */
void pv_guest_change(const struct guest *g, bool begins);

/* After it has ended, until it is done: waits for who serves it to let go, then zeroes its
 * windows, one step a call. The same core. MORE: call again; BAD: a quarantined guest's
 * device may still write to a window. */
enum pv_stop { PV_MORE, PV_DONE, PV_BAD } pv_stop_step(const struct guest *g) nodiscard;

/* Are all the links that it serves offered? */
bool pv_has_offered(const struct guest *g);

/* A write to a guest's register pages, `offset` from SKERRY_PAGE_BASE. AGAIN: not yet, the
 * guest is to make the same access again; ABSENT: no such register page, or not this wide. */
enum pv_write { PV_WRITTEN, PV_AGAIN, PV_ABSENT };
enum pv_write pv_page_write(struct vcpu *v, uint64_t offset, unsigned width,
			    uint32_t value) nodiscard;
