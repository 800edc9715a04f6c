/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text into a buffer that the caller owns. No state, no lock, any
 * core, any time. Never writes past `size`; never reads guest memory.
 */
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
	size_t size = o->width > length ? o->width : length;
	size_t begin = o->is_left ? 0 : size - length;

	for (size_t i = 0; i < size; i++) {
		put(o, i - begin < length ? text[i - begin] : o->padding);
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

/* What stands behind a %. Returns what follows. */
static const char *convert(struct out *o, const char *p)
{
	const char *s;

	o->is_left = *p == '-';
	p += o->is_left;
	o->padding = *p == '0' ? '0' : ' ';
	for (o->width = 0; *p >= '0' && *p <= '9'; p++) {
		o->width = o->width < 100 ? o->width * 10 + (size_t)(*p - '0') : o->width;
	}
	for (o->is_long = false; *p == 'l' || *p == 'z'; p++) {
		o->is_long = true;
	}
	if (*p == 's') {
		s = va_arg(o->args, const char *);
		s = s ? s : "(none)";
		put_field(o, s, strlen(s));
	} else if (*p == 'u' || *p == 'x') {
		put_number(o, *p == 'u' ? 10 : 16);
	} else {
		put(o, *p);
	}
	return *p ? p + 1 : p;
}

int format_v(char *out, size_t size, const char *format, va_list args)
{
	struct out o = { .at = out, .size = size };

	va_copy(o.args, args);
	while (*format) {
		if (*format == '%') {
			format = convert(&o, format + 1);
		} else {
			put(&o, *format++);
		}
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
