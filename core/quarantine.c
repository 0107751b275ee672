// SPDX-License-Identifier: MIT
// The table that lists rows set aside: its statements.

#include "quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"

/* Rows of one INSERT, and values of one row: SQLite before 3.32 takes 999. */
enum { ROWS_AT_ONCE = 200, VALUES_OF_ROW = 4 };

/* The names that the statements use in their braces. */
static const char *own_setting(void *arg, const char *name)
{
	const struct quarantine *q = arg;

	return strcmp(name, "QUARANTINE_TABLE") == 0 ? q->table : q->log_table;
}

#define OF_LOG " FROM {$QUARANTINE_TABLE} WHERE log_table = {:LOG_TABLE}"
#define UPDATE \
	"UPDATE {$QUARANTINE_TABLE} SET released = TRUE WHERE log_table = {:LOG_TABLE}"

/* Not with EXISTS: MariaDB 10.11 makes an IN of it, and finds no row at all when the prepared
 * statement is executed again. A count is one look into the index for each row, everywhere. It
 * is 0 or 1; by "<> 1" PostgreSQL 15 expects that most rows pass, by "= 0" that few do, and
 * then compiles the statement (JIT), for each page anew. */
static const char hold_back[] =
	"(SELECT count(*) FROM {$QUARANTINE_TABLE} slt_q WHERE slt_q.log_table ="
	" {:LOG_TABLE} AND slt_q.log_key = {key_text} AND NOT slt_q.released) <> 1";

static int render(struct quarantine *q, const char *text, struct sql *ret,
		  struct err *err)
{
	struct sql_template *template;
	int result;

	if (sql_parse(text, SQL_OWN, own_setting, q, &template, err) < 0)
		return -1;
	result = sql_render(template, SQL_AS_IS, q->dialect, NULL, NULL, ret, err);
	sql_template_free(template);
	return result;
}

