/* SPDX-License-Identifier: MIT */
/*
 * The contract between structured-log-transfer and a facade.
 *
 * A facade is a module (a shared object) that knows one shape of audit table. It
 * composes, the program executes: it answers with the SQL that reads and marks rows, and
 * it turns one row into one JSON document. Connections, transactions, threads, retries
 * and HTTP belong to the program, so a facade cannot leak a transaction and needs nothing
 * but libc.
 *
 *      table --fetch--> rows --message--> documents --> index --> mark_as_sent --> table
 *
 * The smallest facade:
 *
 *      #include <slt/facade.h>
 *
 *      static const char *fetch(const void *facade)
 *      {
 *              (void)facade;
 *              return "SELECT {key id}, {time at}, what FROM events"
 *                     " WHERE {unsent NOT {is_true sent}}";
 *      }
 *      static const char *mark_as_sent(const void *facade)
 *      {
 *              (void)facade;
 *              return "UPDATE events SET {set_true sent}"
 *                     " WHERE {keys id} AND NOT {is_true sent}";
 *      }
 *      static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
 *      {
 *              (void)facade;
 *              slt_put_time(doc, "@timestamp", slt_cell(log, 1));
 *              slt_put_text(doc, "what", slt_cell(log, 2));
 *              return 0;
 *      }
 *      SLT_FACADE(my_events) = {
 *              SLT_FACADE_HEAD,
 *              .name = "my_events", .version = "1.0", .summary = "the events table of Mine",
 *              .fetch = fetch, .message = message, .mark_as_sent = mark_as_sent,
 *      };
 *
 * built as my_events.so and selected with AUDIT_LOGGER_TYPE=MY_EVENTS.
 *
 * THREADS. open, the statements and close are called by one thread. message is called by
 * several threads at once on the same facade, each with a row and a document of its own;
 * that is why its facade is const. A facade is never unloaded before the process ends.
 *
 * ABI. Members are only ever added at the end of a struct, and each struct that crosses
 * the border says its size, so a module built today loads in a later program of the same
 * major. struct slt_text is frozen. ABI changelog: 1.0 the first.
 *
 * Needs C99; in C++, C++20 for the designated initialisers above (the header itself:
 * C++11), and with -Wextra, -Wno-missing-field-initializers for members that are left out.
 * Hooks must not throw.
 */
#ifndef SLT_FACADE_H
#define SLT_FACADE_H

#include <stddef.h>
#include <string.h>

#define SLT_ABI_MAJOR 1
#define SLT_ABI_MINOR 0

/* The oldest minor that this facade can do with. Define it before the include to use what
 * a later minor brought; a program that is older than that refuses the module. */
#ifndef SLT_NEED_MINOR
#define SLT_NEED_MINOR 0
#endif

#ifdef __cplusplus
#define SLT_C extern "C"
#else
#define SLT_C extern
#endif
#if defined(__GNUC__)
#define SLT_EXPORT __attribute__((visibility("default")))
#define SLT_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define SLT_EXPORT
#define SLT_PRINTF(fmt, first)
#endif

/* Counted bytes on loan. ptr NULL: SQL NULL, or "not found". Not terminated by a NUL
 * byte. Text comes in UTF-8 as the database gave it, which does not mean that it is
 * valid. */
struct slt_text {
	const char *ptr;
	size_t len;
};

/* One row, "log" in the hooks: its cells as text, in the order of the SELECT list of
 * fetch, one for each column there, {key} and {time} included. Row, cells and bytes are
 * the program's, on loan until message returns. How values look: integers and numbers as
 * the database prints them; booleans "t"/"f" on PostgreSQL, "1"/"0" elsewhere (ask
 * slt_is_true); MySQL's BIT as a decimal number; JSON columns their JSON text, perhaps with
 * white space around; times as the database prints them in a UTC session (hand them to
 * slt_put_time). */
struct slt_row {
	size_t size;
	size_t n_cells;
	const struct slt_text *cells;
};

/* A setting that the facade reads, from the environment or the file given with
 * --env-file. It appears in --help and `facades NAME` of the program. The array ends with
 * a NULL name. Strings are the facade's and stay for ever. */
struct slt_setting {
	const char *name;	   /* as in the environment: [A-Z][A-Z0-9_]* */
	const char *default_value; /* when it is not set; NULL is "" */
	const char *help;	   /* one line, no full stop */
	int secret;		   /* non-zero: never shown, NAME_FILE is accepted too */
};

struct slt_doc;	 /* the document being written; use the slt_put_ functions below */
struct slt_host; /* the program, seen from open and check; use the functions below */

