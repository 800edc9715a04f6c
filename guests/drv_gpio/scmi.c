// SPDX-License-Identifier: BSD-2-Clause
/*
 * SCMI's messages; see scmi.h. Each is a row of the table: its parameters' size is checked before
 * its handler is called, which gives a status and, if that is SUCCESS, words behind it.
 */
#include "scmi.h"

#define VERSION_BASE	0x20000u
#define VERSION_POWER	0x20000u
#define VERSION_CLOCK	0x10000u
#define IMPLEMENTATION	1u
#define NAME_WORDS	4u
#define CLOCK_ON	1u		/* CLOCK_ATTRIBUTES, CLOCK_CONFIG_SET */
#define RATES_RANGE	(3u | 1u << 12)	/* CLOCK_DESCRIBE_RATES: lowest, highest, step */
#define IS_ASYNC	1u		/* flags of CLOCK_RATE_SET and POWER_STATE_SET */
#define POWER_OFF	(1u << 30)
#define POWER_IS_SYNC	(1u << 29)	/* POWER_DOMAIN_ATTRIBUTES */
#define CALLER		0xffffffffu	/* BASE_DISCOVER_AGENT */

struct scmi_call {
	const struct scmi_agent *agent;
	uint32_t protocol;
	uint32_t in[4];
	uint32_t out[12];
	uint32_t out_count;
};

struct scmi_row {
	uint8_t protocol, message;
	uint8_t words;			/* of parameters */
	int32_t (*handler)(struct scmi_call *c);
};

static const struct scmi_row *find_row(uint32_t protocol, uint32_t message);

static bool has_bit(const uint32_t *bits, uint32_t id)
{
	return id < SCMI_IDS && (bits[id / 32] >> id % 32 & 1);
}

const char *scmi_allow(struct scmi_set *s, const uint8_t *list, uint32_t size, bool is_writable)
{
	for (uint32_t i = 0; list && i + 4 <= size; i += 4) {
		uint32_t id = (uint32_t)list[i + 2] << 8 | list[i + 3];

		if (list[i] || list[i + 1] || id >= SCMI_IDS) {
			return "the link has a clock or power domain that there is not";
		}
		s->readable[id / 32] |= 1u << id % 32;
		s->writable[id / 32] |= is_writable ? 1u << id % 32 : 0;
		s->count = id >= s->count ? id + 1 : s->count;
	}
	return NULL;
}

/* May the agent read, or write, this? */
static int32_t may(const struct scmi_set *s, uint32_t id, bool writes)
{
	return !has_bit(s->readable, id) ? SCMI_NOT_FOUND :
	       writes && !has_bit(s->writable, id) ? SCMI_DENIED : SCMI_SUCCESS;
}

static void put(struct scmi_call *c, uint32_t word)
{
	c->out[c->out_count++] = word;
}

static void put_name(struct scmi_call *c, const char *name)
{
	char text[NAME_WORDS * 4] = "";
	size_t size = strlen(name);

	memcpy(text, name, size < sizeof(text) ? size : sizeof(text) - 1);
	memcpy(&c->out[c->out_count], text, sizeof(text));
	c->out_count += NAME_WORDS;
}

static void put_number_name(struct scmi_call *c, const char *what, uint32_t id)
{
	char text[NAME_WORDS * 4] = "";
	uint32_t n = 0;

	for (; what[n]; n++) {
		text[n] = what[n];
	}
	for (uint32_t ten = id >= 100 ? 100 : id >= 10 ? 10 : 1; ten; ten /= 10) {
		text[n++] = (char)('0' + id / ten % 10);
	}
	put_name(c, text);
}

/* --- Of all protocols ------------------------------------------------------------- */

static int32_t version(struct scmi_call *c)
{
	put(c, c->protocol == SCMI_BASE ? VERSION_BASE :
	       c->protocol == SCMI_POWER ? VERSION_POWER : VERSION_CLOCK);
	return SCMI_SUCCESS;
}

static int32_t message_attributes(struct scmi_call *c)
{
	put(c, 0);
	return find_row(c->protocol, c->in[0]) ? SCMI_SUCCESS : SCMI_NOT_FOUND;
}

/* --- Base: one agent -------------------------------------------------------------- */

static bool has_protocol(const struct scmi_agent *a, uint32_t protocol)
{
	return protocol == SCMI_BASE || (protocol == SCMI_POWER && a->power.count) ||
	       (protocol == SCMI_CLOCK && a->clock.count);
}

static int32_t base_attributes(struct scmi_call *c)
{
	uint32_t count = (uint32_t)has_protocol(c->agent, SCMI_POWER) +
			 (uint32_t)has_protocol(c->agent, SCMI_CLOCK);

	put(c, 1u << 8 | count);
	return SCMI_SUCCESS;
}

