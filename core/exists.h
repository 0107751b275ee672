/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a 409: reads the documents that the index has under the _ids of a
 * chunk's rows, and compares them with those that the rows become. Part of post; one lane.
 */
#ifndef SLT_EXISTS_H
#define SLT_EXISTS_H

#include "err.h"

struct lane;

/* Gives every EXISTS row of the chunk another verdict: ALREADY, DRIFTED, CONFLICT,
 * UNVERIFIED, or BUILT again when its document is gone meanwhile. Waits and asks again as
 * post does. -1: the index does not answer any more, or a stop is requested; then rows are
 * still EXISTS. */
int exists_compare(struct lane *lane, struct err *err) MUST_CHECK;

#endif
