// SPDX-License-Identifier: MIT
// Makes the statements of a run out of the facade's and the catalog.

#include "plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flags are columns of the table that the key is of. Most statements ask for the same one,
 * again and again. */
struct type_arg {
	struct db *db;
	const struct db_table *table;
	char column[256], type[256]; /* what was found last */
};

static int type_of(void *arg, const char *column, char *ret_type, size_t size,
		   struct err *err)
{
	struct type_arg *of = arg;
	int found;

	if (!*of->column || strcmp(of->column, column) != 0) {
		of->column[0] = '\0';
		found = db_column(of->db, of->table, column, of->type, sizeof(of->type),
				  err);
		if (found != 1)
			return found;
		snprintf(of->column, sizeof(of->column), "%s", column);
	}
	snprintf(ret_type, size, "%s", of->type);
	return 1;
}

static int find_key(struct plan *plan, const struct dialect *dialect, struct db *db,
		    struct err *err)
{
	struct sql_args none = { 0 };
	struct sql_values values;
	struct sql probe;
	int result;

	if (sql_render(plan->facade->fetch, SQL_PROBE, dialect, NULL, NULL, &probe, err) <
	    0)
		return -1;
	sql_values_init(&values);
	sql_bind(&probe, &none, &values);
	result = db_origin(db, values.text, "slt_key", values.values, values.n,
			   &plan->key, err);
	sql_values_fini(&values);
	sql_fini(&probe);
	return result;
}

/* The first statement of a run that meets the table: names what was asked for. */
static int fetch_failed(const struct facade *facade, struct err *err)
{
	struct buf names;

	buf_init(&names, 256);
	sql_describe_names(facade->fetch, &names);
	err_context(err, "facade %s, fetch%s", facade->module, buf_str(&names));
	buf_fini(&names);
	return -1;
}

struct wanted {
	const struct sql_template *template;
	enum sql_form form;
	struct sql *sql;
	const char *name;
};

static int render(struct plan *plan, struct db *db, const struct wanted *wanted, size_t n,
		  struct err *err)
{
	const struct dialect *dialect = dialect_get(db->driver->dialect);
	struct type_arg arg = { .db = db, .table = &plan->key.table };

	for (size_t i = 0; i < n; i++) {
		if (sql_render(wanted[i].template, wanted[i].form, dialect, type_of, &arg,
			       wanted[i].sql, err) < 0)
			return err_context(err, "facade %s, %s", plan->facade->module,
					   wanted[i].name);
	}
	return 0;
}

int plan_init(struct plan *plan, const struct facade *facade, struct db *db,
	      struct err *err)
{
	const struct sql_template *fetch = facade->fetch;
	const struct wanted wanted[] = {
		{ fetch, SQL_FIRST_PAGE, &plan->first_page, "fetch" },
		{ fetch, SQL_NEXT_PAGE, &plan->next_page, "fetch" },
		{ fetch, SQL_NULL_KEYS, &plan->null_keys, "fetch" },
		{ fetch, SQL_UNSENT_KEYS, &plan->unsent_keys, "fetch" },
		{ fetch, SQL_SENT_KEYS, &plan->sent_keys, "fetch" },
		{ facade->mark_as_sent, SQL_AS_IS, &plan->mark_as_sent, "mark_as_sent" },
	};

	const struct wanted optional[] = {
		{ fetch, SQL_PAGE_UP_TO, &plan->page_up_to, "fetch" },
		{ fetch, SQL_PAGE_ENDS, &plan->page_ends, "fetch" },
	};
	const struct dialect *dialect = dialect_get(db->driver->dialect);

	*plan = (struct plan){ .facade = facade };
	if (find_key(plan, dialect, db, err) < 0)
		return fetch_failed(facade, err);
	if (render(plan, db, wanted, sizeof(wanted) / sizeof(wanted[0]), err) < 0)
		return -1;
	if (!plan->key.indexed && dialect->sorts_whole_rows)
		return render(plan, db, optional, 2, err);
	return 0;
}

