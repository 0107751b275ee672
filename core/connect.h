/* SPDX-License-Identifier: MIT */
/*
 * From the settings to where things are: the database's URL and the search server. What
 * several commands need alike.
 */
#ifndef SLT_CONNECT_H
#define SLT_CONNECT_H

#include <stdbool.h>

#include "dburl.h"
#include "elastic.h"
#include "err.h"
#include "settings.h"

/* DATABASE_URL with DATABASE_PASSWORD and the TLS settings put in. A setting that the
 * database cannot honour is an error. */
int connect_database_url(const struct settings *settings, struct dburl *ret,
			 struct err *err) MUST_CHECK;

/* The search server of the ELASTICSEARCH_ settings. Borrows their texts. reasons: ask it
 * why it rejects a document, which may quote the document. */
int connect_target(const struct settings *settings, bool reasons,
		   struct elastic_target *ret, struct err *err) MUST_CHECK;

#endif