static int32_t vendor(struct scmi_call *c)
{
	put_name(c, "Skerry");
	return SCMI_SUCCESS;
}

static int32_t sub_vendor(struct scmi_call *c)
{
	put_name(c, "drv_gpio");
	return SCMI_SUCCESS;
}

static int32_t implementation(struct scmi_call *c)
{
	put(c, IMPLEMENTATION);
	return SCMI_SUCCESS;
}

static int32_t list_protocols(struct scmi_call *c)
{
	static const uint8_t all[] = { SCMI_POWER, SCMI_CLOCK };
	uint32_t skip = c->in[0], count = 0, seen = 0, word = 0;

	for (uint32_t i = 0; i < sizeof(all); i++) {
		if (has_protocol(c->agent, all[i]) && seen++ >= skip) {
			word |= (uint32_t)all[i] << 8 * count++;
		}
	}
	put(c, count);
	if (count) {
		put(c, word);
	}
	return skip > seen ? SCMI_INVALID_PARAMETERS : SCMI_SUCCESS;
}

static int32_t discover_agent(struct scmi_call *c)
{
	uint32_t id = c->in[0] == CALLER ? 1 : c->in[0];

	put(c, id);
	put_name(c, id ? c->agent->name : "platform");
	return id > 1 ? SCMI_NOT_FOUND : SCMI_SUCCESS;
}

/* --- Clocks ----------------------------------------------------------------------- */

static int32_t clock_count(struct scmi_call *c)
{
	put(c, c->agent->clock.count);
	return SCMI_SUCCESS;
}

/* Asks about a clock or power domain; value[1] is the answer. */
static int32_t ask(uint32_t tag, uint32_t id, uint32_t *answer)
{
	uint32_t value[FW_WORDS] = { id, *answer, 1 };

	if (!firmware_ask(tag, value, tag == FW_SET_CLOCK_RATE ? 3 : 2)) {
		return SCMI_HARDWARE_ERROR;
	}
	*answer = value[1];
	return SCMI_SUCCESS;
}

static int32_t clock_attributes(struct scmi_call *c)
{
	uint32_t state = 0, id = c->in[0];
	int32_t status = may(&c->agent->clock, id, false);

	status = status ? status : ask(FW_GET_CLOCK_STATE, id, &state);
	put(c, state & FW_ON ? CLOCK_ON : 0);
	put_number_name(c, "clock", id);
	return state & FW_ABSENT ? SCMI_HARDWARE_ERROR : status;
}

static int32_t clock_rates(struct scmi_call *c)
{
	uint32_t least = 0, most = 0;
	int32_t status = may(&c->agent->clock, c->in[0], false);

	status = status ? status : c->in[1] ? SCMI_OUT_OF_RANGE : SCMI_SUCCESS;
	status = status ? status : ask(FW_GET_MIN_RATE, c->in[0], &least);
	status = status ? status : ask(FW_GET_MAX_RATE, c->in[0], &most);
	put(c, RATES_RANGE);
	put(c, least);
	put(c, 0);
	put(c, most);
	put(c, 0);
	put(c, 1);
	put(c, 0);
	return status;
}

static int32_t clock_rate_set(struct scmi_call *c)
{
	uint32_t flags = c->in[0], id = c->in[1], rate = c->in[2];
	int32_t status = may(&c->agent->clock, id, true);

	if (status) {
		return status;
	}
	if (flags & IS_ASYNC) {
		return SCMI_NOT_SUPPORTED;
	}
	if (flags >> 4 || !rate || c->in[3]) {
		return SCMI_INVALID_PARAMETERS;
	}
	status = ask(FW_SET_CLOCK_RATE, id, &rate);
	return status ? status : rate ? SCMI_SUCCESS : SCMI_HARDWARE_ERROR;
}

static int32_t clock_rate_get(struct scmi_call *c)
{
	uint32_t rate = 0;
	int32_t status = may(&c->agent->clock, c->in[0], false);

	status = status ? status : ask(FW_GET_CLOCK_RATE, c->in[0], &rate);
	put(c, rate);
	put(c, 0);
	return status;
}

static int32_t clock_config_set(struct scmi_call *c)
{
	uint32_t state = c->in[1] & CLOCK_ON ? FW_ON : 0;
	int32_t status = may(&c->agent->clock, c->in[0], true);

	status = status ? status : c->in[1] & ~CLOCK_ON ? SCMI_INVALID_PARAMETERS : SCMI_SUCCESS;
	status = status ? status : ask(FW_SET_CLOCK_STATE, c->in[0], &state);
	return status ? status : state & FW_ABSENT ? SCMI_HARDWARE_ERROR : SCMI_SUCCESS;
}

