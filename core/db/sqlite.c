// SPDX-License-Identifier: MIT
// The SQLite driver, over sqlite3: every statement is reset before a call returns.
//
// This file never opens or closes the database file itself: closing any descriptor of a
// file gives up the locks that SQLite has on it in this process (POSIX). The run lock
// therefore is a lock on a file beside it.

#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_STATEMENTS = 8, DEFAULT_TIMEOUT_MS = 10000 };

struct statement {
	char *sql;
	sqlite3_stmt *stmt;
	unsigned long last_use;
};

struct number {
	char text[32];
};

struct sqlite {
	struct db db;
	sqlite3 *handle;
	int lock_fd; /* -1: no run lock */
	struct statement statements[MAX_STATEMENTS];
	unsigned long uses;
	struct slt_text *cells; /* of the row being read */
	enum db_type *types;
	struct number *numbers;
	size_t cells_cap;
};

/* ------------------------------------------------------------- failures */

/* A full disk or a failing one (FULL, IOERR) counts as passing: SQLite has undone the
 * transaction, so nothing is marked that is not, and the run stops with the rest unsent.
 */
static enum exit_status code_status(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: /* the same in WAL mode */
	case SQLITE_INTERRUPT:
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return EXIT_EARLY;
	default:
		return EXIT_CONFIG;
	}
}

static int failed(struct sqlite *lite, int code, struct err *err)
{
	if (code == SQLITE_NOMEM)
		err_no_memory();
	return err_set(err, code_status(code), "SQLite: %s",
		       sqlite3_errmsg(lite->handle));
}

/* ------------------------------------------------------------- statements */

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n;")] == '\0';
}

static int prepare(struct sqlite *lite, const char *sql, sqlite3_stmt **ret,
		   struct err *err)
{
	sqlite3_stmt *stmt;
	const char *tail;
	int code = sqlite3_prepare_v2(lite->handle, sql, -1, &stmt, &tail);

	if (code != SQLITE_OK)
		return failed(lite, code, err);
	if (!stmt || !is_blank(tail)) {
		sqlite3_finalize(stmt);
		return err_set(err, EXIT_CONFIG, "SQLite: expected one statement");
	}
	*ret = stmt;
	return 0;
}

static void forget(struct statement *s)
{
	sqlite3_finalize(s->stmt);
	free(s->sql);
	*s = (struct statement){ .sql = NULL };
}

/* The statement of this text: from the few that are kept, or made in the place of the one
 * that was not used for longest. */
static int get_statement(struct sqlite *lite, const char *sql, sqlite3_stmt **ret,
			 struct err *err)
{
	struct statement *s, *oldest = lite->statements;

	for (s = lite->statements; s < lite->statements + MAX_STATEMENTS; s++) {
		if (s->sql && !strcmp(s->sql, sql))
			goto found;
		if (s->last_use < oldest->last_use)
			oldest = s;
	}
	s = oldest;
	forget(s);
	if (prepare(lite, sql, &s->stmt, err) < 0)
		return -1;
	s->sql = strdup(sql);
	if (!s->sql)
		err_no_memory();
found:
	s->last_use = ++lite->uses;
	*ret = s->stmt;
	return 0;
}

/* Bytes are not copied: the bindings are cleared before the call returns. A key is bound
 * as what it was read as, or it would not meet its row again (1, '1' and x'31' all
 * differ). */
static int bind_one(sqlite3_stmt *stmt, int i, const struct db_value *value)
{
	const char *ptr = value->text.ptr;
	size_t len = value->text.len;
	char number[64], *end;
	long long integer;
	double real;

	if (!ptr)
		return sqlite3_bind_null(stmt, i);
	if (value->type == DB_BLOB)
		return sqlite3_bind_blob64(stmt, i, ptr, len, SQLITE_STATIC);
	if (value->type == DB_TEXT)
		return sqlite3_bind_text64(stmt, i, ptr, len, SQLITE_STATIC, SQLITE_UTF8);
	if (len == 0 || len >= sizeof(number))
		return SQLITE_MISMATCH;
	memcpy(number, ptr, len);
	number[len] = '\0';
	errno = 0;
	if (value->type == DB_INTEGER) {
		integer = strtoll(number, &end, 10);
		return *end || errno ? SQLITE_MISMATCH
				     : sqlite3_bind_int64(stmt, i, integer);
	}
	real = strtod(number, &end);
	return *end ? SQLITE_MISMATCH : sqlite3_bind_double(stmt, i, real);
}

