/* SPDX-License-Identifier: MIT */
/*
 * What every command that looks at the table begins with: the database of the settings, the
 * facade that knows the table, and the statements that both make. One thread opens and closes
 * it; url, facade and plan may then be shared, read only.
 */
#ifndef SLT_SESSION_H
#define SLT_SESSION_H

#include "db/db.h"
#include "dburl.h"
#include "err.h"
#include "facade.h"
#include "plan.h"
#include "progress.h"
#include "settings.h"

struct session {
	struct dburl url;
	struct db *db;	       /* owned; NULL once somebody has taken it over */
	struct facade *facade; /* owned, open */
	struct plan plan;
};

/* Opens all of it. close after either result. */
int session_open(struct session *session, const struct settings *settings,
		 enum db_access access, struct err *err) MUST_CHECK;
void session_close(struct session *session);

/* Shows progress where somebody watches, which is worth a count: of one of the plan's, for this
 * `older_than` or NULL. After it, progress_stop. */
int session_watch(const struct session *session, const struct sql *count,
		  const char *older_than, const char *verb, struct progress *progress,
		  struct err *err) MUST_CHECK;

#endif
