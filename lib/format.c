/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text into a buffer that the caller owns. No state, no lock, any
 * core, any time. Never writes past `size`; never reads guest memory.
 */
#include <lib/format.h>
#include <lib/string.h>
#include <stdbool.h>

struct out {
	char *at;
	size_t size, length;	/* length: what there would be without the limit */
	size_t width;		/* of the field being written */
	bool is_left, is_long;
	char padding;
	va_list args;
};

static void put(struct out *o, char c)
{
	if (o->length + 1 < o->size) {
		o->at[o->length] = c;
	}
	o->length++;
}

static void put_field(struct out *o, const char *text, size_t length)
{
	for (; !o->is_left && o->width > length; o->width--) {
		put(o, o->padding);
	}
	for (size_t i = 0; i < length; i++) {
		put(o, text[i]);
	}
	for (; o->width > length; o->width--) {
		put(o, ' ');
	}
}

static void put_number(struct out *o, unsigned base)
{
	uint64_t v = o->is_long ? va_arg(o->args, uint64_t) : va_arg(o->args, unsigned);
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	put_field(o, digits + at, sizeof(digits) - at);
}

/* Flags, width and lengths behind a %. Returns what follows. */
static const char *read_field(struct out *o, const char *p)
{
	o->width = 0;
	o->is_left = *p == '-';
	p += o->is_left;
	o->padding = *p == '0' ? '0' : ' ';
	for (; *p >= '0' && *p <= '9'; p++) {
		o->width = o->width < 100 ? o->width * 10 + (size_t)(*p - '0') : o->width;
	}
	for (o->is_long = false; *p == 'l' || *p == 'z'; p++) {
		o->is_long = true;
	}
	return p;
}

static void convert(struct out *o, char kind)
{
	const char *s;

	if (kind == 's') {
		s = va_arg(o->args, const char *);
		s = s ? s : "(none)";
		put_field(o, s, strlen(s));
	} else if (kind == 'u' || kind == 'x') {
		put_number(o, kind == 'u' ? 10 : 16);
	} else {
		put_field(o, &kind, 1);
	}
}

int format_v(char *out, size_t size, const char *format, va_list args)
{
	struct out o = { .at = out, .size = size };

	va_copy(o.args, args);
	for (; *format; format++) {
		if (*format != '%') {
			put(&o, *format);
			continue;
		}
		format = read_field(&o, format + 1);
		if (!*format) {
			break;
		}
		convert(&o, *format);
	}
	va_end(o.args);
	if (size) {
		out[o.length < size ? o.length : size - 1] = '\0';
	}
	return (int)o.length;
}

int format_to(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = format_v(out, size, format, args);
	va_end(args);
	return n;
}
