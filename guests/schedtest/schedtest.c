/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schedtest: each vCPU watches the counter, takes a jump for time that somebody else had, and
 * tells at the end how it ran. Meant for -icount with a counter of 1 GHz. Boot arguments:
 *   until-ms=N    the end of watching, by the counter, which starts with the board
 *   gap=N         ticks between two looks from which on it did not run; 1500
 *   storm=KIND    greedy (the default), hvc, timer, sgi, sibling (SGIs to vCPU 1, which sleeps),
 *                 notify (its first port), sleep: what it does from from-ms=N to to-ms=N; else
 *                 it sleeps, or with "busy" is greedy. sleep: works for work-us and sleeps for
 *                 rest-us, again and again; reset: resets itself
 *   period-us=N   the least and the most that it ran in any such interval, and in each of the
 *                 phases of phase-ms=N from first-ms=N on by itself, with the looks at the
 *                 counter that it had time for
 *   frame-us=N    where in a frame its runs begin, from settled-ms=N on, and how long
 *   judge=N       at the end, of the guests 0 to N - 1: do their times add up? (needs control)
 */
#include <abi/stats.h>
#include "gic.h"
#include "link.h"
#include "timer.h"

#define SGI	5
#define RUNS	60000
#define PHASES	16

struct run {
	uint64_t begin, end;
	uint64_t before;	/* ticks of all runs before this one */
};

struct record {
	struct run *runs;
	uint64_t count, last, gap;
	uint64_t phase_end, phase;	/* of the one that `looks` are counted in */
	uint64_t looks[PHASES];
};

static struct record records[CPU_MAX];
static uint64_t until, from, to, first, phase, storms;
static volatile uint32_t done;

static void begin_record(struct record *r, uint32_t vcpu)
{
	r->runs = (struct run *)((free_base() + 15) & ~15ull) + vcpu * RUNS;
	r->gap = arg_number("gap", 1500);
	r->last = r->runs[0].begin = time_now();
	r->count = 0;
	r->phase_end = first;
}

/* Some more of the same run, or a new one? */
static uint64_t look(struct record *r)
{
	uint64_t now = time_now();

	if (now - r->last > r->gap) {
		r->runs[r->count].end = r->last;
		r->count += r->count < RUNS - 2;
		r->runs[r->count].begin = now;
	}
	if (now >= r->phase_end) {
		r->phase_end += phase;
		r->phase += r->phase < PHASES - 1;
	}
	r->looks[r->phase]++;
	return r->last = now;
}

static void end_record(struct record *r)
{
	uint64_t before = 0;

	r->runs[r->count++].end = r->last;
	for (uint64_t i = 0; i < r->count; i++) {
		r->runs[i].before = before;
		before += r->runs[i].end - r->runs[i].begin;
	}
	r->runs[r->count] = (struct run){ ~0ull, ~0ull, before };
}

/* Ticks that it ran before `time`. */
static uint64_t ran_before(const struct record *r, uint64_t time)
{
	uint64_t low = 0, high = r->count;

	while (low < high) {			/* the first run that begins at `time` or later */
		uint64_t middle = (low + high) / 2;

		if (r->runs[middle].begin < time) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0) {
		return 0;
	}
	low--;
	return r->runs[low].before +
	       (time < r->runs[low].end ? time : r->runs[low].end) - r->runs[low].begin;
}

/* Of all intervals in [from, to); extremes begin or end where a run does. */
static void print_extremes(const struct record *r, const char *what, uint64_t begin, uint64_t end,
			   uint64_t period)
{
	uint64_t least = ~0ull, most = 0;

	for (uint64_t i = 0; i < r->count; i++) {
		uint64_t edges[] = { r->runs[i].begin, r->runs[i].end, r->runs[i].begin - period,
				     r->runs[i].end - period };

		for (uint32_t e = 0; e < ARRAY_SIZE(edges); e++) {
			if (edges[e] >= begin && edges[e] + period <= end) {
				uint64_t ran = ran_before(r, edges[e] + period) -
					       ran_before(r, edges[e]);

				least = ran < least ? ran : least;
				most = ran > most ? ran : most;
			}
		}
	}
	printf("schedtest: %s: least %lu, most %lu, %lu of %lu\n", what, least, most,
	       ran_before(r, end) - ran_before(r, begin), end - begin);
}

static void print_periods(const struct record *r)
{
	uint64_t period = us_to_ticks(arg_number("period-us", 0));
	char name[32];

	if (period == 0) {
		return;
	}
	for (uint32_t i = 0; arg_has("phase-ms") && first + (i + 1) * phase <= until; i++) {
		format(name, sizeof(name), "phase %u, %lu looks", i, r->looks[i + 1]);
		print_extremes(r, name, first + i * phase, first + (i + 1) * phase, period);
	}
	if (!arg_has("phase-ms")) {
		print_extremes(r, "all", from, until, period);
	}
}

/* Runs but the first and the last, which watching cut, from settled-ms on. */
static void print_frames(const struct record *r, uint32_t vcpu)
{
	uint64_t frame = us_to_ticks(arg_number("frame-us", 0)), origin, shift[2] = { 0 };
	uint64_t shortest = ~0ull, longest = 0, missed = 0, start = 1;
	uint64_t settled = us_to_ticks(arg_number("settled-ms", 0) * 1000);

	while (start < r->count - 1 && r->runs[start].begin < settled) {
		start++;
	}
	if (frame == 0 || start >= r->count - 1) {
		return;
	}
	origin = r->runs[start].begin;
	for (uint64_t i = start; i < r->count - 1; i++) {
		const struct run *run = &r->runs[i];
		/* how far from where the first one was, earlier and later */
		uint64_t at = (run->begin - origin) % frame, length = run->end - run->begin;
		uint64_t early = at > frame / 2 ? frame - at : 0, late = early ? 0 : at;

		shift[0] = early > shift[0] ? early : shift[0];
		shift[1] = late > shift[1] ? late : shift[1];
		shortest = length < shortest ? length : shortest;
		longest = length > longest ? length : longest;
		missed += i > start && run->begin - run[-1].begin > frame + frame / 2;
	}
	printf("schedtest: vCPU %u: %lu windows, missed %lu, at %lu -%lu +%lu, %lu to %lu long\n",
	       vcpu, r->count - 1 - start, missed, origin % frame, shift[0], shift[1], shortest,
	       longest);
}

