/* SPDX-License-Identifier: MIT */
/*
 * The command config: the settings in effect and where each came from. No secret is in
 * what it makes and prints, and nothing is connected to.
 */
#ifndef SLT_EFFECTIVE_H
#define SLT_EFFECTIVE_H

#include <stdbool.h>

#include "dburl.h"
#include "err.h"
#include "settings.h"

struct json_object;

/* Prints them as lines or as one JSON object. DATABASE_URL or a facade that cannot be read
 * is told in the log and left out; the result is the exit status of the first of these, or
 * EXIT_DONE. */
enum exit_status effective_print(const struct settings *settings, bool json) MUST_CHECK;

/* The parts of a URL as an object of the caller's. What is not known to be harmless in it
 * is null. */
struct json_object *effective_database(const struct dburl *url);

#endif
