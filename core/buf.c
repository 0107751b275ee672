// SPDX-License-Identifier: MIT
// A growing byte buffer with a maximum.

#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){ .max = max };
}

void buf_fini(struct buf *buf)
{
	free(buf->ptr);
	*buf = (struct buf){ .max = buf->max };
}

void buf_wipe(struct buf *buf)
{
	if (buf->ptr)
		explicit_bzero(buf->ptr, buf->cap);
	buf_fini(buf);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->full = false;
}

void buf_truncate(struct buf *buf, size_t len)
{
	if (len <= buf->len)
		buf->len = len;
	buf->full = false;
}

char *buf_room(struct buf *buf, size_t n)
{
	size_t need, cap;
	char *grown;

	if (n > buf->max || buf->len > buf->max - n) {
		buf->full = true;
		return NULL;
	}
	need = buf->len + n + 1; /* one for buf_str's NUL */
	if (need > buf->cap) {
		cap = buf->cap ? buf->cap : 256;
		while (cap < need)
			cap = cap > buf->max / 2 ? buf->max + 1 : cap * 2;
		grown = realloc(buf->ptr, cap);
		if (!grown)
			err_no_memory();
		buf->ptr = grown;
		buf->cap = cap;
	}
	return buf->ptr + buf->len;
}

void buf_put(struct buf *buf, const void *bytes, size_t n)
{
	char *room = buf_room(buf, n);

	if (!room || !n)
		return;
	memcpy(room, bytes, n);
	buf->len += n;
}

void buf_putc(struct buf *buf, char c)
{
	buf_put(buf, &c, 1);
}

void buf_puts(struct buf *buf, const char *s)
{
	buf_put(buf, s, strlen(s));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list ap;
	char *room;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	room = buf_room(buf, (size_t)n);
	if (!room)
		return;
	va_start(ap, format);
	vsnprintf(room, (size_t)n + 1, format, ap);
	va_end(ap);
	buf->len += (size_t)n;
}

const char *buf_str(struct buf *buf)
{
	if (!buf->ptr)
		return "";
	buf->ptr[buf->len] = '\0';
	return buf->ptr;
}
