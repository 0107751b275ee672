/* SPDX-License-Identifier: MIT */
/*
 * The file of --env-file: lines NAME=VALUE, empty lines and lines that begin with "#", in
 * the syntax where `docker run --env-file` and systemd's EnvironmentFile= agree. What the
 * two read differently (quotes, backslashes, white space at the ends of a value) is
 * refused with its line number instead of being guessed.
 */
#ifndef SLT_ENVFILE_H
#define SLT_ENVFILE_H

#include <stddef.h>

#include "err.h"

struct env_entry; /* settings.h */

/* *ret is an owned array of n entries in the order of the file. Errors name file and
 * line, never a value. */
int envfile_read(const char *path, struct env_entry **ret, size_t *ret_n,
		 struct err *err) MUST_CHECK;
void envfile_free(struct env_entry *entries, size_t n);

#endif
