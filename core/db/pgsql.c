// SPDX-License-Identifier: MIT
// The PostgreSQL driver, over libpq: text format, no prepared statements, nothing left
// open.
//
// What is asked of the session works through pgbouncer in transaction mode: TimeZone,
// DateStyle and standard_conforming_strings are settings that it carries from one server
// connection to the next, and everything else lives inside a transaction.

#include "db.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "../buf.h"

/* First key of the run lock; the second is the table's oid. The letters SLT and 1. */
#define LOCK_CLASS "1397511217"

enum { MAX_KEYWORDS = DBURL_MAX_OPTIONS + 20, MAX_VALUES_BYTES = 1 << 30 };

struct pgsql {
	struct db db;
	PGconn *conn;
	struct buf bytes; /* of the values being bound */
	const char **values;
	size_t values_cap;
	struct slt_text *cells; /* of the row being read */
	enum db_type *types;
	size_t cells_cap;
};

struct keywords {
	const char *names[MAX_KEYWORDS + 1], *values[MAX_KEYWORDS + 1];
	size_t n;
};

/* ------------------------------------------------------------- failures */

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static enum exit_status state_status(const char *state, bool connected)
{
	/* 08P01 comes from pgbouncer with the end of the connection, and from the server
	 * for a wrong number of values, which is not passing. */
	if (!connected || (starts(state, "08") && strcmp(state, "08P01") != 0))
		return EXIT_UNAVAILABLE;
	if (starts(state, "57P0") || !strcmp(state, "53300"))
		return EXIT_UNAVAILABLE;
	/* serialization, deadlock, lock timeout, statement timeout; disk or memory is
	 * full */
	if (!strcmp(state, "40001") || !strcmp(state, "40P01") ||
	    !strcmp(state, "55P03") || !strcmp(state, "57014") || starts(state, "53"))
		return EXIT_EARLY;
	return EXIT_CONFIG;
}

