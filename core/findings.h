/* SPDX-License-Identifier: MIT */
/*
 * What the command check finds, on stdout: a line each, or all as one JSON array of
 * {"check", "status": "ok", "warn" or "fail", "detail", "remedy" or null}. One thread.
 */
#ifndef SLT_FINDINGS_H
#define SLT_FINDINGS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "err.h"

struct findings {
	struct json_object *json; /* NULL: lines */
	bool warned, failed;
	bool wrong; /* a failure that is not EXIT_UNAVAILABLE */
};

void findings_init(struct findings *findings, bool json);

/* Prints what is left; the exit status. */
enum exit_status findings_fini(struct findings *findings);

/* All is well. */
void findings_ok(struct findings *findings, const char *check, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Something is to be thought of; the remedy is a sentence, or NULL: it stands in the text. */
void findings_warn(struct findings *findings, const char *check, const char *remedy,
		   const char *format, ...) PRINTF_LIKE(4, 5);

/* It does not work; the text of the failure has its remedy, mostly. */
void findings_fail(struct findings *findings, const char *check, const char *remedy,
		   const struct err *err);

#endif
