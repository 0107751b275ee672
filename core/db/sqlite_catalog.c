// SPDX-License-Identifier: MIT
// What SQLite's catalog says of the column that a key comes from, and of a column's type.

#include "sqlite.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What a statement reads, by SQLite's own account while it is being prepared. */
struct reads {
	const char *table, *column;	  /* that the key comes from in the end */
	const char *name;		  /* of the result column */
	bool direct;			  /* the table itself stands in the statement */
	char through[256];		  /* the view that hands it on, so far */
	char view[256], view_column[256]; /* that stands there, with such a column */
};

/* Inside a view (or WITH) `within` is its name. What a view reads is told before it is read
 * itself, so that `through` goes from the innermost view to the one in the statement. */
static int note_read(void *arg, int action, const char *table, const char *column,
		     const char *schema, const char *within)
{
	struct reads *reads = arg;

	(void)schema;
	if (action != SQLITE_READ || !table || !column)
		return SQLITE_OK;
	if (within) {
		if (!strcmp(table, reads->through) ||
		    (!strcmp(table, reads->table) && !strcasecmp(column, reads->column)))
			snprintf(reads->through, sizeof(reads->through), "%s", within);
	} else if (!strcmp(table, reads->table)) {
		/* "ROWID" here is "rowid" there */
		reads->direct = reads->direct || !strcasecmp(column, reads->column);
	} else if (!strcasecmp(column, reads->name) ||
		   !strcasecmp(column, reads->column) ||
		   (!*reads->view && !strcmp(table, reads->through))) {
		snprintf(reads->view, sizeof(reads->view), "%s", table);
		snprintf(reads->view_column, sizeof(reads->view_column), "%s", column);
	}
	return SQLITE_OK;
}

/* SQLite looks through views and takes a UNION for its first SELECT. Of neither is it
 * known what the keys of the table promise. */
static int see_through(struct sqlite *lite, const char *sql, struct reads *reads,
		       struct err *err)
{
	sqlite3_stmt *stmt;
	int rc;

	sqlite3_set_authorizer(lite->handle, note_read, reads);
	rc = sqlite_prepare(lite, sql, &stmt, err);
	sqlite3_set_authorizer(lite->handle, NULL, NULL);
	if (rc < 0)
		return -1;
	sqlite3_finalize(stmt);
	return 0;
}

static bool is_compound(const char *sql)
{
	return strcasestr(sql, "union") || strcasestr(sql, "intersect") ||
	       strcasestr(sql, "except");
}

struct column_facts {
	bool pk, notnull, binary, mixed;
	char collation[64];
};

static int column_facts(struct sqlite *lite, const char *schema, const char *table,
			const char *column, struct column_facts *ret, struct err *err)
{
	const char *type, *collation;
	int notnull, pk, autoincrement;
	int code = sqlite3_table_column_metadata(lite->handle, schema, table, column,
						 &type, &collation, &notnull, &pk,
						 &autoincrement);

	if (code != SQLITE_OK)
		return sqlite_failed(lite, code, err);
	*ret = (struct column_facts){ .pk = pk, .notnull = notnull };
	snprintf(ret->collation, sizeof(ret->collation), "%s", collation);
	ret->binary = !strcasecmp(collation, "BINARY");
	/* Without an affinity, 1 and '1' are two values and one text. */
	ret->mixed = !type || !*type || strcasestr(type, "blob");
	return 0;
}

struct index_facts {
	bool primary, unique, sorted;
};

static int read_index_facts(void *arg, const struct db_row *row)
{
	struct index_facts *facts = arg;

	facts->primary = slt_is(row->cells[0], "1");
	facts->unique = slt_is(row->cells[1], "1");
	facts->sorted = slt_is(row->cells[2], "1");
	return 0;
}

/* Is the column in an index of the primary key? Of the indexes that begin with it: is one
 * of this column alone and unique, is one in the column's own order? */
