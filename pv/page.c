/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The register page: a link's device as virtio-mmio version 2 (VIRTIO 1.2, 4.2.2) in
 * a page of EL2's that the front end reads without an exit; its writes come here. The
 * state is pv_link's; the page only shows it. Written under the link's lock by plain
 * 32-bit stores: it is Normal non-cacheable here as there.
 */
#include "pv.h"

enum { MAGIC = 0x000, VERSION = 0x004, DEVICE_ID = 0x008, VENDOR_ID = 0x00c,
       DEVICE_FEATURES = 0x010, DEVICE_SEL = 0x014, DRIVER_FEATURES = 0x020, DRIVER_SEL = 0x024,
       QUEUE_SEL = 0x030, QUEUE_NUM_MAX = 0x034, QUEUE_NUM = 0x038, QUEUE_READY = 0x044,
       QUEUE_NOTIFY = 0x050, INTERRUPT_STATUS = 0x060, INTERRUPT_ACK = 0x064, STATUS = 0x070,
       QUEUE_DESC = 0x080, QUEUE_AREAS = 0x030, SHM_LENGTH = 0x0b0, SHM_END = 0x0c0,
       GENERATION = 0x0fc, CONFIG = 0x100 };

void page_update(struct pv_link *l)
{
	volatile uint32_t *page = link_config(l)->registers;
	bool has_queue = l->queue_sel < l->offer.queue_count;

	if (page == NULL) {
		return;
	}
	page[MAGIC / 4] = 0x74726976;
	page[VERSION / 4] = 2;
	page[DEVICE_ID / 4] = l->offer.device_id;	/* 0: Linux leaves it alone */
	page[VENDOR_ID / 4] = l->offer.vendor_id;
	page[DEVICE_FEATURES / 4] = l->device_sel > 1 ? 0 :
		(uint32_t)(l->offer.features >> 32 * l->device_sel);
	page[QUEUE_NUM_MAX / 4] = has_queue ? l->offer.queue_size_max : 0;
	page[QUEUE_READY / 4] = has_queue && l->queue[l->queue_sel].size != 0;
	page[INTERRUPT_STATUS / 4] = l->interrupts;
	page[STATUS / 4] = l->status;
	for (uint32_t i = SHM_LENGTH; i < SHM_END; i += 4) {
		page[i / 4] = UINT32_MAX;		/* there is no such region */
	}
	page[GENERATION / 4] = l->generation;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < ARRAY_SIZE(l->config) && l->is_offered; i++) {
		page[CONFIG / 4 + i] = l->config[i];
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void page_interrupt(struct pv_link *l, uint32_t bits)
{
	const struct sys_link *c = link_config(l);

	if (c->registers != NULL && bits != 0 && l->is_up[SKERRY_FRONT]) {
		l->interrupts |= bits;
		c->registers[INTERRUPT_STATUS / 4] = l->interrupts;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);	/* before the interrupt */
		arch_event_raise(link_guest(l, SKERRY_FRONT),
				 SKERRY_INTID_LINK(c->end[SKERRY_FRONT].port));
	}
}

/* Queue registers are of the queue that QueueSel names; addresses are 16 apart, the low
 * word first. What is refused leaves the page as it was. */
static void write_register(struct pv_link *l, uint32_t offset, uint32_t value)
{
	struct skerry_msg_vqueue *q = &l->staged[l->queue_sel % SKERRY_QUEUE_MAX], change;
	bool has_queue = l->queue_sel < SKERRY_QUEUE_MAX;
	uint32_t at = offset - QUEUE_DESC;

	if (offset == DEVICE_SEL) {
		l->device_sel = value;
	} else if (offset == DRIVER_SEL) {
		l->driver_sel = value;
	} else if (offset == QUEUE_SEL) {
		l->queue_sel = value;
	} else if (offset == INTERRUPT_ACK) {	/* once an I/O: this word alone */
		l->interrupts &= ~value;
		link_config(l)->registers[INTERRUPT_STATUS / 4] = l->interrupts;
		return;
	} else if (offset == DRIVER_FEATURES) {
		(void)device_set_features(l, l->driver_sel, value);
	} else if (offset == QUEUE_NUM && has_queue) {
		q->size = value;
	} else if (offset == QUEUE_READY && has_queue) {
		change = *q;
		change.index = l->queue_sel;
		change.size = value & 1 ? q->size : 0;
		(void)device_set_queue(l, &change);
	} else if (at < QUEUE_AREAS && at % 16 <= 4 && has_queue) {
		((uint32_t *)&q->descriptors)[at / 16 * 2 + at % 16 / 4] = value;
	}
	page_update(l);
}

enum pv_write pv_page_write(struct vcpu *v, uint64_t offset, unsigned width, uint32_t value)
{
	uint32_t at = (uint32_t)(offset % PAGE_SIZE);
	int result = SKERRY_OK;
	unsigned end;
	struct pv_link *l = link_find(v->guest, offset / PAGE_SIZE, &end);

	if (l == NULL || end != SKERRY_FRONT || link_config(l)->registers == NULL || width > 4 ||
	    (at < CONFIG && width != 4) || !is_aligned(at, width)) {
		return PV_ABSENT;
	}
	if (at == QUEUE_NOTIFY) {
		link_ring(l, SKERRY_BACK);
		return PV_WRITTEN;
	}
	lock_acquire(&l->lock);
	if (at == STATUS && l->is_offered) {
		result = device_set_status(l, value);
	} else if (at < CONFIG) {
		write_register(l, at, value);
	} else if (device_has_config(l, at - CONFIG, width) && !l->is_ack_due) {
		device_set_config(l, SKERRY_FRONT, at - CONFIG, width, &value);
	}
	lock_release(&l->lock);
	if (result != SKERRY_PENDING) {
		return PV_WRITTEN;
	}
	/* Linux does not poll for 0 after it: the write itself takes as long as the reset. */
	link_enforce(l);
	return PV_AGAIN;
}
