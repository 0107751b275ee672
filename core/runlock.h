/* SPDX-License-Identifier: MIT */
/*
 * One run at a time on a table: the lock is in the source, held by a connection of its own, and
 * ends with the process however that ends. What is marked never depends on it (law 1). One
 * thread; closing the connection gives the lock up.
 */
#ifndef SLT_RUNLOCK_H
#define SLT_RUNLOCK_H

#include "db/db.h"
#include "err.h"

/* Takes the lock of a table, waiting so many seconds for another run to end. 1: taken, *ret is
 * the connection that holds it. 0: another run goes on; the log names it, and *ret_status is
 * the exit status: done, or stopped early when it has been going for over an hour or a stop was
 * requested meanwhile. */
int runlock_take(const struct dburl *url, const struct db_table *table, long wait,
		 struct db **ret, enum exit_status *ret_status,
		 struct err *err) MUST_CHECK;

#endif
