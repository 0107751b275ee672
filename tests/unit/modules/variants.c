/* SPDX-License-Identifier: MIT */
/* Many facades in one module: the test copies it under the name of each, and the file's
 * name says which of the symbols counts. Most of them are wrong in one way. */
#include <slt/facade.h>

#include <stdlib.h>

/* ---------------------------------------------------------------- hooks */

static int closes, calls;

/* For the test, which finds them with dlsym. */
SLT_EXPORT extern int (*const slt_test_closes)(void);
SLT_EXPORT extern int (*const slt_test_calls)(void);
SLT_EXPORT extern int (*const slt_test_sees_core)(void);

static int count_closes(void)
{
	return closes;
}

static int count_calls(void)
{
	return calls;
}

/* A function of the program, if the dynamic linker lets us have it. */
extern int sql_render(void) __attribute__((weak));
static int sees_core(void)
{
	return sql_render != NULL;
}

int (*const slt_test_closes)(void) = count_closes;
int (*const slt_test_calls)(void) = count_calls;
int (*const slt_test_sees_core)(void) = sees_core;

static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key id}, what FROM {$MY_TABLE} WHERE {unsent NOT {is_true sent}}";
}

static const char *mark(const void *facade)
{
	(void)facade;
	return "UPDATE {$MY_TABLE} SET {set_true sent} WHERE {keys id} AND NOT {is_true sent}";
}

static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM {$MY_TABLE} WHERE {keys id} AND {is_true sent} AND {older_than at}";
}

static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)facade;
	slt_put_text(doc, "@timestamp", slt_cell(log, 1));
	return 0;
}

/* What must never be called. */
static void *poison(const struct slt_host *host)
{
	(void)host;
	abort();
}

static void *open_state(const struct slt_host *host)
{
	calls++;
	slt_log(host, SLT_DEBUG, "MY_TABLE is %s", slt_setting(host, "MY_TABLE"));
	return malloc(1);
}

static void close_state(void *facade)
{
	closes++;
	free(facade);
}

static const struct slt_setting settings[] = {
	{ "MY_TABLE", "my_events", "table of mine", 0 },
	{ "MY_NOTHING", NULL, "set to nothing", 0 },
	{ "MY_SECRET", "", "password of mine", 1 },
	{ NULL, NULL, NULL, 0 },
};

#define NAMED(n) .name = n, .version = "1.0", .summary = "a table of tests"
#define HOOKS \
	.settings = settings, .fetch = fetch, .message = message, .mark_as_sent = mark
#define STATE .open = open_state, .close = close_state

/* ------------------------------------------------------------- those that load */

static const char *const identity[] = { "/@timestamp", NULL };

SLT_FACADE(good) = {
	SLT_FACADE_HEAD,	NAMED("good"),	      HOOKS, STATE, .clear = clear,
	.mark_as_unsent = mark, .identity = identity,
};

SLT_FACADE(plain) = {
	SLT_FACADE_HEAD,
	NAMED("plain"),
	HOOKS,
};

/* Built when a facade ended with mark_as_sent: what is behind is not its own. */
SLT_FACADE(smaller) = {
	.size = offsetof(struct slt_facade, open),
	.abi_major = SLT_ABI_MAJOR,
	.setting_size = sizeof(struct slt_setting),
	NAMED("smaller"),
	HOOKS,
	.open = poison,
	.clear = mark,
};

/* Built with a later header, of which it needs nothing. */
struct larger {
	struct slt_facade facade;
	void *(*later)(const struct slt_host *host);
};
SLT_EXPORT extern const struct larger larger_LTX_slt_facade;
SLT_EXPORT const struct larger larger_LTX_slt_facade = {
	.facade = { .size = sizeof(struct larger),
		    .abi_major = SLT_ABI_MAJOR,
		    .setting_size = sizeof(struct slt_setting),
		    NAMED("larger"),
		    HOOKS,
		    STATE },
	.later = poison,
};

/* The same for a setting. */
struct later_setting {
	struct slt_setting setting;
	const char *later;
};
static const struct later_setting later_settings[] = {
	{ { "MY_TABLE", "my_events", "table of mine", 0 }, "later" },
	{ { "MY_OTHER", "other", "another", 0 }, "later" },
	{ { NULL, NULL, NULL, 0 }, NULL },
};
SLT_FACADE(larger_settings) = {
	.size = sizeof(struct slt_facade),
	.abi_major = SLT_ABI_MAJOR,
	.setting_size = sizeof(struct later_setting),
	NAMED("larger_settings"),
	.settings = &later_settings[0].setting,
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark,
};

/* ------------------------------------------------------------- those that the gate stops */

SLT_FACADE(other_major) = {
	.size = sizeof(struct slt_facade),
	.abi_major = SLT_ABI_MAJOR + 1,
	.setting_size = sizeof(struct slt_setting),
	NAMED("other_major"),
	HOOKS,
	.open = poison,
};

SLT_FACADE(future_minor) = {
	.size = sizeof(struct slt_facade),
	.abi_major = SLT_ABI_MAJOR,
	.abi_minor = SLT_ABI_MINOR + 1,
	.setting_size = sizeof(struct slt_setting),
	NAMED("future_minor"),
	HOOKS,
	.open = poison,
};