/* --- Power domains ---------------------------------------------------------------- */

static int32_t power_count(struct scmi_call *c)
{
	put(c, c->agent->power.count);
	put(c, 0);			/* no statistics in shared memory */
	put(c, 0);
	put(c, 0);
	return SCMI_SUCCESS;
}

static int32_t power_attributes(struct scmi_call *c)
{
	put(c, has_bit(c->agent->power.writable, c->in[0]) ? POWER_IS_SYNC : 0);
	put_number_name(c, "power", c->in[0]);
	return may(&c->agent->power, c->in[0], false);
}

static int32_t power_set(struct scmi_call *c)
{
	uint32_t flags = c->in[0], id = c->in[1], state = FW_WAIT | (c->in[2] ? 0 : FW_ON);
	int32_t status = may(&c->agent->power, id, true);

	if (status) {
		return status;
	}
	if (flags & IS_ASYNC) {
		return SCMI_NOT_SUPPORTED;
	}
	if (flags || (c->in[2] && c->in[2] != POWER_OFF)) {
		return SCMI_INVALID_PARAMETERS;
	}
	status = ask(FW_SET_POWER, id, &state);
	return status ? status : state & FW_ABSENT ? SCMI_HARDWARE_ERROR : SCMI_SUCCESS;
}

static int32_t power_get(struct scmi_call *c)
{
	uint32_t state = 0;
	int32_t status = may(&c->agent->power, c->in[0], false);

	status = status ? status : ask(FW_GET_POWER, c->in[0], &state);
	put(c, state & FW_ON ? 0 : POWER_OFF);
	return state & FW_ABSENT ? SCMI_HARDWARE_ERROR : status;
}

static const struct scmi_row rows[] = {
	{ SCMI_BASE, 0, 0, version }, { SCMI_BASE, 1, 0, base_attributes },
	{ SCMI_BASE, 2, 1, message_attributes }, { SCMI_BASE, 3, 0, vendor },
	{ SCMI_BASE, 4, 0, sub_vendor }, { SCMI_BASE, 5, 0, implementation },
	{ SCMI_BASE, 6, 1, list_protocols }, { SCMI_BASE, 7, 1, discover_agent },
	{ SCMI_POWER, 0, 0, version }, { SCMI_POWER, 1, 0, power_count },
	{ SCMI_POWER, 2, 1, message_attributes }, { SCMI_POWER, 3, 1, power_attributes },
	{ SCMI_POWER, 4, 3, power_set }, { SCMI_POWER, 5, 1, power_get },
	{ SCMI_CLOCK, 0, 0, version }, { SCMI_CLOCK, 1, 0, clock_count },
	{ SCMI_CLOCK, 2, 1, message_attributes }, { SCMI_CLOCK, 3, 1, clock_attributes },
	{ SCMI_CLOCK, 4, 2, clock_rates }, { SCMI_CLOCK, 5, 4, clock_rate_set },
	{ SCMI_CLOCK, 6, 1, clock_rate_get }, { SCMI_CLOCK, 7, 2, clock_config_set },
};

static const struct scmi_row *find_row(uint32_t protocol, uint32_t message)
{
	for (const struct scmi_row *r = rows; r < rows + ARRAY_SIZE(rows); r++) {
		if (r->protocol == protocol && r->message == message) {
			return r;
		}
	}
	return NULL;
}

/* The header: message 7:0, type 9:8, protocol 17:10, token 27:18 (4.1.2). */
static int32_t call(struct scmi_call *c, uint32_t header, const uint8_t *in, uint32_t in_size)
{
	const struct scmi_row *r;

	c->protocol = header >> 10 & 0xff;
	if (header >> 8 & 3) {
		return SCMI_PROTOCOL_ERROR;	/* no command */
	}
	r = has_protocol(c->agent, c->protocol) ? find_row(c->protocol, header & 0xff) : NULL;
	if (!r) {
		return SCMI_NOT_SUPPORTED;
	}
	if (in_size != 4 + r->words * 4u) {
		return SCMI_PROTOCOL_ERROR;
	}
	memcpy(c->in, in + 4, r->words * 4u);
	return r->handler(c);
}

uint32_t scmi_message(const struct scmi_agent *a, const uint8_t *in, uint32_t in_size,
		      uint8_t *out)
{
	struct scmi_call c = { .agent = a };
	uint32_t header;
	int32_t status;

	memcpy(&header, in, sizeof(header));
	status = call(&c, header, in, in_size);
	memcpy(out, &header, sizeof(header));
	memcpy(out + 4, &status, sizeof(status));
	if (status != SCMI_SUCCESS) {
		return 8;
	}
	memcpy(out + 8, c.out, c.out_count * 4u);
	return 8 + c.out_count * 4u;
}
