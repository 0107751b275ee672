/* SPDX-License-Identifier: MIT */
/*
 * The last step of a lane: marks the rows of a chunk that the index has acknowledged,
 * exactly those (law 2), in one statement and a short transaction.
 */
#ifndef SLT_SETTLE_H
#define SLT_SETTLE_H

#include "err.h"

struct lane;

/* Rows that are delivered and now marked stay DELIVERED (or ELSEWHERE); others become
 * GONE or REFUSED. -1: the database failed; what is delivered but not known to be marked
 * is LEFT. */
int settle(struct lane *lane, struct err *err) MUST_CHECK;

/* Once per lane, before its first documents are sent: runs the mark for no row at all and
 * rolls it back, so that a missing privilege or a wrong statement is found in time. */
int settle_prove(struct lane *lane, struct err *err) MUST_CHECK;

#endif
