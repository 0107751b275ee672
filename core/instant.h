/* SPDX-License-Identifier: MIT */
/*
 * Instants as text: what databases print, YYYY-MM-DD HH:MM:SS with a "T" for the space, a
 * fraction of up to nine digits and an offset where there is one, becomes what a document
 * has, RFC 3339 in UTC. Behind slt_put_time (doc.c). Pure functions, any thread.
 */
#ifndef SLT_INSTANT_H
#define SLT_INSTANT_H

#include <slt/facade.h>
#include <stdbool.h>

/* In UTC, year 0 to 9999. The fraction, "" or "." and digits, is borrowed. */
struct instant {
	int year, month, day, hour, minute, second;
	struct slt_text fraction;
};

/* False when it is no instant. Without an offset it is UTC. */
bool instant_read(struct slt_text text, struct instant *ret);

enum { INSTANT_SIZE = sizeof("YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+00:00") };

/* Writes YYYY-MM-DDTHH:MM:SS+00:00, with a fraction of six digits or more unless it is
 * zero. Returns the length; no NUL byte is promised. */
size_t instant_write(const struct instant *instant, char ret[INSTANT_SIZE]);

/* "5 s", "12 min", "3 h", "4 d": a number of seconds for people. */
void instant_span(long long seconds, char *ret, size_t size);

#endif