static void one_line(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (!strchr(" \n\t", *from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* Copies a message of the server to one line. Messages of class 22 quote the value that
 * the server could not read, which may be of a row: what stands in quotes goes, and a
 * message in another language (with other quotes) goes as a whole. */
static void plain_message(const char *state, const char *message, char *to, size_t size)
{
	char *first, *last;

	snprintf(to, size, "%s", message);
	if (starts(state, "22")) {
		for (const char *c = to; *c; c++)
			if ((unsigned char)*c >= 0x80) {
				snprintf(to, size, "a value has the wrong form");
				break;
			}
		first = strchr(to, '"');
		last = strrchr(to, '"');
		if (first && strlen(message) >= size)
			*first = '\0'; /* the last quote was cut off */
		else if (first)
			memmove(first + 1, last, strlen(last) + 1);
	}
	one_line(to);
}

/* The connection as a whole failed, or a command could not be sent. */
static int conn_error(PGconn *conn, struct err *err)
{
	char text[512];

	plain_message("", PQerrorMessage(conn), text, sizeof(text));
	return err_set(err, EXIT_UNAVAILABLE, "PostgreSQL: %s", text);
}

static int result_error(PGconn *conn, const PGresult *result, struct err *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char text[512];

	if (!state || !message)
		return conn_error(conn, err);
	plain_message(state, message, text, sizeof(text));
	return err_set(err, state_status(state, PQstatus(conn) == CONNECTION_OK),
		       "PostgreSQL: %s (SQLSTATE %s)", text, state);
}

static void no_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

/* ------------------------------------------------------------- connecting */

static bool is_set(const struct dburl *url, const char *name, const char *variable)
{
	return dburl_option(url, name) || getenv(variable);
}

static void add(struct keywords *words, const char *name, const char *value)
{
	words->names[words->n] = name;
	words->values[words->n++] = value;
}

/* A later keyword of the same name wins. */
static void fill(const struct dburl *url, enum db_access access, struct keywords *words)
{
	const char *hosts = dburl_option(url, "host");

	if (!hosts)
		hosts = url->host;
	add(words, "fallback_application_name", "structured-log-transfer");
	if (!is_set(url, "connect_timeout", "PGCONNECT_TIMEOUT"))
		add(words, "connect_timeout", "10");
	if (access == DB_WRITE && hosts && strchr(hosts, ',') &&
	    !is_set(url, "target_session_attrs", "PGTARGETSESSIONATTRS"))
		add(words, "target_session_attrs", "read-write");
	/* The connection of the run lock says nothing for a long time: a peer that is
	 * gone shall be noticed within two minutes, and no firewall shall forget it. */
	add(words, "keepalives_idle", "60");
	add(words, "keepalives_interval", "15");
	add(words, "keepalives_count", "4");
	add(words, "host", url->host);
	add(words, "port", url->port);
	add(words, "user", url->user);
	add(words, "password", url->password);
	add(words, "dbname", url->name);
	for (size_t i = 0; i < url->n_options; i++)
		if (!dburl_is_djangos(url->options[i].name))
			add(words, url->options[i].name, url->options[i].value);
	add(words, "client_encoding", "UTF8");
	add(words, NULL, NULL);
}

static int check_options(const struct dburl *url, struct err *err)
{
	PQconninfoOption *known = PQconndefaults(), *k;
	int rc = 0;

	if (!known)
		err_no_memory();
	for (size_t i = 0; i < url->n_options && rc == 0; i++) {
		if (dburl_is_djangos(url->options[i].name))
			continue;
		for (k = known; k->keyword; k++)
			if (!strcmp(k->keyword, url->options[i].name))
				break;
		if (!k->keyword)
			rc = err_set(err, EXIT_CONFIG,
				     "DATABASE_URL: \"%.60s\" is no option of PostgreSQL",
				     url->options[i].name);
	}
	PQconninfoFree(known);
	return rc;
}

/* libpq looks at connect_timeout only in the loop that is not used here. */
static int timeout_of(const struct dburl *url, int *ret_seconds, struct err *err)
{
	const char *text = dburl_option(url, "connect_timeout");
	long seconds = 10;
	char *end;

	if (!text)
		text = getenv("PGCONNECT_TIMEOUT");
	if (text) {
		seconds = strtol(text, &end, 10);
		if (end == text || *end || seconds < -1 || seconds > 86400)
			return err_set(
				err, EXIT_CONFIG,
				"PostgreSQL: connect_timeout: expected seconds, 0 (no "
				"limit) to 86400");
	}
	*ret_seconds = seconds == 1 ? 2 : (int)seconds; /* as libpq does */
	return 0;
}

/* Connects as PQconnectdbParams does, but without a word on stderr (notices come during
 * the connect, such as that of a collation version, PostgreSQL 15) and with the SQLSTATE
 * in the error message. *ret_late: the time was over. */
static PGconn *connect_quietly(const struct keywords *words, int seconds, bool *ret_late)
{
	PGconn *conn = PQconnectStartParams(words->names, words->values, 0);
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;
	time_t now, end = time(NULL) + seconds;

	*ret_late = false;
	if (!conn)
		err_no_memory();
	PQsetNoticeReceiver(conn, no_notice, NULL);
	PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
	if (PQstatus(conn) == CONNECTION_BAD)
		return conn;
	while (want == PGRES_POLLING_READING || want == PGRES_POLLING_WRITING) {
		struct pollfd p = {
			.fd = PQsocket(conn),
			.events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT,
		};

		now = time(NULL);
		if (seconds > 0 && now >= end) {
			*ret_late = true;
			return conn;
		}
		if (poll(&p, 1, seconds > 0 ? (int)(end - now) * 1000 : -1) == 1)
			want = PQconnectPoll(conn);
	}
	return conn;
}

/* The SQLSTATE in "FATAL:  28P01: password ...", whatever the language; "" when the
 * message is not one of the server. */
static void find_state(const char *message, char state[6])
{
	const char *p = message;

	state[0] = '\0';
	while ((p = strstr(p, ":  "))) {
		p += 3;
		if (strspn(p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 &&
		    p[5] == ':') {
			memcpy(state, p, 5);
			state[5] = '\0';
			return;
		}
	}
}

static bool has_one_of(const char *text, const char *const words[])
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

/* Messages of libpq itself are in English, as this program sets no locale; those of
 * pgbouncer (1.18), which all have one SQLSTATE, always are. */
static enum exit_status refusal_status(PGconn *conn, const char *state,
				       const char *message)
{
	static const char *const libpq[] = {
		"SSL",	    "certificate",	"private key",
		"invalid ", "could not match ", "session is read-only",
		NULL
	};
	static const char *const pgbouncer[] = {
		"no such ",    "config error",	    "auth",
		"not allowed", "startup parameter", NULL
	};

	if (!strcmp(state, "08P01"))
		return has_one_of(message, pgbouncer) ? EXIT_CONFIG : EXIT_UNAVAILABLE;
	if (*state)
		return state_status(state, true);
	if (PQconnectionNeedsPassword(conn) || has_one_of(message, libpq))
		return EXIT_CONFIG;
	return EXIT_UNAVAILABLE;
}

/* Always -1. */
static int refused(PGconn *conn, struct err *err)
{
	char text[600], state[6], mark[16], *found;
	const char *message = PQerrorMessage(conn);

	find_state(message, state);
	plain_message("", message, text, sizeof(text));
	if (*state) { /* "...: 28P01: message LOCATION: file" is for programmers */
		found = strstr(text, " LOCATION: ");
		if (found)
			*found = '\0';
		snprintf(mark, sizeof(mark), ": %s: ", state);
		found = strstr(text, mark);
		if (found)
			memmove(found + 2, found + 9, strlen(found + 9) + 1);
	}
	err_set(err, refusal_status(conn, state, message), "PostgreSQL: %s%s%s%s", text,
		*state ? " (SQLSTATE " : "", state, *state ? ")" : "");
	return -1;
}

static int run(PGconn *conn, const char *sql, struct err *err)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);
	int rc = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		rc = result_error(conn, result, err);
	PQclear(result);
	return rc;
}

static int check_writable(PGconn *conn, struct err *err)
{
	PGresult *result = PQexec(conn, "SELECT current_setting('transaction_read_only'),"
					" pg_is_in_recovery()");
	int rc = 0;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		rc = result_error(conn, result, err);
	else if (*PQgetvalue(result, 0, 1) == 't')
		rc = err_set(err, EXIT_CONFIG,
			     "PostgreSQL: this server is a read-only standby; name the "
			     "primary "
			     "in DATABASE_URL, or all hosts with commas");
	else if (strcmp(PQgetvalue(result, 0, 0), "off") != 0)
		rc = err_set(err, EXIT_CONFIG,
			     "PostgreSQL: the session is read-only "
			     "(default_transaction_read_only)");
	PQclear(result);
	return rc;
}

static void pgsql_close(struct db *db);

static int pgsql_open(const struct dburl *url, enum db_access access, struct db **ret,
		      struct err *err)
{
	struct keywords words = { .n = 0 };
	struct pgsql *pg;
	int seconds = 0;
	bool late;

	if (check_options(url, err) < 0 || timeout_of(url, &seconds, err) < 0)
		return -1;
	pg = calloc(1, sizeof(*pg));
	if (!pg)
		err_no_memory();
	pg->db.driver = &db_pgsql;
	buf_init(&pg->bytes, MAX_VALUES_BYTES);
	fill(url, access, &words);
	pg->conn = connect_quietly(&words, seconds, &late);
	if (late) {
		/* Only libpq's own loop can pass over an address that does not answer, to
		 * the next address or host. */
		PQfinish(pg->conn);
		pg->conn = PQconnectdbParams(words.names, words.values, 0);
		PQsetNoticeReceiver(pg->conn, no_notice, NULL);
	}
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		refused(pg->conn, err);
		goto fail;
	}
	PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
	if (run(pg->conn,
		"SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD';"
		" SET standard_conforming_strings = on",
		err) < 0)
		goto fail;
	if (access == DB_WRITE && check_writable(pg->conn, err) < 0)
		goto fail;
	*ret = &pg->db;
	return 0;
fail:
	pgsql_close(&pg->db);
	return -1;
}

static void pgsql_rollback(struct db *db)
{
	struct pgsql *pg = (struct pgsql *)db;

	if (PQstatus(pg->conn) == CONNECTION_OK &&
	    PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		PQclear(PQexec(pg->conn, "ROLLBACK"));
}

static void pgsql_close(struct db *db)
{
	struct pgsql *pg = (struct pgsql *)db;

	pgsql_rollback(db); /* so that the run lock is free when this returns */
	PQfinish(pg->conn);
	buf_wipe(&pg->bytes);
	free(pg->values);
	free(pg->cells);
	free(pg->types);
	free(pg);
}

/* ------------------------------------------------------------- statements */

static void *grow(void *old, size_t n, size_t size)
{
	void *grown = reallocarray(old, n, size);

	if (!grown)
		err_no_memory();
	return grown;
}

/* libpq takes texts that end in a NUL byte. */
static int bind(struct pgsql *pg, const struct db_value *values, size_t n,
		struct err *err)
{
	size_t total = 0;
	char *to;

	if (n > 65535) /* the protocol counts in 16 bits */
		return err_set(err, EXIT_BUG, "PostgreSQL: %zu values for one statement",
			       n);
	if (n > pg->values_cap) {
		pg->values = grow(pg->values, n, sizeof(*pg->values));
		pg->values_cap = n;
	}
	for (size_t i = 0; i < n; i++)
		total += values[i].text.len + 1;
	buf_reset(&pg->bytes);
	to = buf_room(&pg->bytes, total);
	if (!to)
		return err_set(err, EXIT_CONFIG, "PostgreSQL: more than 1 GiB of values");
	for (size_t i = 0; i < n; i++) {
		const struct slt_text *text = &values[i].text;

		pg->values[i] = text->ptr ? to : NULL;
		if (!text->ptr)
			continue;
		if (memchr(text->ptr, '\0', text->len))
			return err_set(err, EXIT_CONFIG,
				       "PostgreSQL: a value with a NUL byte");
		memcpy(to, text->ptr, text->len);
		to[text->len] = '\0';
		to += text->len + 1;
	}
	return 0;
}

/* Hands one row to the callback, its cells where libpq has them. */
static int hand_over(struct pgsql *pg, const PGresult *result, db_row_fn *row, void *arg)
{
	struct db_row r = { .n_cells = (size_t)PQnfields(result) };

	if (r.n_cells > pg->cells_cap) {
		pg->cells = grow(pg->cells, r.n_cells, sizeof(*pg->cells));
		pg->types = grow(pg->types, r.n_cells, sizeof(*pg->types));
		pg->cells_cap = r.n_cells;
		memset(pg->types, 0, r.n_cells * sizeof(*pg->types)); /* DB_TEXT */
	}
	for (int i = 0; i < (int)r.n_cells; i++) {
		pg->cells[i] = slt_str(NULL);
		if (!PQgetisnull(result, 0, i))
			pg->cells[i] =
				(struct slt_text){ PQgetvalue(result, 0, i),
						   (size_t)PQgetlength(result, 0, i) };
	}
	r.cells = pg->cells;
	r.types = pg->types;
	return row(arg, &r);
}

/* A COPY leaves the connection in a state of its own, which no caller could want. */
static int no_copy(struct pgsql *pg, struct err *err)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	return err_set(err, EXIT_CONFIG, "PostgreSQL: COPY is not possible here");
}

static bool is_copy(ExecStatusType status)
{
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
	       status == PGRES_COPY_BOTH;
}

/* Reads the result to its end in any case: what was not read would stay open, law 7. */
static int pgsql_query(struct db *db, const char *sql, const struct db_value *values,
		       size_t n_values, db_row_fn *row, void *arg, struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	bool enough = false, failed = false;
	PGresult *result;

	if (bind(pg, values, n_values, err) < 0)
		return -1;
	if (!PQsendQueryParams(pg->conn, sql, (int)n_values, NULL, pg->values, NULL, NULL,
			       0) ||
	    !PQsetSingleRowMode(pg->conn))
		return conn_error(pg->conn, err);
	while ((result = PQgetResult(pg->conn))) {
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_SINGLE_TUPLE) {
			if (!enough && !failed)
				enough = hand_over(pg, result, row, arg) != 0;
		} else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK &&
			   !failed) {
			failed = true; /* the first error is the cause of the others */
			if (!is_copy(status))
				result_error(pg->conn, result, err);
		}
		PQclear(result);
		if (is_copy(status))
			return no_copy(pg, err);
	}
	return failed ? -1 : 0;
}

