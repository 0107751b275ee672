/* SPDX-License-Identifier: MIT */
/* Facades of one table, each of which breaks one rule of <slt/facade.h>. They are one module,
 * which the test copies under the name of each: the file's name says which of the symbols
 * counts. With -DMENDED they have the same names and no fault. */
#define _DEFAULT_SOURCE
#include <slt/facade.h>

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Woverride-init"

/* CREATE TABLE wrong_log (id bigint PRIMARY KEY, at timestamp, made timestamp, what text,
 *                         body json, sent boolean) and another one of the same columns */

/* ---------------------------------------------------------------- without a fault */

enum { ID, AT, WHAT, BODY }; /* the cells, as fetch selects them */

#define STATEMENT(name) static const char *name(const void *facade)
#define MESSAGE(name)                                                  \
	static int name(const void *facade, const struct slt_row *log, \
			struct slt_doc *doc)
#define OPEN(name) static void *name(const struct slt_host *host)

#define COLUMNS "SELECT {key e.id}, {time e.at}, e.what, e.body FROM {$WRONG_TABLE} e"
#define UNSENT " WHERE {unsent NOT {is_true e.sent}}"

STATEMENT(fetch)
{
	return COLUMNS UNSENT;
}

STATEMENT(mark_as_sent)
{
	return "UPDATE {$WRONG_TABLE} SET {set_true sent}"
	       " WHERE {keys id} AND NOT {is_true sent}";
}

STATEMENT(mark_as_unsent)
{
	return "UPDATE {$WRONG_TABLE} SET {set_false sent}"
	       " WHERE {keys id} AND {is_true sent}";
}

STATEMENT(clear)
{
	return "DELETE FROM {$WRONG_TABLE}"
	       " WHERE {keys id} AND {is_true sent} AND {older_than at}";
}

MESSAGE(message)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, AT));
	slt_put_text(doc, "what", slt_cell(log, WHAT));
	slt_put_json(doc, "body", slt_cell(log, BODY));
	return 0;
}

static int mapping(const void *facade, struct slt_doc *doc)
{
	slt_begin_object(doc, "properties");
	slt_end(doc);
	return 0;
}

static int check(const void *facade, const struct slt_host *host)
{
	return slt_column(host, "{$WRONG_TABLE}", "sent") ? 0 : -1;
}

OPEN(open_state)
{
	return malloc(1);
}

static void close_state(void *facade)
{
	free(facade);
}

static const struct slt_setting settings[] = {
	{ "WRONG_TABLE", "wrong_log", "table that holds the messages", 0 },
	{ "WRONG_OTHER", "wrong_other", "table of somebody else", 0 },
	{ NULL, NULL, NULL, 0 },
};

static const char *const identity[] = { "/@timestamp", "/what", NULL };

#define RIGHT(module)                                                                   \
	SLT_FACADE_HEAD, .name = module, .version = "1.0", .summary = "a test's table", \
			 .settings = settings, .identity = identity, .fetch = fetch,    \
			 .message = message, .mark_as_sent = mark_as_sent,              \
			 .mark_as_unsent = mark_as_unsent, .clear = clear,              \
			 .mapping = mapping, .check = check, .open = open_state,        \
			 .close = close_state

#ifdef MENDED
#define FACADE(module, ...) SLT_FACADE(module) = { RIGHT(#module) }
#else
#define FACADE(module, ...) SLT_FACADE(module) = { RIGHT(#module), __VA_ARGS__ }
#endif

FACADE(right, .version = "1.0");

/* In whose constructor or destructor something happens, in each module of such a build. */
#ifdef IN_CONSTRUCTOR
__attribute__((constructor)) static void constructor(void)
{
	IN_CONSTRUCTOR;
}
#endif
#ifdef IN_DESTRUCTOR
__attribute__((destructor)) static void destructor(void)
{
	IN_DESTRUCTOR;
}
#endif

