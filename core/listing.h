/* SPDX-License-Identifier: MIT */
/* The command facades: what can be loaded, from where, its settings, its statements. */
#ifndef SLT_LISTING_H
#define SLT_LISTING_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"

/* All facades, a line each or as a JSON array. A module that cannot be loaded is told in
 * the log: then *ret_status is EXIT_SET_ASIDE. */
int listing_all(const struct settings *settings, bool json, enum exit_status *ret_status,
		struct err *err) MUST_CHECK;

/* One facade, named as its module or as an AUDIT_LOGGER_TYPE: settings, and its
 * statements in each dialect of this program. */
int listing_one(const struct settings *settings, const char *name, bool json,
		struct err *err) MUST_CHECK;

/* All settings as lines of --help: the program's, and those of the facades that can be
 * loaded. settings NULL: from the program's own folder only. */
void listing_help(const struct settings *settings);

#endif
