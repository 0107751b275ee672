// SPDX-License-Identifier: MIT
// Connects to PostgreSQL: options, timeout, and what a refusal means.

#include "pgsql.h"
#include "../mem.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * What is asked of the session works through pgbouncer in transaction mode: TimeZone,
 * DateStyle and standard_conforming_strings are settings that it carries from one server
 * connection to the next, and everything else lives inside a transaction.
 */

enum { MAX_KEYWORDS = DBURL_MAX_OPTIONS + 20, MAX_VALUES_BYTES = 1 << 30 };

struct keywords {
	const char *names[MAX_KEYWORDS + 1], *values[MAX_KEYWORDS + 1];
	size_t n;
};

static void no_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

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
		else if (!strcmp(k->keyword, "sslcert") &&
			 access(url->options[i].value, R_OK) < 0)
			/* libpq goes on without it */
			rc = err_set(err, EXIT_CONFIG,
				     "PostgreSQL: TLS: cannot read \"%s\": %s",
				     url->options[i].value, strerror(errno));
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
			return err_set(err, EXIT_CONFIG,
				       "PostgreSQL: connect_timeout: expected seconds, "
				       "0 (no limit) to 86400");
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
	/* the server went away in the middle of the handshake (OpenSSL 3.0) */
	static const char *const passing[] = { "SSL SYSCALL error",
					       "SSL error: unexpected eof", NULL };
	static const char *const pgbouncer[] = {
		"no such ",    "config error",	    "auth",
		"not allowed", "startup parameter", NULL
	};

	if (!strcmp(state, "08P01"))
		return has_one_of(message, pgbouncer) ? EXIT_CONFIG : EXIT_UNAVAILABLE;
	if (*state)
		return pgsql_state_status(state, true);
	if (has_one_of(message, passing))
		return EXIT_UNAVAILABLE;
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
	pgsql_plain_message("", message, text, sizeof(text));
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

static int check_writable(const PGresult *result, struct err *err)
{
	if (*PQgetvalue(result, 0, 1) == 't')
		return err_set(err, EXIT_CONFIG,
			       "PostgreSQL: this server is a read-only standby; name the "
			       "primary in DATABASE_URL, or all hosts with commas");
	if (strcmp(PQgetvalue(result, 0, 0), "off") != 0)
		return err_set(err, EXIT_CONFIG,
			       "PostgreSQL: the session is read-only "
			       "(default_transaction_read_only)");
	return 0;
}

/* One round trip: the result is that of the last statement. Runs are parallel by their lanes;
 * parallel workers besides, of whatever command, would be taken from the applications of the
 * server. */
static int begin_session(PGconn *conn, enum db_access access, struct err *err)
{
	PGresult *result = PQexec(conn,
				  "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD';"
				  " SET standard_conforming_strings = on;"
				  " SET max_parallel_workers_per_gather = 0;"
				  " SELECT current_setting('transaction_read_only'),"
				  " pg_is_in_recovery()");
	int rc = 0;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		rc = pgsql_result_error(conn, result, err);
	else if (access == DB_WRITE)
		rc = check_writable(result, err);
	PQclear(result);
	return rc;
}

/* On a Unix socket, libpq takes no heed of sslmode. */
static int check_tls(PGconn *conn, const struct dburl *url, struct err *err)
{
	const char *mode = dburl_option(url, "sslmode");

	if (!mode || !dburl_is_strict(mode) || PQsslInUse(conn) || PQgssEncInUse(conn))
		return 0;
	return err_set(
		err, EXIT_CONFIG,
		"PostgreSQL: TLS is asked for (sslmode=%s, or DB_USE_SSL), and a Unix "
		"socket has none: name a host in DATABASE_URL, or do not ask for it",
		mode);
}

int pgsql_open(const struct dburl *url, enum db_access access, struct db **ret,
	       struct err *err)
{
	struct keywords words = { .n = 0 };
	struct pgsql *pg;
	int seconds = 0;
	bool late;

	if (check_options(url, err) < 0 || timeout_of(url, &seconds, err) < 0)
		return -1;
	pg = mem_new(1, sizeof(*pg));
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
	if (check_tls(pg->conn, url, err) < 0)
		goto fail;
	if (begin_session(pg->conn, access, err) < 0)
		goto fail;
	*ret = &pg->db;
	return 0;
fail:
	pgsql_close(&pg->db);
	return -1;
}
