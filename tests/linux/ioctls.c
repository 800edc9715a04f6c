/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a Linux guest with control over guest 0 and no other: what /dev/skerry answers to a
 * program that asks for what it may not, or badly. tests/qemu/test_linux_manage.py runs it.
 */
#include <abi/crash.h>
#include <abi/hypercalls.h>
#include <abi/stats.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "linux/skerry_ioctl.h"

#define OURS	0u
#define KERNEL	0xffff800008000000ull
#define ROUNDS	20000

static int failures;

/* `error`: an errno that is to come, or 0 and `result` */
static void want(const char *what, int got, int result, int error)
{
	int number = got < 0 ? errno : 0;

	if (number != error || (!error && got != result)) {
		printf("FAILED: %s: %d, %s\n", what, got, number ? strerror(number) : "no error");
		failures++;
	}
}

static int stats(int file, uint32_t guest, uint32_t size, uint64_t to)
{
	struct skerry_stats_request r = { guest, size, to };

	return ioctl(file, SKERRY_IOC_STATS, &r);
}

static int control(int file, uint32_t guest, uint32_t operation)
{
	struct skerry_control_request r = { guest, operation };

	return ioctl(file, SKERRY_IOC_CONTROL, &r);
}

static int crash(int file, uint32_t guest, uint32_t offset)
{
	struct skerry_crash_request r = { .guest = guest, .offset = offset };

	return ioctl(file, SKERRY_IOC_CRASH_READ, &r);
}

static void test_stats(int file)
{
	static uint8_t room[8192];
	uint64_t to = (uintptr_t)room;
	struct skerry_stats *s = (struct skerry_stats *)room;

	want("stats", stats(file, OURS, sizeof(room), to), sizeof(*s), 0);
	want("stats' magic", s->magic == SKERRY_STATS_MAGIC && room[sizeof(*s)] == 0, 1, 0);
	memset(room, 0x55, sizeof(room));
	want("stats, cut", stats(file, OURS, 5, to), 5, 0);
	want("behind the cut", room[5], 0x55, 0);
	want("stats of none", stats(file, OURS, 0, to), 0, EINVAL);
	want("stats of another", stats(file, 1, sizeof(*s), to), 0, EACCES);
	want("stats of oneself", stats(file, 2, sizeof(*s), to), 0, EACCES);
	want("stats of guest 15", stats(file, 15, sizeof(*s), to), 0, EACCES);
	want("stats of guest 16", stats(file, 16, sizeof(*s), to), 0, EINVAL);
	want("stats of guest -1", stats(file, ~0u, sizeof(*s), to), 0, EINVAL);
	want("stats to nowhere", stats(file, OURS, sizeof(*s), 0), 0, EFAULT);
	want("stats into the kernel", stats(file, OURS, sizeof(*s), KERNEL), 0, EFAULT);
	want("stats from nowhere", ioctl(file, SKERRY_IOC_STATS, NULL), 0, EFAULT);
}

static void test_rest(int file)
{
	struct skerry_query q = { 0 };
	int reader = open(SKERRY_DEVICE, O_RDONLY);

	want("query", ioctl(file, SKERRY_IOC_QUERY, &q), 0, 0);
	want("its answer", q.guest == 2 && q.controls == 1u << OURS, 1, 0);
	want("its name", strcmp(q.name, "linux"), 0, 0);
	want("query to nowhere", ioctl(file, SKERRY_IOC_QUERY, NULL), 0, EFAULT);
	want("query into the kernel", ioctl(file, SKERRY_IOC_QUERY, KERNEL), 0, EFAULT);
	want("no such ioctl", ioctl(file, _IO(0xb5, 9), 0), 0, ENOTTY);
	want("control, no such operation", control(file, OURS, SKERRY_CONTROL_COUNT), 0, EINVAL);
	want("control of another", control(file, 1, SKERRY_CONTROL_STOP), 0, EACCES);
	want("control of none", control(file, ~0u, SKERRY_CONTROL_STOP), 0, EACCES);
	want("control from nowhere", ioctl(file, SKERRY_IOC_CONTROL, NULL), 0, EFAULT);
	want("control by a reader", control(reader, OURS, SKERRY_CONTROL_STOP), 0, EBADF);
	want("a reader's stats", stats(reader, OURS, 0, 0), 0, EINVAL);
	want("crash, no record", crash(file, OURS, 0), 0, ENODATA);
	want("crash, odd offset", crash(file, OURS, 4), 0, EINVAL);
	want("crash of another", crash(file, 1, 0), 0, EACCES);
	want("crash of guest 16", crash(file, 16, 0), 0, EINVAL);
	want("crash to nowhere", ioctl(file, SKERRY_IOC_CRASH_READ, NULL), 0, EFAULT);
	close(reader);
}

/* Whatever comes: errors and no harm. CONTROL only of guests that are not ours. */
static void test_random(int file)
{
	static const unsigned long requests[] = {
		SKERRY_IOC_QUERY, SKERRY_IOC_CONTROL, SKERRY_IOC_STATS, SKERRY_IOC_CRASH_READ,
	};
	static union {
		uint32_t words[64];
		uint8_t room[4096];
		struct skerry_stats_request stats;
	} u;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned long request = requests[random() % 4];
		uint64_t at[] = { (uintptr_t)&u, 0, KERNEL, ~0ull };

		for (int word = 0; word < 64; word++) {
			u.words[word] = random() % 2 ? (uint32_t)random() : (uint32_t)random() % 20;
		}
		u.words[0] += request == SKERRY_IOC_CONTROL;
		u.stats.to = at[random() % 4];
		(void)ioctl(file, request, at[random() % 2 ? 0 : 1 + random() % 3]);
	}
}

int main(void)
{
	int file = open(SKERRY_DEVICE, O_RDWR);

	if (file < 0) {
		printf("FAILED: open: %s\n", strerror(errno));
		return 1;
	}
	test_stats(file);
	test_rest(file);
	test_random(file);
	if (setuid(1000)) {
		return 1;
	}
	want("open, not root", open(SKERRY_DEVICE, O_RDONLY), 0, EACCES);
	printf("ioctls: %d failures\n", failures);
	return failures != 0;
}
