// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/load.h. What is to do for a guest is numbered: its banks, to be scrubbed,
 * then its segments and its tree, to be copied. Called for a guest by the core of its
 * vCPU 0 only, so no lock. It writes the guest's RAM through the core's window, a piece
 * a call, and reads only EL2's own memory: the system image, the tree kept for restarts.
 */
#include <core/core.h>

static struct load {		/* by guest */
	bool is_clean;		/* its RAM is zero: scrubbed, nothing loaded since */
	uint32_t item, end;	/* the bank, segment or tree in work; the first not to do */
	uint32_t crc;		/* of the segment so far */
	uint64_t offset;	/* done of the item */
} loads[SKERRY_GUEST_MAX];

static void chacha_quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b, *d ^= *a, *d = *d << 16 | *d >> 16;
	*c += *d, *b ^= *c, *b = *b << 12 | *b >> 20;
	*a += *b, *d ^= *a, *d = *d << 8 | *d >> 24;
	*c += *d, *b ^= *c, *b = *b << 7 | *b >> 25;
}

/* One ChaCha20 block (RFC 8439, 2.3; block counter and nonce: the life's number).
 * Half of it becomes the seed, the other half the next key: EL2's memory never
 * tells an earlier seed. */
static void draw_seed(uint8_t key[32], uint64_t life, uint8_t seed[32])
{
	uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint32_t x[16];

	memcpy(in + 4, key, 32);
	memcpy(in + 12, &life, sizeof(life));
	memcpy(x, in, sizeof(x));
	for (unsigned i = 0; i < 80; i++) {	/* ten times four columns, four diagonals */
		unsigned n = i % 4, d = i / 4 % 2;

		chacha_quarter(&x[n], &x[4 + (n + d) % 4], &x[8 + (n + 2 * d) % 4],
			       &x[12 + (n + 3 * d) % 4]);
	}
	for (unsigned i = 0; i < 16; i++) {
		x[i] += in[i];
	}
	memcpy(seed, x, 32);
	memcpy(key, x + 8, 32);
}

void load_begin(struct guest *g, bool scrub_only)
{
	const struct sys_guest *c = g->config;
	struct load *l = &loads[g->index];

	*l = (struct load){ .is_clean = l->is_clean, .item = l->is_clean ? c->bank_count : 0,
			    .end = c->bank_count + (scrub_only ? 0 : c->segment_count + 1) };
	if (!scrub_only) {
		g->info->life = ++g->life;
		g->info->load_begin = arch_time_now();
		g->info->load_copy_ticks = g->info->load_scrub_ticks = 0;
	}
	if (!scrub_only && g->seed) {
		draw_seed(g->seed_key, g->life, g->seed);
	}
}

static void advance(struct load *l, uint64_t size, uint64_t item_size)
{
	l->offset += size;
	if (l->offset == item_size) {
		l->item++;
		l->offset = 0;
		l->crc = 0;
	}
}

static void scrub_piece(const struct sys_guest *c, struct load *l)
{
	uint64_t bank_size = c->bank[l->item].size;
	uint64_t size = min_u64(bank_size - l->offset, STEP_SIZE);

	arch_zero(arch_window_map(pa_add(c->host[l->item], l->offset), size, false), size);
	arch_window_unmap();
	advance(l, size, bank_size);
	l->is_clean = l->item == c->bank_count;
}

/* Copy a piece of `s` from `offset` on. Its number of bytes; 0: not all of it has a
 * place in one bank. */
static uint64_t copy_piece(const struct sys_guest *c, const struct sys_segment *s, uint64_t offset)
{
	uint32_t bank = guest_find_bank(c, s->at.base, s->at.size);
	uint64_t size = min_u64(s->at.size - offset, STEP_SIZE), in_bank;
	void *window;

	if (bank == c->bank_count) {
		return 0;
	}
	in_bank = s->at.base - c->bank[bank].base + offset;
	window = arch_window_map(pa_add(c->host[bank], in_bank), size, false);
	memcpy(window, (const uint8_t *)s->data + offset, size);
	arch_data_clean(window, size);
	arch_window_unmap();
	return size;
}

static enum load_result copy_step(const struct guest *g, struct load *l)
{
	const struct sys_guest *c = g->config;
	uint32_t i = l->item - c->bank_count;
	const struct sys_segment *s = i < c->segment_count ? &c->segment[i] : &c->tree;
	uint64_t size = s->data ? copy_piece(c, s, l->offset) : 0;
	const char *what = s->data ? "no memory" : "no bytes";

	l->is_clean = false;
	if (size || !s->at.size) {
		l->crc = arch_crc32(l->crc, (const uint8_t *)s->data + l->offset, size);
		if (s == &c->tree || l->offset + size < s->at.size || l->crc == s->crc32) {
			advance(l, size, s->at.size);
			return LOAD_MORE;
		}
		what = "damaged image (CRC)";
	}
	log_line("guest %s: %s of the segment at 0x%lx: it is not started", c->name, what,
		 (unsigned long)s->at.base);
	return LOAD_BAD;
}

enum load_result load_step(struct guest *g)
{
	struct load *l = &loads[g->index];
	enum load_result result = LOAD_MORE;
	uint64_t begin = arch_time_now();

	if (l->item < g->config->bank_count) {
		scrub_piece(g->config, l);
		g->info->load_scrub_ticks += arch_time_now() - begin;
	} else if (l->item < l->end) {
		result = copy_step(g, l);
		g->info->load_copy_ticks += arch_time_now() - begin;
	}
	if (result == LOAD_MORE && l->item == l->end) {
		g->info->load_end = arch_time_now();
		arch_data_clean(g->info, sizeof(*g->info));
		result = LOAD_DONE;
	}
	return result;
}
