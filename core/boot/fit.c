// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/boot.h. The tree part is checked as a whole before anything in it is
 * looked at; offsets and sizes of the data are 32-bit cells and added in 64 bits.
 */
#include <core/boot/boot.h>

uint64_t fit_hash_ticks;

/* What people hand over by mistake. NULL: a FIT with a system in it. */
static const char *other_than_system(const void *fit, uint64_t room)
{
	uint32_t magic = room < sizeof(struct fdt_header) ? 0 : fdt32_ld(fit);

	return magic == 0 ? "empty, or zeroes: not a FIT" :
	       magic == 0x27051956 ? "a U-Boot uImage (mkimage without -f)" :
	       magic == 0x30373037 ? "a cpio archive (a Linux initramfs)" :
	       magic >> 16 == 0x1f8b ? "compressed with gzip" : magic != FDT_MAGIC ? "not a FIT" :
	       fdt_totalsize(fit) > room ? "a truncated FIT (its tree is longer than the region)" :
	       !is_aligned((uintptr_t)fit, 8) || !dt_check(fit, room) ?
	       "a FIT with a damaged tree, or not aligned to 8 bytes" :
	       dt_path(fit, "/images/system") >= 0 ? NULL : dt_path(fit, "/guests") >= 0 ?
	       "a description without its images (give it to scripts/mksystem)" :
	       "another FIT than mksystem's (the outer FIT with the kernel in it is for bootm)";
}

const char *fit_find(const void *fit, uint64_t room, const char *name, struct fit_image *image)
{
	int node = fdt_subnode_offset(fit, dt_path(fit, "/images"), name), hash, length = 0;
	uint64_t at = align_up(fdt_totalsize(fit), 4);

	*image = (struct fit_image){ 0 };
	if (node < 0) {
		return "is not in the system image";
	}
	fdt_for_each_subnode(hash, fit, node) {		/* of mkimage's by their sizes */
		const void *value = dt_prop(fit, hash, "value", &length);

		image->crc32 = value && length == 4 ? value : image->crc32;
		image->sha256 = value && length == SHA256_SIZE ? value : image->sha256;
	}
	image->size = dt_number(fit, node, "data-size", UINT64_MAX);
	at += dt_number(fit, node, "data-offset", room);
	image->data = (const uint8_t *)fit + at;
	return range_holds((struct range){ 0, room }, at, image->size) ? NULL :
	       "is not behind the FIT's tree (mkimage -E), or not whole: truncated";
}

const struct system *fit_system(const void *fit, uint64_t room, struct report *r)
{
	const char *wrong = other_than_system(fit, room);
	const struct system *s;
	struct fit_image image;

	if (wrong) {
		report_error(r, NULL, -1, NULL,
			     "no system image: what the boot loader handed over is %s", wrong);
		return NULL;
	}
	wrong = fit_find(fit, room, "system", &image);
	s = image.data;
	wrong = wrong ? wrong :
		image.crc32 && fdt32_ld(image.crc32) != arch_crc32(0, image.data, image.size) ?
		"is damaged (CRC)" : !is_aligned((uintptr_t)image.data, 8) ?
		"is not aligned to 8 bytes (make it with mkimage -E -B 0x1000)" :
		image.size < sizeof(*s) || s->magic != SYS_MAGIC || s->version != SYS_VERSION ||
		s->size != sizeof(*s) ? "is of another version (make it anew with mksystem)" : NULL;
	if (wrong) {
		report_error(r, fit, 0, NULL, "image system %s", wrong);
	}
	return wrong ? NULL : s;
}

/* NULL: the segment's bytes are there, and right; or what is wrong. */
static const char *resolve_segment(const void *fit, uint64_t room, bool verify,
				   struct sys_segment *segment)
{
	struct fit_image image;
	const char *wrong = fit_find(fit, room, segment->image, &image);
	uint8_t digest[SHA256_SIZE];

	segment->data = image.data;
	if (!wrong && verify && image.sha256) {
		fit_hash_ticks -= arch_time_now();
		sha256(image.data, image.size, digest);
		fit_hash_ticks += arch_time_now();
	}
	return wrong ? wrong :
	       image.size != segment->at.size ? "has another size than the description says" :
	       image.crc32 && fdt32_ld(image.crc32) != segment->crc32 ?
	       "has another CRC than the description says" :
	       !verify ? NULL : !image.sha256 ? "carries no SHA-256, which verify asks for" :
	       memcmp(digest, image.sha256, SHA256_SIZE) == 0 ? NULL :
	       "is damaged (SHA-256, which verify asks for)";
}

void fit_resolve(const void *fit, uint64_t room, struct system *s, struct report *r)
{
	for (struct sys_guest *g = s->guest; g < s->guest + s->guest_count; g++) {
		for (uint32_t i = 0; i <= g->segment_count && !g->refused; i++) {
			struct sys_segment *at = i < g->segment_count ? &g->segment[i] : &g->tree;
			const char *wrong = resolve_segment(fit, room, g->verify, at);

			if (wrong) {
				report_error(r, r->fdt, at->node, "data", "guest %s: image %s %s",
					     g->name, at->image, wrong);
				g->refused = true;
			}
		}
	}
}