int plan_add_clear(struct plan *plan, struct db *db, struct err *err)
{
	const struct sql_template *fetch = plan->facade->fetch;
	const struct wanted wanted[] = {
		{ fetch, SQL_OLD_FIRST_PAGE, &plan->old_first_page, "fetch" },
		{ fetch, SQL_OLD_NEXT_PAGE, &plan->old_next_page, "fetch" },
		{ fetch, SQL_OLD_COUNT, &plan->old_count, "fetch" },
		{ fetch, SQL_TIMELESS_COUNT, &plan->timeless_count, "fetch" },
		{ plan->facade->clear, SQL_AS_IS, &plan->clear, "clear" },
	};

	if (!plan->facade->clear)
		return err_set(err, EXIT_CONFIG,
			       "facade %s has no statement clear: old rows of its table "
			       "are not for this program to delete",
			       plan->facade->module);
	return render(plan, db, wanted, sizeof(wanted) / sizeof(wanted[0]), err);
}

int plan_add_counts(struct plan *plan, struct db *db, struct err *err)
{
	const struct facade *facade = plan->facade;
	const struct wanted wanted[] = {
		{ facade->fetch, SQL_UNSENT_COUNT, &plan->unsent_count, "fetch" },
		{ facade->fetch, SQL_SENT_COUNT, &plan->sent_count, "fetch" },
		{ facade->fetch, SQL_ALL_COUNT, &plan->all_count, "fetch" },
		{ facade->fetch, SQL_TWICE_COUNT, &plan->twice_count, "fetch" },
	};
	const struct wanted optional[] = {
		{ facade->fetch, SQL_UNSENT_OLDEST, &plan->unsent_oldest, "fetch" },
		{ facade->mark_as_unsent, SQL_AS_IS, &plan->mark_as_unsent,
		  "mark_as_unsent" },
	};
	bool has_time = sql_columns(facade->fetch).time_at != SIZE_MAX;

	if (render(plan, db, wanted, sizeof(wanted) / sizeof(wanted[0]), err) < 0 ||
	    (has_time && render(plan, db, &optional[0], 1, err) < 0) ||
	    (facade->mark_as_unsent && render(plan, db, &optional[1], 1, err) < 0))
		return -1;
	return 0;
}

int plan_add_sent(struct plan *plan, bool since, struct db *db, struct err *err)
{
	const struct facade *facade = plan->facade;
	const struct wanted wanted[] = {
		{ facade->fetch, since ? SQL_SINCE_FIRST_PAGE : SQL_SENT_FIRST_PAGE,
		  &plan->sent_first_page, "fetch" },
		{ facade->fetch, since ? SQL_SINCE_NEXT_PAGE : SQL_SENT_NEXT_PAGE,
		  &plan->sent_next_page, "fetch" },
		{ facade->fetch, since ? SQL_SINCE_COUNT : SQL_SENT_COUNT,
		  &plan->sent_count, "fetch" },
		{ facade->mark_as_unsent, SQL_AS_IS, &plan->mark_as_unsent,
		  "mark_as_unsent" },
	};
	size_t n = sizeof(wanted) / sizeof(wanted[0]);

	return render(plan, db, wanted, facade->mark_as_unsent ? n : n - 1, err);
}

