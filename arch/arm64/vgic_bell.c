/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doorbells: NOTIFY as a leaf path (fast_exit.S). The caller's doorbell[port] names the
 * vCPU that takes the other end's interrupt: a bit in that vCPU's `bells`, and an SGI
 * (GIC_BELL) unless a bit was there already; its core writes list register 1 again
 * where the same link rang last, and else comes here. A doorbell is moved under the
 * lock of the guest that it rings in; who rings looks at it again after its bit is
 * set, and takes the slow path when it has moved, so that no bit stays behind.
 */
#include "gic.h"

/* For the vCPU that takes the link's interrupt at once, if one does. */
static void arm(struct guest *g, unsigned port, struct doorbell *d, const struct vcpu *leaving)
{
	unsigned intid = SKERRY_INTID_LINK(port), flags = g->arch.vgic.irq[intid].flags;
	bool is_quick = vgic_is_on(g) && flags & VIRQ_ENABLED && flags & VIRQ_EDGE;
	int target = is_quick ? vgic_target(g, intid) : -1;
	struct vcpu *v = &g->vcpu[target >= 0 ? target : 0];
	uint32_t *bells = target >= 0 && v != leaving && vcpu_is_on(v) ? &v->arch.vgic.bells : NULL;

	if (bells == d->bells) {
		return;
	}
	if (bells != NULL) {
		unsigned sgi = pcpus[v->cpu].is_shared ? GIC_KICK : GIC_BELL;

		d->sgi = gic.cpu[v->cpu] | (gic.version == 3 ? sgi << 24 : sgi | DOORBELL_V2);
		d->bit = 1u << port;
	}
	__atomic_store_n(&d->bells, bells, __ATOMIC_SEQ_CST);
	vgic_notify(g, g->vcpu->arch.vgic.all);	/* who had it looks again */
}

void vgic_arm_bells(struct guest *g, const struct vcpu *leaving)
{
	for (uint32_t i = 0; i < the_system.link_count; i++) {
		const struct sys_link *l = &the_system.link[i];

		for (unsigned to = SKERRY_FRONT; to <= SKERRY_BACK; to++) {
			const struct sys_end *from = &l->end[!to];

			/* a register page's InterruptStatus is written first: by core */
			if (l->end[to].guest == g->index &&
			    (to == SKERRY_BACK || l->transport == SKERRY_BY_MESSAGE)) {
				arm(g, l->end[to].port,
				    &guests[from->guest].arch.doorbell[from->port], leaving);
			}
		}
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);	/* before a look at the bells */
}

void vgic_keep_bell(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	unsigned intid = LR_INTID(x->lr[1]), port = intid - SKERRY_INTID_LINK(0);
	bool is_bell = port < SKERRY_PORT_MAX && v->guest->arch.vgic.irq[intid].flags & VIRQ_EDGE;

	x->bell = is_bell ? 1u << port : BELL_NONE;
	x->bell_lr = gic_native_lr((x->lr[1] & ~LR_STATE) | LR_PENDING);
}

void vgic_take_bells(struct vcpu *v)
{
	uint32_t *bells = &v->arch.vgic.bells;
	uint32_t rung = load_relaxed(bells) ? __atomic_exchange_n(bells, 0, __ATOMIC_ACQUIRE) : 0;

	for (; rung != 0; rung &= rung - 1) {
		vgic_set(v, SKERRY_INTID_LINK((unsigned)__builtin_ctz(rung)), VIRQ_PENDING);
	}
}

/* The same link as last time, and list register 1 is free: as fast_exit.S does. */
void vgic_see_bells(struct vcpu *v)
{
	struct vgic_vcpu *x = &v->arch.vgic;
	uint32_t rung = __atomic_exchange_n(&x->bells, 0, __ATOMIC_ACQUIRE);

	if (rung == x->bell && gic_empty_lrs(x) & LR_BELL) {
		gic_write_quick(x, 1, x->bell_lr);
	} else if (rung != 0) {
		__atomic_fetch_or(&x->bells, rung, __ATOMIC_RELAXED);
		__atomic_fetch_or(&x->work, VGIC_WORK_SYNC, __ATOMIC_RELAXED);
	}
}

uint64_t *arch_notified(struct guest *g, unsigned port) { return &g->arch.doorbell[port].count; }

struct vcpu *fast_bells(struct vcpu *v, uint32_t bells)
{
	v->exits[EXIT_IRQ]++;
	__atomic_fetch_or(&v->arch.vgic.bells, bells, __ATOMIC_RELAXED);
	return vgic_sync(v);
}
