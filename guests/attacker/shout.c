/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases 66, 67, with the boot argument "shout=N": N pieces of console output as fast as they go,
 * that would be other guests' lines, EL2's, or move the cursor. Then it ends.
 */
#include "attacker.h"

#define PIECE	SKERRY_CONSOLE_WRITE_MAX

static const char *const lines[] = {
	"\nvictim| victim: FAILED, forged\n", "\rvictim| forged\r\n", "\nskerry: forged\n",
	"\n\033[2J\033[Hvictim| forged\n", "\n\xc2\x9b" "2Jskerry: forged\n",
	"\b\b\b\b\b\b\b\b\b\b", "\a\a\a", "\n\n\n\n\n\n", "\r\r\r\r", "\033[3",
	"a long line without an end, again and again",
};

void shout_run(void)
{
	uint64_t count = arg_number("shout", 0), state = platform.info->guest;
	char piece[PIECE];

	for (uint64_t i = 0; i < count; i++) {
		const char *from = lines[random_next(&state) % ARRAY_SIZE(lines)];
		size_t size = strlen(from) + 1;		/* and sometimes its NUL */

		memset(piece, 'x', sizeof(piece));
		memcpy(piece, from, size < PIECE ? size : PIECE);
		console_write(piece, random_next(&state) & 1 ? size - 1 : PIECE);
	}
	printf("\nshout: %lu pieces\n", count);
}
