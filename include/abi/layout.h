/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest finds where: guest-physical addresses and interrupt numbers.
 * The default map is QEMU virt's. Plain macros, and the integer types that the other
 * headers use.
 */
#pragma once

#ifndef __ASSEMBLER__
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif
#endif

#define SKERRY_IPA_BITS		39

#define SKERRY_GICD_BASE	0x08000000	/* 64 KiB (GICv2: 4 KiB used) */
#define SKERRY_GICC_BASE	0x08010000	/* GICv2 CPU interface, 8 KiB */
#define SKERRY_GICR_BASE	0x080A0000	/* GICv3, 128 KiB a vCPU */
#define SKERRY_GICR_STRIDE	0x20000
#define SKERRY_PL011_BASE	0x09000000	/* 4 KiB */
#define SKERRY_PAGE_BASE	0x0a000000	/* register pages, port x 4 KiB */
#define SKERRY_INFO_BASE	0x0b000000	/* EL2's read-only pages; see abi/info.h */
#define SKERRY_TIME_BASE	0x0b001000	/* guests on shared cores; see abi/stats.h */
#define SKERRY_LOG_BASE		0x0b010000	/* console's driver, and who has control over it;
						   see abi/info.h */
#define SKERRY_STATS_BASE	0x0b040000	/* guest x 4 KiB; see abi/stats.h */
#define SKERRY_BACK_PAGE_BASE	0x0b100000	/* a back end's own pages, port x 4 KiB */
#define SKERRY_WINDOW_BASE	0x20000000	/* link windows, 64 KiB aligned */
#define SKERRY_RAM_BASE		0x40000000	/* default RAM */

#define SKERRY_INTID_PTIMER	30		/* EL1 physical timer, level PPI */
#define SKERRY_INTID_VTIMER	27		/* EL1 virtual timer, level PPI */
#define SKERRY_INTID_PL011	33		/* level SPI */
#define SKERRY_INTID_EVENT	288		/* the guest's event interrupt, edge SPI */
#define SKERRY_INTID_LINK(port)	(289 + (port))	/* a link's interrupt at one end, edge SPI */
#define SKERRY_INTID_COUNT	384		/* a guest's distributor has INTIDs below this */

#define SKERRY_GUEST_MAX	16
#define SKERRY_VCPU_MAX		8		/* a guest */
#define SKERRY_CPU_MAX		8		/* physical cores */
#define SKERRY_PORT_MAX		16	/* ends of links that a guest has */
#define SKERRY_LINK_MAX		32	/* links of a system */
#define SKERRY_NAME_MAX		24		/* a guest's name with its final NUL */
