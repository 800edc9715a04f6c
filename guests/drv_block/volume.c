// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes a volume of what the description wishes for; see volume.h. Called at drv_block's
 * start only. Never lets a volume reach beyond the disk.
 */
#include "volume.h"

static const char *file_open(const struct volume_wish *w, struct volume *v)
{
	struct extent part;
	const char *why;

	if (w->fat_partition) {
		why = gpt_find(w->fat_partition, &part, &v->is_backup_gpt);
	} else {
		why = fat_first(&part);
	}
	return why ? why : fat_find(&part, w->file, &v->at);
}

static const char *ram_open(const struct volume_wish *w, struct volume *v)
{
	if (w->ram_size < SECTOR_SIZE || w->ram_size % SECTOR_SIZE) {
		return "ram-size is not a number of whole sectors of 512 bytes";
	}
	v->ram = volume_memory(w->ram_size);
	v->at = (struct extent){ 0, w->ram_size / SECTOR_SIZE };
	return v->ram ? NULL : "there is not so much memory free: raise memory-size";
}

const char *volume_open(const struct volume_wish *w, bool has_disk, struct volume *v)
{
	const char *why = NULL;

	*v = (struct volume){ .is_read_only = w->is_read_only };
	if (!!w->partition + w->has_extent + !!w->file + w->has_ram != 1) {
		return "it needs exactly one of partition, extent, file and ram-size";
	}
	if (w->has_ram) {
		return ram_open(w, v);
	}
	if (!has_disk) {
		return "there is no disk";
	}
	if (w->partition) {
		why = gpt_find(w->partition, &v->at, &v->is_backup_gpt);
	} else if (w->file) {
		why = file_open(w, v);
	} else {
		v->at = w->extent;
	}
	if (!why && (!v->at.count ||
		     !extent_is_within(v->at.start, v->at.count, disk_sectors()))) {
		why = "it reaches beyond the end of the disk";
	}
	return why;
}

bool volumes_clash(const struct volume *a, const struct volume *b)
{
	return !a->ram && !b->ram && !(a->is_read_only && b->is_read_only) &&
	       a->at.start < b->at.start + b->at.count && b->at.start < a->at.start + a->at.count;
}
