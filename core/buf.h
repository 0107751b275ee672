/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a maximum. Growing beyond the maximum sets `full` and drops
 * what does not fit, so a writer checks once at the end; no memory at all ends the
 * process. Reset keeps the memory: in the steady state nothing is allocated. One thread
 * at a time.
 */
#ifndef SLT_BUF_H
#define SLT_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
	size_t max;
	bool full; /* something did not fit */
};

/* max: bytes it may ever hold, less than SIZE_MAX. */
void buf_init(struct buf *buf, size_t max);
void buf_fini(struct buf *buf);

/* fini, the bytes overwritten first: for secrets, which are put in at once (growing
 * leaves a copy behind). */
void buf_wipe(struct buf *buf);

/* Empty again, not full; memory kept. */
void buf_reset(struct buf *buf);

/* Back to an earlier length. Clears full. */
void buf_truncate(struct buf *buf, size_t len);

void buf_put(struct buf *buf, const void *bytes, size_t n);
void buf_putc(struct buf *buf, char c);
void buf_puts(struct buf *buf, const char *s);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Room for n more bytes at the end; NULL (and full) when it would exceed the maximum. The
 * caller writes there and then adds to len. */
char *buf_room(struct buf *buf, size_t n);

/* The bytes as a C string, borrowed until the next change. */
const char *buf_str(struct buf *buf);

#endif
