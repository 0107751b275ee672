/* SPDX-License-Identifier: MIT */
/*
 * What differs between the databases' SQL, as small writers that sql.c puts together. One
 * constant table per dialect; nothing else in the program knows how a database quotes,
 * binds a list of keys, or writes into a JSON column. No state, any thread.
 */
#ifndef SLT_DIALECT_H
#define SLT_DIALECT_H

#include <slt/facade.h>
#include <stdbool.h>

#include "buf.h"
#include "db/db.h"

struct dialect {
	enum slt_dialect id;
	const char *name; /* for people and for `facades NAME` */

	/* One identifier, quoted. */
	void (*quote)(struct buf *out, const char *name);

	/* The n-th bound value, from 1. */
	void (*placeholder)(struct buf *out, size_t n);

	/* "column is one of the keys in placeholder n", and the value bound there. Without
	 * encode_keys (NULL) the text ends in "?)", and that one placeholder is repeated for
	 * each key when they are bound. */
	void (*keys)(struct buf *out, const char *column, size_t n);
	void (*encode_keys)(struct buf *out, const struct db_value *keys, size_t n);

	/* Does = between values of this declared type ("" not known) compare them byte by byte?
	 * NULL: so it is, or a key that it is not so for counts as not unique. Otherwise keys
	 * are compared by their key_text as well. */
	bool (*is_exact)(const char *type);

	/* "the flag is set", never NULL, by the declared type in lower case ("" not known).
	 * -1: a column of that type is no flag. */
	int (*is_true)(struct buf *out, const char *column, const char *type) MUST_CHECK;

	/* The value of such a flag, set or not set. -1 likewise. */
	int (*flag)(struct buf *out, bool set, const char *type) MUST_CHECK;

	/* "member of the JSON object in column is true", never NULL. */
	void (*is_true_member)(struct buf *out, const char *column, const char *member);

	/* The new value of a JSON column: member set to "true" or "false", the rest kept;
	 * an array or scalar moves into a member called `name`. */
	void (*set_member)(struct buf *out, const char *column, const char *member,
			   const char *name, const char *value);

	/* "column, of that declared type, is before the time in placeholder n"; the time is
	 * YYYY-MM-DD HH:MM:SS in UTC. Never true where the column holds no time. -1: a
	 * column of that type never does. */
	int (*older_than)(struct buf *out, const char *column, const char *type,
			  size_t n) MUST_CHECK;

	/* "column holds a time that older_than can read". */
	void (*is_time)(struct buf *out, const char *column);

	bool sorts_whole_rows; /* without an index, does ORDER BY carry all columns through
				* the sort? Then pages that are told their ends cost less */
	bool partial_indexes;  /* has it indexes of the rows that meet a condition? */

	const char *now;

	/* Questions whose answer is the last cell of the first row: the server's version, and
	 * the protocol of TLS of this connection, "" without; NULL: it has none. */
	const char *version_query, *tls_query;

	/* A key of that declared type in lower case ("" not known) as the driver reads it,
	 * byte for byte, whatever the collation: what log_key of the quarantine holds. */
	void (*key_text)(struct buf *out, const char *column, const char *type);

	/* The quarantine, whose columns quarantine.c uses: what follows its name in CREATE
	 * TABLE and in an INSERT, and the end of an INSERT that brings an entry that is there
	 * already up to date. log_key holds a key's own type instead of its text? */
	const char *quarantine_columns, *quarantine_as, *quarantine_update;
	bool quarantine_typed;
};

/* NULL when no driver of this program speaks it. */
const struct dialect *dialect_get(enum slt_dialect id);

/* A table by its plain names, quoted. */
void dialect_put_table(const struct dialect *dialect, const struct db_table *table,
		       struct buf *out);

#endif
