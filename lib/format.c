/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text into a buffer that the caller owns. No state, no lock, any
 * core, any time. Never writes past `size`; never reads guest memory.
 */
#include <lib/format.h>
#include <stdbool.h>
#include <stdint.h>

struct out {
	char *at;
	size_t size;
	size_t length;		/* what there would be without the limit */
};

struct field {
	unsigned width;
	bool is_left, is_zero;
};

static void put(struct out *o, char c)
{
	if (o->length + 1 < o->size) {
		o->at[o->length] = c;
	}
	o->length++;
}

static void put_padding(struct out *o, char c, size_t used, unsigned width)
{
	for (; used < width; used++) {
		put(o, c);
	}
}

static void put_text(struct out *o, const struct field *f, const char *text, size_t length)
{
	if (!f->is_left) {
		put_padding(o, ' ', length, f->width);
	}
	for (size_t i = 0; i < length; i++) {
		put(o, text[i]);
	}
	if (f->is_left) {
		put_padding(o, ' ', length, f->width);
	}
}

static void put_number(struct out *o, struct field *f, uint64_t v, unsigned base, bool is_negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (is_negative && !(f->is_zero && !f->is_left)) {
		digits[--at] = '-';
	} else if (is_negative) {
		put(o, '-');
		f->width -= f->width > 0;
	}
	if (f->is_zero && !f->is_left) {
		put_padding(o, '0', sizeof(digits) - at, f->width);
		f->width = 0;
	}
	put_text(o, f, digits + at, sizeof(digits) - at);
}

static size_t text_length(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
	}
	return n;
}

/* One conversion; `p` stands behind the %. Returns what follows it. */
static const char *convert(struct out *o, const char *p, va_list *args)
{
	struct field f = { 0, false, false };
	bool is_long = false;
	const char *s;
	int64_t n;
	char c;

	for (; *p == '-' || *p == '0'; p++) {
		f.is_left = f.is_left || *p == '-';
		f.is_zero = f.is_zero || *p == '0';
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		f.width = f.width < 1000 ? f.width * 10 + (unsigned)(*p - '0') : f.width;
	}
	for (; *p == 'l' || *p == 'z'; p++) {
		is_long = true;
	}
	switch (*p) {
	case 's':
		s = va_arg(*args, const char *);
		s = s ? s : "(none)";
		put_text(o, &f, s, text_length(s));
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		put_text(o, &f, &c, 1);
		break;
	case 'd':
		n = is_long ? va_arg(*args, int64_t) : va_arg(*args, int);
		put_number(o, &f, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, n < 0);
		break;
	case 'u':
	case 'x':
		put_number(o, &f, is_long ? va_arg(*args, uint64_t) : va_arg(*args, unsigned),
			   *p == 'u' ? 10 : 16, false);
		break;
	case '\0':
		return p;
	default:
		if (*p != '%') {
			put(o, '%');
		}
		put(o, *p);
	}
	return p + 1;
}

int format_v(char *out, size_t size, const char *format, va_list args)
{
	struct out o = { out, size, 0 };
	va_list list;

	va_copy(list, args);
	while (*format) {
		if (*format == '%') {
			format = convert(&o, format + 1, &list);
		} else {
			put(&o, *format++);
		}
	}
	va_end(list);
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
