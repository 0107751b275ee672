// SPDX-License-Identifier: MIT
// The SQLite driver against database files: types, locks, the catalog, nothing left open.

#include "driver.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder of its own with a database; the application does not wait for locks. */
struct world {
	char folder[64], path[128];
	sqlite3 *app;
	struct db *db;
	struct err err;
};

static struct db *open_url(struct world *w, const char *suffix, enum db_access access)
{
	struct dburl url;
	struct db *db = NULL;
	char text[256];

	snprintf(text, sizeof(text), "sqlite:///%s%s", w->path, suffix);
	OK(dburl_parse(text, &url, &w->err));
	if (db_open(&url, access, &db, &w->err) < 0)
		db = NULL;
	dburl_fini(&url);
	return db;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	strcpy(w->folder, "/tmp/slt-test-sqlite-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/logs.db", w->folder);
	assert_int_equal(sqlite3_open(w->path, &w->app), SQLITE_OK);
	assert_int_equal(sqlite3_exec(w->app, "VACUUM", NULL, NULL, NULL), SQLITE_OK);
	w->db = open_url(w, "", DB_WRITE);
	if (!w->db)
		fail_msg("%s", w->err.text);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	db_close(w->db);
	sqlite3_close(w->app);
	snprintf(command, sizeof(command), "rm -rf '%s'", w->folder);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void app(struct world *w, const char *sql)
{
	char *text = NULL;

	if (sqlite3_exec(w->app, sql, NULL, NULL, &text) != SQLITE_OK)
		fail_msg("the application: %s: %s", sql, text);
}

static void test_types(void **state)
{
	struct world *w = *state;

	expect(w->db,
	       "SELECT NULL, '', 'abc', 42, -9223372036854775808, 1.0, 0.1, 0.1 + 0.2,"
	       " 1e300, 5e-324, 9e999, x'', x'4142', CAST('caf\xc3\xa9' AS TEXT)",
	       "N:|T:|T:abc|I:42|I:-9223372036854775808|R:1.0|R:0.1|R:0.30000000000000004"
	       "|R:1.0e+300|R:4.94065645841247e-324|R:Inf|B:|B:AB|T:caf\xc3\xa9;");
	expect(w->db, "SELECT 1 WHERE 0", "");
}

static void test_bytes(void **state)
{
	struct world *w = *state;
	struct db_value v = { { "a\0b\xff", 4 }, DB_TEXT };

	expect_with(w->db, "SELECT length(CAST(?1 AS BLOB)), hex(?1), typeof(?1)", &v, 1,
		    "I:4|T:610062FF|T:text;");
	v.type = DB_BLOB;
	expect_with(w->db, "SELECT hex(?1), typeof(?1)", &v, 1, "T:610062FF|T:blob;");
}

struct keys {
	struct db_value values[16];
	char bytes[16][64];
	size_t n;
};

static int keep_key(void *arg, const struct db_row *row)
{
	struct keys *keys = arg;
	struct slt_text cell = row->cells[0];

	memcpy(keys->bytes[keys->n], cell.ptr, cell.len);
	keys->values[keys->n] = (struct db_value){ { keys->bytes[keys->n], cell.len },
						   row->types[0] };
	keys->n++;
	return 0;
}

/* Each key, bound as it was read, meets its own row and no other. */
static void test_keys_meet_their_rows(void **state)
{
	struct world *w = *state;
	struct keys keys = { .n = 0 };
	long long touched;

	app(w,
	    "CREATE TABLE t(k, seen INT DEFAULT 0);"
	    "INSERT INTO t(k) VALUES (1), ('1'), (x'31'), (0.1), ('0.1'), (0.1 + 0.2),"
	    " (''), (x''), (9007199254740993), (1e22), ('a' || char(0) || 'b'), (-0.5)");
	OK(db_query(w->db, "SELECT k FROM t", NULL, 0, keep_key, &keys, &w->err));
	assert_int_equal(keys.n, 12);
	for (size_t i = 0; i < keys.n; i++) {
		OK(db_exec(w->db, "UPDATE t SET seen = seen + 1 WHERE k = ?",
			   &keys.values[i], 1, &touched, &w->err));
		assert_int_equal(touched, 1);
	}
	expect(w->db, "SELECT count(*), max(seen), min(seen) FROM t", "I:12|I:1|I:1;");
}

static void test_bad_values(void **state)
{
	struct world *w = *state;
	struct db_value v[2] = { value("x", DB_TEXT), value("y", DB_TEXT) };
	const char *text;

	fails_with(w->db, "SELECT ?", v, 2, EXIT_CONFIG);
	fails_with(w->db, "SELECT ?, ?", v, 1, EXIT_CONFIG);
	v[0] = value("12x", DB_INTEGER);
	text = fails_with(w->db, "SELECT ?", v, 1, EXIT_BUG);
	assert_null(strstr(text, "12x"));
	v[0] = value("9223372036854775808", DB_INTEGER);
	fails_with(w->db, "SELECT ?", v, 1, EXIT_BUG);
	v[0] = value(NULL, DB_INTEGER);
	expect_with(w->db, "SELECT ?", v, 1, "N:;");
}

static void test_bad_statements(void **state)
{
	static const char *const cases[] = {
		"SELEC 1",
		"SELECT 1; SELECT 2",
		"",
		" ; ",
		"-- nothing",
		"SELECT * FROM missing",
		"SELECT \"no_such_column\" FROM sqlite_master", /* not a text */
	};
	struct world *w = *state;

	for (size_t i = 0; i < N_OF(cases); i++)
		fails(w->db, cases[i], EXIT_CONFIG);
	expect(w->db, "SELECT 1 ; \n", "I:1;");
}

static void test_touched(void **state)
{
	struct world *w = *state;

	ask_touched(w->db, "no such table");
}

/* Behind a view, the rows that its triggers have changed; of a table, only its own. */
static void test_touched_by_triggers(void **state)
{
	static const struct {
		const char *sql;
		long long touched;
	} cases[] = {
		{ "UPDATE t SET a = 0 WHERE id = 3", 1 }, /* the trigger adds to u */
		{ "UPDATE v SET a = 1 WHERE id < 3", 2 },
		{ "UPDATE v SET a = 1 WHERE id = 9", 0 },
		{ "UPDATE t SET a = a WHERE id = 9", 0 },
		{ "UPDATE both SET a = 2 WHERE id = 1", 3 }, /* t, u, t1 */
		{ "DELETE FROM v WHERE id = 1", 0 }, /* the trigger does nothing */
		{ "UPDATE t SET a = a", 3 },
	};
	struct world *w = *state;
	long long touched;

	app(w, "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE u(id);"
	       "INSERT INTO t(id) VALUES (1), (2), (3); INSERT INTO u VALUES (1);"
	       "CREATE VIEW v AS SELECT * FROM t; CREATE VIEW both AS SELECT * FROM t;"
	       "CREATE TRIGGER v1 INSTEAD OF UPDATE ON v BEGIN"
	       " UPDATE t SET id = new.id WHERE id = old.id; END;"
	       "CREATE TRIGGER v2 INSTEAD OF DELETE ON v BEGIN SELECT 1; END;"
	       "CREATE TRIGGER b INSTEAD OF UPDATE ON both BEGIN"
	       " UPDATE t SET a = new.a WHERE id = old.id;"
	       " UPDATE u SET id = 7 WHERE id = 1; END;"
	       "CREATE TRIGGER t1 AFTER UPDATE OF a ON t BEGIN"
	       " INSERT INTO u VALUES (new.id + 10); END;");
	for (size_t i = 0; i < N_OF(cases); i++) {
		touched = touches(w->db, cases[i].sql);
		if (touched != cases[i].touched)
			fail_msg("%s: %lld", cases[i].sql, touched);
	}
}

/* More texts than are kept, again and again, each with its own answer. */
static void test_many_statements(void **state)
{
	struct world *w = *state;
	char sql[64], text[64];

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 20; i++) {
			snprintf(sql, sizeof(sql), "SELECT %d", i * (round + 1));
			snprintf(text, sizeof(text), "I:%d;", i * (round + 1));
			expect(w->db, sql, text);
			expect(w->db, "SELECT 'kept'", "T:kept;");
		}
	app(w, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
	expect(w->db, "SELECT * FROM t", "I:1;");
	app(w,
	    "ALTER TABLE t ADD COLUMN b DEFAULT 7"); /* the kept statement is made anew */
	expect(w->db, "SELECT * FROM t", "I:1|I:7;");
}

/* Law 7: between two calls an application's INSERT goes through without waiting. */
static void test_nothing_left_open(void **state)
{
	struct world *w = *state;
	struct reading r = { .enough_at = 2 };
	struct db_value v = value("x", DB_TEXT);
	struct db_origin origin;

	app(w, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1), (2), (3), (4)");
	OK(db_query(w->db, "SELECT a FROM t", NULL, 0, read_row, &r, &w->err));
	assert_string_equal(r.text, "I:1;I:2;"); /* stopped in the middle */
	app(w, "INSERT INTO t VALUES (5)");
	expect_with(w->db, "SELECT count(*) FROM t WHERE a <> ?", &v, 1, "I:5;");
	app(w, "INSERT INTO t VALUES (6)");
	fails(w->db, "INSERT INTO t VALUES (1)", EXIT_CONFIG);
	app(w, "INSERT INTO t VALUES (7)");
	OK(db_origin(w->db, "SELECT a FROM t LIMIT 0", "a", NULL, 0, &origin, &w->err));
	expect_type(w->db, "", "t", "a", "");
	app(w, "INSERT INTO t VALUES (8)");
	OK(db_begin(w->db, &w->err));
	OK(db_commit(w->db, &w->err));
	app(w, "INSERT INTO t VALUES (9)");
	OK(db_begin(w->db, &w->err));
	db_rollback(w->db);
	app(w, "INSERT INTO t VALUES (10)");
}

static void test_transactions(void **state)
{
	struct world *w = *state;
	struct db *other = open_url(w, "", DB_WRITE);

	ask_transactions(w->db, other);
	db_close(other);
	w->db = open_url(w, "", DB_WRITE);
	assert_int_equal(db_commit(w->db, &w->err), -1); /* there is none */
	/* nobody else writes while one is open, from its beginning */
	OK(db_begin(w->db, &w->err));
	assert_int_equal(sqlite3_exec(w->app, "INSERT INTO t VALUES (1)", NULL, NULL,
				      NULL),
			 SQLITE_BUSY);
	db_rollback(w->db);
	app(w, "INSERT INTO t VALUES (1)");
}

static void test_busy(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
	db_close(w->db);
	w->db = open_url(w, "?timeout=0.05", DB_WRITE);
	assert_non_null(w->db);
	app(w, "BEGIN EXCLUSIVE");
	fails(w->db, "SELECT * FROM t", EXIT_EARLY);
	fails(w->db, "UPDATE t SET a = 2", EXIT_EARLY);
	assert_int_equal(db_begin(w->db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_EARLY);
	app(w, "COMMIT");
	/* a reader holds up the commit */
	OK(db_begin(w->db, &w->err));
	touches(w->db, "UPDATE t SET a = 2");
	app(w, "BEGIN; SELECT * FROM t");
	assert_int_equal(db_commit(w->db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_EARLY);
	db_rollback(w->db);
	app(w, "COMMIT");
	expect(w->db, "SELECT a FROM t", "I:1;");
}

static void test_disk_full(void **state)
{
	struct world *w = *state;
	long long touched;
	int rc = 0;

	app(w, "CREATE TABLE t(a)");
	expect(w->db, "PRAGMA max_page_count = 8", "I:8;");
	OK(db_begin(w->db, &w->err));
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = db_exec(w->db, "INSERT INTO t VALUES (randomblob(4000))", NULL, 0,
			     &touched, &w->err);
	assert_int_equal(rc, -1);
	assert_int_equal(w->err.status, EXIT_EARLY);
	db_rollback(w->db);
	expect(w->db, "SELECT count(*) FROM t", "I:0;");
}

static void test_origin(void **state)
{
	static const char *const tables[] = {
		/* the README's own */
		("CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSON,"
		 " created_at TIMESTAMP)"),
		"CREATE TABLE ipk (id INTEGER PRIMARY KEY, a, n INT NOT NULL)",
		"CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT)",
		"CREATE TABLE descending (id INTEGER PRIMARY KEY DESC)",
		"CREATE TABLE intpk (id INT PRIMARY KEY)",
		"CREATE TABLE textpk (id TEXT PRIMARY KEY)",
		"CREATE TABLE textnn (id TEXT NOT NULL UNIQUE)",
		"CREATE TABLE uuid (id char(32) NOT NULL PRIMARY KEY)",
		"CREATE TABLE nocase (id TEXT COLLATE NOCASE PRIMARY KEY NOT NULL)",
		"CREATE TABLE nocase2 (id TEXT COLLATE NOCASE NOT NULL)",
		"CREATE UNIQUE INDEX nocase2_i ON nocase2 (id COLLATE BINARY)",
		"CREATE TABLE nocase3 (id TEXT NOT NULL)",
		"CREATE UNIQUE INDEX nocase3_i ON nocase3 (id COLLATE NOCASE)",
		"CREATE TABLE norowid (id TEXT PRIMARY KEY, a) WITHOUT ROWID",
		"CREATE TABLE norowid2 (a, id, PRIMARY KEY (a, id)) WITHOUT ROWID",
		"CREATE TABLE norowidint (id INTEGER PRIMARY KEY) WITHOUT ROWID",
		"CREATE TABLE two (id INT NOT NULL, a INT, UNIQUE (id, a))",
		"CREATE TABLE partial (id INT NOT NULL, sent INT)",
		"CREATE UNIQUE INDEX partial_i ON partial (id) WHERE NOT sent",
		"CREATE TABLE plain (id INT NOT NULL, sent INT)",
		"CREATE INDEX plain_i ON plain (id)",
		"CREATE TABLE expr (id INT NOT NULL)",
		"CREATE UNIQUE INDEX expr_i ON expr (id + 1)",
		"CREATE TABLE untyped (id PRIMARY KEY)",
		"CREATE TABLE \"Odd \"\"name\" (\"the Key\" INTEGER PRIMARY KEY)",
		"CREATE VIEW v AS SELECT id AS k, a FROM ipk",
		"CREATE VIEW vv AS SELECT k FROM v",
		"CREATE VIEW joined AS SELECT ipk.id AS id FROM ipk JOIN two",
	};
	static const struct origin cases[] = {
		{ "SELECT id AS slt_key FROM audit_logs", "audit_logs", "id", "--n" },
		{ "SELECT id AS slt_key FROM ipk", "ipk", "id", "ui-" },
		{ "SELECT a AS slt_key FROM ipk", "ipk", "a", "--n" },
		{ "SELECT n AS slt_key FROM ipk", "ipk", "n", "---" },
		{ "SELECT rowid AS slt_key FROM ipk", "ipk", "id", "ui-" },
		{ "SELECT rowid AS slt_key FROM plain", "plain", "rowid", "ui-" },
		{ "SELECT id AS slt_key FROM auto", "auto", "id", "ui-" },
		{ "SELECT id AS slt_key FROM descending", "descending", "id", "uin" },
		{ "SELECT id AS slt_key FROM intpk", "intpk", "id", "uin" },
		{ "SELECT id AS slt_key FROM textpk", "textpk", "id", "uin" },
		{ "SELECT id AS slt_key FROM textnn", "textnn", "id", "ui-" },
		{ "SELECT id AS slt_key FROM uuid", "uuid", "id", "ui-" },
		{ "SELECT id AS slt_key FROM nocase", "nocase", "id", "-i-" },
		{ "SELECT id AS slt_key FROM nocase2", "nocase2", "id", "---" },
		{ "SELECT id AS slt_key FROM nocase3", "nocase3", "id", "---" },
		{ "SELECT id AS slt_key FROM norowid", "norowid", "id", "ui-" },
		{ "SELECT id AS slt_key FROM norowid2", "norowid2", "id", "---" },
		{ "SELECT a AS slt_key FROM norowid2", "norowid2", "a", "-i-" },
		{ "SELECT id AS slt_key FROM norowidint", "norowidint", "id", "ui-" },
		{ "SELECT id AS slt_key FROM two", "two", "id", "-i-" },
		{ "SELECT id AS slt_key FROM partial", "partial", "id", "-i-" },
		{ "SELECT id AS slt_key FROM plain", "plain", "id", "-i-" },
		{ "SELECT id AS slt_key FROM expr", "expr", "id", "---" },
		{ "SELECT id AS slt_key FROM untyped", "untyped", "id", "-in" },
		{ "SELECT \"the Key\" AS slt_key FROM \"Odd \"\"name\"", "Odd \"name",
		  "the Key", "ui-" },
		{ "SELECT k AS slt_key FROM v", "v", "k", "--n" },
		{ "SELECT k AS slt_key FROM vv", "vv", "k", "--n" },
		{ "SELECT id AS slt_key FROM joined", "joined", "id", "--n" },
		{ "SELECT i.id AS slt_key FROM ipk i JOIN v ON v.k = i.id", "ipk", "id",
		  "ui-" },
		{ "SELECT p.k AS slt_key FROM (SELECT l.id AS k, l.a FROM ipk l LEFT JOIN two u"
		  " ON u.id = l.a WHERE NOT (l.a IS TRUE)) p WHERE p.k > 5 ORDER BY p.k",
		  "ipk", "id", "ui-" },
		{ "SELECT id AS slt_key FROM ipk UNION ALL SELECT id FROM two", "ipk",
		  "id", "--n" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < N_OF(tables); i++)
		app(w, tables[i]);
	expect_origins(w->db, "main", cases, N_OF(cases));
	origin_fails(w->db, "SELECT id + 1 AS slt_key FROM ipk",
		     "not a column of a table");
	origin_fails(w->db, "SELECT id FROM ipk", "not a column of a table");
	origin_fails(w->db, "SELECT id AS slt_key FROM gone", "no such table");
}

static void test_column(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a BOOLEAN, b VARCHAR(150), c, \"D e\" Json);"
	       "CREATE VIEW v AS SELECT a AS x FROM t");
	expect_type(w->db, "", "t", "nope", NULL);
	expect_type(w->db, "", "t", "a", "boolean");
	expect_type(w->db, "", "t", "B", "varchar(150)");
	expect_type(w->db, "", "t", "c", "");
	expect_type(w->db, "main", "t", "D e", "json");
	expect_type(w->db, "main", "v", "x", "boolean");
	expect_type(w->db, "", "gone", "a", NULL);
}

static void test_lock(void **state)
{
	struct world *w = *state;
	struct db *const db[] = { w->db, open_url(w, "", DB_WRITE),
				  open_url(w, "", DB_READ) };
	char who[64];

	w->db = NULL;
	snprintf(who, sizeof(who), "pid %ld on ", (long)getpid());
	ask_lock(db, "main", who);
}

static void test_lock_file(void **state)
{
	struct world *w = *state;
	struct db_table t = { "main", "audit \xc3\xa4/logs" };
	struct db_holder holder;
	char path[256];
	struct stat st;

	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	snprintf(path, sizeof(path), "%s-audit%%20%%C3%%A4%%2Flogs.slt-lock", w->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	app(w, "CREATE TABLE t(a)"); /* it locks no table */
}

/* The lock ends with the process, however that ends. */
static void test_lock_of_killed_process(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" };
	struct db_holder holder;
	char expected[64], byte;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct db *db = open_url(w, "", DB_WRITE);

		if (!db || db_lock(db, &t, &holder, &w->err) != 1 ||
		    write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 0);
	snprintf(expected, sizeof(expected), "pid %ld on ", (long)child);
	assert_non_null(strstr(holder.who, expected));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	close(fds[0]);
	close(fds[1]);
}

static void test_memory(void **state)
{
	struct world *w = *state;
	struct dburl url;
	struct db *a, *b;
	struct db_table t = { "", "t" };
	struct db_holder holder;

	OK(dburl_parse("sqlite://:memory:", &url, &w->err));
	OK(db_open(&url, DB_WRITE, &a, &w->err));
	OK(db_open(&url, DB_READ, &b, &w->err));
	assert_int_equal(db_lock(a, &t, &holder, &w->err), 1);
	assert_int_equal(db_lock(b, &t, &holder, &w->err), 1);
	db_close(a);
	db_close(b);
	dburl_fini(&url);
}

static void refused(struct world *w, const char *suffix, const char *text)
{
	struct db *db = open_url(w, suffix, DB_WRITE);

	if (db)
		fail_msg("accepted: %s", suffix);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	if (!strstr(w->err.text, text))
		fail_msg("%s: %s", suffix, w->err.text);
}

static void test_open_refused(void **state)
{
	struct world *w = *state;
	char path[160];
	struct db *db;
	FILE *file;

	refused(w, ".missing", "logs.db.missing");
	snprintf(path, sizeof(path), "%s.missing", w->path);
	assert_int_equal(access(path, F_OK), -1); /* and was not made */
	refused(w, "?cache=shared", "cache");
	refused(w, "?timeout=soon", "timeout");
	refused(w, "?timeout=-1", "timeout");
	refused(w, "?timeout=nan", "timeout");
	db = open_url(w, "?timeout=2&conn_max_age=60", DB_WRITE);
	assert_non_null(db);
	db_close(db);
	snprintf(path, sizeof(path), "%s.txt", w->path);
	file = fopen(path, "w");
	for (int i = 0; i < 200; i++)
		fputs("this is no database\n", file);
	fclose(file);
	refused(w, ".txt", "not a database");
	snprintf(path, sizeof(path), "%s.dir", w->path);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(w, ".dir", "logs.db.dir");
}

/* In a child, because root may write everything. 0, or the line where it went wrong. */
static int readonly_child(struct world *w)
{
	struct db_table t = { "", "t" };
	struct db_holder holder;
	struct reading r = { .rows = 0 };
	struct db *db;

	if (chmod(w->folder, 0777) < 0 || chmod(w->path, 0444) < 0)
		return __LINE__;
	if (geteuid() == 0 && setuid(65534) < 0)
		return __LINE__;
	if (open_url(w, "", DB_WRITE) || w->err.status != EXIT_CONFIG ||
	    !strstr(w->err.text, "no permission to write the file"))
		return __LINE__;
	db = open_url(w, "", DB_READ);
	if (!db || db_query(db, "SELECT a FROM t", NULL, 0, read_row, &r, &w->err) < 0 ||
	    strcmp(r.text, "I:1;") != 0)
		return __LINE__;
	if (db_begin(db, &w->err) < 0 || db_commit(db, &w->err) < 0)
		return __LINE__;
	if (db_lock(db, &t, &holder, &w->err) != 1)
		return __LINE__;
	db_close(db);
	return 0;
}

static int readonly_folder_child(struct world *w)
{
	if (chmod(w->path, 0666) < 0 || chmod(w->folder, 0555) < 0)
		return __LINE__;
	if (geteuid() == 0 && setuid(65534) < 0)
		return __LINE__;
	if (open_url(w, "", DB_WRITE) || w->err.status != EXIT_CONFIG ||
	    !strstr(w->err.text, "folder"))
		return __LINE__;
	return 0;
}

static void test_readonly(void **state)
{
	int (*const children[])(struct world *) = { readonly_child,
						    readonly_folder_child };
	struct world *w = *state;
	int status;
	pid_t child;

	app(w, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
	db_close(w->db);
	w->db = NULL;
	sqlite3_close(w->app);
	w->app = NULL;
	for (size_t i = 0; i < N_OF(children); i++) {
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			status = children[i](w);
			if (status)
				fprintf(stderr, "line %d: %s\n", status, w->err.text);
			_exit(status != 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	assert_int_equal(chmod(w->folder, 0700), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_bytes),
		TEST(test_keys_meet_their_rows),
		TEST(test_bad_values),
		TEST(test_bad_statements),
		TEST(test_touched),
		TEST(test_touched_by_triggers),
		TEST(test_many_statements),
		TEST(test_nothing_left_open),
		TEST(test_transactions),
		TEST(test_busy),
		TEST(test_disk_full),
		TEST(test_origin),
		TEST(test_column),
		TEST(test_lock),
		TEST(test_lock_file),
		TEST(test_lock_of_killed_process),
		TEST(test_memory),
		TEST(test_open_refused),
		TEST(test_readonly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
