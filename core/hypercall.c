/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Skerry's hypercalls: one row of SKERRY_HYPERCALLS (include/abi), one handler
 * here or in the file of its subject. The right is checked in one place.
 * Handlers get x0..x17, read arguments from x1 on and return x0.
 */
#include <core/core.h>

int64_t hvc_version(struct vcpu *v, uint64_t *x)
{
	(void)v;
	x[1] = SKERRY_ABI_MAJOR << 16 | SKERRY_ABI_MINOR;
	x[2] = SKERRY_ABI_FEATURES;
	return SKERRY_OK;
}

int64_t hvc_console_write(struct vcpu *v, uint64_t *x)
{
	if (x[1] - 1 >= SKERRY_CONSOLE_WRITE_MAX) {
		return SKERRY_INVALID;
	}
	console_write(v->guest->index, (const char *)&x[2], x[1]);
	return (int64_t)x[1];
}

int64_t hvc_console_read(struct vcpu *v, uint64_t *x)
{
	char bytes[SKERRY_CONSOLE_READ_MAX] = { 0 };
	uint32_t count = console_read(v->guest, bytes, sizeof(bytes));

	if (count == 0) {
		return SKERRY_AGAIN;
	}
	memcpy(&x[1], bytes, sizeof(bytes));
	return count;
}

int64_t hvc_crash(struct vcpu *v, uint64_t *x)
{
	char cause[64];

	(void)format_to(cause, sizeof(cause), "reported by the guest: code %lx, argument %lx",
			x[1], x[2]);
	life_crash(v, cause, 0, 0, 0);
	return SKERRY_OK;
}

#define ROW(number, NAME, name, arguments, right) [number] = { hvc_##name, right },
static const struct {
	int64_t (*handler)(struct vcpu *v, uint64_t *x);
	uint8_t right;
} rows[] = { SKERRY_HYPERCALLS(ROW) };

_Static_assert(ARRAY_SIZE(rows) == SKERRY_HYPERCALL_COUNT, "SKERRY_HYPERCALL_COUNT");

void hypercall(struct vcpu *v, uint32_t row, uint64_t *x)
{
	const struct guest *g = v->guest;
	const bool rights[] = {
		[SKERRY_RIGHT_NONE] = true,
		[SKERRY_RIGHT_CONSOLE] = g->config->console == CONSOLE_HYPERCALL,
		[SKERRY_RIGHT_DRIVER] = g->index == the_system.console_driver,
		[SKERRY_RIGHT_CONTROL] = x[1] < guest_count && (g->config->control >> x[1] & 1),
	};

	x[0] = (uint64_t)(rights[rows[row].right] ? rows[row].handler(v, x) : SKERRY_DENIED);
}