/* A statement with its whole result; NULL after an error. */
static PGresult *ask(struct pgsql *pg, const char *sql, const struct db_value *values,
		     size_t n_values, struct err *err)
{
	PGresult *result;
	ExecStatusType status;

	if (bind(pg, values, n_values, err) < 0)
		return NULL;
	result = PQexecParams(pg->conn, sql, (int)n_values, NULL, pg->values, NULL, NULL,
			      0);
	status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	if (!is_copy(status))
		result_error(pg->conn, result, err);
	PQclear(result);
	if (is_copy(status))
		no_copy(pg, err);
	return NULL;
}

static int pgsql_exec(struct db *db, const char *sql, const struct db_value *values,
		      size_t n_values, long long *ret_touched, struct err *err)
{
	PGresult *result = ask((struct pgsql *)db, sql, values, n_values, err);

	if (!result)
		return -1;
	*ret_touched = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return 0;
}

/* The isolation is named in any case: the role may have another default. */
static int pgsql_begin(struct db *db, enum db_isolation isolation, struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;

	return run(pg->conn,
		   isolation == DB_EXACT ? "BEGIN ISOLATION LEVEL REPEATABLE READ"
					 : "BEGIN ISOLATION LEVEL READ COMMITTED",
		   err);
}

static int pgsql_commit(struct db *db, struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	PGresult *result = PQexec(pg->conn, "COMMIT");
	int rc = 0;

	/* COMMIT of a transaction that has failed rolls back and reports success. */
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		rc = result_error(pg->conn, result, err);
	else if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
		rc = err_set(err, EXIT_EARLY,
			     "PostgreSQL: the transaction was rolled back");
	PQclear(result);
	return rc;
}

