// SPDX-License-Identifier: BSD-2-Clause
/*
 * See core/boot/fit.h. The tree part is checked as a whole before anything in it is
 * looked at; offsets and sizes of the data are 32-bit cells and added in 64 bits.
 */
#include <core/boot/fdt_util.h>
#include <core/boot/fit.h>
#include <core/boot/sha256.h>
#include <hv/arch.h>
#include <lib/string.h>

static uint64_t hash_ticks;

uint64_t fit_hash_ticks(void)
{
	return hash_ticks;
}

/* What people hand over by mistake. NULL: a FIT with a system in it. */
static const char *other_than_system(const void *fit, uint64_t room)
{
	uint32_t magic;

	if (room < sizeof(struct fdt_header)) {
		return "empty or a few bytes";
	}
	magic = fdt32_ld(fit);
	if (magic != FDT_MAGIC) {
		return magic == 0x27051956 ? "a U-Boot uImage (mkimage without -f)" :
		       magic == 0x30373037 ? "a cpio archive (a Linux initramfs)" :
		       magic >> 16 == 0x1f8b ? "compressed with gzip" : "not a FIT";
	}
	if (!is_aligned((uintptr_t)fit, 8)) {
		return "not aligned to 8 bytes";
	}
	if (!dt_check(fit, room)) {
		return fdt_totalsize(fit) > room ? "a truncated FIT (its tree is longer than the region)" :
						   "a FIT with a damaged tree";
	}
	if (fdt_path_offset(fit, "/images/system") >= 0) {
		return NULL;
	}
	return dt_is_compatible(fit, 0, "skerry,system-1") ?
	       "a description without its images (give it to scripts/mksystem)" :
	       fdt_path_offset(fit, "/images") >= 0 ?
	       "another FIT than mksystem's (the outer FIT with the kernel in it is for bootm)" :
	       "a device tree without an image named system";
}

int fit_check(const void *fit, uint64_t room, struct report *r)
{
	const char *wrong = other_than_system(fit, room);

	if (wrong) {
		report_error(r, NULL, -1, NULL,
			     "no system image: what the boot loader handed over is %s", wrong);
	}
	return wrong ? SKERRY_INVALID : SKERRY_OK;
}

static void find_hashes(const void *fit, int image_node, struct fit_image *image)
{
	int node;

	fdt_for_each_subnode(node, fit, image_node) {
		const char *algo = dt_string(fit, node, "algo");
		int size;
		const void *value = fdt_getprop(fit, node, "value", &size);

		if (algo && value && size == 4 && strcmp(algo, "crc32") == 0) {
			image->crc32 = value;
		} else if (algo && value && size == SHA256_SIZE && strcmp(algo, "sha256") == 0) {
			image->sha256 = value;
		}
	}
}

/* NULL: found, and whole; or what is wrong. */
static const char *find(const void *fit, uint64_t room, const char *name, struct fit_image *image)
{
	int images = fdt_path_offset(fit, "/images");
	int node = images < 0 ? images : fdt_subnode_offset(fit, images, name);
	uint32_t offset, size;
	int length;

	*image = (struct fit_image){ 0 };
	if (node < 0) {
		return "is not in the system image";
	}
	find_hashes(fit, node, image);
	image->data = fdt_getprop(fit, node, "data", &length);
	if (image->data) {
		image->size = (uint32_t)length;
		return NULL;
	}
	if (!dt_u32(fit, node, "data-size", &size)) {
		return "has no data-size";
	}
	image->size = size;
	if (dt_u32(fit, node, "data-position", &offset)) {
		image->data = (const uint8_t *)fit + offset;
	} else if (dt_u32(fit, node, "data-offset", &offset)) {
		uint64_t base = align_up(fdt_totalsize(fit), 4);

		image->data = (const uint8_t *)fit + base + offset;
		room -= min_u64(base, room);
	} else {
		return "has neither data-offset nor data-position";
	}
	return range_holds((struct range){ 0, room }, offset, size) ? NULL :
	       "ends beyond the region that the boot loader handed over: truncated";
}

int fit_find(const void *fit, uint64_t room, const char *name, struct fit_image *image,
	     struct report *r)
{
	const char *wrong = find(fit, room, name, image);

	if (wrong) {
		report_error(r, fit, 0, NULL, "image %s %s", name, wrong);
		return SKERRY_INVALID;
	}
	return SKERRY_OK;
}

const void *fit_system(const void *fit, uint64_t room, struct report *r)
{
	const char *wrong = NULL;
	struct fit_image image;

	if (fit_check(fit, room, r) || fit_find(fit, room, "system", &image, r)) {
		return NULL;
	}
	if (image.crc32 && fdt32_ld(image.crc32) != arch_crc32(0, image.data, image.size)) {
		wrong = "is damaged (CRC)";
	} else if ((uintptr_t)image.data & 7) {
		wrong = "is not aligned to 8 bytes (make it with mkimage -E -B 0x1000)";
	} else if (!dt_check(image.data, image.size)) {
		wrong = "is not a whole device tree";
	}
	if (wrong) {
		report_error(r, fit, 0, NULL, "image system %s", wrong);
		return NULL;
	}
	return image.data;
}

static bool hash_fits(const struct fit_image *image)
{
	uint64_t begin = arch_time_now();
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;

	sha256_begin(&hash);
	sha256_add(&hash, image->data, image->size);
	sha256_end(&hash, digest);
	hash_ticks += arch_time_now() - begin;
	return memcmp(digest, image->sha256, SHA256_SIZE) == 0;
}

/* NULL: the segment's bytes are there, and right; or what is wrong. */
static const char *resolve_segment(const void *fit, uint64_t room, const char *name, bool verify,
				   struct sys_segment *segment)
{
	struct fit_image image;
	const char *wrong = name ? find(fit, room, name, &image) : "has no name";

	if (wrong) {
		return wrong;
	}
	segment->data = image.data;
	if (image.size != segment->at.size) {
		return "has another size than the description says";
	}
	if (image.crc32 && fdt32_ld(image.crc32) != segment->crc32) {
		return "has another CRC than the description says";
	}
	return !verify ? NULL : !image.sha256 ? "carries no SHA-256, which verify asks for" :
	       hash_fits(&image) ? NULL : "is damaged (SHA-256, which verify asks for)";
}

static bool resolve_guest(const void *fit, uint64_t room, const void *system_fdt,
			  struct sys_guest *g, struct report *r)
{
	for (uint32_t i = 0; i <= g->segment_count; i++) {
		struct sys_segment *segment = i < g->segment_count ? &g->segment[i] : &g->tree;
		const char *name = dt_string(system_fdt, segment->node, "data");
		const char *wrong = resolve_segment(fit, room, name, g->verify, segment);

		if (wrong) {
			report_error(r, system_fdt, segment->node, "data", "guest %s: image %s %s",
				     g->name, name ? name : "?", wrong);
			return false;
		}
	}
	return true;
}

uint32_t fit_resolve(const void *fit, uint64_t room, const void *system_fdt, struct system *s,
		     struct report *r)
{
	uint32_t refused = 0;

	for (uint32_t i = 0; i < s->guest_count; i++) {
		struct sys_guest *g = &s->guest[i];

		if (!g->refused && !resolve_guest(fit, room, system_fdt, g, r)) {
			g->refused = true;
			refused++;
		}
	}
	return refused;
}
