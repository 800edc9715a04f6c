/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The back end of rt's console port; see tty.h. Linux waits with interrupts masked until
 * each few bytes that it writes (or echoes) to a virtio console are taken, and EL2 gives a
 * back end a second to let go when the front end stops: tty_poll()'s pace has to keep both.
 */
#include "tty.h"
#include "console_back.h"
#include "gic.h"

#define PACE_US		50000
#define TAKE_US		20000		/* at most so long in one go ... */
#define QUIET_US	200		/* ... and so long without a character */
#define ROOM		2048u		/* bytes that wait for the front end's buffers */
#define RECORD_MAX	256u

static struct console_back console;
static bool is_open, is_quiet;
static uint64_t next_poll = ~0ull;
static uint8_t waiting[ROOM];
static uint32_t waiting_count;
static uint64_t sent, dropped;

static void event(uint32_t port, uint32_t events, uint32_t epoch)
{
	(void)port;
	(void)events;
	(void)epoch;
	if (console_back_update(&console) == BACK_DOWN) {
		waiting_count = 0;
	}
}

bool tty_open(bool quiet)
{
	int port = link_by_type(SKERRY_LINK_CONSOLE, SKERRY_BACK, 0);

	is_quiet = quiet;
	if (port < 0) {
		return false;
	}
	link_init();
	irq_disable();				/* the caller's to let in */
	gic_disable(SKERRY_INTID_EVENT);
	for (uint32_t i = 0; link_info(i); i++) {
		gic_disable(SKERRY_INTID_LINK(i));
	}
	link_on_event((uint32_t)port, event);
	is_open = console_back_open(&console, (uint32_t)port, 0, 0) == SKERRY_OK;
	if (is_open) {
		next_poll = time_now();
	}
	return is_open;
}

static void flush(void)
{
	uint32_t n = console_back_write(&console, waiting, waiting_count);

	waiting_count -= n;
	memmove(waiting, waiting + n, waiting_count);
}

/* Linux waits, interrupts off, until each character that it prints (or echoes) is taken: so
 * they are taken at each beat, and then as long as one follows the other. Nobody reads them. */
static void take(uint64_t now)
{
	uint64_t end = now + us_to_ticks(TAKE_US), quiet = us_to_ticks(QUIET_US);
	uint8_t typed[64];
	uint64_t last = now;

	while (now < end && now - last < quiet) {
		if (console_back_read(&console, typed, sizeof(typed))) {
			console_back_printed(&console, console.count);
			last = now;
		} else if (last == now) {
			return;			/* nothing at all */
		}
		now = time_now();
	}
}

void tty_poll(uint64_t now)
{
	if (!is_open) {
		return;
	}
	take(now);
	if (now < next_poll) {
		return;
	}
	next_poll = now + us_to_ticks(PACE_US);
	link_look();				/* no interrupt says it */
	link_poll();
	flush();
}

void tty_print(const char *format, ...)
{
	char text[RECORD_MAX];
	uint32_t size;
	va_list args;

	va_start(args, format);
	vformat(text, sizeof(text), format, args);
	va_end(args);
	size = (uint32_t)strlen(text);
	if (!is_quiet) {
		console_write(text, size);
	}
	if (!is_open || !console.back.is_live) {
		return;
	}
	if (size > ROOM - waiting_count) {
		dropped++;
		return;
	}
	memcpy(waiting + waiting_count, text, size);
	waiting_count += size;
	sent++;
	flush();
}

void tty_close(void)
{
	if (is_open) {
		printf("rt: console link: %lu records, %lu dropped\n", sent, dropped);
	}
	is_open = is_quiet = false;
}
