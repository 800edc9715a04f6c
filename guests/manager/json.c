/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON (RFC 8259); see say.h. Whatever bytes come in, what goes out is UTF-8 and valid.
 */
#include "say.h"

static bool needs_comma;

void json_begin(void)
{
	needs_comma = false;
}

static void say_string(const char *bytes, size_t count)
{
	say_bytes("\"", 1);
	for (size_t i = 0; i < count; i++) {
		uint8_t c = (uint8_t)bytes[i];

		if (c == '"' || c == '\\') {
			say("\\%c", c);
		} else if (c == '\n') {
			say("\\n");
		} else if (c >= 0x20 && c < 0x7f) {
			say_bytes(&bytes[i], 1);
		} else {
			say("\\u%04x", c < 0x80 ? c : 0xfffd);
		}
	}
	say_bytes("\"", 1);
}

static void begin_value(const char *key)
{
	if (needs_comma) {
		say(", ");
	}
	if (key) {
		say_string(key, strlen(key));
		say(": ");
	}
	needs_comma = true;
}

void json_open(const char *key, char bracket)
{
	begin_value(key);
	say("%c", bracket);
	needs_comma = false;
}

void json_close(char bracket)
{
	say("%c", bracket);
	needs_comma = true;
}

void json_bytes(const char *key, const char *bytes, size_t count)
{
	begin_value(key);
	say_string(bytes, count);
}

void json_string(const char *key, const char *text)
{
	json_bytes(key, text, strlen(text));
}

void json_number(const char *key, uint64_t n)
{
	begin_value(key);
	say("%lu", n);
}

void json_seconds(const char *key, uint64_t ticks)
{
	uint64_t hz = port_hz();

	begin_value(key);
	say("%lu.%03lu", ticks / hz, ticks % hz * 1000 / hz);
}

void json_share(const char *key, uint64_t part, uint64_t whole)
{
	begin_value(key);
	say("%s", text_share(part, whole));
}

void json_hex(const char *key, uint64_t n)
{
	begin_value(key);
	say("\"0x%lx\"", n);
}

void json_bool(const char *key, bool is)
{
	begin_value(key);
	say(is ? "true" : "false");
}

void json_null(const char *key)
{
	begin_value(key);
	say("null");
}

void json_end(void)
{
	say("\n");
	say_flush();
}
