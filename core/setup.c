// SPDX-License-Identifier: MIT
// The command setup: makes the table of the quarantine.

#include "setup.h"

#include <stdio.h>

#include "connect.h"
#include "log.h"
#include "quarantine.h"

static int make_quarantine(const char *table, const struct sql *ddl, struct db *db,
			   struct err *err)
{
	int found = quarantine_find(table, db, err);
	long long touched;

	if (found > 0)
		log_notice("the quarantine %s is there already", table);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (db_exec(db, ddl->text, NULL, 0, &touched, err) < 0)
		return err_context(
			err,
			"the quarantine %s cannot be made (setup --print shows "
			"the SQL, for somebody who may)",
			table);
	found = quarantine_find(table, db, err);
	if (found == 0)
		return err_set(err, EXIT_CONFIG,
			       "QUARANTINE_TABLE: %s is another table: a name of its own "
			       "is expected",
			       table);
	log_notice("made the quarantine %s", table);
	return found < 0 ? -1 : 0;
}

int setup(const struct settings *settings, bool print, struct err *err)
{
	const char *table = settings_text(settings, SET_QUARANTINE_TABLE);
	struct sql ddl = { .text = NULL };
	struct db *db = NULL;
	struct dburl url = { 0 };
	int result = -1;

	if (!*table) {
		log_notice("QUARANTINE_TABLE is not set: there is nothing to set up yet");
		return 0;
	}
	if (connect_database_url(settings, &url, err) == 0 &&
	    db_open(&url, print ? DB_READ : DB_WRITE, &db, err) == 0)
		result = quarantine_ddl(table, dialect_get(db->driver->dialect), &ddl,
					err);
	if (result == 0 && print)
		printf("%s;\n", ddl.text);
	else if (result == 0)
		result = make_quarantine(table, &ddl, db, err);
	sql_fini(&ddl);
	db_close(db);
	dburl_fini(&url);
	return result;
}