SLT_FACADE(too_small) = {
	.size = offsetof(struct slt_facade, mark_as_sent),
	.abi_major = SLT_ABI_MAJOR,
	.setting_size = sizeof(struct slt_setting),
	NAMED("too_small"),
	HOOKS,
	.open = poison,
};

SLT_FACADE(small_settings) = {
	.size = sizeof(struct slt_facade),
	.abi_major = SLT_ABI_MAJOR,
	.setting_size = 8,
	NAMED("small_settings"),
	HOOKS,
	.open = poison,
};

SLT_FACADE(wrong_name) = { SLT_FACADE_HEAD, NAMED("right_name"), HOOKS, .open = poison };
SLT_FACADE(no_name) = { SLT_FACADE_HEAD, .version = "1", .summary = "none", HOOKS };
SLT_FACADE(no_version) = { SLT_FACADE_HEAD, .name = "no_version", .summary = "none",
			   HOOKS };
SLT_FACADE(no_summary) = { SLT_FACADE_HEAD, .name = "no_summary", .version = "1", HOOKS };

SLT_FACADE(no_fetch) = {
	SLT_FACADE_HEAD,
	NAMED("no_fetch"),
	.message = message,
	.mark_as_sent = mark,
};
SLT_FACADE(no_message) = {
	SLT_FACADE_HEAD,
	NAMED("no_message"),
	.fetch = fetch,
	.mark_as_sent = mark,
};
SLT_FACADE(no_mark) = {
	SLT_FACADE_HEAD,
	NAMED("no_mark"),
	.fetch = fetch,
	.message = message,
};

/* ------------------------------------------------------------- those that do not open */

static void *open_says(const struct slt_host *host)
{
	slt_fail(host, "no table %s: apply the migrations",
		 slt_setting(host, "MY_TABLE"));
	return slt_fail(host, "a second reason");
}
SLT_FACADE(open_says) = { SLT_FACADE_HEAD, NAMED("open_says"), HOOKS, .open = open_says,
			  .close = close_state };

static void *open_mute(const struct slt_host *host)
{
	(void)host;
	return NULL;
}
SLT_FACADE(open_mute) = { SLT_FACADE_HEAD, NAMED("open_mute"), HOOKS, .open = open_mute,
			  .close = close_state };

/* It goes on as if nothing had happened. */
static void *open_undeclared(const struct slt_host *host)
{
	return slt_setting(host, "DATABASE_URL") ? NULL : malloc(1);
}
SLT_FACADE(undeclared) = { SLT_FACADE_HEAD, NAMED("undeclared"), HOOKS,
			   .open = open_undeclared, .close = close_state };

static const char *nothing(const void *facade)
{
	(void)facade;
	return NULL;
}
SLT_FACADE(no_statement) = {
	SLT_FACADE_HEAD,
	NAMED("no_statement"),
	.settings = settings,
	.fetch = nothing,
	.message = message,
	.mark_as_sent = mark,
	STATE,
};
SLT_FACADE(no_clear) = { SLT_FACADE_HEAD, NAMED("no_clear"), HOOKS, STATE,
			 .clear = nothing };

static const char *unknown(const void *facade)
{
	(void)facade;
	return "UPDATE t SET {set_ture sent} WHERE {keys id}";
}
SLT_FACADE(unknown_brace) = {
	SLT_FACADE_HEAD, NAMED("unknown_brace"), .settings = settings,
	.fetch = fetch,	 .message = message,	 .mark_as_sent = unknown,
	STATE,
};
SLT_FACADE(bad_unsent) = {
	SLT_FACADE_HEAD, NAMED("bad_unsent"), HOOKS, STATE, .mark_as_unsent = fetch,
};
SLT_FACADE(bad_clear) = { SLT_FACADE_HEAD, NAMED("bad_clear"), HOOKS, STATE,
			  .clear = mark };

/* ---------------------------------------------------------------- what open may ask */

/* Notes what it was told, in the form of a failure, which the test reads. */
static void *open_asks(const struct slt_host *host)
{
	const char *good = slt_column(host, "{$MY_TABLE}", "at");
	const char *same = slt_column(host, "my_events", "AT");
	const char *main_table = slt_column(host, "main.my_events", "what");
	const char *none = slt_column(host, "my_events", "nothing");
	const char *no_table = slt_column(host, "nowhere", "at");

	return slt_fail(host, "dialect %d: %s, %s, %s, %s, %s", (int)slt_dialect(host),
			good ? good : "-", same ? same : "-",
			main_table ? main_table : "-", none ? none : "-",
			no_table ? no_table : "-");
}
SLT_FACADE(asks) = { SLT_FACADE_HEAD, NAMED("asks"), HOOKS, .open = open_asks };

static void *open_asks_undeclared(const struct slt_host *host)
{
	return slt_column(host, "{$NO_SETTING}", "at") ? NULL : malloc(1);
}
SLT_FACADE(asks_undeclared) = { SLT_FACADE_HEAD, NAMED("asks_undeclared"), HOOKS,
				.open = open_asks_undeclared, .close = close_state };