/*
 * What a module exports: one constant of this type, made by SLT_FACADE(module).
 *
 * Hooks that answer with a statement return text that stays until close. It is asked for
 * once, after open. Values are always bound by the program, never pasted into the text;
 * what differs between databases hides behind braces:
 *
 *   {name} {t.name}      a quoted identifier
 *   {$SETTING}           the identifier that a setting of this facade holds: table, schema.table
 *   {:SETTING}           the value of a setting, bound
 *   {key c}              in the SELECT list of fetch, exactly once: the column that identifies
 *                        the row. Its text becomes the document's _id.
 *   {time c}             in the SELECT list of fetch, at most once: when the event happened.
 *                        Needed where there is a clear: old rows are found by this column
 *   {unsent C}           in the WHERE of fetch, exactly once: the condition of an unsent row.
 *                        The program uses C, NOT (C) or nothing. C must never be NULL; it may
 *                        hold other braces, but no literal }.
 *   {keys c}             "c is one of the rows in hand": in mark_as_sent, mark_as_unsent, clear
 *   {older_than c}       in clear: "c is before the limit"; the column of {time}. A date or time
 *                        (SQLite: what datetime() reads; other values are never old)
 *   {is_true c}          the flag c (a boolean, number or bit column) is set; never NULL: a
 *                        NULL flag is not set
 *   {set_true c}         an assignment for SET: the flag c becomes set
 *   {set_false c}        the flag c becomes not set
 *   {is_true c->k}       member k of the JSON object in column c is JSON true; never NULL.
 *                        On PostgreSQL the column should be jsonb: json and text are cast, and
 *                        one value that jsonb cannot hold (\u0000) fails the statement
 *   {set_true c->k}      an assignment for SET: member k becomes true, all other members stay;
 *                        NULL becomes an object, an array or scalar v {"k": true, "c": v}
 *   {set_false c->k}     the same with false
 *   {now}                the current time, as a time column of that database takes it
 *   {{                   a literal {
 *
 * c is a column, `name` or `t.name`, not an expression; no AS may follow {key c} and
 * {time c}. k is [A-Za-z0-9_]+. Flags are columns of the table that {key c} is of; the
 * column of {keys c} may be of another table but has the type of the key. Anything else
 * in braces is refused when the facade is loaded, with its position. Columns in the
 * SELECT list must have distinct names (use AS).
 */
struct slt_facade {
	/* filled by SLT_FACADE_HEAD */
	size_t size;
	unsigned abi_major;
	unsigned abi_minor;
	size_t setting_size;

	const char *name;    /* required: the module's name */
	const char *version; /* required: the facade's own version, free text */
	const char *summary; /* required: one line, what table it is for */

	/* May be NULL: no settings. Ends with a NULL name. */
	const struct slt_setting *settings;

	/* JSON Pointers (RFC 6901) to the members whose values say that two documents
	 * with one _id are the same event; other members may have changed since. Ends
	 * with NULL. NULL: all members. A member that both lack is equal. */
	const char *const *identity;

	/* Required. One SELECT without ORDER BY and LIMIT that gives each unsent row
	 * once, so other tables are joined with LEFT JOIN: with an inner one, rows without a
	 * partner would never be sent, and nobody would notice:
	 *   SELECT {key l.id}, {time l.at}, … FROM … l
	 *    WHERE {unsent NOT {is_true l.sent}} */
	const char *(*fetch)(const void *facade);

	/* Required. Writes the document of one row with slt_put_…; the root object is
	 * already open. It must hold an "@timestamp". Returns 0, or what slt_refuse
	 * returned: then this row is set aside with that reason, and all others go on. A
	 * pure function: the same row gives the same bytes, in every thread, today and
	 * tomorrow. */
	int (*message)(const void *facade, const struct slt_row *log,
		       struct slt_doc *doc);

	/* Required. One statement that marks the rows of {keys c}; it must carry the
	 * condition "and is not sent yet" too, so that marking twice changes nothing:
	 *   UPDATE events SET {set_true sent} WHERE {keys id} AND NOT {is_true sent} */
	const char *(*mark_as_sent)(const void *facade);

	/* Optional. Everything that can fail fails here: reads settings, looks at
	 * columns, makes the statements. Returns the facade's own state, handed to all
	 * other hooks, or NULL after slt_fail: a facade that keeps nothing returns the address
	 * of something static. Without this hook the state is NULL. */
	void *(*open)(const struct slt_host *host);

	/* Optional. Frees what open returned; the statements are not used any more. */
	void (*close)(void *facade);

	/* Optional; without it old rows are never deleted. One statement:
	 *   DELETE FROM events WHERE {keys id} AND {is_true sent} AND {older_than at} */
	const char *(*clear)(const void *facade);

