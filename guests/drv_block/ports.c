// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_block's start: the disk, the volumes of its links as the device tree gives them, and
 * their offers. A volume that can't be had is told with its reason and its link stays
 * without a device; the others are served.
 */
#include "drv_block.h"

#define F_SIZE_MAX	(1ull << 1)
#define F_SEG_MAX	(1ull << 2)
#define F_READ_ONLY	(1ull << 5)
#define F_BLK_SIZE	(1ull << 6)
#define F_FLUSH		(1ull << 9)
#define VENDOR		0x59524b53	/* "SKRY" */
#define QUEUE_SIZE	256
#define VOLUME		"volume"	/* the node below a link's */

struct blk_config {			/* VIRTIO 1.2, 5.2.4, its begin */
	uint64_t capacity;
	uint32_t size_max, seg_max;
	uint16_t cylinders;
	uint8_t heads, sectors;
	uint32_t blk_size;
};

static uint64_t memory_next;

/* The RAM behind the image: zeroes since this life began. */
void *volume_memory(uint64_t size)
{
	uint64_t at = ((memory_next ? memory_next : free_base()) + 4095) & ~4095ull;
	uint64_t end = free_base() + free_size();

	if (at > end || size > end - at) {
		return NULL;
	}
	memory_next = at + size;
	return (void *)at;
}

static uint64_t be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++) {
		v = v << 8 | p[i];
	}
	return v;
}

static struct volume_wish wish_read(uint32_t port)
{
	uint32_t size = 0;
	const uint8_t *extent = link_bytes(port, VOLUME, "extent", &size);
	struct volume_wish w = {
		.partition = link_string(port, VOLUME, "partition"),
		.file = link_string(port, VOLUME, "file"),
		.fat_partition = link_string(port, VOLUME, "fat-partition"),
		.ram_size = link_number(port, VOLUME, "ram-size", 0),
		.has_extent = extent && size == 16,
	};

	if (w.has_extent) {
		w.extent = (struct extent){ be64(extent), be64(extent + 8) };
	}
	w.has_ram = link_bytes(port, VOLUME, "ram-size", &size) != NULL;
	w.is_read_only = link_bytes(port, VOLUME, "read-only", &size) != NULL;
	return w;
}

/* Links to one volume share it: a RAM disk is made once. */
static const struct port *same_volume(const struct port *ports, const struct port *p)
{
	for (const struct port *o = ports; o < p; o++) {
		if (o->is_offered && strcmp(o->name, p->name) == 0) {
			return o;
		}
	}
	return NULL;
}

static const char *port_volume(const struct port *ports, struct port *p, uint32_t port,
			       const char *no_disk)
{
	struct volume_wish w = wish_read(port);
	const struct port *same;
	const char *why;

	p->name = link_string(port, VOLUME, "skerry,name");
	if (!p->name) {
		p->name = "";
		return "the link names no volume";
	}
	same = same_volume(ports, p);
	if (same) {
		p->volume = same->volume;
		return NULL;
	}
	if (no_disk && !w.has_ram) {
		return no_disk;
	}
	why = volume_open(&w, !no_disk, &p->volume);
	if (!why && !p->volume.ram && disk_is_read_only() && !p->volume.is_read_only) {
		printf("drv_block: volume %s: read-only, as the disk is\n", p->name);
		p->volume.is_read_only = true;
	}
	return why;
}

static int64_t port_offer(struct port *p, uint32_t port)
{
	const struct volume *v = &p->volume;
	const struct blk_config config = { .capacity = v->at.count, .size_max = REQUEST_SIZE_MAX,
					   .seg_max = REQUEST_SEGMENTS, .blk_size = SECTOR_SIZE };
	const struct skerry_msg_offer offer = {
		.device_id = SKERRY_LINK_BLOCK, .vendor_id = VENDOR,
		.features = F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH |
			    (v->is_read_only ? F_READ_ONLY : 0),
		.config_size = sizeof(config), .queue_count = 1, .queue_size_max = QUEUE_SIZE,
	};

	return back_open(&p->back, port, &offer, &config);
}

static void port_tell(const struct port *ports, const struct port *p)
{
	const struct volume *v = &p->volume;

	if (v->is_backup_gpt) {
		printf("drv_block: volume %s: the primary GPT is damaged: its backup was used\n",
		       p->name);
	}
	for (const struct port *o = ports; o < p; o++) {
		if (o->is_offered && strcmp(o->name, p->name) != 0 &&
		    volumes_clash(&o->volume, v)) {
			printf("drv_block: volumes %s and %s overlap\n", o->name, p->name);
		}
	}
	if (v->ram) {
		printf("drv_block: link %s: volume %s: %lu sectors of RAM%s\n", p->link, p->name,
		       v->at.count, v->is_read_only ? ", read-only" : "");
	} else {
		printf("drv_block: link %s: volume %s: sectors %lu to %lu of the disk%s\n",
		       p->link, p->name, v->at.start, v->at.start + v->at.count - 1,
		       v->is_read_only ? ", read-only" : "");
	}
}

static void port_open(struct port *ports, struct port *p, uint32_t port, const char *no_disk)
{
	const char *why;
	int64_t result;

	p->link = link_info(port)->name;
	why = port_volume(ports, p, port, no_disk);
	if (why) {
		printf("drv_block: link %s: volume %s: %s; no disk is offered\n", p->link,
		       p->name, why);
		back_decline(&p->back, port);
		return;
	}
	result = port_offer(p, port);
	step();
	if (result != SKERRY_OK) {
		printf("drv_block: link %s: the offer is refused: %ld\n", p->link, result);
		return;
	}
	port_tell(ports, p);
	p->is_offered = true;
}

uint32_t ports_open(struct port *ports, uint32_t max)
{
	const char *no_disk = disk_open();
	uint32_t count = 0;
	int port;

	step();
	while (count < max &&
	       (port = link_by_type(SKERRY_LINK_BLOCK, SKERRY_BACK, count)) >= 0) {
		port_open(ports, &ports[count++], (uint32_t)port, no_disk);
	}
	return count;
}
