/* SPDX-License-Identifier: MIT */
/*
 * The command quarantine: shows the rows of the settings' log table that are set aside, and lets
 * them back in. Takes no lock and needs no search server. One thread.
 */
#ifndef SLT_QUARANTINE_COMMAND_H
#define SLT_QUARANTINE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "settings.h"

/* A line for each row on stdout, or one JSON array. */
int quarantine_list(const struct settings *settings, bool json,
		    struct err *err) MUST_CHECK;

/* The next run sends the rows of these keys again, without any key all of them. *ret_status is
 * set aside when a key is not listed, else done. */
int quarantine_retry(const struct settings *settings, char *const *keys, size_t n,
		     enum exit_status *ret_status, struct err *err) MUST_CHECK;

#endif
