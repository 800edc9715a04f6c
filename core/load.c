// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/load.h. Stages, in order: SCRUB -> COPY (segments, then the tree) -> READY.
 * Called for a guest by the core of its vCPU 0 only, so no lock. It writes the
 * guest's RAM through the core's window, a piece a call, and reads only EL2's own
 * memory: the system image, the tree kept for restarts.
 */
#include <abi/info.h>
#include <core/console.h>
#include <core/load.h>
#include <hv/arch.h>
#include <lib/string.h>

enum load_stage { LOAD_READY, LOAD_SCRUB_ONLY, LOAD_SCRUB, LOAD_COPY };

struct load {			/* by guest, beside the position in struct guest */
	bool is_clean;		/* its RAM is zero: scrubbed, nothing loaded since */
	uint32_t crc;		/* of the segment so far */
	uint32_t key[8];	/* the next life's seed comes from it */
};

static struct load loads[SKERRY_GUEST_MAX];

void load_set_key(uint32_t index, const uint8_t key[32])
{
	memcpy(loads[index].key, key, sizeof(loads[index].key));
}

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
static void draw_seed(uint32_t key[8], uint64_t life, uint8_t seed[32])
{
	uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint32_t x[16];

	memcpy(in + 4, key, 32);
	memcpy(in + 12, &life, sizeof(life));
	memcpy(x, in, sizeof(x));
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++) {
			chacha_quarter(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
		}
		for (unsigned i = 0; i < 4; i++) {
			chacha_quarter(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
				       &x[12 + (i + 3) % 4]);
		}
	}
	for (unsigned i = 0; i < 16; i++) {
		x[i] += in[i];
	}
	memcpy(seed, x, 32);
	memcpy(key, x + 8, 32);
}

static void go_to(struct guest *g, enum load_stage stage, uint32_t item)
{
	g->load_stage = (uint8_t)stage;
	g->load_item = item;
	g->load_offset = 0;
	loads[g->index].crc = 0;
}

void load_begin(struct guest *g, bool scrub_only)
{
	struct load *l = &loads[g->index];

	go_to(g, scrub_only ? (l->is_clean ? LOAD_READY : LOAD_SCRUB_ONLY) :
	      l->is_clean ? LOAD_COPY : LOAD_SCRUB, 0);
	if (scrub_only) {
		return;
	}
	g->info->life = ++g->life;
	g->info->load_begin = arch_time_now();
	g->info->load_copy_ticks = 0;
	g->info->load_scrub_ticks = 0;
	if (g->seed_offset) {
		draw_seed(l->key, g->life, (uint8_t *)g->tree + g->seed_offset);
	}
}

static enum load_result scrub_step(struct guest *g)
{
	const struct sys_guest *c = g->config;
	uint32_t i = g->load_item;
	uint64_t size;

	if (i == c->bank_count) {
		bool is_end = g->load_stage == LOAD_SCRUB_ONLY;

		loads[g->index].is_clean = true;
		go_to(g, is_end ? LOAD_READY : LOAD_COPY, 0);
		return is_end ? LOAD_DONE : LOAD_MORE;
	}
	size = min_u64(c->bank[i].size - g->load_offset, WINDOW_SIZE);
	arch_zero(arch_window_map(pa_add(c->host[i], g->load_offset), size), size);
	arch_window_unmap();
	g->load_offset += size;
	if (g->load_offset == c->bank[i].size) {
		go_to(g, g->load_stage, i + 1);
	}
	return LOAD_MORE;
}

/* Copy a piece of `s` from where load_offset stands. Its number of bytes; 0: that
 * address is not in the guest's RAM. */
static uint64_t copy_piece(const struct guest *g, const struct sys_segment *s)
{
	const struct sys_guest *c = g->config;
	uint64_t to = s->at.base + g->load_offset;

	for (uint32_t i = 0; i < c->bank_count; i++) {
		uint64_t offset = to - c->bank[i].base;
		uint64_t size = min_u64(s->at.size - g->load_offset, WINDOW_SIZE);
		void *window;

		if (!range_holds(c->bank[i], to, 1)) {
			continue;
		}
		size = min_u64(size, c->bank[i].size - offset);
		window = arch_window_map(pa_add(c->host[i], offset), size);
		memcpy(window, (const uint8_t *)s->data + g->load_offset, size);
		arch_data_clean(window, size);
		arch_window_unmap();
		return size;
	}
	return 0;
}

static enum load_result bad(const struct guest *g, const char *what, const struct sys_segment *s)
{
	log_line("guest %s: %s of the segment at 0x%lx: it is not started", g->config->name, what,
		 (unsigned long)s->at.base);
	return LOAD_BAD;
}

static enum load_result copy_step(struct guest *g)
{
	const struct sys_segment tree = { { g->config->tree_address, g->tree_size }, g->tree, 0, 0 };
	bool is_tree = g->load_item == g->config->segment_count;
	const struct sys_segment *s = is_tree ? &tree : &g->config->segment[g->load_item];
	struct load *l = &loads[g->index];
	uint64_t size;

	l->is_clean = false;
	if (g->load_offset == s->at.size) {
		if (!is_tree) {
			if (l->crc != s->crc32) {
				return bad(g, "damaged image (CRC)", s);
			}
			go_to(g, LOAD_COPY, g->load_item + 1);
			return LOAD_MORE;
		}
		go_to(g, LOAD_READY, 0);
		g->info->load_end = arch_time_now();
		return LOAD_DONE;
	}
	size = s->data ? copy_piece(g, s) : 0;
	if (!size) {
		return bad(g, s->data ? "no memory" : "no bytes", s);
	}
	l->crc = arch_crc32(l->crc, (const uint8_t *)s->data + g->load_offset, size);
	g->load_offset += size;
	return LOAD_MORE;
}

enum load_result load_step(struct guest *g)
{
	uint64_t begin = arch_time_now();
	enum load_result result = LOAD_DONE;

	if (g->load_stage == LOAD_COPY) {
		result = copy_step(g);
		g->info->load_copy_ticks += arch_time_now() - begin;
	} else if (g->load_stage != LOAD_READY) {
		result = scrub_step(g);
		g->info->load_scrub_ticks += arch_time_now() - begin;
	}
	if (result == LOAD_DONE) {
		arch_data_clean(g->info, sizeof(*g->info));
	}
	return result;
}
