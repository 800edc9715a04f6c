// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * A panic of this kernel is a crash of the guest: EL2 keeps a record and does what `on-crash`
 * says. The panic's text goes along in x3 to x17, which the record has too. Last among
 * the notifiers; it comes after a kexec'd crash kernel, but before `panic=`.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/string.h>

#include <abi/crash.h>

#include "hypercall.h"
#include "skerry.h"

static bool is_reported = true;
module_param_named(panic, is_reported, bool, 0644);
MODULE_PARM_DESC(panic, "report a panic to Skerry as a crash (on)");

static int report(struct notifier_block *block, unsigned long event, void *text)
{
	union {
		struct arm_smccc_1_2_regs r;
		struct {
			u64 call, code, argument;
			char text[SKERRY_CRASH_TEXT_MAX];	/* x3..x17 */
		};
	} u = { .r = { .a0 = SKERRY_HVC_CRASH, .a1 = SKERRY_CRASH_TEXT } };

	BUILD_BUG_ON(sizeof(u) != sizeof(u.r));
	if (!READ_ONCE(is_reported))
		return NOTIFY_DONE;
	strscpy(u.text, text, sizeof(u.text));
	arm_smccc_1_2_hvc(&u.r, &u.r);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = report,
	.priority = INT_MIN,
};

static void panic_close(void *data)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &notifier);
}

int skerry_panic_open(struct device *dev)
{
	atomic_notifier_chain_register(&panic_notifier_list, &notifier);
	return devm_add_action_or_reset(dev, panic_close, NULL);
}