static int bind(struct sqlite *lite, sqlite3_stmt *stmt, const struct db_value *values,
		size_t n, struct err *err)
{
	int wanted = sqlite3_bind_parameter_count(stmt), code;

	if ((size_t)wanted != n)
		return err_set(err, EXIT_CONFIG,
			       "SQLite: the statement takes %d values and got %zu",
			       wanted, n);
	for (int i = 0; i < wanted; i++) {
		code = bind_one(stmt, i + 1, &values[i]);
		if (code == SQLITE_MISMATCH)
			return err_set(err, EXIT_BUG, "SQLite: value %d is no number",
				       i + 1);
		if (code != SQLITE_OK)
			return failed(lite, code, err);
	}
	return 0;
}

static void put_away(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

static void *grow(void *old, size_t n, size_t size)
{
	void *grown = reallocarray(old, n, size);

	if (!grown)
		err_no_memory();
	return grown;
}

static void room_for(struct sqlite *lite, size_t n)
{
	if (n <= lite->cells_cap)
		return;
	lite->cells = grow(lite->cells, n, sizeof(*lite->cells));
	lite->types = grow(lite->types, n, sizeof(*lite->types));
	lite->numbers = grow(lite->numbers, n, sizeof(*lite->numbers));
	lite->cells_cap = n;
}

/* SQLite prints 15 digits (version 3.40). Where these are another number, 17 are given.
 */
static struct slt_text read_real(sqlite3_stmt *stmt, int i, struct number *number)
{
	double real = sqlite3_column_double(stmt, i); /* before it is turned into text */
	const char *text = (const char *)sqlite3_column_text(stmt, i);
	double again = text ? strtod(text, NULL) : 0;

	if (text && memcmp(&again, &real, sizeof(real)) == 0) {
		snprintf(number->text, sizeof(number->text), "%s", text);
		return slt_str(number->text);
	}
	snprintf(number->text, sizeof(number->text), "%.17g", real);
	return slt_str(number->text);
}

static void read_cell(struct sqlite *lite, sqlite3_stmt *stmt, int i)
{
	struct slt_text *cell = &lite->cells[i];

	lite->types[i] = DB_TEXT;
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL:
		*cell = slt_str(NULL);
		return;
	case SQLITE_FLOAT:
		lite->types[i] = DB_REAL;
		*cell = read_real(stmt, i, &lite->numbers[i]);
		return;
	case SQLITE_BLOB:
		lite->types[i] = DB_BLOB;
		cell->ptr = sqlite3_column_blob(stmt, i);
		break;
	case SQLITE_INTEGER:
		lite->types[i] = DB_INTEGER;
		/* fall through */
	default:
		cell->ptr = (const char *)sqlite3_column_text(stmt, i);
		if (!cell->ptr)
			err_no_memory();
	}
	cell->len = (size_t)sqlite3_column_bytes(stmt, i);
	if (!cell->ptr) /* an empty blob */
		cell->ptr = "";
}

static int hand_over(struct sqlite *lite, sqlite3_stmt *stmt, db_row_fn *row, void *arg)
{
	struct db_row r = { .n_cells = (size_t)sqlite3_column_count(stmt) };

	room_for(lite, r.n_cells);
	for (int i = 0; i < (int)r.n_cells; i++)
		read_cell(lite, stmt, i);
	r.cells = lite->cells;
	r.types = lite->types;
	return row(arg, &r);
}

static int sqlite_query(struct db *db, const char *sql, const struct db_value *values,
			size_t n_values, db_row_fn *row, void *arg, struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	sqlite3_stmt *stmt;
	int rc, code;

	if (get_statement(lite, sql, &stmt, err) < 0)
		return -1;
	rc = bind(lite, stmt, values, n_values, err);
	if (rc == 0) {
		while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
			if (hand_over(lite, stmt, row, arg) != 0)
				break;
		if (code != SQLITE_ROW && code != SQLITE_DONE)
			rc = failed(lite, code, err);
	}
	/* An open SELECT would make the application's INSERT fail, law 7. */
	put_away(stmt);
	return rc;
}

