// SPDX-License-Identifier: MIT
// The command check: from the settings to the index, in the order in which a row travels.

#include "check.h"

#include <stdio.h>
#include <string.h>

#include "build.h"
#include "connect.h"
#include "findings.h"
#include "index.h"
#include "instant.h"
#include "misspelled.h"
#include "quarantine.h"
#include "session.h"
#include "status.h"

enum {
	LONG_WAIT = 86400
}; /* seconds that a row of a run every quarter of an hour may wait */

struct checking {
	const struct settings *settings;
	struct findings out;
	struct session session;
	struct quarantine quarantine;
	struct chunk sample; /* one unsent row, built, or none */
	bool has_facade;
};

/* ---------------------------------------------------------------- the settings */

static bool check_settings(struct checking *c)
{
	const struct settings *settings = c->settings;
	int n[] = { [FROM_DEFAULT] = 0, [FROM_ENVIRONMENT] = 0, [FROM_FILE] = 0 };

	for (size_t i = 0; i < settings->n_wrong; i++)
		findings_fail(&c->out, "settings", NULL, &settings->wrong[i]);
	if (settings->n_wrong)
		return false;
	for (int id = 0; id < N_SETTINGS; id++)
		n[settings->source[id]]++;
	findings_ok(&c->out, "settings",
		    "%d from the environment, %d from the file, %d as by default",
		    n[FROM_ENVIRONMENT], n[FROM_FILE], n[FROM_DEFAULT]);
	return true;
}

static void warn_of_name(void *arg, const char *name, const char *meant)
{
	struct checking *c = arg;

	findings_warn(&c->out, "settings", NULL,
		      "nothing reads %s: is %s meant, which is not set?", name, meant);
}

/* ---------------------------------------------------------------- the database */

