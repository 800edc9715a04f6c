/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What a program asks of /dev/skerry: the ABI of the module's ioctls, one hypercall each.
 * Numbers of guests, operations and the layouts of what is read are those of
 * include/abi. Errors: EACCES, this guest has no control over that one (or there is none of
 * that number); EBUSY, not from the state it is in; EINVAL, an argument is out of range;
 * ENODATA, there is no crash record; EOPNOTSUPP, this Skerry can't do it; EBADF, CONTROL on a
 * file that was opened for reading.
 */
#ifndef SKERRY_IOCTL_H
#define SKERRY_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SKERRY_DEVICE		"/dev/skerry"
#define SKERRY_CRASH_PART	128		/* bytes that CRASH_READ reads at most */

struct skerry_query {		/* the guest that asks */
	__u32 guest;		/* its index */
	__u32 vcpu_count;
	__u32 abi;		/* major << 16 | minor */
	__u32 controls;		/* guests that it has control over: a bit each, by index */
	__u64 features;		/* SKERRY_FEATURE_* */
	__u64 life;		/* number of starts */
	__u64 begin;		/* when EL2 began, ticks of CNTVCT_EL0 */
	char name[24];
};

struct skerry_control_request {
	__u32 guest;
	__u32 operation;	/* SKERRY_CONTROL_*; EINVAL for others, if it has control */
};

struct skerry_stats_request {
	__u32 guest;
	__u32 size;		/* room at `to`: of struct skerry_stats, or of its beginning */
	__u64 to;		/* a pointer */
};

struct skerry_crash_request {
	__u32 guest;
	__u32 offset;		/* into the record; a multiple of 8 */
	__u8 bytes[SKERRY_CRASH_PART];
};

#define SKERRY_IOC_QUERY	_IOR(0xb5, 0, struct skerry_query)
#define SKERRY_IOC_CONTROL	_IOW(0xb5, 1, struct skerry_control_request)
/* Both return the number of bytes; CRASH_READ 0 behind the record's end */
#define SKERRY_IOC_STATS	_IOWR(0xb5, 2, struct skerry_stats_request)
#define SKERRY_IOC_CRASH_READ	_IOWR(0xb5, 3, struct skerry_crash_request)

#endif