/* SQLite has the schema before the index, PostgreSQL before the table. */
void plan_put_index(const struct plan *plan, struct db *db, struct buf *ret)
{
	const struct dialect *dialect = dialect_get(db->driver->dialect);
	const struct db_table *table = &plan->key.table;
	struct db_table index = { .schema = "" }, of = *table;
	struct type_arg arg = { .db = db, .table = table };
	struct sql condition = { .text = NULL };
	struct err err;

	if (dialect->partial_indexes &&
	    sql_render(plan->facade->fetch, SQL_UNSENT_CONDITION, dialect, type_of, &arg,
		       &condition, &err) < 0)
		condition.text = NULL;
	if (!condition.text && plan->key.indexed)
		return;
	snprintf(index.name, sizeof(index.name), "%.200s%s", table->name,
		 condition.text ? "_unsent" : "_key");
	if (dialect->id == SLT_SQLITE) {
		snprintf(index.schema, sizeof(index.schema), "%s", table->schema);
		of.schema[0] = '\0';
	}
	buf_puts(ret, "CREATE INDEX ");
	dialect_put_table(dialect, &index, ret);
	buf_puts(ret, " ON ");
	dialect_put_table(dialect, &of, ret);
	buf_puts(ret, " (");
	dialect->quote(ret, plan->key.column);
	buf_putc(ret, ')');
	if (condition.text)
		buf_printf(ret, " WHERE %s", condition.text);
	sql_fini(&condition);
}

int plan_filter(struct plan *plan, const struct sql_template *condition, struct db *db,
		struct err *err)
{
	const struct dialect *dialect = dialect_get(db->driver->dialect);
	struct type_arg arg = { .db = db, .table = &plan->key.table };
	char key_type[128] = "";
	struct sql_filter filter = { condition, key_type };
	struct sql first, next;

	if (type_of(&arg, plan->key.column, key_type, sizeof(key_type), err) < 0 ||
	    sql_render_filtered(plan->facade->fetch, SQL_FIRST_PAGE, &filter, dialect,
				type_of, &arg, &first, err) < 0)
		return -1;
	if (sql_render_filtered(plan->facade->fetch, SQL_NEXT_PAGE, &filter, dialect,
				type_of, &arg, &next, err) < 0) {
		sql_fini(&first);
		return -1;
	}
	sql_fini(&plan->first_page);
	sql_fini(&plan->next_page);
	sql_fini(&plan->page_up_to);
	sql_fini(&plan->page_ends);
	plan->first_page = first;
	plan->next_page = next;
	return 0;
}

void plan_fini(struct plan *plan)
{
	struct sql *all[] = {
		&plan->first_page,     &plan->next_page,     &plan->null_keys,
		&plan->unsent_keys,    &plan->sent_keys,     &plan->mark_as_sent,
		&plan->old_first_page, &plan->old_next_page, &plan->old_count,
		&plan->timeless_count, &plan->clear,	     &plan->unsent_count,
		&plan->sent_count,     &plan->all_count,     &plan->mark_as_unsent,
		&plan->twice_count,    &plan->unsent_oldest, &plan->sent_first_page,
		&plan->sent_next_page, &plan->page_up_to,    &plan->page_ends,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sql_fini(all[i]);
}

int plan_query(const struct sql *sql, const struct sql_args *args,
	       struct sql_values *values, struct db *db, db_row_fn *row, void *arg,
	       struct err *err)
{
	sql_bind(sql, args, values);
	return db_query(db, values->text, values->values, values->n, row, arg, err);
}

int plan_text(const struct sql *sql, const struct sql_args *args, struct db *db,
	      char *ret, size_t size, struct err *err)
{
	const struct sql_args none = { 0 };
	struct sql_values values;
	int found;

	ret[0] = '\0';
	sql_values_init(&values);
	sql_bind(sql, args ? args : &none, &values);
	found = db_query_text(db, values.text, values.values, values.n, ret, size, err);
	sql_values_fini(&values);
	return found < 0 ? -1 : 0;
}

int plan_count(const struct sql *sql, const struct sql_args *args, struct db *db,
	       long long *ret, struct err *err)
{
	char text[32];

	if (plan_text(sql, args, db, text, sizeof(text), err) < 0)
		return -1;
	*ret = strtoll(text, NULL, 10);
	return 0;
}

int plan_exec(const struct sql *sql, const struct sql_args *args,
	      struct sql_values *values, struct db *db, long long *ret_touched,
	      struct err *err)
{
	sql_bind(sql, args, values);
	return db_exec(db, values->text, values->values, values->n, ret_touched, err);
}
