/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rt: a 1 kHz periodic task on the virtual timer. Once a second it prints how
 * late its handler began (handler's time minus programmed deadline), for the
 * last second and since start, on its console and on a link whose back end it is.
 * Boot arguments: seconds=N ends with SYSTEM_OFF, period-us=N, every=N (prints each N
 * seconds), quiet (on its console only the summary at the end), watchdog-us=N (checks in after
 * each period, and has crashed when it does not for so long), pin=N (that pin changes with each
 * beat, where this guest has the GPIO registers).
 */
#include "guest.h"
#include "gic.h"
#include "timer.h"
#include "pin.h"
#include "tty.h"

#define BUCKETS		32		/* bucket n: below 2^n ns */

struct lateness {
	uint64_t count, sum, min, max, missed;
	uint64_t histogram[BUCKETS];
};

static struct lateness second, total;
static uint64_t deadline, period;

static void lateness_clear(struct lateness *l)
{
	memset(l, 0, sizeof(*l));
	l->min = ~0ull;
}

static void lateness_add(struct lateness *l, uint64_t ns)
{
	uint32_t bucket = ns ? 64 - (uint32_t)__builtin_clzll(ns) : 0;

	l->count++;
	l->sum += ns;
	l->min = ns < l->min ? ns : l->min;
	l->max = ns > l->max ? ns : l->max;
	l->histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static void beat(uint32_t intid)
{
	uint64_t now = time_now();
	uint64_t ns = ticks_to_ns(now - deadline);
	uint64_t missed = (now - deadline) / period;

	(void)intid;
	pin_toggle();
	lateness_add(&second, ns);
	lateness_add(&total, ns);
	second.missed += missed;
	total.missed += missed;
	deadline += (missed + 1) * period;
	vtimer_arm(deadline);
}

/* "<2us 17" for each bucket that holds something. */
static void histogram_format(char *to, size_t size, const struct lateness *l)
{
	size_t used = 0;

	to[0] = 0;
	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint64_t below = 1ull << i;

		if (!l->histogram[i] || used + 24 > size) {
			continue;
		}
		used += (size_t)format(to + used, size - used, " <%lu%s %lu",
				       i < 10 ? below : i < 20 ? below >> 10 : below >> 20,
				       i < 10 ? "ns" : i < 20 ? "us" : "ms", l->histogram[i]);
	}
}

static void lateness_print(const char *what, const struct lateness *l)
{
	char histogram[160];

	histogram_format(histogram, sizeof(histogram), l);
	tty_print("rt: %s: %lu beats, late by min %lu mean %lu max %lu ns, missed %lu\n", what,
	       l->count, l->count ? l->min : 0, l->count ? l->sum / l->count : 0, l->max,
	       l->missed);
	tty_print("rt:  %s\n", histogram);
}

static void snapshot(struct lateness *last, struct lateness *all)
{
	irq_disable();
	*last = second;
	*all = total;
	lateness_clear(&second);
	irq_enable();
}

void guest_main(void)
{
	uint64_t seconds = arg_number("seconds", ~0ull), every = arg_number("every", 1);
	static struct lateness last, all;
	bool is_quiet = arg_has("quiet"), has_tty;
	uint64_t next, watchdog = arg_number("watchdog-us", 0);

	period = us_to_ticks(arg_number("period-us", 1000));
	period = period ? period : 1;
	printf("rt: every %lu us; figures under emulation are not a board's\n",
	       ticks_to_ns(period) / 1000);
	lateness_clear(&second);
	lateness_clear(&total);
	pin_open();
	has_tty = tty_open(is_quiet);
	irq_handler(SKERRY_INTID_VTIMER, beat);
	gic_enable(SKERRY_INTID_VTIMER);
	deadline = time_now() + period;
	next = deadline + time_hz();
	vtimer_arm(deadline);
	irq_enable();
	for (uint64_t i = 0; i < seconds; i++) {
		while (time_now() < next) {
			wfi();
			if (watchdog) {
				hvc_call(SKERRY_HVC_WATCHDOG, watchdog, 0, 0);
			}
			tty_poll(time_now());
		}
		next += time_hz();
		snapshot(&last, &all);
		if ((!is_quiet || has_tty) && (every == 0 || (i + 1) % every == 0)) {
			lateness_print("last second", &last);
			lateness_print("since start", &all);
		}
	}
	irq_disable();
	if (watchdog) {
		hvc_call(SKERRY_HVC_WATCHDOG, 0, 0, 0);
	}
	tty_close();
	lateness_print("in all", &all);
	if (pin_changes()) {
		printf("rt: the pin changed %lu times\n", pin_changes());
	}
	printf("rt: %lu seconds, done\n", seconds);
}
