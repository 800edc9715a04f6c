// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * This guest's watchdog by the call WATCHDOG, behind the kernel's watchdog core
 * (/dev/watchdog): when nobody has checked in for its timeout the guest has crashed, and
 * EL2 does what `on-crash` says. There is no device where EL2 has no such call.
 */
#include <linux/module.h>
#include <linux/watchdog.h>

#include "hypercall.h"
#include "skerry.h"

#define MICROSECONDS	1000000ull

static bool nowayout = WATCHDOG_NOWAYOUT;
module_param(nowayout, bool, 0444);
MODULE_PARM_DESC(nowayout, "the watchdog can't be stopped once it is started");

static unsigned int first_timeout = 30;
module_param_named(watchdog_timeout, first_timeout, uint, 0444);
MODULE_PARM_DESC(watchdog_timeout, "in seconds, 1 to 3600, until a program sets another one (30)");

static int check_in(u64 microseconds)
{
	return hypercall(SKERRY_HVC_WATCHDOG, microseconds, 0) == SKERRY_OK ? 0 : -EIO;
}

static int start_or_ping(struct watchdog_device *w)
{
	return check_in(w->timeout * MICROSECONDS);
}

static int stop(struct watchdog_device *w)
{
	return check_in(0);
}

/* The core pings after it */
static int set_timeout(struct watchdog_device *w, unsigned int seconds)
{
	w->timeout = seconds;
	return 0;
}

static const struct watchdog_info description = {
	.identity = "Skerry",
	.options = WDIOF_SETTIMEOUT | WDIOF_KEEPALIVEPING | WDIOF_MAGICCLOSE,
};

static const struct watchdog_ops operations = {
	.owner = THIS_MODULE,
	.start = start_or_ping,
	.stop = stop,
	.ping = start_or_ping,
	.set_timeout = set_timeout,
};

int skerry_watchdog_open(struct device *dev)
{
	struct watchdog_device *w;

	if (hypercall(SKERRY_HVC_WATCHDOG, 0, 0) != SKERRY_OK)
		return 0;
	w = devm_kzalloc(dev, sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	w->info = &description;
	w->ops = &operations;
	w->parent = dev;
	w->min_timeout = 1;
	w->max_timeout = SKERRY_WATCHDOG_MAX / MICROSECONDS;
	w->timeout = 30;
	if (!first_timeout || watchdog_init_timeout(w, first_timeout, NULL))
		dev_warn(dev, "watchdog_timeout=%u is not from 1 to 3600: it is 30\n",
			 first_timeout);
	watchdog_set_nowayout(w, nowayout);
	watchdog_stop_on_unregister(w);
	return devm_watchdog_register_device(dev, w);
}
