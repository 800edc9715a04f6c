/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way out of boot: resident code that boot-only code jumps to.
 */
#ifndef LEAVE_H
#define LEAVE_H

#include <hv/types.h>

void stack_switch(uint64_t top, void (*to)(void)) __attribute__((noreturn));

/* Another core: says that it runs no boot code any more (*online), waits until
 * the boot core has unmapped it, then runs. */
void secondary_leave(uint32_t *online) __attribute__((noreturn));
/* The boot core, last, on its resident stack: boot-only memory goes, all cores run. */
void leave_boot(void) __attribute__((noreturn));

#endif