static int index_facts(struct sqlite *lite, const char *schema, const char *table,
		       const char *column, const char *collation, struct index_facts *ret,
		       struct err *err)
{
	static const char sql[] =
		"SELECT max(l.origin = 'pk'),"
		" max(x.seqno = 0 AND l.\"unique\" AND NOT l.partial"
		"  AND x.coll = 'BINARY' COLLATE NOCASE AND 1 = (SELECT count(*)"
		"   FROM pragma_index_xinfo(l.name, ?1) k WHERE k.\"key\")),"
		" max(x.seqno = 0 AND x.coll = ?4 COLLATE NOCASE)"
		" FROM pragma_index_list(?2, ?1) l JOIN pragma_index_xinfo(l.name, ?1) x"
		" WHERE x.\"key\" AND x.name = ?3";
	struct db_value values[4] = {
		{ slt_str(schema), DB_TEXT },
		{ slt_str(table), DB_TEXT },
		{ slt_str(column), DB_TEXT },
		{ slt_str(collation), DB_TEXT },
	};

	*ret = (struct index_facts){ .unique = false };
	return sqlite_query(&lite->db, sql, values, 4, read_index_facts, ret, err);
}

static int look_up(struct sqlite *lite, const char *schema, const char *table,
		   const char *column, struct db_origin *ret, struct err *err)
{
	struct column_facts c;
	struct index_facts i;

	if (column_facts(lite, schema, table, column, &c, err) < 0 ||
	    index_facts(lite, schema, table, column, c.collation, &i, err) < 0)
		return -1;
	if (c.pk && !i.primary) { /* INTEGER PRIMARY KEY: another name of the rowid */
		ret->unique = ret->indexed = true;
		ret->nullable = false;
		return 0;
	}
	ret->unique = i.unique && c.binary && !c.mixed;
	ret->indexed = i.sorted;
	/* PRIMARY KEY alone allows NULL, but for WITHOUT ROWID, which counts as NOT
	 * NULL. */
	ret->nullable = !c.notnull;
	return 0;
}

/* -1, for which SQLite knows no origin, when there is none of that name. */
static int column_number(sqlite3_stmt *stmt, const char *name)
{
	int i = sqlite3_column_count(stmt);

	while (--i >= 0 && strcmp(sqlite3_column_name(stmt, i), name) != 0)
		;
	return i;
}

static int origin_of(struct sqlite *lite, const char *sql, sqlite3_stmt *stmt, int column,
		     struct db_origin *ret, struct err *err)
{
	const char *schema = sqlite3_column_database_name(stmt, column);
	struct reads reads = {
		.table = sqlite3_column_table_name(stmt, column),
		.column = sqlite3_column_origin_name(stmt, column),
		.name = sqlite3_column_name(stmt, column),
	};
	struct db_origin origin = { .nullable = true };

	if (!schema || !reads.table || !reads.column)
		return err_set(err, EXIT_CONFIG,
			       "SQLite: the key is not a column of a table or view");
	if (strlen(reads.table) >= sizeof(origin.table.name) ||
	    strlen(reads.column) >= sizeof(origin.column))
		return err_set(err, EXIT_CONFIG, "SQLite: a name of more than 255 bytes");
	if (see_through(lite, sql, &reads, err) < 0)
		return -1;
	snprintf(origin.table.schema, sizeof(origin.table.schema), "%s", schema);
	snprintf(origin.table.name, sizeof(origin.table.name), "%s",
		 reads.direct || !*reads.view ? reads.table : reads.view);
	snprintf(origin.column, sizeof(origin.column), "%s",
		 reads.direct || !*reads.view ? reads.column : reads.view_column);
	if (reads.direct && !is_compound(sql) &&
	    look_up(lite, schema, reads.table, reads.column, &origin, err) < 0)
		return -1;
	*ret = origin;
	return 0;
}

int sqlite_origin(struct db *db, const char *sql, const char *name,
		  const struct db_value *values, size_t n_values, struct db_origin *ret,
		  struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	sqlite3_stmt *stmt;
	int rc;

	(void)values;
	(void)n_values;
	if (sqlite_prepare(lite, sql, &stmt, err) < 0)
		return -1;
	rc = origin_of(lite, sql, stmt, column_number(stmt, name), ret, err);
	sqlite3_finalize(stmt);
	return rc;
}

int sqlite_column(struct db *db, const struct db_table *table, const char *column,
		  char *ret_type, size_t size, struct err *err)
{
	struct db_value values[3] = {
		{ slt_str(table->name), DB_TEXT },
		{ slt_str(*table->schema ? table->schema : NULL), DB_TEXT },
		{ slt_str(column), DB_TEXT },
	};

	return db_query_text(db,
			     "SELECT lower(type) FROM pragma_table_xinfo(?1, ?2)"
			     " WHERE name = ?3 COLLATE NOCASE",
			     values, 3, ret_type, size, err);
}