	/* Optional. The opposite of mark_as_sent, for rows that the index turned out not
	 * to hold. */
	const char *(*mark_as_unsent)(const void *facade);

	/* Optional. Writes the mapping that suits these documents: what stands in the
	 * object "mappings" of the index, which is already open. Returns 0, or what
	 * slt_refuse gave. */
	int (*mapping)(const void *facade, struct slt_doc *doc);

	/* Optional. Looks whether everything this facade needs is there, for the command
	 * `check`; warns with slt_log. Returns 0, or -1 after slt_fail. */
	int (*check)(const void *facade, const struct slt_host *host);
};

#define SLT_FACADE_HEAD                                                \
	.size = sizeof(struct slt_facade), .abi_major = SLT_ABI_MAJOR, \
	.abi_minor = SLT_NEED_MINOR, .setting_size = sizeof(struct slt_setting)

/* Defines the one symbol of a module. `module` is the file's name without ".so"; every
 * character that is not a letter or digit is written as an underscore. */
#define SLT_FACADE(module)                                                       \
	SLT_C SLT_EXPORT const struct slt_facade module##_LTX_slt_facade; \
	const struct slt_facade module##_LTX_slt_facade

/* ------------------------------------------------------------- texts */

/* The text of a C string, which must outlive it. NULL gives the NULL text. */
static inline struct slt_text slt_str(const char *s)
{
	struct slt_text t;

	t.ptr = s;
	t.len = s ? strlen(s) : 0;
	return t;
}

/* Is it SQL NULL, or not found? */
static inline int slt_is_null(struct slt_text t)
{
	return t.ptr == NULL;
}

/* Is it NULL or ""? */
static inline int slt_is_empty(struct slt_text t)
{
	return t.ptr == NULL || t.len == 0;
}

/* Is it exactly the text s? NULL is no text's equal. */
static inline int slt_is(struct slt_text t, const char *s)
{
	return t.ptr != NULL && t.len == strlen(s) && memcmp(t.ptr, s, t.len) == 0;
}

/* Is it what a boolean column prints for true, on any database? NULL is not. */
static inline int slt_is_true(struct slt_text t)
{
	return slt_is(t, "t") || slt_is(t, "1") || slt_is(t, "true");
}

/* ------------------------------------------------------------- behind the functions
 * The tables that the program lends. Call the functions below, not these. */

enum slt_dialect { SLT_POSTGRESQL = 1, SLT_MYSQL = 2, SLT_SQLITE = 3 };
enum slt_level { SLT_ERROR = 3, SLT_WARNING = 4, SLT_INFO = 6, SLT_DEBUG = 7 };

struct slt_host {
	size_t size;
	const char *(*setting)(const struct slt_host *host, const char *name);
	enum slt_dialect (*dialect)(const struct slt_host *host);
	const char *(*column)(const struct slt_host *host, const char *table,
			      const char *column);
	void (*log)(const struct slt_host *host, enum slt_level level, const char *format,
		    ...) SLT_PRINTF(3, 4);
	void *(*fail)(const struct slt_host *host, const char *format, ...)
		SLT_PRINTF(2, 3);
};

struct slt_doc {
	size_t size;
	int (*refuse)(struct slt_doc *doc, const char *reason);
	void (*object)(struct slt_doc *doc, const char *name);
	void (*array)(struct slt_doc *doc, const char *name);
	void (*end)(struct slt_doc *doc);
	void (*text)(struct slt_doc *doc, const char *name, struct slt_text value);
	void (*join)(struct slt_doc *doc, const char *name, const char *separator,
		     const struct slt_text *parts, size_t n_parts);
	void (*number)(struct slt_doc *doc, const char *name, struct slt_text value);
	void (*boolean)(struct slt_doc *doc, const char *name, int value);
	void (*time)(struct slt_doc *doc, const char *name, struct slt_text value);
	void (*json)(struct slt_doc *doc, const char *name, struct slt_text value);
	void (*members)(struct slt_doc *doc, struct slt_text object, const char *except);
	struct slt_text (*find)(struct slt_doc *doc, struct slt_text object,
				const char *name);
};

/* ------------------------------------------------------------- the host, for open and
 * check */

/* The value of a setting that this facade declares, a C string in valid UTF-8 on loan
 * until close; never NULL for a declared one. A variable that is set but empty is "", not
 * the default. An undeclared name gives NULL, and open is taken as failed. */
static inline const char *slt_setting(const struct slt_host *host, const char *name)
{
	return host->setting(host, name);
}

/* Which SQL the database speaks; MariaDB is SLT_MYSQL. */
static inline enum slt_dialect slt_dialect(const struct slt_host *host)
{
	return host->dialect(host);
}

