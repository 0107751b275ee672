/* SPDX-License-Identifier: MIT */
/*
 * DATABASE_URL taken apart, as django-environ's env.db_url reads it. Owned strings; the
 * password is wiped by fini. No connection is made here.
 */
#ifndef SLT_DBURL_H
#define SLT_DBURL_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum { DBURL_MAX_OPTIONS = 32 };

struct dburl_option {
	char *name, *value; /* percent-decoded; a value may be a secret */
};

/* Absent parts are NULL. */
struct dburl {
	const char *driver; /* "postgresql", "mysql" or "sqlite": literal */
	char *host;	    /* several with commas; a socket folder starts with "/" */
	char *port;	    /* one, or as many as hosts, with commas */
	char *user, *password;
	char *name; /* database name; for sqlite a path or ":memory:" */
	struct dburl_option options[DBURL_MAX_OPTIONS];
	size_t n_options;
	bool unclear; /* host, port and name may hold parts of a password that ought to be
		       * percent-encoded: read as Django reads it, but not to be shown */
};

/* Reads a URL. An error says what is expected and never shows the password. */
int dburl_parse(const char *text, struct dburl *ret, struct err *err) MUST_CHECK;
void dburl_fini(struct dburl *url);

/* Replaces the password by a copy of this one. */
void dburl_set_password(struct dburl *url, const char *password);

/* Adds an option, or replaces the one of that name. Copies both. */
int dburl_set_option(struct dburl *url, const char *name, const char *value,
		     struct err *err) MUST_CHECK;

/* The value of an option, borrowed; NULL when it is not there. */
const char *dburl_option(const struct dburl *url, const char *name);

/* libpq's modes that never fall back to plaintext (PostgreSQL 15, "SSL Support"). */
bool dburl_is_strict(const char *sslmode);

/* Is it an option that only Django reads (conn_max_age, ...)? Drivers pass over them; who
 * reads the settings warns. */
bool dburl_is_djangos(const char *name);

#endif
