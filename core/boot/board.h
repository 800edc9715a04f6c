/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board as its device tree describes it. Filled once at boot by
 * board_discover() (core/boot, also linked into skerry-check); read-only after.
 * Addresses are CPU physical (composed through `ranges`).
 */
#pragma once

#include <hv/types.h>
#include <abi/layout.h>

#define BOARD_MEMORY_MAX	17	/* one more than a board may have */
#define BOARD_RESERVED_MAX	49

enum board_gic { GIC_NONE, GIC_V2 = 2, GIC_V3 };
enum board_uart { UART_NONE, UART_PL011, UART_BCM2835_AUX };
enum board_psci { PSCI_NONE, PSCI_BY_SMC, PSCI_BY_HVC };
enum board_enable { ENABLE_NONE, ENABLE_PSCI, ENABLE_SPIN_TABLE };

struct board_cpu {
	uint64_t mpidr;			/* affinity fields only */
	uint64_t release;		/* spin table: physical address of the release word */
	uint8_t enable;			/* enum board_enable */
};

struct board {
	char model[64];
	struct range memory[BOARD_MEMORY_MAX];	/* in the tree's order */
	uint32_t memory_count;
	/* /memreserve/ and reserved-memory; at boot the tree as well */
	struct range reserved[BOARD_RESERVED_MAX];
	uint32_t reserved_count;
	struct board_cpu cpu[SKERRY_CPU_MAX];	/* a core's number: position among enabled nodes */
	uint32_t cpu_count;
	int gic_node, uart_node;		/* offsets in the board's tree (boot only) */
	uint8_t gic, psci, uart;		/* enum board_gic, board_psci, board_uart */
	struct range gicd, gicc, gich, gicv;	/* GICv2; gicd GICv3 too */
	struct range gicr[4];			/* GICv3 redistributor regions */
	uint32_t gicr_count;
	uint32_t gicr_stride;			/* 0: 128 KiB, or 256 KiB where GICR_TYPER.VLPIS */
	uint32_t maintenance_intid;		/* GIC maintenance PPI */
	uint32_t vtimer_intid, ptimer_intid, hyp_timer_intid;	/* PPIs, 16..31 */
	struct range uart_regs;
	uint32_t uart_intid, uart_clock_hz;	/* 0: none found; leave the baud rate as it is */
	struct range pm;			/* bcm2835-pm; size 0: none */
	struct range initrd;			/* linux,initrd-start/end: the system image */
	uint8_t seed[64];			/* /chosen rng-seed */
	uint32_t seed_size;			/* 0: none */
};