/* The declared type of a column, in lower case ("character varying(150)"), on loan until
 * the hook returns; NULL when there is no such column or table. `table` is a name or
 * schema.table without quotes, or a brace such as "{$USER_TABLE_NAME}". Without a
 * database at hand (the command `facades NAME`) every column is there and its type is
 * "". */
static inline const char *slt_column(const struct slt_host *host, const char *table,
				     const char *column)
{
	return host->column(host, table, column);
}

/* slt_log(host, SLT_WARNING, "format", …): a line in the program's log. No secrets, and
 * no text of a row: rows are named by their key. */
#define slt_log(host, ...) ((host)->log((host), __VA_ARGS__))

/* slt_fail(host, "format", …): says why open (or check) fails: what is wrong, and what to
 * do. Gives NULL, so that open ends with: return slt_fail(host, "…"); */
#define slt_fail(host, ...) ((host)->fail((host), __VA_ARGS__))

/* ------------------------------------------------------------- the row, for message */

/* Cell i of the row, counted from 0 in the order of the SELECT list, {key} and {time} being
 * items like any other. Beyond the last: NULL. */
static inline struct slt_text slt_cell(const struct slt_row *log, size_t i)
{
	return i < log->n_cells ? log->cells[i] : slt_str(NULL);
}

/* ------------------------------------------------------------- the document, for message
 * name: the member's name in an object, NULL inside an array; a C string in UTF-8.
 * A NULL value is written as null. Bytes handed over must not change until message returns.
 * Errors stick: after the first one the rest does nothing and the row is refused with that
 * error's reason, so a facade need not check anything. */

/* Sets the row aside. The reason is a literal (it must live for ever), without any text
 * of the row; when the row is refused already, the first reason stays. Gives -1. */
static inline int slt_refuse(struct slt_doc *doc, const char *reason)
{
	return doc->refuse(doc, reason);
}

/* Opens an object or an array, up to 64 deep, until the matching slt_end. */
static inline void slt_begin_object(struct slt_doc *doc, const char *name)
{
	doc->object(doc, name);
}
static inline void slt_begin_array(struct slt_doc *doc, const char *name)
{
	doc->array(doc, name);
}
static inline void slt_end(struct slt_doc *doc)
{
	doc->end(doc);
}

/* A string. Refused when it is not valid UTF-8 or holds a NUL byte. */
static inline void slt_put_text(struct slt_doc *doc, const char *name,
				struct slt_text value)
{
	doc->text(doc, name, value);
}

/* A string made of the parts that are neither NULL nor empty, with the separator between;
 * "" when there are none. */
static inline void slt_put_join(struct slt_doc *doc, const char *name,
				const char *separator, const struct slt_text *parts,
				size_t n_parts)
{
	doc->join(doc, name, separator, parts, n_parts);
}

/* A number, its text unchanged. Refused when it is not a JSON number (RFC 8259). */
static inline void slt_put_number(struct slt_doc *doc, const char *name,
				  struct slt_text value)
{
	doc->number(doc, name, value);
}

/* true or false. */
static inline void slt_put_boolean(struct slt_doc *doc, const char *name, int value)
{
	doc->boolean(doc, name, value);
}

/* An instant in UTC, as a string such as 2026-10-01T06:00:00.283402+00:00: a fraction of
 * zero is left out, another has at least six digits, so that every database gives the
 * same text. Takes what the databases print for a time column, with or without an offset
 * (without: UTC). Refused when it is no such time; an "@timestamp" of the root that is
 * null is refused too. */
static inline void slt_put_time(struct slt_doc *doc, const char *name,
				struct slt_text value)
{
	doc->time(doc, name, value);
}

/* A JSON value, its text unchanged but for line breaks between tokens. Refused when it is
 * not valid JSON (RFC 8259). */
static inline void slt_put_json(struct slt_doc *doc, const char *name,
				struct slt_text value)
{
	doc->json(doc, name, value);
}

/* All members of a JSON object into the open object, their text unchanged, but for those
 * named `except` (escapes resolved; NULL: none is left out). Refused when the text is
 * NULL, not valid JSON or no object. */
static inline void slt_put_members(struct slt_doc *doc, struct slt_text object,
				   const char *except)
{
	doc->members(doc, object, except);
}

/* The JSON text of the member `name` (escapes resolved) of a JSON object, on loan as the
 * object is; the last one of that name, when there are several. It has no white space
 * around it, so its first byte tells what it is; a JSON null is the text "null". The NULL
 * text when there is no such member, or `object` is NULL or another JSON value. Text that
 * is not valid JSON refuses the row. */
static inline struct slt_text slt_find(struct slt_doc *doc, struct slt_text object,
				       const char *name)
{
	return doc->find(doc, object, name);
}

#endif
