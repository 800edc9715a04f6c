/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2's virtual address space: 39 bits, fixed addresses, so that neither
 * relocation nor pointers to registers are needed.
 */
#pragma once

#define HV_VA		0x4000000000	/* the image (linked here), 2 MiB */
#define DEVICE_VA	0x4000200000	/* registers, one fixed slot each: */
#define GICD_VA		(DEVICE_VA + 0x000000)	/* 64 KiB */
#define GICC_VA		(DEVICE_VA + 0x010000)	/* GICv2: 8 KiB */
#define GICH_VA		(DEVICE_VA + 0x020000)	/* GICv2: 4 KiB */
#define UART_VA		(DEVICE_VA + 0x030000)	/* 4 KiB */
#define PM_VA		(DEVICE_VA + 0x040000)	/* 4 KiB: bcm2835-pm */
#define UNCACHED_VA	(DEVICE_VA + 0x050000)	/* register pages: SKERRY_LINK_MAX x 4 KiB */
#define GICR_VA		0x4000400000	/* GICv3: core i's frames at + i * 256 KiB */
#define GICR_VA_STRIDE	0x40000
#define WINDOW_VA	0x4000600000	/* core i's temporary window at + i * 128 KiB */
#define WINDOW_VA_STRIDE 0x20000
#define HEAP_VA		0x4000800000	/* EL2's RAM: tables, guests' trees, pages it publishes */
#define TREE_VA		0x4000a00000	/* the board's tree, boot only; 4 MiB */
#define IMAGE_VA	0x4040000000	/* the system image, read-only; 1 GiB */
#define RECORDS_VA	0x4080000000	/* crash records, 68 KiB */
