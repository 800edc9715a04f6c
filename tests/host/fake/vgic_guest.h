/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of vgic_machine.h: what a guest does to its distributor and redistributors, as the vCPU of
 * the core that `cpu` says. Included there only.
 */
#pragma once

static uint64_t mmio(uint64_t at, bool is_write, unsigned width, uint64_t value)
{
	assert_true(vgic_mmio(&vcpus[cpu], at, is_write, width, &value));
	assert_false(locked);
	away();
	vgic_enter(&vcpus[cpu]);
	return value;
}

/* A register of the frame that holds an interrupt, of this core */
static uint64_t frame(unsigned intid)
{
	return gic.version == 3 && intid < 32 ? SGI_FRAME(cpu) : GICD;
}

static void put(unsigned reg, unsigned intid)
{
	mmio(frame(intid) + reg + intid / 32 * 4, true, 4, 1u << intid % 32);
}

static inline bool get(unsigned reg, unsigned intid)
{
	return mmio(frame(intid) + reg + intid / 32 * 4, false, 4, 0) >> intid % 32 & 1;
}

static inline void set_priority(unsigned intid, unsigned priority)
{
	mmio(frame(intid) + GICD_IPRIORITYR + intid, true, 1, priority);
}

static inline void set_target(unsigned intid, unsigned to)	/* >= CPUS: nobody */
{
	if (gic.version == 2) {
		mmio(GICD + GICD_ITARGETSR + intid, true, 1, 1u << to);
	} else {
		mmio(GICD + GICD_IROUTER + 8 * intid, true, 8, to);
	}
}

static inline void set_edge(unsigned intid)
{
	uint64_t at = GICD + GICD_ICFGR + intid / 16 * 4;

	mmio(at, true, 4, mmio(at, false, 4, 0) | 2ull << intid % 16 * 2);
}

static inline void send(unsigned sgi, unsigned list)
{
	if (gic.version == 2) {
		mmio(GICD + GICD_SGIR, true, 4, list << 16 | sgi);
	} else if (quick_sgi1r != NULL && rand() % 2) {
		quick_sgi1r(&vcpus[cpu], (uint64_t)sgi << 24 | list);
	} else {
		vgic_write_sgi1r(&vcpus[cpu], (uint64_t)sgi << 24 | list);
		vgic_enter(&vcpus[cpu]);
	}
}