/* ------------------------------------------------------------- the catalog */

static struct db_value text_value(const char *text)
{
	return (struct db_value){ slt_str(text), DB_TEXT };
}

static bool is_yes(const PGresult *result, int column)
{
	return *PQgetvalue(result, 0, column) == 't';
}

/* What a unique index promises holds for = only when it compares as the column does (same
 * collation, the type's own operators), and not across the children of an inheritance
 * parent. */
static int look_up(struct pgsql *pg, Oid table, int attribute, struct db_origin *ret,
		   struct err *err)
{
	static const char sql[] =
		"SELECT n.nspname, c.relname, a.attname, NOT a.attnotnull,"
		" c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = "
		"c.oid)"
		" AS parent,"
		" EXISTS (SELECT FROM pg_index i JOIN pg_opclass o ON o.oid = "
		"i.indclass[0]"
		"  WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid"
		"  AND i.indisunique AND i.indimmediate AND i.indnkeyatts = 1"
		"  AND i.indpred IS NULL AND o.opcdefault"
		"  AND i.indcollation[0] = a.attcollation),"
		" EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
		"  JOIN pg_am m ON m.oid = x.relam JOIN pg_opclass o ON o.oid = "
		"i.indclass[0]"
		"  WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid"
		"  AND m.amname = 'btree' AND o.opcdefault"
		"  AND i.indcollation[0] = a.attcollation)"
		" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
		" JOIN pg_namespace n ON n.oid = c.relnamespace"
		" WHERE a.attrelid = $1::oid AND a.attnum = $2::int2";
	struct db_value values[2];
	char oid[16], number[16];
	PGresult *result;

