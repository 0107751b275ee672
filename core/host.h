/* SPDX-License-Identifier: MIT */
/*
 * The program as a facade sees it while its open or check runs: settings, dialect,
 * columns of the database, log, failure. One thread; lives as long as the hook runs.
 */
#ifndef SLT_CORE_HOST_H
#define SLT_CORE_HOST_H

#include <slt/facade.h>
#include <stdbool.h>

#include "arena.h"
#include "db/db.h"
#include "dialect.h"
#include "err.h"

struct facade;

struct host {
	struct slt_host pub; /* first: what the facade sees */
	const struct facade *facade;
	const struct dialect *dialect;
	struct db *db;	    /* NULL: no database at hand */
	struct arena arena; /* types of columns */
	bool failed;
	struct err err;
	void (*warn)(void *arg,
		     const char *text); /* takes warnings; NULL: the log does */
	void *warn_arg;
};

/* Borrows all three. */
void host_init(struct host *host, const struct facade *facade,
	       const struct dialect *dialect, struct db *db);
void host_fini(struct host *host);

/* Did the hook fail, by what it returned or by a service that failed under it? Then
 * *err. */
bool host_failed(const struct host *host, bool hook_failed, struct err *err) MUST_CHECK;

#endif
