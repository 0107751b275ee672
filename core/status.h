/* SPDX-License-Identifier: MIT */
/*
 * The command status: how many rows are unsent and sent, and since when the oldest waits.
 * Reads the table and nothing else.
 */
#ifndef SLT_STATUS_H
#define SLT_STATUS_H

#include <stdbool.h>

#include "db/db.h"
#include "err.h"
#include "plan.h"
#include "settings.h"

struct status {
	long long unsent, sent; /* rows with a key */
	long long without_key;	/* unsent ones besides, which cannot be sent */
	char oldest[64]; /* of the unsent: its {time} in UTC; "" none, or not known */
	long long age;	 /* seconds since then; -1 not known */
};

/* Only the unsent rows with a key, and the oldest of them. For a plan with its counts. */
int status_read_unsent(const struct plan *plan, struct db *db, struct status *ret,
		       struct err *err) MUST_CHECK;

/* All of it, likewise. */
int status_read(const struct plan *plan, struct db *db, struct status *ret,
		struct err *err) MUST_CHECK;

int status_print(const struct settings *settings, bool json, struct err *err) MUST_CHECK;

#endif
