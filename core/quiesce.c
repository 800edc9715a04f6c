/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One write and a poll per step of a device's, through the core's temporary window. On the
 * core of the guest's vCPU 0, no lock held.
 */
#include <core/core.h>
#include <hv/mmio.h>

static bool quiesce(const struct sys_device *d, const struct sys_quiesce *q)
{
	uint64_t limit = (uint64_t)q->limit_us * arch_time_hz() / 1000000;
	uint64_t begin = arch_time_now();
	uintptr_t at = (uintptr_t)arch_window_map(pa_add(pa(d->regs[0].base), q->offset),
						  q->width, true);
	bool has_stopped;

	mmio_write(at, q->width, q->value);
	do {
		has_stopped = (mmio_read(at, q->width) & q->mask) == q->expect;
	} while (!has_stopped && arch_time_now() - begin < limit);
	arch_window_unmap();
	return has_stopped;
}

bool quiesce_devices(const struct guest *g)
{
	for (uint32_t i = 0; i < g->config->device_count; i++) {
		const struct sys_device *d = &g->config->device[i];

		for (uint32_t n = 0; g->life != 0 && n < d->quiesce_count; n++) {
			if (!quiesce(d, &d->quiesce[n])) {
				log_line("%s: %s did not stop within %u us: its memory is "
					 "quarantined", g->config->name, d->name,
					 d->quiesce[n].limit_us);
				return false;
			}
		}
	}
	return true;
}