	snprintf(oid, sizeof(oid), "%u", table);
	snprintf(number, sizeof(number), "%d", attribute);
	values[0] = text_value(oid);
	values[1] = text_value(number);
	result = ask(pg, sql, values, 2, err);
	if (!result)
		return -1;
	if (PQntuples(result) != 1) {
		PQclear(result);
		return err_set(err, EXIT_EARLY, "PostgreSQL: the table has just changed");
	}
	snprintf(ret->table.schema, sizeof(ret->table.schema), "%s",
		 PQgetvalue(result, 0, 0));
	snprintf(ret->table.name, sizeof(ret->table.name), "%s",
		 PQgetvalue(result, 0, 1));
	snprintf(ret->column, sizeof(ret->column), "%s", PQgetvalue(result, 0, 2));
	ret->nullable = is_yes(result, 3);
	ret->unique = is_yes(result, 5) && !is_yes(result, 4);
	ret->indexed = is_yes(result, 6) && !is_yes(result, 4);
	PQclear(result);
	return 0;
}

static int pgsql_origin(struct db *db, const char *sql, const struct db_value *values,
			size_t n_values, size_t column, struct db_origin *ret,
			struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	PGresult *result = ask(pg, sql, values, n_values, err);
	int attribute;
	Oid table;

	if (!result)
		return -1;
	table = PQftable(result, (int)column);
	attribute = PQftablecol(result, (int)column);
	PQclear(result);
	if (table == InvalidOid || attribute == 0)
		return err_set(
			err, EXIT_CONFIG,
			"PostgreSQL: column %zu of the SELECT is not a column of a "
			"table or view",
			column + 1);
	return look_up(pg, table, attribute, ret, err);
}

