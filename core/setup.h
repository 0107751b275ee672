/* SPDX-License-Identifier: MIT */
/*
 * The command setup: makes what the settings ask for and is not there yet, the index with the
 * facade's mapping and the table of the quarantine. May be run again and again: what is there is
 * compared and left as it is. One thread.
 */
#ifndef SLT_SETUP_H
#define SLT_SETUP_H

#include <stdbool.h>

#include "err.h"
#include "index.h"
#include "settings.h"

struct setup_options {
	bool print; /* SQL and request on stdout instead, and nothing is changed */
	enum index_form form;
};

/* *ret_status: EXIT_SET_ASIDE when an index is there and its mapping is another one. */
int setup(const struct settings *settings, const struct setup_options *options,
	  enum exit_status *ret_status, struct err *err) MUST_CHECK;

#endif
