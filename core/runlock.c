// SPDX-License-Identifier: MIT
// Takes the run lock of a table, or tells who has it.

#include "runlock.h"

#include "log.h"
#include "retry.h"
#include "stop.h"

enum { LONG_RUN = 3600, LOOK_AGAIN_MS = 500 };

static void tell_holder(const struct db_holder *holder)
{
	if (holder->seconds >= 0)
		log_notice("another run is active: %s, for %ld s; nothing to do",
			   holder->who, holder->seconds);
	else
		log_notice("another run is active: %s; nothing to do", holder->who);
}

/* As db_lock, but patient. */
static int wait_for(struct db *db, const struct db_table *table, long wait,
		    struct db_holder *holder, struct err *err)
{
	double end = clock_seconds() + (double)wait;

	for (;;) {
		int got = db_lock(db, table, holder, err);

		if (got != 0 || clock_seconds() >= end || stop_wait(LOOK_AGAIN_MS))
			return got;
	}
}

int runlock_take(const struct dburl *url, const struct db_table *table, long wait,
		 struct db **ret, enum exit_status *ret_status, struct err *err)
{
	struct db_holder holder;
	struct db *db;
	int got;

	if (db_open(url, DB_WRITE, &db, err) < 0)
		return -1;
	got = wait_for(db, table, wait, &holder, err);
	if (got == 1) {
		*ret = db;
		return 1;
	}
	db_close(db);
	if (got < 0)
		return -1;
	tell_holder(&holder);
	*ret_status = holder.seconds > LONG_RUN || stop_is_requested() ? EXIT_EARLY
								       : EXIT_DONE;
	return 0;
}
