// SPDX-License-Identifier: MIT
// Opens the database, the facade and the statements that both make.

#include "session.h"

#include "connect.h"
#include "log.h"

int session_open(struct session *session, const struct settings *settings,
		 enum db_access access, struct err *err)
{
	struct session *s = session;

	*s = (struct session){ 0 };
	if (connect_database_url(settings, &s->url, err) < 0 ||
	    facade_load(settings_text(settings, SET_AUDIT_LOGGER_TYPE),
			settings_text(settings, SET_SLT_FACADE_PATH), &s->facade,
			err) < 0)
		return -1;
	log_context(s->facade->module, "", "");
	if (db_open(&s->url, access, &s->db, err) < 0 ||
	    facade_open(s->facade, settings, dialect_get(s->db->driver->dialect), s->db,
			err) < 0)
		return -1;
	if (plan_init(&s->plan, s->facade, s->db, err) < 0)
		return -1;
	log_context(s->facade->module, s->plan.key.table.schema, s->plan.key.table.name);
	return 0;
}

void session_close(struct session *session)
{
	plan_fini(&session->plan);
	facade_free(session->facade);
	db_close(session->db);
	dburl_fini(&session->url);
	*session = (struct session){ 0 };
}

int session_watch(const struct session *session, const struct sql *count,
		  const char *older_than, const char *verb, struct progress *progress,
		  struct err *err)
{
	struct sql_args args = { .older_than = older_than };
	long long n;

	if (!log_shows_progress())
		return 0;
	if (plan_count(count, &args, session->db, &n, err) < 0)
		return -1;
	progress_start(progress, verb, n);
	return 0;
}