static int render_all(struct quarantine *q, struct err *err)
{
	const struct {
		const char *text;
		struct sql *sql;
	} wanted[] = {
		{ "{$QUARANTINE_TABLE}", &q->name },
		{ "SELECT count(CASE WHEN released THEN NULL ELSE 1 END),"
		  " count(CASE WHEN released THEN 1 END)" OF_LOG,
		  &q->count },
		{ "SELECT log_key, seen, first_seen, last_seen, status, error_type,"
		  " released" OF_LOG " ORDER BY first_seen, log_key",
		  &q->list },
		{ UPDATE " AND {keys log_key}", &q->release },
		{ UPDATE " AND NOT released", &q->release_all },
		{ "DELETE" OF_LOG " AND released AND {keys log_key}", &q->forget },
		{ "DELETE" OF_LOG " AND released", &q->sweep },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (render(q, wanted[i].text, wanted[i].sql, err) < 0)
			return -1;
	return 0;
}

static int filter(struct quarantine *q, struct plan *plan, struct db *db, struct err *err)
{
	struct sql_template *condition;
	int result;

	if (sql_parse(hold_back, SQL_OWN, own_setting, q, &condition, err) < 0)
		return -1;
	result = plan_filter(plan, condition, db, err);
	sql_template_free(condition);
	return result;
}

static char *full_name(const struct db_table *table)
{
	char name[sizeof(table->schema) + sizeof(table->name)];

	snprintf(name, sizeof(name), "%s%s%s", table->schema, *table->schema ? "." : "",
		 table->name);
	return mem_copy(name);
}

int quarantine_open(struct quarantine *q, const struct settings *settings,
		    struct plan *plan, struct db *db, struct err *err)
{
	const char *table = settings_text(settings, SET_QUARANTINE_TABLE);
	int found;

	*q = (struct quarantine){ .dialect = dialect_get(db->driver->dialect) };
	if (!*table)
		return 0;
	q->table = table;
	q->log_table = full_name(&plan->key.table);
	if (render_all(q, err) < 0)
		return -1;
	found = quarantine_find(table, db, err);
	if (found < 0)
		return -1;
	if (!found)
		return err_set(
			err, EXIT_CONFIG,
			"QUARANTINE_TABLE: there is no quarantine %s, or this user "
			"may not see it: structured-log-transfer setup makes it",
			table);
	return filter(q, plan, db, err);
}

void quarantine_fini(struct quarantine *q)
{
	struct sql *all[] = { &q->name,	       &q->count,  &q->list, &q->release,
			      &q->release_all, &q->forget, &q->sweep };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sql_fini(all[i]);
	free(q->log_table);
	*q = (struct quarantine){ 0 };
}

/* ---------------------------------------------------------------- the table itself */

int quarantine_find(const char *table, struct db *db, struct err *err)
{
	const char *dot = strchr(table, '.');
	struct db_table parts = { .schema = "" };
	char type[128];

	if (dot)
		snprintf(parts.schema, sizeof(parts.schema), "%.*s", (int)(dot - table),
			 table);
	snprintf(parts.name, sizeof(parts.name), "%s", dot ? dot + 1 : table);
	return db_column(db, &parts, "log_key", type, sizeof(type), err);
}

int quarantine_ddl(const char *table, const struct dialect *dialect, struct sql *ret,
		   struct err *err)
{
	struct quarantine q = { .table = table, .dialect = dialect };
	char text[1024];

	snprintf(text, sizeof(text), "CREATE TABLE IF NOT EXISTS {$QUARANTINE_TABLE} %s",
		 dialect->quarantine_columns);
	return render(&q, text, ret, err);
}

/* ---------------------------------------------------------------- entries */

/* Without arguments but the log table's name. */
static int exec(const struct sql *sql, struct db *db, long long *ret_n, struct err *err)
{
	struct sql_args none = { 0 };
	struct sql_values values;
	int result;

	sql_values_init(&values);
	result = plan_exec(sql, &none, &values, db, ret_n, err);
	sql_values_fini(&values);
	return result;
}

static int query(const struct sql *sql, struct db *db, db_row_fn *row, void *arg,
		 struct err *err)
{
	struct sql_args none = { 0 };
	struct sql_values values;
	int result;

	sql_values_init(&values);
	result = plan_query(sql, &none, &values, db, row, arg, err);
	sql_values_fini(&values);
	return result;
}

static int read_counts(void *arg, const struct db_row *row)
{
	unsigned long long *counts = arg;

	counts[0] = strtoull(row->cells[0].ptr, NULL, 10);
	counts[1] = strtoull(row->cells[1].ptr, NULL, 10);
	return 0;
}

int quarantine_count(const struct quarantine *q, struct db *db,
		     unsigned long long *ret_held, unsigned long long *ret_released,
		     struct err *err)
{
	unsigned long long counts[2] = { 0 };

	if (query(&q->count, db, read_counts, counts, err) < 0)
		return -1;
	*ret_held = counts[0];
	*ret_released = counts[1];
	return 0;
}

int quarantine_each(const struct quarantine *q, struct db *db, db_row_fn *row, void *arg,
		    struct err *err)
{
	return query(&q->list, db, row, arg, err);
}

int quarantine_sweep(const struct quarantine *q, struct db *db, struct err *err)
{
	long long n;

	return exec(&q->sweep, db, &n, err);
}

/* A key as log_key holds it. */
static struct db_value entry_key(const struct quarantine *q, struct db_value key)
{
	if (!q->dialect->quarantine_typed && key.type != DB_BLOB)
		key.type = DB_TEXT;
	return key;
}

/* What is a reason or error type is ASCII by contract; a facade may think otherwise, and
 * that must not make the database refuse the entry. */
static struct slt_text entry_type(const char *what)
{
	struct slt_text type = slt_str(what);

	if (type.len > QUARANTINE_MAX_TYPE)
		type.len = QUARANTINE_MAX_TYPE;
	while (!utf8_is_valid(type))
		type.len--;
	return type;
}

static void put_insert(const struct quarantine *q, size_t n, struct buf *out)
{
	buf_printf(out,
		   "INSERT INTO %s%s (log_table, log_key, first_seen, last_seen, seen,"
		   " status, error_type, released) VALUES ",
		   q->name.text, q->dialect->quarantine_as);
	for (size_t i = 0; i < n; i++) {
		size_t at = VALUES_OF_ROW * i;

		buf_puts(out, i ? ", (" : "(");
		q->dialect->placeholder(out, at + 1);
		buf_puts(out, ", ");
		q->dialect->placeholder(out, at + 2);
		buf_printf(out, ", %s, %s, 1, ", q->dialect->now, q->dialect->now);
		q->dialect->placeholder(out, at + 3);
		buf_puts(out, ", ");
		q->dialect->placeholder(out, at + 4);
		buf_puts(out, ", FALSE)");
	}
	buf_puts(out, q->dialect->quarantine_update);
}

static int insert(const struct quarantine *q, struct db *db, struct log_row *const *rows,
		  size_t n, struct buf *out, struct err *err)
{
	struct db_value values[ROWS_AT_ONCE * VALUES_OF_ROW];
	char status[ROWS_AT_ONCE][12];
	long long touched;

	buf_reset(out);
	put_insert(q, n, out);
	for (size_t i = 0; i < n; i++) {
		struct db_value *of = &values[VALUES_OF_ROW * i];

		snprintf(status[i], sizeof(status[i]), "%d", rows[i]->status);
		of[0] = (struct db_value){ slt_str(q->log_table), DB_TEXT };
		of[1] = entry_key(q, rows[i]->key);
		of[2] = (struct db_value){ slt_str(status[i]), DB_INTEGER };
		of[3] = (struct db_value){ entry_type(rows[i]->what), DB_TEXT };
	}
	return db_exec(db, buf_str(out), values, VALUES_OF_ROW * n, &touched, err);
}

int quarantine_put(const struct quarantine *q, struct db *db, struct log_row *const *rows,
		   size_t n, struct err *err)
{
	struct buf out;
	int result = 0;

	buf_init(&out, 1 << 20);
	for (size_t at = 0; at < n && result == 0; at += ROWS_AT_ONCE)
		result = insert(q, db, rows + at,
				n - at < ROWS_AT_ONCE ? n - at : ROWS_AT_ONCE, &out, err);
	buf_fini(&out);
	return result;
}

int quarantine_forget(const struct quarantine *q, struct db *db, struct db_value *keys,
		      size_t n, struct sql_values *values, struct err *err)
{
	struct sql_args args = { .keys = keys, .n_keys = n };
	long long touched;

	for (size_t i = 0; i < n; i++)
		keys[i] = entry_key(q, keys[i]);
	return plan_exec(&q->forget, &args, values, db, &touched, err);
}

/* Where keys have a type, the command line does not tell which. */
int quarantine_release(const struct quarantine *q, struct db *db, const char *key,
		       long long *ret_n, struct err *err)
{
	struct db_value keys[2] = { { slt_str(key), DB_TEXT },
				    { slt_str(key), DB_INTEGER } };
	struct sql_args args = { .keys = keys, .n_keys = 1 };
	struct sql_values values;
	char number[24];
	int result;

	if (!key)
		return exec(&q->release_all, db, ret_n, err);
	snprintf(number, sizeof(number), "%lld", strtoll(key, NULL, 10));
	if (q->dialect->quarantine_typed && strcmp(number, key) == 0)
		args.n_keys = 2;
	sql_values_init(&values);
	result = plan_exec(&q->release, &args, &values, db, ret_n, err);
	sql_values_fini(&values);
	return result;
}