static void print_runs(const struct record *r, uint32_t vcpu)
{
	uint64_t longest = 0, most_apart = 0;

	for (uint64_t i = 0; i < r->count; i++) {
		uint64_t length = r->runs[i].end - r->runs[i].begin;

		longest = length > longest ? length : longest;
		if (i && r->runs[i].begin - r->runs[i - 1].end > most_apart) {
			most_apart = r->runs[i].begin - r->runs[i - 1].end;
		}
	}
	printf("schedtest: vCPU %u: %lu runs, %lu ticks, longest %lu, most apart %lu, storms %lu\n",
	       vcpu, r->count, r->runs[r->count].before, longest, most_apart, storms);
}

/* Ticks of each vCPU add up to the time since boot. */
static void judge(uint64_t guests)
{
	uint64_t wrong = 0, stolen = 0;

	for (uint64_t g = 0; g < guests; g++) {
		const struct skerry_stats *s = (const struct skerry_stats *)SKERRY_STATS(g);

		wrong += hvc_call(SKERRY_HVC_STATS, g, 0, 0) != 0;
		for (uint32_t i = 0; i < s->vcpu_count; i++) {
			const struct skerry_vcpu_stats *v = &s->vcpu[i];

			wrong += v->run + v->stolen + v->idle != s->now;
			stolen += v->stolen;
		}
	}
	if (guests) {
		printf("schedtest: times of %lu guests, %lu wrong, stolen %s\n", guests, wrong,
		       stolen ? "some" : "none");
	}
}

static void timer_again(uint32_t intid)
{
	(void)intid;
	storms++;
	vtimer_arm(time_now() + 100);
}

static void count(uint32_t intid)
{
	(void)intid;
	storms++;
}

static void rest_until(struct record *r, uint64_t time)
{
	while (look(r) < time) {
		if (!arg_has("busy")) {
			sleep_unless(NULL, NULL, (time - r->last) / us_to_ticks(1) + 1);
		}
	}
}

static void begin_storm(void)
{
	irq_handler(SGI, count);
	gic_enable(SGI);
	if (arg_is("storm", "timer")) {
		irq_handler(SKERRY_INTID_VTIMER, timer_again);
		gic_enable(SKERRY_INTID_VTIMER);
		vtimer_arm(time_now() + 100);
	}
	irq_enable();
}

static void storm(struct record *r)
{
	uint64_t work = us_to_ticks(arg_number("work-us", 0)), since = time_now();
	bool is_hvc = arg_is("storm", "hvc"), is_sibling = arg_is("storm", "sibling");
	bool is_sgi = arg_is("storm", "sgi") || is_sibling;
	bool is_notify = arg_is("storm", "notify");

	while (look(r) < to) {
		if (is_hvc || is_notify) {
			storms++;
			hvc_call(is_hvc ? SKERRY_HVC_VERSION : SKERRY_HVC_NOTIFY, 0, 0, 0);
		} else if (is_sgi) {
			storms += is_sibling;
			gic_sgi(SGI, is_sibling);
		} else if (work && r->last - since >= work) {
			storms++;
			sleep_unless(NULL, NULL, arg_number("rest-us", 1));
			since = time_now();
		}
	}
}

static void watch(uint64_t vcpu)
{
	struct record *r = &records[vcpu];

	begin_record(r, (uint32_t)vcpu);
	if (arg_has("from-ms")) {
		rest_until(r, from);
		begin_storm();
	}
	if (arg_is("storm", "reset") && time_now() < to) {
		system_reset();
	}
	storm(r);
	irq_disable();
	vtimer_stop();
	if (to < until) {
		rest_until(r, until);
	}
	end_record(r);
	__atomic_fetch_or(&done, 1u << vcpu, __ATOMIC_RELEASE);
}

static void watch_other(uint64_t vcpu)
{
	if (arg_is("storm", "sibling")) {
		gic_enable(SGI);
		irq_enable();
		for (;;) {
			wfi();
		}
	}
	watch(vcpu);
	cpu_off();
}

void guest_main(void)
{
	uint32_t watching = arg_is("storm", "sibling") ? 1 : platform.cpu_count;
	uint32_t all = (1u << watching) - 1;

	until = us_to_ticks(arg_number("until-ms", 100) * 1000);
	from = us_to_ticks(arg_number("from-ms", 0) * 1000);
	to = us_to_ticks(arg_number("to-ms", until / us_to_ticks(1000)) * 1000);
	first = us_to_ticks(arg_number("first-ms", 0) * 1000);
	phase = us_to_ticks(arg_number("phase-ms", 1000000) * 1000);
	if (arg_is("storm", "notify")) {
		link_init();
	}
	for (uint32_t i = 1; i < platform.cpu_count; i++) {
		cpu_start(i, watch_other, i);
	}
	watch(0);
	while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != all) {
		cpu_relax();
	}
	for (uint32_t i = 0; i < watching; i++) {
		print_runs(&records[i], i);
		print_frames(&records[i], i);
	}
	print_periods(&records[0]);
	judge(arg_number("judge", 0));
}
