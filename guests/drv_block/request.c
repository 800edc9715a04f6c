// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads and checks requests; see request.h. How a chain is cut into descriptors is the
 * front end's choice: the first 16 bytes are the header, the last one is the status.
 */
#include "request.h"

/* Leaves the first `size` bytes of the parts out; there are as many. */
static void drop_front(struct vqv_part **part, uint32_t *count, uint32_t size)
{
	while (size && *count) {
		uint32_t n = (*part)->size < size ? (*part)->size : size;

		(*part)->at += n;
		(*part)->size -= n;
		size -= n;
		if ((*part)->size == 0) {
			*part += 1;
			*count -= 1;
		}
	}
}

static uint8_t *drop_last_byte(struct vqv_part *part, uint32_t *count)
{
	struct vqv_part *last = &part[*count - 1];
	uint8_t *status = last->at + last->size - 1;

	last->size--;
	*count -= last->size == 0;
	return status;
}

static void id_write(const struct request *r, const char *id)
{
	uint32_t at = 0, length = (uint32_t)strlen(id);

	for (uint32_t i = 0; i < r->data_count; i++) {
		for (uint32_t n = 0; n < r->data[i].size; n++, at++) {
			r->data[i].at[n] = at < length && at < BLK_ID_SIZE ? (uint8_t)id[at] : 0;
		}
	}
}

static bool segments_fit(const struct request *r)
{
	for (uint32_t i = 0; i < r->data_count; i++) {
		if (r->data[i].size > REQUEST_SIZE_MAX) {
			return false;
		}
	}
	return r->data_count && r->data_count <= REQUEST_SEGMENTS;
}

static enum request_kind answer(const struct request *r, uint8_t status)
{
	request_end(r, status);
	return REQUEST_DONE;
}

enum request_kind request_parse(struct vqv_chain *c, const struct volume *v, const char *id,
				struct request *r)
{
	struct vqv_part *out = c->part, *in = c->part + c->readable;
	uint32_t out_count = c->readable, in_count = c->writable;
	struct blk_header header;

	if (c->read_size < BLK_HEADER_SIZE || c->write_size < 1) {
		return REQUEST_BAD;
	}
	vqv_read(c, 0, &header, sizeof(header));
	drop_front(&out, &out_count, BLK_HEADER_SIZE);
	*r = (struct request){ .type = header.type, .sector = header.sector,
			       .status = drop_last_byte(in, &in_count),
			       .written = c->write_size };
	switch (header.type) {
	case BLK_T_FLUSH:
		return REQUEST_WORK;
	case BLK_T_GET_ID:
		r->data = in;
		r->data_count = in_count;
		id_write(r, id);
		return answer(r, BLK_S_OK);
	case BLK_T_IN:
		r->data = in;
		r->data_count = in_count;
		r->bytes = c->write_size - 1;
		break;
	case BLK_T_OUT:
		r->data = out;
		r->data_count = out_count;
		r->bytes = c->read_size - BLK_HEADER_SIZE;
		break;
	default:
		return answer(r, BLK_S_UNSUPP);
	}
	if (!volume_has(v, r->sector, r->bytes) || !segments_fit(r) ||
	    (header.type == BLK_T_OUT && v->is_read_only)) {
		return answer(r, BLK_S_IOERR);
	}
	return REQUEST_WORK;
}

void request_do_ram(const struct request *r, const struct volume *v)
{
	uint8_t *at = v->ram + r->sector * SECTOR_SIZE;

	for (uint32_t i = 0; r->type != BLK_T_FLUSH && i < r->data_count; i++) {
		if (r->type == BLK_T_OUT) {
			memcpy(at, r->data[i].at, r->data[i].size);
		} else {
			memcpy(r->data[i].at, at, r->data[i].size);
		}
		at += r->data[i].size;
	}
	request_end(r, BLK_S_OK);
}
