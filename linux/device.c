// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * /dev/skerry: the hypercalls of a guest with `control` over others, for programs
 * (skerry_ioctl.h). Nothing is kept between two calls. A guest's statistics page is there
 * only if this guest has control over it, so it is looked at after STATS has said so.
 */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include <abi/info.h>
#include <abi/stats.h>

#include "hypercall.h"
#include "skerry.h"
#include "skerry_ioctl.h"

static const struct skerry_info *own;	/* while the device is registered */

static long error_of(long result)
{
	switch (result) {
	case SKERRY_DENIED:
		return -EACCES;
	case SKERRY_BUSY:
		return -EBUSY;
	case SKERRY_AGAIN:
		return -ENODATA;
	case SKERRY_INVALID:
		return -EINVAL;
	case SKERRY_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	default:
		return result < 0 ? -EIO : result;
	}
}

static long query(void __user *to)
{
	struct skerry_query q = {
		.guest = own->guest,
		.vcpu_count = own->vcpu_count,
		.abi = own->abi_major << 16 | own->abi_minor,
		.features = own->features,
		.life = own->life,
		.begin = own->boot_entry,
	};
	u32 guest;

	BUILD_BUG_ON(sizeof(q.name) != SKERRY_NAME_MAX);
	memcpy(q.name, own->name, sizeof(q.name) - 1);
	for (guest = 0; guest < SKERRY_GUEST_MAX; guest++)	/* there is no such operation */
		if (hypercall(SKERRY_HVC_CONTROL, guest, U32_MAX) == SKERRY_INVALID)
			q.controls |= 1u << guest;
	return copy_to_user(to, &q, sizeof(q)) ? -EFAULT : 0;
}

static long control(const void __user *from)
{
	struct skerry_control_request r;

	if (copy_from_user(&r, from, sizeof(r)))
		return -EFAULT;
	return error_of(hypercall(SKERRY_HVC_CONTROL, r.guest, r.operation));
}

static long read_stats(const void __user *from)
{
	struct skerry_stats_request r;
	const void *page;
	long result;

	if (copy_from_user(&r, from, sizeof(r)))
		return -EFAULT;
	if (r.guest >= SKERRY_GUEST_MAX || r.size == 0)
		return -EINVAL;
	result = hypercall(SKERRY_HVC_STATS, r.guest, 0);
	if (result != SKERRY_OK)
		return error_of(result);
	page = memremap(SKERRY_STATS(r.guest), PAGE_SIZE, MEMREMAP_WB);
	if (!page)
		return -ENOMEM;
	result = min_t(u32, r.size, sizeof(struct skerry_stats));
	if (copy_to_user(u64_to_user_ptr(r.to), page, result))
		result = -EFAULT;
	memunmap((void *)page);
	return result;
}

static long read_crash(void __user *at)
{
	struct skerry_crash_request request;
	union {
		struct arm_smccc_1_2_regs r;
		struct {
			s64 result;
			u8 bytes[SKERRY_CRASH_PART];	/* x1..x16 */
		};
	} u;

	if (copy_from_user(&request, at, offsetof(struct skerry_crash_request, bytes)))
		return -EFAULT;
	if (request.guest >= SKERRY_GUEST_MAX || request.offset % 8)
		return -EINVAL;
	u.r = (struct arm_smccc_1_2_regs){ .a0 = SKERRY_HVC_CRASH_READ, .a1 = request.guest,
					   .a2 = request.offset };
	arm_smccc_1_2_hvc(&u.r, &u.r);
	if (u.result < 0)
		return error_of(u.result);
	memcpy(request.bytes, u.bytes, SKERRY_CRASH_PART);
	return copy_to_user(at, &request, sizeof(request)) ? -EFAULT : u.result;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	void __user *at = (void __user *)argument;

	switch (command) {
	case SKERRY_IOC_QUERY:
		return query(at);
	case SKERRY_IOC_CONTROL:
		return file->f_mode & FMODE_WRITE ? control(at) : -EBADF;
	case SKERRY_IOC_STATS:
		return read_stats(at);
	case SKERRY_IOC_CRASH_READ:
		return read_crash(at);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "skerry",
	.fops = &operations,
	.mode = 0600,
};

static void device_close(void *data)
{
	misc_deregister(&device);
}

int skerry_device_open(struct device *dev, const struct skerry_info *info)
{
	int result;

	own = info;
	result = misc_register(&device);
	return result ? result : devm_add_action_or_reset(dev, device_close, NULL);
}
