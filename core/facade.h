/* SPDX-License-Identifier: MIT */
/*
 * Finding and loading (facade_load.c) and opening (facade.c) a facade: the other side of
 * <slt/facade.h>. A loaded
 * module is never unloaded. Loading and opening are done by one thread; an open facade is
 * read only and its message is called by all lanes.
 */
#ifndef SLT_CORE_FACADE_H
#define SLT_CORE_FACADE_H

#include <slt/facade.h>
#include <stdbool.h>

#include "db/db.h"
#include "dialect.h"
#include "err.h"
#include "settings.h"
#include "sql.h"

/* A setting that the facade declares, and its value once it is read. */
struct facade_setting {
	struct slt_setting declared;
	char *value; /* owned; NULL before it is read and after close */
	enum setting_source source;
};

struct facade {
	struct slt_facade hooks; /* a copy; what the module lacks is zero */
	char *module;		 /* owned: "my_table" */
	char *path;		 /* owned: the resolved file */
	struct facade_setting *settings;
	size_t n_settings;
	void *state; /* what its open returned */
	bool is_open;
	/* parsed statements, owned; those of optional hooks may be NULL */
	struct sql_template *fetch, *mark_as_sent, *mark_as_unsent, *clear;
};

/* Finds the module of an AUDIT_LOGGER_TYPE ("MY_TABLE": my_table.so) in the folders of
 * `path` (absolute, separated by colons), then in the program's own, and loads it.
 * EXIT_CONFIG tells what was looked for where, or what is wrong with the file. */
int facade_load(const char *type, const char *path, struct facade **ret,
		struct err *err) MUST_CHECK;

/* Loads this very file, MY_TABLE's is my_table.so, whoever may write to it: for its author, who
 * has just built it. */
int facade_load_file(const char *path, struct facade **ret, struct err *err) MUST_CHECK;

/* Reads the settings of a facade that is not open, and nothing more. The values stay until
 * it is opened or freed. */
int facade_read_settings(struct facade *facade, const struct settings *settings,
			 struct err *err) MUST_CHECK;

/* Reads the facade's settings, calls its open and parses its statements. db NULL: without
 * a database, every column is said to exist. */
int facade_open(struct facade *facade, const struct settings *settings,
		const struct dialect *dialect, struct db *db, struct err *err) MUST_CHECK;

/* Calls the check of an open facade, if it has one. `warn` takes its warnings; NULL: the log
 * does. */
typedef void facade_warn_fn(void *arg, const char *text);
int facade_check(const struct facade *facade, const struct dialect *dialect,
		 struct db *db, facade_warn_fn *warn, void *arg,
		 struct err *err) MUST_CHECK;

/* Back to loaded. A closed facade is fine. */
void facade_close(struct facade *facade);

/* Closes and frees; the module stays in the process. NULL is fine. */
void facade_free(struct facade *facade);

/* The value of a setting that is read, NULL when it declares no such setting. */
const char *facade_setting(const struct facade *facade, const char *name);

/* Calls `each` with the type name ("MY_TABLE") of every module file in the folders that
 * facade_load searches, sorted, each name once. */
typedef void facade_each_fn(void *arg, const char *type);
void facade_each(const char *path, facade_each_fn *each, void *arg);

#endif
