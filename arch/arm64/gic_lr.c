/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor interface: list registers, by memory on GICv2, by system register on
 * GICv3. They are handed over in GICv3's layout, and converted here for GICv2. Each core
 * touches its own only; no lock.
 * Sources: Arm IHI 0048B, chapter 5; IHI 0069H, chapter 12.
 */
#include "gic.h"

#define GICH_HCR	(GICH_VA + 0x000)
#define GICH_VMCR	(GICH_VA + 0x008)
#define GICH_APR	(GICH_VA + 0x0f0)
#define VMCR_FIQ_EN	(1u << 3)	/* RES1 with system registers */

/* One case a register: their numbers are part of the instruction. */
#define EACH_LR(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) \
	X(15)

uint64_t gic_native_lr(uint64_t lr)
{
	return gic.version == 3 ? lr : (lr & 0x3ff) | (lr >> 22 & 0x3ff << 10) |
	       (lr >> 28 & 0x1f << 23) | (lr >> 34 & 0x3u << 28) | (lr >> 30 & 0x3u << 30);
}

uint64_t gic_read_lr(unsigned i)
{
	if (gic.version == 2) {
		uint64_t lr = mmio_read32(GICH_VA + GICH_LR + 4 * i);

		return (lr & 0x3ff) | (lr & 0x3ff << 10) << 22 | (lr & 0x1f << 23) << 28 |
		       (lr & 0x3u << 28) << 34 | (lr & 0x3u << 30) << 30;
	}
	switch (i) {
#define READ_CASE(n) case n: return READ_SYSREG(ich_lr##n##_el2);
	EACH_LR(READ_CASE)
	default: return 0;
	}
}

void gic_write_lr(unsigned i, uint64_t lr)
{
	if (gic.version == 2) {
		mmio_write32(GICH_VA + GICH_LR + 4 * i, (uint32_t)gic_native_lr(lr));
		return;
	}
	switch (i) {
#define WRITE_CASE(n) case n: WRITE_SYSREG(lr, ich_lr##n##_el2); break;
	EACH_LR(WRITE_CASE)
	default: break;
	}
}

uint32_t gic_read_hcr(void)
{
	return gic.version == 2 ? mmio_read32(GICH_HCR) : (uint32_t)READ_SYSREG(ich_hcr_el2);
}

void gic_write_hcr(uint32_t hcr)
{
	if (gic.version == 2) {
		mmio_write32(GICH_HCR, hcr);
	} else {
		WRITE_SYSREG(hcr, ich_hcr_el2);
	}
}

/* Active priorities: 1, 2 or 4 registers a group for 5, 6 or 7 bits of preemption. */
#define EACH_AP(X) do {							\
		uint64_t vtr_ = READ_SYSREG(ich_vtr_el2);		\
		X(0)							\
		if (vtr_ & 3 << 26) {	/* PREbits: one less */		\
			X(1)						\
			if (vtr_ & 2 << 26) {				\
				X(2) X(3)				\
			}						\
		}							\
	} while (0)

#define SAVE_AP(n)	x->ap[n] = (uint32_t)READ_SYSREG(ich_ap0r##n##_el2);	\
			x->ap[4 + n] = (uint32_t)READ_SYSREG(ich_ap1r##n##_el2);
#define LOAD_AP(n)	WRITE_SYSREG(x->ap[n], ich_ap0r##n##_el2);	\
			WRITE_SYSREG(x->ap[4 + n], ich_ap1r##n##_el2);

/* Those in use, out of the hardware or back. */
static void move_lrs(struct vgic_vcpu *x, bool is_out)
{
	for (uint32_t m = x->lr_live; m != 0; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);

		x->lr[i] = is_out ? gic_read_lr(i) : x->lr[i];
		gic_write_lr(i, is_out ? 0 : x->lr[i]);
	}
}

void gic_save(struct vgic_vcpu *x)
{
	uint32_t empty = gic_empty_lrs(x);

	if (x->gic == 2) {
		x->vmcr = mmio_read32(GICH_VMCR);
		x->ap[0] = mmio_read32(GICH_APR);
		mmio_write32(GICH_HCR, 0);
	} else {
		x->vmcr = (uint32_t)READ_SYSREG(ich_vmcr_el2);
		EACH_AP(SAVE_AP);
		WRITE_SYSREG(0, ich_hcr_el2);
	}
	x->lr_live = (uint16_t)(x->lr_used & ~empty);
	move_lrs(x, true);
}

void gic_load(struct vgic_vcpu *x)
{
	if (x->gic == 2) {
		mmio_write32(GICH_VMCR, x->vmcr);
		mmio_write32(GICH_APR, x->ap[0]);
		mmio_write32(GICH_HCR, x->hcr);
	} else {
		WRITE_SYSREG(x->vmcr | VMCR_FIQ_EN, ich_vmcr_el2);
		EACH_AP(LOAD_AP);
		WRITE_SYSREG(x->hcr, ich_hcr_el2);
	}
	move_lrs(x, false);
}

void gic_reset(void)
{
	struct vgic_vcpu none = { .gic = gic.version };

	for (unsigned i = 0; i < gic.lr_count; i++) {
		gic_write_lr(i, 0);
	}
	gic_load(&none);
}
