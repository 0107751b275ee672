// SPDX-License-Identifier: MIT
// The SQLite driver, over sqlite3: every statement is reset before a call returns.

#include "sqlite.h"
#include "../mem.h"
#include "../retry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if SQLITE_VERSION_NUMBER < 3037000
#define sqlite3_total_changes64 sqlite3_total_changes
#endif

enum { DEFAULT_TIMEOUT_MS = 10000 };

/* A full disk or a failing one (FULL, IOERR) counts as passing: SQLite has undone the
 * transaction, so nothing is marked that is not, and the run stops with the rest
 * unsent. */
static enum exit_status code_status(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: /* the same in WAL mode */
	case SQLITE_INTERRUPT:
	case SQLITE_FULL:
	case SQLITE_IOERR: return EXIT_EARLY;
	default: return EXIT_CONFIG;
	}
}

int sqlite_failed(struct sqlite *lite, int code, struct err *err)
{
	if (code == SQLITE_NOMEM)
		err_no_memory();
	return err_set(err, code_status(code), "SQLite: %s",
		       sqlite3_errmsg(lite->handle));
}

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n;")] == '\0';
}

int sqlite_prepare(struct sqlite *lite, const char *sql, sqlite3_stmt **ret,
		   struct err *err)
{
	sqlite3_stmt *stmt;
	const char *tail;
	int code = sqlite3_prepare_v2(lite->handle, sql, -1, &stmt, &tail);

	if (code != SQLITE_OK)
		return sqlite_failed(lite, code, err);
	if (!stmt || !is_blank(tail)) {
		sqlite3_finalize(stmt);
		return err_set(err, EXIT_CONFIG, "SQLite: expected one statement");
	}
	*ret = stmt;
	return 0;
}

static void forget(struct sqlite_statement *s)
{
	sqlite3_finalize(s->stmt);
	free(s->sql);
	*s = (struct sqlite_statement){ .sql = NULL };
}

/* The statement of this text: from the few that are kept, or made in the place of the one
 * that was not used for longest. */
static int get_statement(struct sqlite *lite, const char *sql, sqlite3_stmt **ret,
			 struct err *err)
{
	struct sqlite_statement *s, *oldest = lite->statements;

	for (s = lite->statements; s < lite->statements + KEPT_STATEMENTS; s++) {
		if (s->sql && !strcmp(s->sql, sql))
			goto found;
		if (s->last_use < oldest->last_use)
			oldest = s;
	}
	s = oldest;
	forget(s);
	if (sqlite_prepare(lite, sql, &s->stmt, err) < 0)
		return -1;
	s->sql = mem_copy(sql);
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
			return sqlite_failed(lite, code, err);
	}
	return 0;
}

static void put_away(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

static void room_for(struct sqlite *lite, size_t n)
{
	if (n <= lite->cells_cap)
		return;
	lite->cells = mem_grow(lite->cells, n, sizeof(*lite->cells));
	lite->types = mem_grow(lite->types, n, sizeof(*lite->types));
	lite->numbers = mem_grow(lite->numbers, n, sizeof(*lite->numbers));
	lite->cells_cap = n;
}

/* SQLite prints 15 digits (version 3.40). Where these are another number, 17 are
 * given. */
static struct slt_text read_real(sqlite3_stmt *stmt, int i, struct sqlite_number *number)
{
	double real = sqlite3_column_double(stmt, i); /* before it is turned into text */
	const char *text = (const char *)sqlite3_column_text(stmt, i);
	double again = text ? strtod(text, NULL) : 0;

	/* the bits are meant: NOLINTNEXTLINE(*-memory-comparison,cert-*) */
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
	case SQLITE_NULL: *cell = slt_str(NULL); return;
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
	if (!cell->ptr && cell->len)
		err_no_memory();
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

int sqlite_query(struct db *db, const char *sql, const struct db_value *values,
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
			rc = sqlite_failed(lite, code, err);
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

/* changes() is still that of an earlier statement when this one changed nothing, and 0
 * when INSTEAD OF triggers of a view did all the work (version 3.40). Then only the total
 * knows of it: every row that the triggers have changed, in whatever table. Elsewhere the
 * total would be too much: it has what other triggers and foreign keys did as well. */
static int sqlite_exec(struct db *db, const char *sql, const struct db_value *values,
		       size_t n_values, long long *ret_touched, struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	long long before = sqlite3_total_changes64(lite->handle), total;

	if (sqlite_query(db, sql, values, n_values, no_row, NULL, err) < 0)
		return -1;
	total = sqlite3_total_changes64(lite->handle) - before;
	if (total && sqlite3_changes(lite->handle))
		total = sqlite3_changes(lite->handle);
	*ret_touched = total;
	return 0;
}

static int run(struct sqlite *lite, const char *sql, struct err *err)
{
	return sqlite_query(&lite->db, sql, NULL, 0, no_row, NULL, err);
}

/* IMMEDIATE in any case: a transaction that begins by reading fails at once, without
 * waiting, when another one has written before it writes. */
static int sqlite_begin(struct db *db, struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	bool writes = !sqlite3_db_readonly(lite->handle, "main");

	if (writes)
		sqlite_take_turn(lite);
	if (run(lite, writes ? "BEGIN IMMEDIATE" : "BEGIN", err) == 0) {
		lite->began = clock_seconds();
		return 0;
	}
	sqlite_pass_turn(lite);
	return -1;
}

static int sqlite_commit(struct db *db, struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;

	if (run(lite, "COMMIT", err) < 0)
		return -1;
	sqlite_leave_alone(lite);
	sqlite_pass_turn(lite);
	return 0;
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *lite = (struct sqlite *)db;
	struct err ignored;

	/* After some errors SQLite has rolled back itself. */
	if (!sqlite3_get_autocommit(lite->handle) && run(lite, "ROLLBACK", &ignored) < 0)
		return;
	sqlite_pass_turn(lite);
}

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

const char *sqlite_file(struct sqlite *lite)
{
	const char *name = sqlite3_db_filename(lite->handle, "main");

	return name ? name : "";
}

/* SQLite opens a file that it may not write read-only without a word, and finds only when
 * it writes that it cannot make its journal in the folder. */
static int check_writable(struct sqlite *lite, const char *name, struct err *err)
{
	const char *file = sqlite_file(lite);
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
		return err_set(err, EXIT_CONFIG,
			       "SQLite database \"%s\": no permission to write its "
			       "folder, where SQLite needs its journal",
			       name);
	return 0;
}

static int open_file(struct sqlite *lite, const char *name, enum db_access access,
		     struct err *err)
{
	/* Without CREATE: an empty database in the place of a mistyped one helps
	 * nobody. */
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
	lite = mem_new(1, sizeof(*lite));
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

	for (size_t i = 0; i < KEPT_STATEMENTS; i++)
		forget(&lite->statements[i]);
	sqlite3_close(lite->handle); /* rolls back */
	sqlite_pass_turn(lite);
	if (lite->lock_fd >= 0)
		close(lite->lock_fd);
	free(lite->cells);
	free(lite->types);
	free(lite->numbers);
	free(lite);
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
