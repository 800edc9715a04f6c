/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running code at EL0: the image's 2 MiB block is mapped a second time for EL0;
 * whatever exception comes ends the run.
 */
#include "attacker.h"
#include "../lib/runtime.h"

uint64_t user_vector;
static struct user_context context;
static uint64_t user_esr;
static bool is_running;

static bool user_ended(struct frame *f, uint64_t vector)
{
	if (!is_running) {
		return false;
	}
	is_running = false;
	user_vector = vector;
	user_esr = f->esr;
	context.x0 = f->x[0];
	f->x[0] = (uint64_t)&context;
	f->elr = (uint64_t)user_return;
	f->spsr = 0x3c5;
	return true;
}

static uint64_t image_block(void)
{
	return (uint64_t)_start & ~(MAP_BLOCK - 1);
}

bool user_map(void)
{
	/* two blocks: the image may straddle */
	return mmu_map(USER_VA, image_block(), 2 * MAP_BLOCK, MAP_WB | MAP_USER);
}

uint64_t user_run(const void *code, uint64_t spsr, uint64_t *x0)
{
	exception_override = user_ended;
	context.elr = USER_VA + ((uint64_t)code - image_block());
	context.spsr = spsr;
	context.x0 = x0 ? *x0 : 0;
	is_running = true;
	user_enter(&context);
	exception_override = NULL;
	if (x0) {
		*x0 = context.x0;
	}
	return user_esr;
}