/* Without a row nobody knows how many cells there are. */
STATEMENT(fetch_star)
{
	return "SELECT {key e.id}, {time e.at}, e.* FROM {$WRONG_TABLE} e" UNSENT;
}
MESSAGE(message_star)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, 1));
	slt_put_text(doc, "what", slt_cell(log, 5));
	return 0;
}
FACADE(star, .fetch = fetch_star, .message = message_star);

/* The mark is a member of a cell, which is not sent. */
STATEMENT(fetch_member)
{
	return COLUMNS " WHERE {unsent NOT {is_true e.body->sent}}";
}
STATEMENT(mark_member)
{
	return "UPDATE {$WRONG_TABLE} SET {set_true body->sent}"
	       " WHERE {keys id} AND NOT {is_true body->sent}";
}
STATEMENT(unmark_member)
{
	return "UPDATE {$WRONG_TABLE} SET {set_false body->sent}"
	       " WHERE {keys id} AND {is_true body->sent}";
}
MESSAGE(message_without_member)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, AT));
	slt_put_text(doc, "what", slt_cell(log, WHAT));
	slt_begin_object(doc, "body");
	slt_put_members(doc, slt_cell(log, BODY), "sent");
	slt_end(doc);
	return 0;
}
FACADE(mark_in_a_cell, .fetch = fetch_member, .message = message_without_member,
       .mark_as_sent = mark_member, .mark_as_unsent = unmark_member, .clear = NULL);

/* One column more on MySQL, which the others do not have. */
STATEMENT(fetch_per_database)
{
	return *(const enum slt_dialect *)facade == SLT_MYSQL
		       ? "SELECT {key e.id}, {time e.at}, e.what, e.body, 1 AS one"
			 " FROM {$WRONG_TABLE} e" UNSENT
		       : COLUMNS UNSENT;
}
OPEN(open_per_database)
{
	enum slt_dialect *dialect = malloc(sizeof(*dialect));

	*dialect = slt_dialect(host);
	return dialect;
}
FACADE(per_database, .open = open_per_database, .fetch = fetch_per_database);

/* Looks whether the alarm is set that would end it. */
MESSAGE(with_alarm)
{
	struct itimerval left;

	if (getitimer(ITIMER_REAL, &left) < 0 || left.it_value.tv_sec >= 60 ||
	    !(left.it_value.tv_sec || left.it_value.tv_usec))
		abort();
	return message(facade, log, doc);
}
FACADE(watched, .message = with_alarm);

/* ---------------------------------------------------------------- the gate */

#ifndef MENDED
SLT_FACADE(other_major) = { RIGHT("other_major"), .abi_major = SLT_ABI_MAJOR + 1 };
SLT_FACADE(future_minor) = { RIGHT("future_minor"), .abi_minor = SLT_ABI_MINOR + 1 };
SLT_FACADE(other_name) = { RIGHT("another_name") };
SLT_FACADE(no_message) = { RIGHT("no_message"), .message = NULL };
SLT_FACADE(no_mark) = { RIGHT("no_mark"), .mark_as_sent = NULL };
#endif

/* ---------------------------------------------------------------- what it declares */

