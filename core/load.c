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
	bool has_key;
	uint32_t crc;		/* of the segment so far */
	uint32_t key[8];	/* the next life's seed comes from it */
};

static struct load loads[SKERRY_GUEST_MAX];

void load_set_key(uint32_t index, const uint8_t key[32])
{
	memcpy(loads[index].key, key, sizeof(loads[index].key));
	loads[index].has_key = true;
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

static void go_to(struct guest *g, enum load_stage stage)
{
	g->load_stage = (uint8_t)stage;
	g->load_item = 0;
	g->load_offset = 0;
	loads[g->index].crc = 0;
}

static void begin_life(struct guest *g)
{
	struct load *l = &loads[g->index];

	g->life++;
	g->info->life = g->life;
	g->info->load_begin = arch_time_now();
	g->info->load_copy_ticks = 0;
	g->info->load_scrub_ticks = 0;
	if (g->tree && g->seed_offset && g->tree_size >= 32 && g->seed_offset <= g->tree_size - 32 &&
	    l->has_key) {
		draw_seed(l->key, g->life, (uint8_t *)g->tree + g->seed_offset);
	}
}

void load_begin(struct guest *g, bool scrub_only)
{
	bool is_clean = loads[g->index].is_clean;

	if (scrub_only) {
		go_to(g, is_clean ? LOAD_READY : LOAD_SCRUB_ONLY);
	} else {
		begin_life(g);
		loads[g->index].is_clean = false;
		go_to(g, is_clean ? LOAD_COPY : LOAD_SCRUB);
	}
}

/* How many bytes from `at`, a page's begin, are to be zeroed in one step, no
 * further than `end`; 0: the whole pages from here to *next are a segment's, and a
 * load is going to write them. */
static uint64_t zero_size(const struct guest *g, uint64_t at, uint64_t end, uint64_t *next)
{
	uint32_t count = g->load_stage == LOAD_SCRUB ? g->config->segment_count : 0;

	for (uint32_t i = 0; i < count; i++) {
		struct range s = g->config->segment[i].at;
		uint64_t first = align_up(s.base, PAGE_SIZE);
		uint64_t last = align_down(s.base + s.size, PAGE_SIZE);

		if (first >= last || last <= at) {
			continue;
		}
		if (first <= at) {
			*next = min_u64(last, end);
			return 0;
		}
		end = min_u64(end, first);
	}
	*next = min_u64(end, at + WINDOW_SIZE);
	return *next - at;
}

static enum load_result scrub_step(struct guest *g)
{
	bool only = g->load_stage == LOAD_SCRUB_ONLY;
	struct range bank;
	uint64_t at, next, size;

	if (g->load_item == g->config->bank_count) {
		loads[g->index].is_clean = only;
		go_to(g, only ? LOAD_READY : LOAD_COPY);
		return only ? LOAD_DONE : LOAD_MORE;
	}
	bank = g->config->bank[g->load_item];
	at = bank.base + g->load_offset;
	size = zero_size(g, at, bank.base + bank.size, &next);
	if (size) {
		arch_zero(arch_window_map(pa_add(g->config->host[g->load_item], g->load_offset),
					  size), size);
		arch_window_unmap();
	}
	g->load_offset += next - at;
	if (g->load_offset == bank.size) {
		g->load_item++;
		g->load_offset = 0;
	}
	return LOAD_MORE;
}

/* Copy a piece of `from` to where load_offset stands in [at, at + size). Its
 * number of bytes; 0: that address is not in the guest's RAM. */
static uint64_t copy_piece(const struct guest *g, struct range at, const uint8_t *from)
{
	const struct sys_guest *c = g->config;
	uint64_t to = at.base + g->load_offset;

	for (uint32_t i = 0; i < c->bank_count; i++) {
		uint64_t offset = to - c->bank[i].base;
		uint64_t size = min_u64(at.size - g->load_offset, WINDOW_SIZE);
		void *window;

		if (!range_holds(c->bank[i], to, 1)) {
			continue;
		}
		size = min_u64(size, c->bank[i].size - offset);
		window = arch_window_map(pa_add(c->host[i], offset), size);
		memcpy(window, from + g->load_offset, size);
		arch_data_clean(window, size);
		arch_window_unmap();
		return size;
	}
	return 0;
}

static enum load_result bad(const struct guest *g, const char *what, uint64_t at)
{
	log_line("guest %s: %s at 0x%llx: it is not started", g->config->name, what,
		 (unsigned long long)at);
	return LOAD_BAD;
}

static enum load_result next_item(struct guest *g)
{
	g->load_item++;
	g->load_offset = 0;
	loads[g->index].crc = 0;
	return LOAD_MORE;
}

static enum load_result copy_segment(struct guest *g, const struct sys_segment *s)
{
	uint32_t *crc = &loads[g->index].crc;
	uint64_t size;

	if (!s->data) {
		return bad(g, "no image for the segment", s->at.base);
	}
	if (g->load_offset < s->at.size) {
		size = copy_piece(g, s->at, s->data);
		if (!size) {
			return bad(g, "no memory for the segment", s->at.base);
		}
		*crc = arch_crc32(*crc, (const uint8_t *)s->data + g->load_offset, size);
		g->load_offset += size;
	}
	if (g->load_offset < s->at.size) {
		return LOAD_MORE;
	}
	return *crc == s->crc32 ? next_item(g) : bad(g, "damaged image (CRC) of the segment",
						     s->at.base);
}

static enum load_result copy_step(struct guest *g)
{
	struct range tree = { g->config->tree_address, g->tree ? g->tree_size : 0 };
	uint64_t size;

	if (g->load_item < g->config->segment_count) {
		return copy_segment(g, &g->config->segment[g->load_item]);
	}
	if (g->load_offset < tree.size) {
		size = copy_piece(g, tree, g->tree);
		g->load_offset += size;
		return size ? LOAD_MORE : bad(g, "no memory for the tree", tree.base);
	}
	go_to(g, LOAD_READY);
	g->info->load_end = arch_time_now();
	return LOAD_DONE;
}

enum load_result load_step(struct guest *g)
{
	uint64_t begin = arch_time_now();
	enum load_result result = LOAD_DONE;

	switch ((enum load_stage)g->load_stage) {
	case LOAD_READY:
		break;
	case LOAD_SCRUB_ONLY:
	case LOAD_SCRUB:
		result = scrub_step(g);
		g->info->load_scrub_ticks += arch_time_now() - begin;
		break;
	case LOAD_COPY:
		result = copy_step(g);
		g->info->load_copy_ticks += arch_time_now() - begin;
		break;
	}
	if (result == LOAD_DONE) {
		arch_data_clean(g->info, sizeof(*g->info));
	}
	return result;
}