/* $1, $2: schema (may be "") and table. NULL when there is no such table. */
#define TO_REGCLASS                                                             \
	"to_regclass(CASE WHEN $1 = '' THEN '' ELSE quote_ident($1) || '.' END" \
	" || quote_ident($2))"

static int pgsql_column(struct db *db, const struct db_table *table, const char *column,
			char *ret_type, size_t size, struct err *err)
{
	static const char sql[] =
		"SELECT lower(format_type(atttypid, atttypmod)) FROM pg_attribute"
		" WHERE attrelid = " TO_REGCLASS " AND attname = $3 AND attnum > 0"
		" AND NOT attisdropped";
	struct db_value values[3] = { text_value(table->schema), text_value(table->name),
				      text_value(column) };
	PGresult *result = ask((struct pgsql *)db, sql, values, 3, err);
	int found;

	if (!result)
		return -1;
	found = PQntuples(result) == 1;
	if (found)
		snprintf(ret_type, size, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return found;
}

/* ------------------------------------------------------------- the run lock */

static int table_oid(struct pgsql *pg, const struct db_table *table, uint32_t *ret,
		     struct err *err)
{
	struct db_value values[2] = { text_value(table->schema),
				      text_value(table->name) };
	PGresult *result = ask(pg, "SELECT " TO_REGCLASS "::oid", values, 2, err);
	bool missing;

	if (!result)
		return -1;
	missing = PQgetisnull(result, 0, 0);
	if (!missing)
		*ret = (uint32_t)strtoul(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	if (missing)
		return err_set(err, EXIT_CONFIG, "PostgreSQL: there is no table %s%s%s",
			       table->schema, *table->schema ? "." : "", table->name);
	return 0;
}

/* Of a session of another role only the pid is shown, unless ours may read all
 * statistics. */
static int find_holder(struct pgsql *pg, uint32_t oid, struct db_holder *ret,
		       struct err *err)
{
	static const char sql[] =
		"SELECT l.pid, CASE WHEN s.client_addr IS NOT NULL THEN "
		"host(s.client_addr)"
		" WHEN s.client_port = -1 THEN 'local' END,"
		" floor(extract(epoch FROM clock_timestamp() - s.xact_start))::bigint"
		" FROM pg_locks l LEFT JOIN pg_stat_activity s ON s.pid = l.pid"
		" WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
		" AND l.classid = " LOCK_CLASS " AND l.objid = $1::oid AND l.database ="
		" (SELECT oid FROM pg_database WHERE datname = current_database())";
	char number[16];
	struct db_value value;
	PGresult *result;

	snprintf(number, sizeof(number), "%u", oid);
	value = text_value(number);
	result = ask(pg, sql, &value, 1, err);
	if (!result)
		return -1;
	ret->seconds = -1;
	if (PQntuples(result) == 0) {
		snprintf(ret->who, sizeof(ret->who), "a run that has just ended");
	} else {
		snprintf(ret->who, sizeof(ret->who), "server process %s, client %s",
			 PQgetvalue(result, 0, 0),
			 PQgetisnull(result, 0, 1) ? "unknown"
						   : PQgetvalue(result, 0, 1));
		if (!PQgetisnull(result, 0, 2))
			ret->seconds = strtol(PQgetvalue(result, 0, 2), NULL, 10);
	}
	PQclear(result);
	return 0;
}

/* The lock lives in an open transaction that is otherwise empty: it ends with the
 * process, however that ends and whatever pooler stands between. In READ COMMITTED it
 * holds no snapshot between two statements, so it does not hold back vacuum. */
static int begin_lock(struct pgsql *pg, struct err *err)
{
	if (run(pg->conn, "BEGIN ISOLATION LEVEL READ COMMITTED", err) < 0 ||
	    run(pg->conn, "SET LOCAL idle_in_transaction_session_timeout = 0", err) < 0)
		return -1;
	if (PQserverVersion(pg->conn) < 170000)
		return 0;
	return run(pg->conn, "SET LOCAL transaction_timeout = 0", err);
}

/* By the simple protocol: what PQexecParams has run stays as the unnamed portal, together
 * with its snapshot, until the next statement (PostgreSQL 15). 1 taken, 0 not. */
static int try_lock(struct pgsql *pg, uint32_t oid, struct err *err)
{
	char sql[100];
	PGresult *result;
	int taken;

	/* An oid is unsigned, the key is not; pg_locks shows it as an oid again. */
	snprintf(sql, sizeof(sql), "SELECT pg_try_advisory_xact_lock(" LOCK_CLASS ", %d)",
		 (int)oid);
	result = PQexec(pg->conn, sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		taken = is_yes(result, 0);
	else
		taken = result_error(pg->conn, result, err);
	PQclear(result);
	return taken;
}

static int pgsql_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
		      struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	struct db_holder holder;
	uint32_t oid = 0;
	int taken = -1;

	if (table_oid(pg, table, &oid, err) < 0)
		return -1;
	if (begin_lock(pg, err) == 0)
		taken = try_lock(pg, oid, err);
	if (taken == 1)
		return 1;
	if (taken == 0 && find_holder(pg, oid, &holder, err) < 0)
		taken = -1;
	pgsql_rollback(db);
	if (taken == 0)
		*ret = holder;
	return taken;
}

static bool pgsql_alive(struct db *db)
{
	struct pgsql *pg = (struct pgsql *)db;
	struct pollfd p = { .events = POLLIN };

	if (PQstatus(pg->conn) != CONNECTION_OK)
		return false;
	/* Again while there is something: the server's last words come before its end. */
	for (p.fd = PQsocket(pg->conn); poll(&p, 1, 0) > 0;)
		if (!PQconsumeInput(pg->conn) || PQstatus(pg->conn) != CONNECTION_OK)
			return false;
	return true;
}

const struct db_driver db_pgsql = {
	.name = "postgresql",
	.label = "PostgreSQL",
	.dialect = SLT_POSTGRESQL,
	.open = pgsql_open,
	.close = pgsql_close,
	.query = pgsql_query,
	.exec = pgsql_exec,
	.begin = pgsql_begin,
	.commit = pgsql_commit,
	.rollback = pgsql_rollback,
	.origin = pgsql_origin,
	.column = pgsql_column,
	.lock = pgsql_lock,
	.alive = pgsql_alive,
};
