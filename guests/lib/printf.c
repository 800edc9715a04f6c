/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text: %d %i %u %x %p %c %s %%, with h, l, ll and z, a width, '0',
 * '-', and a precision for %s.
 */
#include "guest.h"

struct out {
	char *to;
	size_t size, used;
};

struct spec {
	bool is_left, is_zero, is_long;
	int width, precision;
};

static void put(struct out *o, char c)
{
	if (o->used + 1 < o->size) {
		o->to[o->used] = c;
	}
	o->used++;
}

static void put_padded(struct out *o, const struct spec *s, const char *text, int size)
{
	int pad = s->width > size ? s->width - size : 0;

	for (int i = 0; !s->is_left && i < pad; i++) {
		put(o, ' ');
	}
	for (int i = 0; i < size; i++) {
		put(o, text[i]);
	}
	for (int i = 0; s->is_left && i < pad; i++) {
		put(o, ' ');
	}
}

static void put_number(struct out *o, struct spec *s, uint64_t v, unsigned base, bool negative)
{
	char text[32];
	int at = sizeof(text);
	int least = s->is_zero && !s->is_left ? s->width - negative : 1;

	least = least > 24 ? 24 : least;
	do {
		text[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while ((int)sizeof(text) - at < least) {
		text[--at] = '0';
	}
	if (negative) {
		text[--at] = '-';
	}
	put_padded(o, s, text + at, (int)sizeof(text) - at);
}

static void put_signed(struct out *o, struct spec *s, int64_t v)
{
	put_number(o, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	int size = 0;

	text = text ? text : "(null)";
	while ((s->precision < 0 || size < s->precision) && text[size]) {
		size++;
	}
	put_padded(o, s, text, size);
}

static const char *parse(struct spec *s, const char *at, va_list *args)
{
	*s = (struct spec){ .precision = -1 };
	for (; *at == '-' || *at == '0'; at++) {
		s->is_left |= *at == '-';
		s->is_zero |= *at == '0';
	}
	if (*at == '*') {
		s->width = va_arg(*args, int);
		at++;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		s->width = s->width * 10 + *at - '0';
	}
	if (*at == '.') {
		s->precision = 0;
		for (at++; *at >= '0' && *at <= '9'; at++) {
			s->precision = s->precision * 10 + *at - '0';
		}
	}
	for (; *at == 'l' || *at == 'z' || *at == 'h'; at++) {
		s->is_long |= *at != 'h';
	}
	return at;
}

int vformat(char *to, size_t size, const char *text, va_list args)
{
	struct out o = { to, size, 0 };
	struct spec s;
	va_list list;

	va_copy(list, args);
	for (; *text; text++) {
		if (*text != '%') {
			put(&o, *text);
			continue;
		}
		text = parse(&s, text + 1, &list);
		if (*text == 'd' || *text == 'i') {
			put_signed(&o, &s, s.is_long ? va_arg(list, int64_t) : va_arg(list, int));
		} else if (*text == 'u' || *text == 'x') {
			uint64_t v = s.is_long ? va_arg(list, uint64_t) : va_arg(list, unsigned);

			put_number(&o, &s, v, *text == 'x' ? 16 : 10, false);
		} else if (*text == 'p') {
			put_number(&o, &s, (uint64_t)va_arg(list, void *), 16, false);
		} else if (*text == 'c') {
			put(&o, (char)va_arg(list, int));
		} else if (*text == 's') {
			put_string(&o, &s, va_arg(list, const char *));
		} else {
			put(&o, *text);
		}
	}
	va_end(list);
	if (size) {
		to[o.used < size ? o.used : size - 1] = 0;
	}
	return (int)(o.used < size ? o.used : size - 1);
}

int format(char *to, size_t size, const char *text, ...)
{
	va_list args;
	int n;

	va_start(args, text);
	n = vformat(to, size, text, args);
	va_end(args);
	return n;
}

void printf(const char *text, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, text);
	n = vformat(line, sizeof(line), text, args);
	va_end(args);
	console_write(line, (size_t)n);
}
