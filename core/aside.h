/* SPDX-License-Identifier: MIT */
/*
 * Behind the last step of a lane, where there is a quarantine: lists the rows of a chunk that
 * were set aside, and takes those off the list that were released and are now marked. In a
 * short transaction of its own, after that of the marks.
 */
#ifndef SLT_ASIDE_H
#define SLT_ASIDE_H

#include "err.h"

struct lane;

/* Lists the REFUSED and REJECTED rows. What the quarantine cannot hold (a longer key than it
 * has room for) is told, and met again by each run. -1: the database failed; what is not
 * listed is met again. */
int aside(struct lane *lane, struct err *err) MUST_CHECK;

/* Before the first documents are sent: may entries be made and removed? Rolled back. */
int aside_prove(struct lane *lane, struct err *err) MUST_CHECK;

#endif