static int no_row(void *arg, const struct db_row *row)
{
	(void)arg;
	(void)row;
	return 0;
}

/* Rows that INSTEAD OF triggers of a view have changed are not counted (SQLite's
 * changes()). */
static int sqlite_exec(struct db *db, const char *sql, const struct db_value *values,
		       size_t n_values, long long *ret_touched, struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	int before = sqlite3_total_changes(lite->handle);

	if (sqlite_query(db, sql, values, n_values, no_row, NULL, err) < 0)
		return -1;
	/* changes() is still that of an earlier statement when this one changed nothing.
	 */
	*ret_touched = sqlite3_total_changes(lite->handle) == before
			       ? 0
			       : sqlite3_changes(lite->handle);
	return 0;
}

static int run(struct sqlite *lite, const char *sql, struct err *err)
{
	return sqlite_query(&lite->db, sql, NULL, 0, no_row, NULL, err);
}

/* IMMEDIATE in any case: a transaction that begins by reading fails at once, without
 * waiting, when another one has written before it writes. */
static int sqlite_begin(struct db *db, enum db_isolation isolation, struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;

	(void)isolation;
	return run(lite,
		   sqlite3_db_readonly(lite->handle, "main") ? "BEGIN"
							     : "BEGIN IMMEDIATE",
		   err);
}

static int sqlite_commit(struct db *db, struct err *err)
{
	return run((struct sqlite *)db, "COMMIT", err);
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *lite = (struct sqlite *)db;
	struct err ignored;

	/* After some errors SQLite has rolled back itself. */
	if (!sqlite3_get_autocommit(lite->handle) && run(lite, "ROLLBACK", &ignored) < 0)
		return;
}

/* ------------------------------------------------------------- connecting */

static int read_options(const struct dburl *url, int *ret_timeout_ms, struct err *err)
{
	for (size_t i = 0; i < url->n_options; i++) {
		const struct dburl_option *o = &url->options[i];
		char *end;
		double seconds;

		if (dburl_is_djangos(o->name))
			continue;
		if (strcmp(o->name, "timeout") != 0)
			return err_set(err, EXIT_CONFIG,
				       "DATABASE_URL: \"%.60s\" is no option of SQLite "
				       "(there is only timeout)",
				       o->name);
		seconds = strtod(o->value, &end);
		if (end == o->value || *end || !(seconds >= 0 && seconds <= 86400))
			return err_set(err, EXIT_CONFIG,
				       "DATABASE_URL: timeout=%.20s: expected seconds, "
				       "0 to 86400",
				       o->value);
		*ret_timeout_ms = (int)(seconds * 1000);
	}
	return 0;
}

/* The path of the database, symbolic links resolved; "" in memory. */
static const char *file_of(struct sqlite *lite)
{
	const char *name = sqlite3_db_filename(lite->handle, "main");

	return name ? name : "";
}

/* SQLite opens a file that it may not write read-only without a word, and finds only when
 * it writes that it cannot make its journal in the folder. */
static int check_writable(struct sqlite *lite, const char *name, struct err *err)
{
	const char *file = file_of(lite);
	char folder[PATH_MAX];
	char *slash;

	if (!*file)
		return 0;
	if (sqlite3_db_readonly(lite->handle, "main") != 0 ||
	    faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) < 0)
		return err_set(err, EXIT_CONFIG,
			       "SQLite database \"%s\": no permission to write the file",
			       name);
	snprintf(folder, sizeof(folder), "%s", file);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
		return err_set(
			err, EXIT_CONFIG,
			"SQLite database \"%s\": no permission to write its folder, "
			"where SQLite needs its journal",
			name);
	return 0;
}

static int open_file(struct sqlite *lite, const char *name, enum db_access access,
		     struct err *err)
{
	/* Without CREATE: an empty database in the place of a mistyped one helps nobody.
	 */
	int flags = access == DB_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int code, number;

