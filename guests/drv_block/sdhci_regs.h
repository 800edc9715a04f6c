/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of an SD host controller as 32-bit words (SD Host Controller Simplified
 * Specification 3.00, 2.1 and 2.2; section numbers below are its). Used by sdhci.c, adma.c
 * and by the model that the host's tests have.
 */
#ifndef DRV_BLOCK_SDHCI_REGS_H
#define DRV_BLOCK_SDHCI_REGS_H

#define SDHCI_BLOCK		0x04		/* 2.2.2, 2.2.3: size, count above it */
#define SDHCI_BOUNDARY		(7u << 12)	/* of SDMA: not used */
#define SDHCI_ARGUMENT		0x08
#define SDHCI_COMMAND		0x0c		/* 2.2.5, 2.2.6: transfer mode, command above it */
#define SDHCI_MODE_DMA		(1u << 0)
#define SDHCI_MODE_COUNT	(1u << 1)
#define SDHCI_MODE_READ		(1u << 4)
#define SDHCI_MODE_MULTI	(1u << 5)
#define SDHCI_REPLY_LONG	(1u << 16)
#define SDHCI_REPLY_SHORT	(2u << 16)
#define SDHCI_REPLY_BUSY	(3u << 16)
#define SDHCI_CHECK_CRC		(1u << 19)
#define SDHCI_CHECK_INDEX	(1u << 20)
#define SDHCI_HAS_DATA		(1u << 21)
#define SDHCI_ABORT		(3u << 22)
#define SDHCI_INDEX_SHIFT	24
#define SDHCI_ANSWER		0x10
#define SDHCI_DATA		0x20
#define SDHCI_PRESENT		0x24		/* 2.2.9 */
#define SDHCI_COMMAND_BUSY	(1u << 0)
#define SDHCI_DATA_BUSY		(1u << 1)
#define SDHCI_CAN_WRITE		(1u << 10)
#define SDHCI_CAN_READ		(1u << 11)
#define SDHCI_CARD_IN		(1u << 16)
#define SDHCI_WRITABLE		(1u << 19)
#define SDHCI_DAT0		(1u << 20)
#define SDHCI_CONTROL		0x28		/* 2.2.10, 2.2.11: host control, power above it */
#define SDHCI_WIDE		(1u << 1)
#define SDHCI_HIGH_SPEED	(1u << 2)
#define SDHCI_ADMA2		(2u << 3)
#define SDHCI_POWER_33		(0xfu << 8)
#define SDHCI_CLOCK		0x2c		/* 2.2.14 to 2.2.16: clock, timeout, reset */
#define SDHCI_CLOCK_ON		(1u << 0)
#define SDHCI_CLOCK_STABLE	(1u << 1)
#define SDHCI_CARD_CLOCK	(1u << 2)
#define SDHCI_TIMEOUT_MAX	(0xeu << 16)
#define SDHCI_RESET_ALL		(1u << 24)
#define SDHCI_RESET_COMMAND	(1u << 25)
#define SDHCI_RESET_DATA	(1u << 26)
#define SDHCI_STATUS		0x30		/* 2.2.17, 2.2.18: events, errors above them */
#define SDHCI_STATUS_ENABLE	0x34
#define SDHCI_SIGNAL_ENABLE	0x38
#define SDHCI_COMMAND_DONE	(1u << 0)
#define SDHCI_TRANSFER_DONE	(1u << 1)
#define SDHCI_WRITE_READY	(1u << 4)
#define SDHCI_READ_READY	(1u << 5)
#define SDHCI_CARD_CAME		(1u << 6)
#define SDHCI_CARD_LEFT		(1u << 7)
#define SDHCI_ERROR		(1u << 15)
#define SDHCI_ERRORS_SHIFT	16
#define SDHCI_ERRORS		0x03ff0000u	/* without those of tuning */
#define SDHCI_CAPABILITIES	0x40		/* 2.2.26 */
#define SDHCI_CAP_ADMA2		(1u << 19)
#define SDHCI_CAP_HIGH_SPEED	(1u << 21)
#define SDHCI_ADMA_ADDRESS	0x58
#define SDHCI_VERSION		0xfc		/* its upper half; 2: 3.00 */

/* A descriptor of ADMA2 with 32-bit addresses (1.13.3): attributes and length, address. */
#define ADMA_VALID		(1u << 0)
#define ADMA_END		(1u << 1)
#define ADMA_TRANSFER		(2u << 4)
#define ADMA_LENGTH_SHIFT	16

#endif
