/* SPDX-License-Identifier: MIT */
/*
 * The command setup: makes what the settings ask for and is not there yet, which is so far the
 * table of the quarantine. May be run again and again. One thread.
 */
#ifndef SLT_SETUP_H
#define SLT_SETUP_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"

/* print: the SQL on stdout, and nothing is changed. */
int setup(const struct settings *settings, bool print, struct err *err) MUST_CHECK;

#endif
