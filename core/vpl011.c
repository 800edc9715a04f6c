/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated PL011. State per guest, touched by any core that runs one of its
 * vCPUs or receives input for it: under the UART's lock. Characters go out
 * before the lock is taken.
 */
#include <abi/layout.h>
#include <core/console.h>
#include <core/guest.h>
#include <core/vpl011.h>
#include <hv/arch.h>

#define DR	0x00
#define FR	0x18
#define IBRD	0x24
#define FBRD	0x28
#define LCRH	0x2c
#define CR	0x30
#define IFLS	0x34
#define IMSC	0x38
#define RIS	0x3c
#define MIS	0x40
#define ICR	0x44
#define ID	0xfe0		/* eight registers */

#define FIFO_SIZE	32
#define FR_LINES	0x07u	/* clear to send, data set ready, carrier: always */
#define FR_RXFE		(1u << 4)
#define FR_RXFF		(1u << 6)
#define FR_TXFE		(1u << 7)
#define LCRH_FEN	(1u << 4)
#define INT_RX		(1u << 4)
#define INT_TX		(1u << 5)
#define INT_RT		(1u << 6)

struct vpl011 {
	struct lock lock;
	uint32_t ibrd, fbrd, lcrh, cr, ifls, imsc;
	bool is_tx;		/* raw transmit interrupt */
	bool is_high;		/* the interrupt's level */
	uint8_t first, count;	/* of fifo[] */
	char fifo[FIFO_SIZE];
};

static struct vpl011 uarts[SKERRY_GUEST_MAX] = {
	[0 ... SKERRY_GUEST_MAX - 1] = { .lock = LOCK_INIT(LOCK_VPL011) },
};

static uint32_t raw_interrupts(const struct vpl011 *p)
{
	static const uint8_t levels[8] = { 4, 8, 16, 24, 28, 28, 28, 28 };
	uint32_t level = p->lcrh & LCRH_FEN ? levels[p->ifls >> 3 & 7] : 1;

	return (p->is_tx ? INT_TX : 0) | (p->count >= level ? INT_RX : 0) |
	       (p->count ? INT_RT : 0);
}

static void fill(struct guest *g, struct vpl011 *p)
{
	uint32_t size = p->lcrh & LCRH_FEN ? FIFO_SIZE : 1;
	char bytes[FIFO_SIZE];
	uint32_t n;

	if (p->count >= size) {
		return;
	}
	n = console_read(g, bytes, size - p->count);
	for (uint32_t i = 0; i < n; i++) {
		p->fifo[(p->first + p->count++) % FIFO_SIZE] = bytes[i];
	}
}

static void update_level(struct guest *g, struct vpl011 *p)
{
	bool is_high = (raw_interrupts(p) & p->imsc) != 0;

	if (is_high != p->is_high) {
		p->is_high = is_high;
		arch_level_set(g, SKERRY_INTID_PL011, is_high);
	}
}

static uint32_t read_data(struct guest *g, struct vpl011 *p)
{
	uint32_t c = 0;

	if (p->count) {
		c = (uint8_t)p->fifo[p->first];
		p->first = (uint8_t)((p->first + 1) % FIFO_SIZE);
		p->count--;
		fill(g, p);
	}
	return c;
}

static uint32_t read_flags(const struct vpl011 *p)
{
	uint32_t size = p->lcrh & LCRH_FEN ? FIFO_SIZE : 1;

	return FR_LINES | FR_TXFE | (p->count ? 0 : FR_RXFE) | (p->count >= size ? FR_RXFF : 0);
}

static uint32_t read_register(struct guest *g, struct vpl011 *p, uint64_t offset)
{
	static const uint8_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	switch (offset) {
	case DR:
		return read_data(g, p);
	case FR:
		return read_flags(p);
	case IBRD:
		return p->ibrd;
	case FBRD:
		return p->fbrd;
	case LCRH:
		return p->lcrh;
	case CR:
		return p->cr;
	case IFLS:
		return p->ifls;
	case IMSC:
		return p->imsc;
	case RIS:
		return raw_interrupts(p);
	case MIS:
		return raw_interrupts(p) & p->imsc;
	default:
		return offset >= ID && offset < ID + 32 ? id[(offset - ID) / 4] : 0;
	}
}

static void write_register(struct guest *g, struct vpl011 *p, uint64_t offset, uint32_t v)
{
	switch (offset) {
	case DR:
		p->is_tx = true;
		break;
	case IBRD:
		p->ibrd = v & 0xffff;
		break;
	case FBRD:
		p->fbrd = v & 0x3f;
		break;
	case LCRH:
		p->lcrh = v & 0xff;
		fill(g, p);
		break;
	case CR:
		p->cr = v & 0xff87;
		break;
	case IFLS:
		p->ifls = v & 0x3f;
		break;
	case IMSC:
		p->imsc = v & 0x7ff;
		break;
	case ICR:
		p->is_tx = p->is_tx && !(v & INT_TX);
		break;
	default:
		break;
	}
}

bool vpl011_access(struct guest *g, uint64_t offset, bool is_write, unsigned width,
		   uint64_t *value)
{
	struct vpl011 *p = &uarts[g->index];
	char c = (char)*value;

	if (width > 4 || (offset & 3)) {
		return false;
	}
	if (is_write && offset == DR) {
		console_write(g, &c, 1);
	}
	lock_acquire(&p->lock);
	if (is_write) {
		write_register(g, p, offset, (uint32_t)*value);
	} else {
		*value = read_register(g, p, offset);
	}
	update_level(g, p);
	lock_release(&p->lock);
	return true;
}

void vpl011_reset(struct guest *g)
{
	struct vpl011 *p = &uarts[g->index];

	lock_acquire(&p->lock);
	p->ibrd = p->fbrd = p->lcrh = p->imsc = 0;
	p->cr = 0x300;
	p->ifls = 0x12;
	p->is_tx = false;
	p->first = p->count = 0;
	update_level(g, p);
	lock_release(&p->lock);
}

void vpl011_receive(struct guest *g)
{
	struct vpl011 *p = &uarts[g->index];

	lock_acquire(&p->lock);
	fill(g, p);
	update_level(g, p);
	lock_release(&p->lock);
}
