/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the runtime only: what its files give each other.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "guest.h"

#define STACK_SIZE	KIB(16)		/* a vCPU; start.S knows it too */

extern char _start[], __image_end[], __bss_start[], __bss_end[];
extern char vectors[];

void start_main(uint64_t tree);			/* start.S, vCPU 0, MMU off */
void start_secondary(struct cpu *c);		/* start.S, MMU on */
void tree_init(uint64_t tree);			/* fills `platform`; MMU off */
void mmu_init(void);				/* builds the tables and turns the MMU on */
void mmu_init_secondary(void);
void console_init(void);
void exception(struct frame *f, uint64_t vector);	/* vectors.S */

#endif