	if (!strcmp(name, ":memory:"))
		flags = SQLITE_OPEN_READWRITE;
	code = sqlite3_open_v2(name, &lite->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (!lite->handle)
		err_no_memory();
	if (code == SQLITE_OK)
		return 0;
	number = sqlite3_system_errno(lite->handle);
	return err_set(err, code_status(code), "SQLite database \"%s\": %s%s%s", name,
		       sqlite3_errmsg(lite->handle), number ? ": " : "",
		       number ? strerror(number) : "");
}

static void sqlite_close(struct db *db);

static int sqlite_open(const struct dburl *url, enum db_access access, struct db **ret,
		       struct err *err)
{
	const char *name = url->name ? url->name : ":memory:";
	struct sqlite *lite;
	int timeout_ms = DEFAULT_TIMEOUT_MS;

	if (read_options(url, &timeout_ms, err) < 0)
		return -1;
	lite = calloc(1, sizeof(*lite));
	if (!lite)
		err_no_memory();
	lite->db.driver = &db_sqlite;
	lite->lock_fd = -1;
	if (open_file(lite, name, access, err) < 0)
		goto fail;
	sqlite3_busy_timeout(lite->handle, timeout_ms);
#ifdef SQLITE_DBCONFIG_DQS_DML
	/* A quoted name of a column that is not there shall be an error, not a text. */
	sqlite3_db_config(lite->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
#endif
	if (run(lite, "PRAGMA schema_version", err) < 0) { /* is it a database at all? */
		err_context(err, "DATABASE_URL names \"%s\"", name);
		goto fail;
	}
	if (access == DB_WRITE && check_writable(lite, name, err) < 0)
		goto fail;
	*ret = &lite->db;
	return 0;
fail:
	sqlite_close(&lite->db);
	return -1;
}

static void sqlite_close(struct db *db)
{
	struct sqlite *lite = (struct sqlite *)db;

	for (size_t i = 0; i < MAX_STATEMENTS; i++)
		forget(&lite->statements[i]);
	sqlite3_close(lite->handle); /* rolls back */
	if (lite->lock_fd >= 0)
		close(lite->lock_fd);
	free(lite->cells);
	free(lite->types);
	free(lite->numbers);
	free(lite);
}

/* ------------------------------------------------------------- the catalog */

/* What a statement reads, by SQLite's own account while it is being prepared. */
struct reads {
	const char *table, *column;	  /* that the key comes from in the end */
	const char *name;		  /* of the result column */
	bool direct;			  /* the table itself stands in the statement */
	char view[256], view_column[256]; /* that stands there, with such a column */
};

/* Inside a view (or WITH) `within` is its name. */
static int note_read(void *arg, int action, const char *table, const char *column,
		     const char *schema, const char *within)
{
	struct reads *reads = arg;

	(void)schema;
	if (action != SQLITE_READ || within || !table || !column)
		return SQLITE_OK;
	if (!strcmp(table, reads->table)) {
		/* "ROWID" here is "rowid" there */
		reads->direct = reads->direct || !strcasecmp(column, reads->column);
	} else if (!strcasecmp(column, reads->name) ||
		   !strcasecmp(column, reads->column)) {
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
	rc = prepare(lite, sql, &stmt, err);
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
		return failed(lite, code, err);
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
	/* PRIMARY KEY alone allows NULL, but for WITHOUT ROWID, which counts as NOT NULL.
	 */
	ret->nullable = !c.notnull;
	return 0;
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
		return err_set(
			err, EXIT_CONFIG,
			"SQLite: column %d of the SELECT is not a column of a table or "
			"view",
			column + 1);
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

static int sqlite_origin(struct db *db, const char *sql, const struct db_value *values,
			 size_t n_values, size_t column, struct db_origin *ret,
			 struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	sqlite3_stmt *stmt;
	int rc;

	(void)values;
	(void)n_values;
	if (prepare(lite, sql, &stmt, err) < 0)
		return -1;
	rc = origin_of(lite, sql, stmt, (int)column, ret, err);
	sqlite3_finalize(stmt);
	return rc;
}

struct type_answer {
	char *type;
	size_t size;
	int found;
};

static int read_type(void *arg, const struct db_row *row)
{
	struct type_answer *answer = arg;
	struct slt_text text = row->cells[0];

	answer->found = 1;
	snprintf(answer->type, answer->size, "%.*s", (int)text.len,
		 text.ptr ? text.ptr : "");
	return 1;
}

static int sqlite_column(struct db *db, const struct db_table *table, const char *column,
			 char *ret_type, size_t size, struct err *err)
{
	struct type_answer answer = { ret_type, size, 0 };
	struct db_value values[3] = {
		{ slt_str(table->name), DB_TEXT },
		{ slt_str(*table->schema ? table->schema : NULL), DB_TEXT },
		{ slt_str(column), DB_TEXT },
	};

	if (sqlite_query(db,
			 "SELECT lower(type) FROM pragma_table_xinfo(?1, ?2)"
			 " WHERE name = ?3 COLLATE NOCASE",
			 values, 3, read_type, &answer, err) < 0)
		return -1;
	return answer.found;
}

/* ------------------------------------------------------------- the run lock */

/* <database>-<table>.slt-lock: letters, digits, "_" and "-" as they are. */
static int lock_path(const char *file, const char *table, char *ret, size_t size,
		     struct err *err)
{
	int n = snprintf(ret, size, "%s-", file);

	for (const char *c = table; *c && n > 0 && (size_t)n < size; c++) {
		unsigned char byte = (unsigned char)*c;
		bool plain = (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
			     (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');

		n += snprintf(ret + n, size - (size_t)n, plain ? "%c" : "%%%02X", byte);
	}
	if (n > 0 && (size_t)n < size)
		n += snprintf(ret + n, size - (size_t)n, ".slt-lock");
	if (n < 0 || (size_t)n >= size)
		return err_set(err, EXIT_CONFIG,
			       "SQLite: the path of the database is too long");
	return 0;
}

static void read_holder(int fd, struct db_holder *ret)
{
	char text[256], host[100];
	long long since;
	long pid;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	ret->seconds = -1;
	if (sscanf(text, "%ld %lld %99s", &pid, &since, host) != 3) {
		/* it has the lock and not yet written who it is, or the disk is full */
		snprintf(ret->who, sizeof(ret->who), "another process");
		return;
	}
	snprintf(ret->who, sizeof(ret->who), "pid %ld on %s", pid, host);
	if (since <= time(NULL))
		ret->seconds = (long)(time(NULL) - since);
}

static void write_holder(int fd)
{
	char text[160], host[100] = "";
	int n;

	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		snprintf(host, sizeof(host), "localhost");
	n = snprintf(text, sizeof(text), "%ld %lld %s\n", (long)getpid(),
		     (long long)time(NULL), host);
	/* Who it is, is a courtesy: the lock stands without. */
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
		return;
}

/* Made by root by hand, it must not shut out the account that runs every day: it belongs
 * to whom the database belongs to. SQLite does the same with its journal. */
static int open_lock(const char *file, const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0)
		return err_set(err, EXIT_CONFIG, "SQLite: lock file \"%s\": %s", path,
			       strerror(errno));
	if (geteuid() == 0 && stat(file, &st) == 0 &&
	    fchown(fd, st.st_uid, st.st_gid) < 0)
		return fd;
	return fd;
}

/* A lock of the open file description: one connection of this process keeps out another,
 * and the end of the process gives it up. The file stays: to remove it would take it from
 * under a run that has opened it and does not hold it yet. */
static int sqlite_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
		       struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const char *file = file_of(lite);
	char path[PATH_MAX];
	int fd, number;

	if (!*file) /* in memory: nobody else can see it */
		return 1;
	if (lock_path(file, table->name, path, sizeof(path), err) < 0)
		return -1;
	fd = open_lock(file, path, err);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0) {
		write_holder(fd);
		lite->lock_fd = fd;
		return 1;
	}
	number = errno;
	if (number == EAGAIN || number == EACCES)
		read_holder(fd, ret);
	else
		err_set(err, EXIT_CONFIG, "SQLite: lock file \"%s\": %s", path,
			strerror(number));
	close(fd);
	return number == EAGAIN || number == EACCES ? 0 : -1;
}

static bool sqlite_alive(struct db *db)
{
	(void)db;
	return true;
}

const struct db_driver db_sqlite = {
	.name = "sqlite",
	.label = "SQLite",
	.dialect = SLT_SQLITE,
	.open = sqlite_open,
	.close = sqlite_close,
	.query = sqlite_query,
	.exec = sqlite_exec,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.origin = sqlite_origin,
	.column = sqlite_column,
	.lock = sqlite_lock,
	.alive = sqlite_alive,
};
