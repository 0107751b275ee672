// SPDX-License-Identifier: MIT
// The command setup: makes the index and the table of the quarantine.

#include "setup.h"

#include <stdio.h>
#include <string.h>

#include "connect.h"
#include "facade.h"
#include "log.h"
#include "quarantine.h"
#include "session.h"

/* ---------------------------------------------------------------- the quarantine */

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

static int set_up_quarantine(const struct settings *settings, bool print, struct err *err)
{
	const char *table = settings_text(settings, SET_QUARANTINE_TABLE);
	struct sql ddl = { .text = NULL };
	struct db *db = NULL;
	struct dburl url = { 0 };
	int result = -1;

	if (!*table)
		return 0;
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

/* ---------------------------------------------------------------- the index */

static void tell_difference(void *arg, const char *field, const char *expected,
			    const char *found)
{
	size_t *n = arg;

	++*n;
	if (*found)
		log_warning("field %s: the facade asks for %s, it is %s", field, expected,
			    found);
	else
		log_warning("field %s: the facade asks for %s, it is not mapped", field,
			    expected);
}

static int compare(struct elastic *elastic, enum index_form form, struct slt_text body,
		   enum exit_status *ret_status, struct err *err)
{
	size_t n = 0;

	if (index_compare(elastic, form, body, tell_difference, &n, err) < 0)
		return -1;
	log_notice("%s %s is there already, %s", form == AS_INDEX ? "index" : "template",
		   elastic_index(elastic),
		   n ? "and its mapping is another one: it is left as it is"
		     : "with this mapping");
	if (n)
		*ret_status = EXIT_SET_ASIDE;
	return 0;
}

static int make_or_compare(struct elastic *elastic, enum index_form form,
			   struct slt_text body, enum exit_status *ret_status,
			   struct err *err)
{
	enum index_kind kind = INDEX_ABSENT;
	int made;

	if (form == AS_INDEX && index_find(elastic, &kind, err) < 0)
		return -1;
	made = kind == INDEX_ABSENT ? index_make(elastic, form, body, err) : 0;
	if (made == 0)
		return compare(elastic, form, body, ret_status, err);
	if (made > 0)
		log_notice("made the %s %s", form == AS_INDEX ? "index" : "template",
			   elastic_index(elastic));
	return made < 0 ? -1 : 0;
}

static int ask_server(const struct settings *settings, enum index_form form,
		      struct slt_text body, enum exit_status *ret_status, struct err *err)
{
	struct elastic_target target = { .n_urls = 0 };
	struct elastic *elastic;
	int result = -1;

	if (connect_target(settings, false, &target, err) == 0) {
		elastic = elastic_new(&target);
		result = make_or_compare(elastic, form, body, ret_status, err);
		elastic_free(elastic);
	}
	elastic_target_fini(&target);
	return result;
}

/* The facade needs no database for its mapping, but it wants to know which SQL is spoken. */
static int open_facade(const struct settings *settings, struct facade **ret,
		       struct err *err)
{
	const struct dialect *dialect = NULL;
	struct dburl url = { 0 };

	if (connect_database_url(settings, &url, err) < 0)
		return -1;
	for (size_t i = 0; db_drivers[i]; i++)
		if (strcmp(db_drivers[i]->name, url.driver) == 0)
			dialect = dialect_get(db_drivers[i]->dialect);
	dburl_fini(&url);
	if (!dialect)
		dialect = dialect_get(SLT_SQLITE);
	if (facade_load(settings_text(settings, SET_AUDIT_LOGGER_TYPE),
			settings_text(settings, SET_SLT_FACADE_PATH), ret, err) < 0)
		return -1;
	return facade_open(*ret, settings, dialect, NULL, err);
}

static int set_up_index(const struct settings *settings,
			const struct setup_options *options, enum exit_status *ret_status,
			struct err *err)
{
	const char *name = settings_text(settings, SET_ELASTICSEARCH_APP_AUDIT_LOG_INDEX);
	const char *path = options->form == AS_INDEX ? "" : "_index_template/";
	struct facade *facade = NULL;
	struct buf body;
	int result = -1;

	buf_init(&body, 1 << 20);
	if (open_facade(settings, &facade, err) == 0)
		result = index_put_body(facade, options->form, name, &body, err);
	if (result == 0 && options->print)
		printf("PUT /%s%s\n%s\n", path, name, buf_str(&body));
	else if (result == 0 && !*settings_text(settings, SET_ELASTICSEARCH_HOST))
		log_notice("ELASTICSEARCH_HOST is not set: no index is made");
	else if (result == 0)
		result = ask_server(settings, options->form,
				    (struct slt_text){ body.ptr, body.len }, ret_status,
				    err);
	facade_free(facade);
	buf_fini(&body);
	return result;
}

/* ---------------------------------------------------------------- advice */

/* What helps where most rows are sent. It is the application's table, so it is only said, and
 * only where the database is there to be asked. */
static void advise(const struct settings *settings)
{
	struct session session;
	struct buf sql;
	struct err err;

	buf_init(&sql, 64 * 1024);
	if (session_open(&session, settings, DB_READ, &err) < 0)
		log_info("no index is advised: %s", err.text);
	else
		plan_put_index(&session.plan, session.db, &sql);
	if (sql.len)
		printf("-- if it is not there yet, this index makes runs faster where most rows "
		       "are sent:\n-- %s;\n",
		       buf_str(&sql));
	session_close(&session);
	buf_fini(&sql);
}

int setup(const struct settings *settings, const struct setup_options *options,
	  enum exit_status *ret_status, struct err *err)
{
	if (set_up_quarantine(settings, options->print, err) < 0)
		return -1;
	advise(settings);
	return set_up_index(settings, options, ret_status, err);
}