#define SETTING(module, ...)                                                        \
	static const struct slt_setting settings_##module[] = {                     \
		{ "WRONG_TABLE", "wrong_log", "table that holds the messages", 0 }, \
		{ __VA_ARGS__ },                                                    \
		{ NULL, NULL, NULL, 0 },                                            \
	};                                                                          \
	FACADE(module, .settings = settings_##module)

SETTING(setting_in_lower_case, "Wrong_Setting", NULL, "a name in lower case", 0);
SETTING(setting_with_a_digit_first, "1WRONG", NULL, "a name that is none", 0);
SETTING(setting_of_the_program, "BATCH_SIZE", NULL, "rows in one run", 0);
SETTING(setting_of_another_name, "BATCH_LIMIT", NULL, "rows in one run", 0);
SETTING(setting_without_help, "WRONG_SETTING", NULL, NULL, 0);
SETTING(setting_with_empty_help, "WRONG_SETTING", NULL, "", 0);
SETTING(setting_with_full_stop, "WRONG_SETTING", NULL, "A sentence.", 0);
SETTING(setting_of_two_lines, "WRONG_SETTING", NULL, "two\nlines", 0);
SETTING(secret_with_default, "WRONG_SETTING", "hunter2", "a password", 1);

static const char *const no_identity[] = { NULL };
static const char *const no_pointer[] = { "/@timestamp", "what", NULL };
static const char *const pointer_to_nowhere[] = { "/@timestamp", "/body/nowhere", NULL };

FACADE(identity_empty, .identity = no_identity);
FACADE(identity_no_pointer, .identity = no_pointer);
FACADE(identity_nowhere, .identity = pointer_to_nowhere);

/* ---------------------------------------------------------------- opening */

OPEN(open_mute)
{
	return NULL;
}
OPEN(open_undeclared)
{
	return slt_setting(host, "DATABASE_URL") ? NULL : malloc(1);
}
OPEN(open_looks)
{
	const char *type = slt_column(host, "{$WRONG_TABLE}", "signature");

	return type ? malloc(1) : slt_fail(host, "no column signature: migrate");
}
STATEMENT(fetch_unknown_brace)
{
	return "SELECT {key e.id}, {tiem e.at} FROM {$WRONG_TABLE} e" UNSENT;
}
STATEMENT(fetch_nothing)
{
	return NULL;
}
FACADE(does_not_open, .open = open_mute);
FACADE(asks_undeclared, .open = open_undeclared);
FACADE(needs_a_column, .open = open_looks);
FACADE(unknown_brace, .fetch = fetch_unknown_brace);
FACADE(no_statement, .fetch = fetch_nothing);

static int mapping_left_open(const void *facade, struct slt_doc *doc)
{
	slt_begin_object(doc, "properties");
	return 0;
}
static int mapping_refused(const void *facade, struct slt_doc *doc)
{
	return slt_refuse(doc, "there is no mapping for this");
}
FACADE(bad_mapping, .mapping = mapping_left_open);
FACADE(refused_mapping, .mapping = mapping_refused);

/* ---------------------------------------------------------------- message: its state */

static void put_count(struct slt_doc *doc, unsigned long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", n);
	slt_put_number(doc, "count", slt_str(text));
}

MESSAGE(of_static_buffer)
{
	static char buffer[32];
	struct slt_text what = slt_cell(log, WHAT);
	struct slt_text copy = { buffer, what.len < 32 ? what.len : 32 };

	if (copy.len)
		memcpy(buffer, what.ptr, copy.len);
	sched_yield();
	slt_put_text(doc, "copy", copy);
	return message(facade, log, doc);
}
MESSAGE(of_counter)
{
	static unsigned long n;

	put_count(doc, n++);
	return message(facade, log, doc);
}
MESSAGE(of_row_before)
{
	static size_t last;

	put_count(doc, last);
	last = slt_cell(log, WHAT).len;
	return message(facade, log, doc);
}
MESSAGE(of_first_row)
{
	static int seen;

	if (!seen)
		put_count(doc, 1);
	seen = 1;
	return message(facade, log, doc);
}
MESSAGE(of_now)
{
	put_count(doc, (unsigned long)time(NULL));
	return message(facade, log, doc);
}
MESSAGE(of_chance)
{
	put_count(doc, (unsigned long)rand());
	return message(facade, log, doc);
}
FACADE(static_buffer, .message = of_static_buffer);
FACADE(counter, .message = of_counter);
FACADE(row_before, .message = of_row_before);
FACADE(first_row, .message = of_first_row);
FACADE(now, .message = of_now);
FACADE(chance, .message = of_chance);

/* Valid when it is put there, broken when it is put there again. */
MESSAGE(of_changing_bytes)
{
	char bytes[] = "[1, 2]";

	slt_put_json(doc, "one", slt_str(bytes));
	bytes[5] = ',';
	slt_put_json(doc, "two", slt_str(bytes));
	return message(facade, log, doc);
}
FACADE(changing_bytes, .message = of_changing_bytes);

/* ---------------------------------------------------------------- message: its cells */

static void read_byte(const char *p)
{
	(void)*(const volatile char *)p;
}

MESSAGE(that_writes)
{
	struct slt_text what = slt_cell(log, WHAT);

	if (what.len)
		*(volatile char *)(uintptr_t)what.ptr = 'x';
	return message(facade, log, doc);
}
MESSAGE(that_reads_on)
{
	struct slt_text what = slt_cell(log, WHAT);

	put_count(doc, what.ptr ? strlen(what.ptr) : 0);
	return message(facade, log, doc);
}
MESSAGE(that_reads_null)
{
	struct slt_text what = slt_cell(log, WHAT);

	if (!what.ptr || what.len)
		read_byte(what.ptr);
	return message(facade, log, doc);
}
MESSAGE(that_reads_empty)
{
	struct slt_text what = slt_cell(log, WHAT);

	if (what.ptr)
		read_byte(what.ptr);
	return message(facade, log, doc);
}
FACADE(writes_into_cell, .message = that_writes);
FACADE(reads_beyond_cell, .message = that_reads_on);
FACADE(reads_null, .message = that_reads_null);
FACADE(reads_empty, .message = that_reads_empty);

/* ---------------------------------------------------------------- message: its result */

static int is_letter(const struct slt_row *log)
{
	return slt_is(slt_cell(log, WHAT), "x");
}

MESSAGE(without_reason)
{
	return is_letter(log) ? -1 : message(facade, log, doc);
}
MESSAGE(with_reason_on_stack)
{
	char reason[32];

	snprintf(reason, sizeof(reason), "not for %.4s", is_letter(log) ? "x" : "all");
	return is_letter(log) ? slt_refuse(doc, reason) : message(facade, log, doc);
}
MESSAGE(with_static_reason)
{
	static char reason[32];

	snprintf(reason, sizeof(reason), "not for %.4s", is_letter(log) ? "x" : "all");
	return is_letter(log) ? slt_refuse(doc, reason) : message(facade, log, doc);
}
MESSAGE(with_cell_as_reason)
{
	return is_letter(log) ? slt_refuse(doc, slt_cell(log, WHAT).ptr)
			      : message(facade, log, doc);
}
MESSAGE(that_refuses_all)
{
	char reason[32] = "nothing is good enough";

	return slt_refuse(doc, reason);
}
FACADE(no_reason, .message = without_reason);
FACADE(reason_on_stack, .message = with_reason_on_stack);
FACADE(reason_in_buffer, .message = with_static_reason);
FACADE(reason_is_cell, .message = with_cell_as_reason);
FACADE(refuses_all, .message = that_refuses_all, .identity = NULL);

MESSAGE(twice)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, AT));
	slt_put_text(doc, "what", slt_cell(log, WHAT));
	slt_put_members(doc, slt_cell(log, BODY), NULL);
	return 0;
}
MESSAGE(without_time)
{
	slt_put_text(doc, "what", slt_cell(log, WHAT));
	return 0;
}
MESSAGE(without_end)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, AT));
	slt_begin_object(doc, "event");
	return 0;
}
MESSAGE(without_end_for_letter)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, AT));
	slt_begin_array(doc, "what");
	if (is_letter(log))
		return 0;
	slt_put_text(doc, NULL, slt_cell(log, WHAT));
	slt_end(doc);
	return 0;
}
MESSAGE(without_name)
{
	if (is_letter(log))
		slt_put_text(doc, NULL, slt_cell(log, WHAT));
	return message(facade, log, doc);
}
FACADE(two_members, .message = twice);
FACADE(no_timestamp, .message = without_time, .identity = NULL);
FACADE(left_open, .message = without_end, .identity = NULL);
FACADE(left_open_for_letter, .message = without_end_for_letter, .identity = NULL);
FACADE(no_name, .message = without_name);

