/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated PL011. State per guest, touched by any core that runs one of its
 * vCPUs or receives input for it: under the UART's lock. Characters go out
 * before the lock is taken.
 */
#include <core/core.h>

enum { DR = 0x00, FR = 0x18, IBRD = 0x24, LCRH = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38,
       RIS = 0x3c, MIS = 0x40, ICR = 0x44, ID = 0xfe0 };

#define FIFO_SIZE	32
#define LCRH_FEN	(1u << 4)
/* LINES: clear to send, data set ready, carrier: always */
enum { FR_LINES = 0x07, FR_RXFE = 1 << 4, FR_RXFF = 1 << 6, FR_TXFE = 1 << 7 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6 };
#define KEPT(offset)	(((offset) - IBRD) / 4)

static struct vpl011 {
	struct lock lock;
	uint32_t kept[6];	/* IBRD, FBRD, LCRH, CR, IFLS, IMSC */
	bool is_tx;		/* raw transmit interrupt */
	bool is_high;		/* the interrupt's level */
} uarts[SKERRY_GUEST_MAX] = {
	[0 ... SKERRY_GUEST_MAX - 1] = { .lock = LOCK_INIT(LOCK_VPL011) },
};

/* What fills the receive FIFO: the console's waiting input, at the FIFO's size. */
static uint32_t fifo_size(const struct vpl011 *p)
{
	return p->kept[KEPT(LCRH)] & LCRH_FEN ? FIFO_SIZE : 1;
}

static uint32_t raw_interrupts(const struct guest *g, const struct vpl011 *p)
{
	static const uint8_t levels[8] = { 4, 8, 16, 24, 28, 28, 28, 28 };
	uint32_t level = fifo_size(p) > 1 ? levels[p->kept[KEPT(IFLS)] >> 3 & 7] : 1;
	uint32_t count = console_waiting(g);

	return (p->is_tx ? INT_TX : 0) | (count >= level ? INT_RX : 0) | (count ? INT_RT : 0);
}

static void update(struct guest *g, struct vpl011 *p)
{
	bool is_high = (raw_interrupts(g, p) & p->kept[KEPT(IMSC)]) != 0;

	if (is_high != p->is_high) {
		p->is_high = is_high;
		arch_level_set(g->vcpu, SKERRY_INTID_PL011, is_high);
	}
}

static uint32_t read_register(struct guest *g, const struct vpl011 *p, uint64_t offset)
{
	static const uint8_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	uint32_t count = console_waiting(g);
	char c = 0;

	switch (offset) {
	case DR:
		(void)console_read(g, &c, 1);
		return (uint8_t)c;
	case FR:
		return FR_LINES | FR_TXFE | (count ? 0 : FR_RXFE) |
		       (count >= fifo_size(p) ? FR_RXFF : 0);
	case IBRD ... IMSC:
		return p->kept[KEPT(offset)];
	case RIS:
		return raw_interrupts(g, p);
	case MIS:
		return raw_interrupts(g, p) & p->kept[KEPT(IMSC)];
	case ID ... ID + 31:
		return id[(offset - ID) / 4];
	default:
		return 0;
	}
}

static void write_register(struct vpl011 *p, uint64_t offset, uint32_t v)
{
	static const uint16_t masks[6] = { 0xffff, 0x3f, 0xff, 0xff87, 0x3f, 0x7ff };

	if (offset == DR) {
		p->is_tx = true;
	} else if (offset >= IBRD && offset <= IMSC) {
		p->kept[KEPT(offset)] = v & masks[KEPT(offset)];
	} else if (offset == ICR && (v & INT_TX)) {
		p->is_tx = false;
	}
}

bool vpl011_access(struct guest *g, uint64_t offset, bool is_write, unsigned width, uint64_t *value)
{
	struct vpl011 *p = &uarts[g->index];
	char c = (char)*value;

	if (width > 4 || (offset & 3)) {
		return false;
	}
	if (is_write && offset == DR) {
		console_write(g->index, &c, 1);
	}
	lock_scope(&p->lock);
	if (is_write) {
		write_register(p, offset, (uint32_t)*value);
	} else {
		*value = read_register(g, p, offset);
	}
	update(g, p);
	return true;
}

void vpl011_receive(struct guest *g)
{
	struct vpl011 *p = &uarts[g->index];

	lock_scope(&p->lock);
	update(g, p);
}

void vpl011_reset(struct guest *g)
{
	static const uint32_t reset[6] = { [KEPT(CR)] = 0x300, [KEPT(IFLS)] = 0x12 };
	struct vpl011 *p = &uarts[g->index];

	memcpy(p->kept, reset, sizeof(reset));
	p->is_tx = false;
	vpl011_receive(g);
}