static int take_last(void *arg, const struct db_row *row)
{
	struct slt_text text = row->cells[row->n_cells - 1];

	snprintf(arg, 64, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
	return 1;
}

static void ask_database(struct db *db, const char *sql, char ret[64])
{
	struct err err;

	ret[0] = '\0';
	if (sql && db_query(db, sql, NULL, 0, take_last, ret, &err) < 0)
		snprintf(ret, 64, "not known");
}

static bool check_database(struct checking *c)
{
	struct session *s = &c->session;
	const struct dialect *dialect;
	char version[64], tls[64];
	struct err err;

	if (connect_database_url(c->settings, &s->url, &err) < 0 ||
	    db_open(&s->url, DB_WRITE, &s->db, &err) < 0) {
		findings_fail(&c->out, "database", NULL, &err);
		return false;
	}
	dialect = dialect_get(s->db->driver->dialect);
	ask_database(s->db, dialect->version_query, version);
	ask_database(s->db, dialect->tls_query, tls);
	findings_ok(&c->out, "database", "%s %s%s%s, writable", s->db->driver->label,
		    version,
		    !dialect->tls_query ? ""
		    : *tls		? ", "
					: ", without TLS",
		    tls);
	return true;
}

/* ---------------------------------------------------------------- the table */

static void warn_of_facade(void *out, const char *text)
{
	findings_warn(out, "facade", NULL, "%s", text);
}

static void check_hook(struct checking *c)
{
	const struct session *s = &c->session;
	struct err err;

	if (facade_check(s->facade, dialect_get(s->db->driver->dialect), s->db,
			 warn_of_facade, &c->out, &err) < 0)
		findings_fail(&c->out, "facade", NULL, &err);
}

static bool check_facade(struct checking *c)
{
	struct session *s = &c->session;
	struct err err;

	if (facade_load(settings_text(c->settings, SET_AUDIT_LOGGER_TYPE),
			settings_text(c->settings, SET_SLT_FACADE_PATH), &s->facade,
			&err) < 0 ||
	    facade_open(s->facade, c->settings,
			dialect_get(s->db ? s->db->driver->dialect : SLT_SQLITE), s->db,
			&err) < 0) {
		findings_fail(&c->out, "facade", NULL, &err);
		return false;
	}
	findings_ok(&c->out, "facade", "%s %s, %s", s->facade->module,
		    s->facade->hooks.version, s->facade->path);
	return true;
}

/* Where the catalog does not tell, the rows do. */
static void check_unique(struct checking *c)
{
	long long n;
	struct err err;

	if (plan_count(&c->session.plan.twice_count, NULL, c->session.db, &n, &err) < 0)
		findings_fail(&c->out, "key", NULL, &err);
	else if (n)
		findings_warn(
			&c->out, "key",
			"unsent rows with one key are never sent: make the key unique",
			"%lld keys stand in more than one row", n);
	else
		findings_warn(
			&c->out, "key", "a primary key makes runs faster and keys unique",
			"no key stands in two rows, but the catalog does not show that "
			"none can");
}

static bool check_table(struct checking *c)
{
	struct session *s = &c->session;
	const struct db_origin *key = &s->plan.key;
	char type[128] = "";
	struct err err;

	if (plan_init(&s->plan, s->facade, s->db, &err) < 0 ||
	    plan_add_counts(&s->plan, s->db, &err) < 0 ||
	    (s->facade->clear && plan_add_clear(&s->plan, s->db, &err) < 0) ||
	    db_column(s->db, &key->table, key->column, type, sizeof(type), &err) < 0) {
		findings_fail(&c->out, "table", NULL, &err);
		return false;
	}
	findings_ok(&c->out, "table", "%s%s%s, key %s of type %s", key->table.schema,
		    *key->table.schema ? "." : "", key->table.name, key->column, type);
	if (!key->unique)
		check_unique(c);
	if (!key->indexed)
		findings_warn(&c->out, "index", "make it the primary key, or index it",
			      "no index begins with %s: each page is a scan of the whole "
			      "table",
			      key->column);
	return true;
}

static void check_rows(struct checking *c)
{
	struct status status;
	char age[32] = "";
	struct err err;

	if (status_read(&c->session.plan, c->session.db, &status, &err) < 0) {
		findings_fail(&c->out, "rows", NULL, &err);
		return;
	}
	if (status.age >= 0)
		instant_span(status.age, age, sizeof(age));
	if (status.age > LONG_WAIT)
		findings_warn(&c->out, "rows", "does send run, and how does it end?",
			      "%lld unsent, %lld sent; the oldest unsent one is %s old",
			      status.unsent, status.sent, age);
	else
		findings_ok(&c->out, "rows", "%lld unsent, %lld sent%s%s", status.unsent,
			    status.sent, *age ? "; the oldest unsent one waits for " : "",
			    age);
	if (status.without_key)
		findings_warn(&c->out, "rows", "give them a key",
			      "%lld unsent rows have no key and cannot be sent",
			      status.without_key);
}

/* Runs a statement for no row, and takes it back: may we? */
static void check_right(struct checking *c, const char *name, const struct sql *sql,
			const char *remedy)
{
	struct sql_args none = { .older_than = "1800-01-01 00:00:00" };
	struct db *db = c->session.db;
	struct sql_values values;
	long long touched;
	struct err err;

	sql_values_init(&values);
	if (db_begin(db, &err) < 0 ||
	    plan_exec(sql, &none, &values, db, &touched, &err) < 0)
		findings_fail(&c->out, name, remedy, &err);
	else
		findings_ok(&c->out, name, "allowed");
	db_rollback(db);
	sql_values_fini(&values);
}

static void check_rights(struct checking *c)
{
	check_right(c, "mark", &c->session.plan.mark_as_sent,
		    "the database user needs UPDATE on the table");
	if (c->session.facade->clear &&
	    settings_boolean(c->settings, SET_CLEAR_AUDIT_LOG_ENTRIES))
		check_right(c, "clear", &c->session.plan.clear,
			    "the database user needs DELETE on the table, or set "
			    "CLEAR_AUDIT_LOG_ENTRIES=False");
}

static void check_quarantine(struct checking *c)
{
	unsigned long long held, released;
	struct err err;

	if (quarantine_open(&c->quarantine, c->settings, &c->session.plan, c->session.db,
			    &err) < 0) {
		findings_fail(&c->out, "quarantine", NULL, &err);
		return;
	}
	if (!c->quarantine.table)
		return;
	if (quarantine_count(&c->quarantine, c->session.db, &held, &released, &err) < 0)
		findings_fail(&c->out, "quarantine", NULL, &err);
	else if (held)
		findings_warn(&c->out, "quarantine",
			      "structured-log-transfer quarantine list shows them",
			      "%llu rows are held back", held);
	else
		findings_ok(&c->out, "quarantine", "%s, empty", c->quarantine.table);
}

/* ---------------------------------------------------------------- a document */

static int add_row(void *arg, const struct db_row *row)
{
	chunk_add(arg, row);
	return 0;
}

static void check_document(struct checking *c)
{
	const char *prefix = settings_text(c->settings, SET_DOCUMENT_ID_PREFIX);
	struct sql_args args = { .limit = 1 };
	struct sql_values values;
	const char *reason;
	struct doc doc;
	struct err err;

	sql_values_init(&values);
	if (plan_query(&c->session.plan.first_page, &args, &values, c->session.db,
		       add_row, &c->sample, &err) < 0)
		findings_fail(&c->out, "document", NULL, &err);
	sql_values_fini(&values);
	if (!c->sample.n)
		return;
	doc_init(&doc);
	reason = build_row(c->session.facade, &doc, prefix, false, &c->sample, 0);
	if (reason)
		findings_warn(
			&c->out, "document",
			"structured-log-transfer preview shows what becomes of rows",
			"the first unsent row, %.*s, is refused: %s",
			(int)c->sample.rows[0].key.text.len,
			c->sample.rows[0].key.text.ptr, reason);
	else
		findings_ok(&c->out, "document", "the first unsent row becomes one");
}

/* ---------------------------------------------------------------- the search server */

static void tell_difference(void *arg, const char *field, const char *expected,
			    const char *found)
{
	findings_warn(arg, "mapping", "see structured-log-transfer setup",
		      "field %s: the facade asks for %s, it is %s", field, expected,
		      *found ? found : "not mapped");
}

static void tell_misfit(void *arg, const char *field, const char *expected,
			const char *found)
{
	findings_warn(arg, "mapping", "the index will reject such documents",
		      "field %s of the first unsent row is %s, the index has %s", field,
		      found, expected);
}

static void check_mapping(struct checking *c, struct elastic *elastic)
{
	struct chunk *sample = &c->sample;
	struct slt_text none = { NULL, 0 };
	bool warned = c->out.warned;
	struct buf body;
	struct err err;
	int result = 0;

	buf_init(&body, 1 << 20);
	c->out.warned = false;
	if (c->session.facade->hooks.mapping &&
	    index_put_body(c->session.facade, AS_INDEX, elastic_index(elastic), &body,
			   &err) == 0)
		result = index_compare(elastic, AS_INDEX,
				       (struct slt_text){ body.ptr, body.len },
				       tell_difference, &c->out, &err);
	if (result == 0)
		result = index_fits(elastic,
				    sample->body.len
					    ? (struct slt_text){ sample->body.ptr,
								 sample->body.len - 1 }
					    : none,
				    tell_misfit, &c->out, &err);
	if (result < 0)
		findings_warn(&c->out, "mapping",
			      "the privilege view_index_metadata shows it", "%s",
			      err.text);
	else if (!c->out.warned)
		findings_ok(&c->out, "mapping", "fits");
	c->out.warned |= warned;
	buf_fini(&body);
}

static void check_index(struct checking *c, struct elastic *elastic)
{
	static const char *const kinds[] = { [INDEX_PLAIN] = "an index",
					     [INDEX_ALIAS] = "an alias",
					     [INDEX_STREAM] = "a data stream" };
	const char *name = elastic_index(elastic);
	enum index_kind kind;
	struct err err;

	if (index_find(elastic, &kind, &err) < 0) {
		if (elastic_is_forbidden(elastic))
			findings_warn(&c->out, "index",
				      "not needed to send; the privilege "
				      "view_index_metadata shows it",
				      "%s cannot be looked at", name);
		else
			findings_fail(&c->out, "index", NULL, &err);
		return;
	}
	if (kind == INDEX_ABSENT) {
		findings_warn(
			&c->out, "index",
			"structured-log-transfer setup makes it with the facade's "
			"mapping; else the first document makes it with a guessed one",
			"%s is not there", name);
		return;
	}
	if (kind != INDEX_ALIAS &&
	    settings_boolean(c->settings, SET_ELASTICSEARCH_REQUIRE_ALIAS)) {
		err_set(&err, EXIT_CONFIG,
			"%s is %s, ELASTICSEARCH_REQUIRE_ALIAS is True", name,
			kinds[kind]);
		findings_fail(&c->out, "index", "name an alias", &err);
		return;
	}
	findings_ok(&c->out, "index", "%s is %s", name, kinds[kind]);
	check_mapping(c, elastic);
}

static void check_server(struct checking *c, struct elastic *elastic)
{
	const struct elastic_target *target = elastic_target(elastic);
	char product[128];
	struct err err;

	if (index_product(elastic, product, sizeof(product), &err) < 0) {
		findings_fail(&c->out, "search server", NULL, &err);
		return;
	}
	findings_ok(&c->out, "search server", "%s: %s", target->urls[0], product);
	if (target->plaintext_credentials)
		findings_warn(&c->out, "search server", "use ELASTICSEARCH_SCHEME=https",
			      "credentials travel over plain http");
	if (!target->http.verify && strncmp(target->urls[0], "https", 5) == 0)
		findings_warn(&c->out, "search server", "set ELASTICSEARCH_CA_CERT",
			      "its certificate is not verified");
	check_index(c, elastic);
}

static void check_search(struct checking *c)
{
	struct elastic_target target = { .n_urls = 0 };
	struct elastic *elastic;
	struct err err;

	if (connect_target(c->settings, false, &target, &err) < 0) {
		findings_fail(&c->out, "search server", NULL, &err);
	} else {
		elastic = elastic_new(&target);
		check_server(c, elastic);
		elastic_free(elastic);
	}
	elastic_target_fini(&target);
}

/* ---------------------------------------------------------------- all of it */

static void check_source(struct checking *c)
{
	bool has_database = check_database(c);

	c->has_facade = check_facade(c);
	misspelled_find(c->settings,
			c->session.facade ? c->session.facade->hooks.settings : NULL,
			warn_of_name, c);
	if (!has_database || !c->has_facade)
		return;
	check_hook(c);
	if (!check_table(c))
		return;
	check_rows(c);
	check_document(c);
	check_rights(c);
	check_quarantine(c);
}

enum exit_status check(const struct settings *settings, bool json)
{
	struct checking c = { .settings = settings };
	enum exit_status status;

	findings_init(&c.out, json);
	chunk_init(&c.sample);
	if (check_settings(&c)) {
		check_source(&c);
		if (c.has_facade)
			check_search(&c);
	}
	status = findings_fini(&c.out);
	quarantine_fini(&c.quarantine);
	session_close(&c.session);
	chunk_fini(&c.sample);
	return status;
}
