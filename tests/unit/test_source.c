// SPDX-License-Identifier: MIT
// Where rows come from: chunks of a real SQLite table in key order, each row once.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dburl.h"
#include "facade.h"
#include "plan.h"
#include "source.h"
#include "stop.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { PLENTY = 1 << 20, SKIPPED = 77 };

static char folder[64], path[128];
static struct facade *facade;
static struct err err;

/* ---------------------------------------------------------------- the database */

static struct db *open_db(void)
{
	struct dburl url;
	struct db *db = NULL;
	char text[256];

	snprintf(text, sizeof(text), "sqlite:///%s", path);
	if (dburl_parse(text, &url, &err) < 0 || db_open(&url, DB_WRITE, &db, &err) < 0)
		fail_msg("%s", err.text);
	dburl_fini(&url);
	return db;
}

static void app(struct db *db, const char *sql)
{
	long long touched;

	if (db_exec(db, sql, NULL, 0, &touched, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
}

/* An empty database, and a copy of the facade that nobody else can write. */
static int set_up(void **state)
{
	static char bytes[4 << 20];
	const char *build = getenv("SLT_BUILD");
	struct settings settings;
	char name[512];
	FILE *file;
	size_t n;

	(void)state;
	strcpy(folder, "/tmp/slt-test-source-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/logs.db", folder);
	file = fopen(path, "w");
	if (!file || fclose(file) != 0)
		return -1;
	snprintf(name, sizeof(name), "%s/plugins/.libs/single_column_json.so",
		 build ? build : ".");
	file = fopen(name, "r");
	if (!file)
		return -1;
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	snprintf(name, sizeof(name), "%s/single_column_json.so", folder);
	file = fopen(name, "w");
	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0 ||
	    chmod(name, 0644) < 0)
		return -1;
	if (facade_load("SINGLE_COLUMN_JSON", folder, &facade, &err) < 0 ||
	    settings_load(&settings, NULL, &err) < 0 ||
	    facade_open(facade, &settings, dialect_get(SLT_SQLITE), NULL, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	settings_fini(&settings);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	facade_free(facade);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

#define REST ", is_sent BOOLEAN, message JSON, created_at TIMESTAMP)"
#define NUMBERS(n) \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " n ") "
#define INSERT(n) NUMBERS(n) "INSERT INTO audit_logs "
#define ROWS(n) INSERT(n) "SELECT i, 0, '{}', NULL FROM n"

/* The kinds of key: what stands in its place, and what makes an index of it. */
static const struct kind {
	const char *create, *index;
	bool unique, indexed;
} kinds[] = {
	{ "CREATE TABLE audit_logs (id INTEGER PRIMARY KEY" REST, NULL, true, true },
	{ "CREATE TABLE audit_logs (id int" REST,
	  "CREATE UNIQUE INDEX x ON audit_logs (id)", true, true },
	{ "CREATE TABLE audit_logs (id int" REST,
	  "CREATE INDEX x ON audit_logs (id, is_sent)", false, true },
	{ "CREATE TABLE audit_logs (id int" REST, NULL, false, false },
	{ "CREATE TABLE audit_logs (id int" REST,
	  "CREATE INDEX x ON audit_logs (is_sent, id)", false, false },
};
enum { PRIMARY, UNIQUE, INDEXED, BARE };

static void create(struct db *db, const struct kind *kind, const char *insert)
{
	app(db, "DROP TABLE IF EXISTS audit_logs");
	app(db, kind->create);
	if (kind->index)
		app(db, kind->index);
	if (insert)
		app(db, insert);
}

static void make_plan(struct plan *plan, struct db *db, const struct kind *kind)
{
	if (plan_init(plan, facade, db, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(plan->key.unique, kind->unique);
	assert_int_equal(plan->key.indexed, kind->indexed);
}

/* ---------------------------------------------------------------- chunks as text */

/* "1,2 3": a chunk of rows 1 and 2, then one of row 3. */
static int take(struct source *source, struct db *db, struct chunk *chunk,
		struct buf *out)
{
	int result = source_take(source, db, chunk, &err);

	if (result < 0)
		fail_msg("%s", err.text);
	assert_int_equal(result, chunk->n > 0);
	for (size_t i = 0; i < chunk->n; i++) {
		if (out->len)
			buf_putc(out, i ? ',' : ' ');
		buf_put(out, chunk->rows[i].key.text.ptr, chunk->rows[i].key.text.len);
	}
	return result;
}

/* aside: of each of the first `asides` chunks so many rows are set aside. */
static void drain(struct source *source, struct db *db, size_t aside, size_t asides,
		  struct buf *out)
{
	struct chunk chunk;

	chunk_init(&chunk);
	for (size_t i = 0; take(source, db, &chunk, out); i++) {
		assert_in_range(chunk.n, 1, source->chunk_size);
		assert_int_equal(source->in_hand, chunk.n);
		source_settled(source, chunk.n, i < asides ? aside : 0);
	}
	assert_int_equal(source->in_hand, 0);
	assert_int_equal(source_take(source, db, &chunk, &err),
			 0); /* the end is the end */
	chunk_fini(&chunk);
}

#define UP_TO_10 "1,2,3,4 5,6,7,8 9,10"

/* What a table of unsent rows gives, whatever its indexes are. */
static const struct {
	const char *insert;
	size_t chunk_size, limit, aside, asides;
	const char *chunks;
	int more;
} cases[] = {
	{ NULL, 4, SIZE_MAX, 0, 0, "", 0 },
	{ ROWS("1"), 4, SIZE_MAX, 0, 0, "1", 0 },
	{ ROWS("10"), 4, SIZE_MAX, 0, 0, UP_TO_10, 0 },
	{ ROWS("8"), 4, SIZE_MAX, 0, 0, "1,2,3,4 5,6,7,8", 0 },
	{ ROWS("3"), 1, SIZE_MAX, 0, 0, "1 2 3", 0 },
	{ ROWS("10"), 100, SIZE_MAX, 0, 0, "1,2,3,4,5,6,7,8,9,10", 0 },
	/* the order is that of the keys, not that of the rows or of their text */
	{ INSERT("4") "SELECT 100 - 33 * i, 0, '{}', NULL FROM n", 3, SIZE_MAX, 0, 0,
	  "-32,1,34 67", 0 },
	/* sent rows are left out; a flag that is NULL is not set */
	{ INSERT("9") "SELECT i, CASE i % 3 WHEN 0 THEN 1 WHEN 1 THEN 0 END, '{}', NULL FROM n",
	  4, SIZE_MAX, 0, 0, "1,2,4,5 7,8", 0 },
	/* the limit */
	{ ROWS("10"), 4, 6, 0, 0, "1,2,3,4 5,6", 1 },
	{ ROWS("10"), 4, 8, 0, 0, "1,2,3,4 5,6,7,8", 1 },
	{ ROWS("10"), 4, 10, 0, 0, UP_TO_10, 0 },
	{ ROWS("10"), 4, 11, 0, 0, UP_TO_10, 0 },
	{ ROWS("10"), 4, 1, 0, 0, "1", 1 },
	{ ROWS("10"), 4, 0, 0, 0, "", 1 },
	{ NULL, 4, 0, 0, 0, "", 0 },
	/* rows set aside do not count */
	{ ROWS("10"), 2, 4, 1, 2, "1,2 3,4 5,6", 1 },
	{ ROWS("10"), 4, 4, 4, 1, "1,2,3,4 5,6,7,8", 1 },
	{ ROWS("10"), 4, 4, 3, 1, "1,2,3,4 5,6,7", 1 },
	{ ROWS("10"), 4, 1, 1, 9, "1 2 3 4 5 6 7 8 9 10", 0 },
	{ ROWS("10"), 4, 5, 1, 99, "1,2,3,4 5,6 7 8 9 10", 0 },
	{ ROWS("10"), 4, SIZE_MAX, 1, 99, UP_TO_10, 0 },
};

static void test_chunks(void **state)
{
	struct db *db = open_db();
	struct source source;
	struct plan plan;
	struct buf out;

	(void)state;
	buf_init(&out, PLENTY);
	for (size_t k = 0; k < N_OF(kinds); k++) {
		for (size_t i = 0; i < N_OF(cases); i++) {
			create(db, &kinds[k], cases[i].insert);
			make_plan(&plan, db, &kinds[k]);
			source_init(&source, &plan, cases[i].chunk_size, PLENTY,
				    cases[i].limit);
			buf_reset(&out);
			drain(&source, db, cases[i].aside, cases[i].asides, &out);
			if (strcmp(buf_str(&out), cases[i].chunks) != 0)
				fail_msg("kind %zu, case %zu: %s, not %s", k, i,
					 buf_str(&out), cases[i].chunks);
			assert_int_equal(source_has_more(&source, db, &err),
					 cases[i].more);
			source_fini(&source);
			plan_fini(&plan);
		}
	}
	buf_fini(&out);
	db_close(db);
}

/* ---------------------------------------------------------------- odd keys */

static const struct {
	size_t kind;
	const char *insert;
	const char *chunks; /* of 2 rows */
	const char *null_keys;
} odd[] = {
	/* a row without a key cannot be sent: it is counted */
	{ UNIQUE,
	  "INSERT INTO audit_logs VALUES (NULL, 0, '', 0), (2, 0, '', 0), (NULL, 0, '', 0),"
	  " (NULL, 1, '', 0), (1, 0, '', 0)",
	  "1,2", "2" },
	{ BARE,
	  "INSERT INTO audit_logs VALUES (NULL, 0, '', 0), (2, 0, '', 0), (NULL, NULL, '', 0),"
	  " (NULL, 1, '', 0), (1, 0, '', 0)",
	  "1,2", "2" },
	{ BARE, "INSERT INTO audit_logs VALUES (NULL, 0, '', 0)", "", "1" },
	/* a key that stands there twice: a page of its own begins behind it, one
	 * scan shows it twice; never is a row handed out twice */
	{ INDEXED,
	  "INSERT INTO audit_logs VALUES (1, 0, 'a', 0), (2, 0, 'b', 0), (2, 0, 'c', 0),"
	  " (3, 0, 'd', 0)",
	  "1,2 3", "0" },
	{ INDEXED,
	  "INSERT INTO audit_logs VALUES (2, 0, 'b', 0), (2, 0, 'c', 0), (3, 0, 'd', 0)",
	  "2,2 3", "0" },
	{ BARE,
	  "INSERT INTO audit_logs VALUES (1, 0, 'a', 0), (2, 0, 'b', 0), (2, 0, 'c', 0),"
	  " (3, 0, 'd', 0)",
	  "1,2 2,3", "0" },
	/* keys of several types in one column: numbers come before texts */
	{ BARE,
	  "INSERT INTO audit_logs VALUES ('b', 0, '', 0), (7, 0, '', 0), ('a', 0, '', 0),"
	  " (0.5, 0, '', 0), ('', 0, '', 0)",
	  "0.5,7 ,a b", "0" },
	{ INDEXED,
	  "INSERT INTO audit_logs VALUES ('b', 0, '', 0), (7, 0, '', 0), ('a', 0, '', 0),"
	  " (0.5, 0, '', 0), ('', 0, '', 0)",
	  "0.5,7 ,a b", "0" },
};

static int keep_text(void *arg, const struct db_row *row)
{
	buf_put(arg, row->cells[0].ptr, row->cells[0].len);
	return 0;
}

static void test_odd_keys(void **state)
{
	struct sql_args args = { 0 };
	struct sql_values values;
	struct db *db = open_db();
	struct source source;
	struct plan plan;
	struct buf out;

	(void)state;
	buf_init(&out, PLENTY);
	sql_values_init(&values);
	for (size_t i = 0; i < N_OF(odd); i++) {
		create(db, &kinds[odd[i].kind], odd[i].insert);
		make_plan(&plan, db, &kinds[odd[i].kind]);
		source_init(&source, &plan, 2, PLENTY, SIZE_MAX);
		buf_reset(&out);
		drain(&source, db, 0, 0, &out);
		assert_string_equal(buf_str(&out), odd[i].chunks);
		assert_int_equal(source_has_more(&source, db, &err), 0);
		buf_reset(&out);
		assert_int_equal(plan_query(&plan.null_keys, &args, &values, db,
					    keep_text, &out, &err),
				 0);
		assert_string_equal(buf_str(&out), odd[i].null_keys);
		source_fini(&source);
		plan_fini(&plan);
	}
	sql_values_fini(&values);
	buf_fini(&out);
	db_close(db);
}

/* ------------------------------------------------------------- while applications write */

static void test_forward_only(void **state)
{
	struct db *db = open_db(), *other = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;
	struct buf out;

	(void)state;
	create(db, &kinds[PRIMARY], INSERT("10") "SELECT 10 * i, 0, '{}', NULL FROM n");
	make_plan(&plan, db, &kinds[PRIMARY]);
	source_init(&source, &plan, 3, PLENTY, SIZE_MAX);
	chunk_init(&chunk);
	buf_init(&out, PLENTY);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	/* no statement of ours is open, others write at once: here behind our back */
	app(other,
	    "INSERT INTO audit_logs VALUES (5, 0, '{}', NULL), (35, 0, '{}', NULL)");
	app(other, "UPDATE audit_logs SET is_sent = 1 WHERE id = 50");
	source_settled(&source, chunk.n, 3);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	source_settled(&source, chunk.n, 0);
	app(other, "DELETE FROM audit_logs WHERE id IN (60, 70)");
	app(other, "INSERT INTO audit_logs VALUES (101, 0, '{}', NULL)");
	while (take(&source, db, &chunk, &out))
		source_settled(&source, chunk.n, 0);
	assert_string_equal(buf_str(&out), "10,20,30 35,40,60 80,90,100 101");
	buf_fini(&out);
	chunk_fini(&chunk);
	source_fini(&source);
	plan_fini(&plan);
	db_close(other);
	db_close(db);
}

/* Without an index, many chunks can be handed out as one. */
static void test_joined(void **state)
{
	struct db *db = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;
	struct buf out;

	(void)state;
	buf_init(&out, PLENTY);
	chunk_init(&chunk);
	create(db, &kinds[BARE], ROWS("1000"));
	make_plan(&plan, db, &kinds[BARE]);
	source_init(&source, &plan, 4, 8 * PLENTY, 300);
	source_join(&source);
	assert_true(source.max_bytes < 8 * PLENTY);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_int_equal(chunk.n, 256);
	assert_string_equal(chunk.rows[255].key.text.ptr, "256");
	source_settled(&source, 256, 3);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_int_equal(chunk.n, 300 - 256 + 3); /* the limit holds */
	assert_string_equal(chunk.rows[0].key.text.ptr, "257");
	source_settled(&source, chunk.n, 0);
	assert_int_equal(take(&source, db, &chunk, &out), 0);
	assert_int_equal(source_has_more(&source, db, &err), 1);
	source_fini(&source);
	plan_fini(&plan);
	/* with an index nothing changes */
	create(db, &kinds[PRIMARY], ROWS("1000"));
	make_plan(&plan, db, &kinds[PRIMARY]);
	source_init(&source, &plan, 4, PLENTY, SIZE_MAX);
	source_join(&source);
	assert_int_equal(source.max_bytes, PLENTY);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_int_equal(chunk.n, 4);
	chunk_fini(&chunk);
	buf_fini(&out);
	source_fini(&source);
	plan_fini(&plan);
	db_close(db);
}

/* Without an index one scan serves many chunks. */
static void test_reserve(void **state)
{
	struct db *db = open_db(), *other = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;
	struct buf out;
	size_t rows = 0;

	(void)state;
	create(db, &kinds[BARE], ROWS("1000"));
	make_plan(&plan, db, &kinds[BARE]);
	source_init(&source, &plan, 4, PLENTY, SIZE_MAX);
	chunk_init(&chunk);
	buf_init(&out, PLENTY);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_string_equal(buf_str(&out), "1,2,3,4");
	assert_int_equal(source.reserve.n, 256);
	/* those in the reserve are those of the scan, the next scan sees what is new */
	app(other, "DELETE FROM audit_logs WHERE id BETWEEN 200 AND 300");
	for (rows = chunk.n; take(&source, db, &chunk, &out); rows += chunk.n)
		source_settled(&source, chunk.n, 0);
	assert_int_equal(rows, 1000 - (300 - 256));
	/* rows of the reserve that the limit leaves are more to send */
	source_fini(&source);
	source_init(&source, &plan, 4, PLENTY, 2);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_int_equal(source.reserve.n, 256);
	source_settled(&source, 2, 2); /* rows that give way cost no scan of their own */
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_int_equal(source.reserve.n, 256);
	source_settled(&source, 2, 0);
	assert_int_equal(take(&source, db, &chunk, &out), 0);
	assert_int_equal(source_has_more(&source, db, &err), 1);
	source_fini(&source);
	buf_fini(&out);
	chunk_fini(&chunk);
	plan_fini(&plan);
	db_close(other);
	db_close(db);
}

/* ---------------------------------------------------------------- large rows */

#define LARGE(n) INSERT(n) "SELECT i, 0, printf('\"%01000d\"', i), NULL FROM n"

/* A row of 1000 bytes takes 1100 to 1200 of a page. */
static const struct {
	const char *insert, *then;
	size_t max_bytes;
	const char *chunks;
} large[] = {
	{ LARGE("10"), NULL, 4000, "1,2,3 4,5,6 7,8,9 10" },
	{ LARGE("10"), NULL, 1000000, "1,2,3,4,5,6,7,8,9,10" },
	/* a row that is larger than a page comes alone */
	{ LARGE("3"), NULL, 1, "1 2 3" },
	/* when rows are small again, pages grow again */
	{ LARGE("10"), INSERT("20") "SELECT 10 + i, 0, '{}', NULL FROM n", 4000,
	  "1,2,3 4,5,6 7,8,9 10,11,12 13,14,15,16,17,18,19,20 21,22,23,24,25,26,27,28,29,30" },
};

static void test_large_rows(void **state)
{
	struct db *db = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;
	struct buf out;

	(void)state;
	buf_init(&out, PLENTY);
	for (size_t i = 0; i < N_OF(large); i++) {
		create(db, &kinds[PRIMARY], large[i].insert);
		if (large[i].then)
			app(db, large[i].then);
		make_plan(&plan, db, &kinds[PRIMARY]);
		source_init(&source, &plan, 10, large[i].max_bytes, SIZE_MAX);
		buf_reset(&out);
		drain(&source, db, 0, 0, &out);
		assert_string_equal(buf_str(&out), large[i].chunks);
		source_fini(&source);
		plan_fini(&plan);
	}
	/* the reserve has the same bound */
	create(db, &kinds[BARE], LARGE("100"));
	make_plan(&plan, db, &kinds[BARE]);
	source_init(&source, &plan, 10, 30000, SIZE_MAX);
	buf_reset(&out);
	chunk_init(&chunk);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	assert_in_range(source.reserve.n, 20, 30);
	assert_int_equal(source.page_rows, source.reserve.n);
	source_settled(&source, chunk.n, 0);
	chunk_fini(&chunk);
	drain(&source, db, 0, 0, &out);
	assert_non_null(strstr(buf_str(&out), ",99,100"));
	source_fini(&source);
	plan_fini(&plan);
	buf_fini(&out);
	db_close(db);
}

/* ---------------------------------------------------------------- several lanes */

enum { N_LANES = 4, N_ROWS = 2000 };

struct taker {
	pthread_t thread;
	struct source *source;
	struct db *db;
	unsigned char *seen; /* by key; each belongs to one lane only, if all is well */
	int result;
};

static void *run_taker(void *arg)
{
	struct taker *taker = arg;
	struct chunk chunk;
	struct err e;

	chunk_init(&chunk);
	while ((taker->result = source_take(taker->source, taker->db, &chunk, &e)) == 1) {
		for (size_t i = 0; i < chunk.n; i++)
			__atomic_add_fetch(&taker->seen[atoi(chunk.rows[i].key.text.ptr)],
					   1, __ATOMIC_RELAXED);
		source_settled(taker->source, chunk.n, 0);
	}
	chunk_fini(&chunk);
	return NULL;
}

static void assert_disjoint(const struct kind *kind, size_t limit)
{
	unsigned char seen[N_ROWS + 1] = { 0 };
	struct taker takers[N_LANES];
	struct db *db = open_db();
	struct source source;
	struct plan plan;

	create(db, kind, ROWS("2000"));
	make_plan(&plan, db, kind);
	source_init(&source, &plan, 7, PLENTY, limit);
	for (int i = 0; i < N_LANES; i++) {
		takers[i] = (struct taker){ .source = &source,
					    .db = open_db(),
					    .seen = seen };
		assert_int_equal(pthread_create(&takers[i].thread, NULL, run_taker,
						&takers[i]),
				 0);
	}
	for (int i = 0; i < N_LANES; i++) {
		assert_int_equal(pthread_join(takers[i].thread, NULL), 0);
		assert_int_equal(takers[i].result, 0);
		db_close(takers[i].db);
	}
	for (size_t i = 1; i <= N_ROWS; i++) {
		if (seen[i] != (i <= limit))
			fail_msg("row %zu was handed out %d times", i, seen[i]);
	}
	assert_int_equal(source.in_hand, 0);
	assert_int_equal(source_has_more(&source, db, &err), limit < N_ROWS);
	source_fini(&source);
	plan_fini(&plan);
	db_close(db);
}

static void test_disjoint(void **state)
{
	(void)state;
	assert_disjoint(&kinds[PRIMARY], SIZE_MAX);
	assert_disjoint(&kinds[PRIMARY], 1234);
	assert_disjoint(&kinds[BARE], SIZE_MAX);
	assert_disjoint(&kinds[BARE], 1234);
}

/* With the limit in the hands of others a lane waits for what they set aside. */
static void assert_waits(size_t n_set_aside, bool close, int seen_third)
{
	const struct timespec a_while = { .tv_nsec = 50000000 };
	unsigned char seen[8] = { 0 };
	struct taker taker = { .seen = seen, .result = -2 };
	struct db *db = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;
	struct buf out;

	create(db, &kinds[PRIMARY], ROWS("5"));
	make_plan(&plan, db, &kinds[PRIMARY]);
	source_init(&source, &plan, 2, PLENTY, 2);
	chunk_init(&chunk);
	buf_init(&out, PLENTY);
	assert_int_equal(take(&source, db, &chunk, &out), 1);
	taker.source = &source;
	taker.db = open_db();
	assert_int_equal(pthread_create(&taker.thread, NULL, run_taker, &taker), 0);
	nanosleep(&a_while, NULL);
	assert_int_equal(pthread_tryjoin_np(taker.thread, NULL), EBUSY);
	if (close)
		source_close(&source);
	else
		source_settled(&source, 2, n_set_aside);
	assert_int_equal(pthread_join(taker.thread, NULL), 0);
	assert_int_equal(taker.result, 0);
	assert_int_equal(seen[3], seen_third);
	assert_int_equal(seen[4], 0);
	/* once closed, closed */
	source_close(&source);
	assert_int_equal(take(&source, db, &chunk, &out), 0);
	buf_fini(&out);
	chunk_fini(&chunk);
	source_fini(&source);
	plan_fini(&plan);
	db_close(taker.db);
	db_close(db);
}

static void test_waiting(void **state)
{
	(void)state;
	assert_waits(1, false, 1);
	assert_waits(0, false, 0);
	assert_waits(0, true, 0);
}

/* ---------------------------------------------------------------- ends */

static void test_failure(void **state)
{
	struct db *db = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;

	(void)state;
	create(db, &kinds[PRIMARY], ROWS("10"));
	make_plan(&plan, db, &kinds[PRIMARY]);
	app(db, "DROP TABLE audit_logs");
	source_init(&source, &plan, 4, PLENTY, SIZE_MAX);
	chunk_init(&chunk);
	assert_int_equal(source_take(&source, db, &chunk, &err), -1);
	assert_int_equal(err.status, EXIT_CONFIG);
	assert_non_null(strstr(err.text, "audit_logs"));
	assert_int_equal(source.in_hand, 0);
	assert_int_equal(source_has_more(&source, db, &err), -1);
	chunk_fini(&chunk);
	source_fini(&source);
	plan_fini(&plan);
	db_close(db);
}

/* The last test: the flag stays. */
static void test_stop(void **state)
{
	struct db *db = open_db();
	struct source source;
	struct chunk chunk;
	struct plan plan;

	(void)state;
	create(db, &kinds[PRIMARY], ROWS("10"));
	make_plan(&plan, db, &kinds[PRIMARY]);
	source_init(&source, &plan, 4, PLENTY, SIZE_MAX);
	chunk_init(&chunk);
	assert_int_equal(source_take(&source, db, &chunk, &err), 1);
	stop_on_signals();
	raise(SIGTERM);
	assert_int_equal(source_take(&source, db, &chunk, &err), 0);
	assert_int_equal(source_has_more(&source, db, &err), 1);
	chunk_fini(&chunk);
	source_fini(&source);
	plan_fini(&plan);
	db_close(db);
}

static bool has_sqlite(void)
{
	for (size_t i = 0; db_drivers[i]; i++) {
		if (strcmp(db_drivers[i]->name, "sqlite") == 0)
			return true;
	}
	return false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunks),	     cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_forward_only), cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_joined),	     cmocka_unit_test(test_large_rows),
		cmocka_unit_test(test_disjoint),     cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_failure),	     cmocka_unit_test(test_stop),
	};

	if (!has_sqlite()) {
		print_message("this program was built without SQLite\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