/* ---------------------------------------------------------------- the end of the process */

static volatile int zero;

static int deeper(int n)
{
	volatile char room[512];

	room[0] = (char)n;
	return zero ? n : deeper(n + 1) + room[0];
}

static void wait_for_ever(void)
{
	fputs("message waits\n", stderr);
	for (;;)
		pause();
}

/* In rows with a key of "45", or of "x": hostile ones. */
static int is_fatal(const struct slt_row *log)
{
	return slt_is(slt_cell(log, ID), "45") || slt_is(slt_cell(log, ID), "x");
}

#define FATAL(module, what)                       \
	MESSAGE(message_##module)                 \
	{                                         \
		if (is_fatal(log))                \
			what;                     \
		return message(facade, log, doc); \
	}                                         \
	FACADE(module, .message = message_##module)

FATAL(crashes, read_byte(NULL));
FATAL(overflows, deeper(0));
FATAL(aborts, abort());
FATAL(exits, exit(0));
FATAL(exits_at_once, _exit(0));
FATAL(raises_fpe, raise(SIGFPE));
FATAL(raises_ill, raise(SIGILL));
FATAL(raises_bus, raise(SIGBUS));
FATAL(is_killed, raise(SIGKILL));
FATAL(does_not_end, wait_for_ever());
/* The same, and does not keep the test waiting, should anybody watch it. */
FATAL(is_ended, for (alarm(!!alarm(0));;) pause());

OPEN(open_crashes)
{
	read_byte(NULL);
	return NULL;
}
OPEN(open_exits)
{
	exit(0);
}
static void close_crashes(void *facade)
{
	read_byte(NULL);
}
static void close_is_ended(void *facade)
{
	for (alarm(!!alarm(0));;)
		pause();
}
STATEMENT(fetch_crashes)
{
	read_byte(NULL);
	return NULL;
}
static int mapping_crashes(const void *facade, struct slt_doc *doc)
{
	read_byte(NULL);
	return 0;
}
static int check_crashes(const void *facade, const struct slt_host *host)
{
	read_byte(NULL);
	return 0;
}
FACADE(crashes_in_open, .open = open_crashes);
FACADE(exits_in_open, .open = open_exits);
FACADE(crashes_in_close, .close = close_crashes);
FACADE(is_ended_in_close, .close = close_is_ended);
FACADE(crashes_in_fetch, .fetch = fetch_crashes);
FACADE(crashes_in_mapping, .mapping = mapping_crashes);
FACADE(crashes_in_check, .check = check_crashes);

/* When all rows of a letter have been tried: each of the first three has it in this cell and in
 * all of them. */
MESSAGE(message_crashes_later)
{
	static int letters;

	if (is_letter(log) && ++letters > 2 * 3)
		read_byte(NULL);
	return message(facade, log, doc);
}
FACADE(crashes_later, .message = message_crashes_later);

/* ---------------------------------------------------------------- with a database */

#define HOOK(module, hook, text)      \
	STATEMENT(hook##_of_##module) \
	{                             \
		return text;          \
	}                             \
	FACADE(module, .hook = hook##_of_##module)

#define UPDATE "UPDATE {$WRONG_TABLE} SET {set_true sent}"
#define TAKE_BACK "UPDATE {$WRONG_TABLE} SET {set_false sent}"
#define DELETE "DELETE FROM {$WRONG_TABLE}"

HOOK(no_such_column, fetch,
     "SELECT {key e.id}, {time e.at}, e.what, e.signature FROM {$WRONG_TABLE} e" UNSENT);
HOOK(row_twice, fetch,
     COLUMNS " JOIN (SELECT 1 AS n UNION ALL SELECT 2) m ON m.n = 1 OR e.id = 3" UNSENT);
HOOK(unsent_is_null, fetch, COLUMNS " WHERE {unsent e.sent = false}");

/* Nothing was made at any time. */
STATEMENT(fetch_made)
{
	return "SELECT {key e.id}, {time e.made}, e.what, e.body, e.at FROM {$WRONG_TABLE} e" UNSENT;
}
MESSAGE(message_of_made)
{
	slt_put_time(doc, "@timestamp", slt_cell(log, 4));
	slt_put_text(doc, "what", slt_cell(log, WHAT));
	return 0;
}
FACADE(time_is_null, .fetch = fetch_made, .message = message_of_made);

static int check_fails(const void *facade, const struct slt_host *host)
{
	slt_fail(host, "no index on %s", "sent");
	return -1;
}
FACADE(check_finds, .check = check_fails);

/* Other cells each time. */
STATEMENT(fetch_of_random_cells)
{
	return *(const enum slt_dialect *)facade == SLT_MYSQL
		       ? "SELECT {key e.id}, {time e.at}, e.what, e.body, RAND() AS r"
			 " FROM {$WRONG_TABLE} e" UNSENT
		       : "SELECT {key e.id}, {time e.at}, e.what, e.body, random() AS r"
			 " FROM {$WRONG_TABLE} e" UNSENT;
}
FACADE(random_cells, .open = open_per_database, .fetch = fetch_of_random_cells);

HOOK(mark_of_no_column, mark_as_sent,
     "UPDATE {$WRONG_TABLE} SET {set_true sent}, signature = 1"
     " WHERE {keys id} AND NOT {is_true sent}");
HOOK(mark_without_condition, mark_as_sent, UPDATE " WHERE {keys id}");
HOOK(mark_of_all, mark_as_sent,
     UPDATE " WHERE ({keys id} OR id > 0) AND NOT {is_true sent}");
HOOK(mark_of_neighbours, mark_as_sent,
     UPDATE " WHERE at IN (SELECT x.at FROM (SELECT at FROM {$WRONG_TABLE} WHERE"
	    " {keys id}) x) AND NOT {is_true sent}");
HOOK(mark_of_nothing, mark_as_sent,
     UPDATE " WHERE {keys id} AND NOT {is_true sent} AND 1 = 0");
HOOK(mark_of_others, mark_as_sent,
     "UPDATE {$WRONG_OTHER} SET {set_true sent} WHERE {keys id} AND NOT {is_true sent}");
HOOK(mark_of_all_or_none, mark_as_sent,
     UPDATE
     " WHERE {keys id} AND NOT {is_true sent} AND NOT EXISTS (SELECT 1 FROM (SELECT id"
     " FROM {$WRONG_TABLE} WHERE {keys id} AND {is_true sent}) x)");
HOOK(mark_of_a_cell, mark_as_sent,
     "UPDATE {$WRONG_TABLE} SET {set_true sent}, what = 'sent'"
     " WHERE {keys id} AND NOT {is_true sent}");

HOOK(unmark_of_all, mark_as_unsent,
     TAKE_BACK " WHERE ({keys id} OR id > 0) AND {is_true sent}");
HOOK(unmark_of_nothing, mark_as_unsent,
     TAKE_BACK " WHERE {keys id} AND {is_true sent} AND 1 = 0");
HOOK(unmark_and_back, mark_as_unsent,
     "UPDATE {$WRONG_TABLE} SET sent = NOT sent WHERE {keys id}");

HOOK(clear_of_all, clear,
     DELETE " WHERE ({keys id} OR id > 0) AND {is_true sent} AND {older_than at}");
HOOK(clear_of_unsent, clear, DELETE " WHERE {keys id} AND {older_than at}");
HOOK(clear_of_new, clear,
     DELETE " WHERE {keys id} AND {is_true sent} AND ({older_than at} OR 1 = 1)");
HOOK(clear_of_nothing, clear,
     DELETE " WHERE {keys id} AND {is_true sent} AND {older_than at} AND 1 = 0");
HOOK(clear_by_another_time, clear,
     DELETE " WHERE {keys id} AND {is_true sent} AND {older_than made}");
HOOK(clear_of_others, clear,
     "DELETE FROM {$WRONG_OTHER} WHERE {keys id} AND {is_true sent} AND {older_than at}");
