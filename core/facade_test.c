// SPDX-License-Identifier: MIT
// The command facade-test: the checks in their order, in a process of their own.

#include "facade_test.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "facade.h"
#include "report.h"
#include "samples.h"
#include "statements.h"
#include "try_database.h"
#include "try_message.h"

/* What the child shares with its parent. */
struct shared {
	struct report report;
	bool is_done;		 /* all was tried that can be */
	enum exit_status status; /* then: how the child is about to end */
};

struct testing {
	const struct settings *settings;
	const struct facade_test_options *options;
	struct report *report;
	struct facade *facade;
	struct samples samples;
};

/* ---------------------------------------------------------------- what it declares */

/* Is it [A-Z][A-Z0-9_]*? */
static bool is_setting_name(const char *name)
{
	if (!isupper((unsigned char)*name))
		return false;
	while (isupper((unsigned char)*name) || isdigit((unsigned char)*name) ||
	       *name == '_')
		name++;
	return !*name;
}

static bool is_programs(const char *name)
{
	for (int id = 0; id < N_SETTINGS; id++) {
		const struct setting *s = &settings_table[id];

		if (strcmp(s->name, name) == 0 ||
		    (s->alias && strcmp(s->alias, name) == 0))
			return true;
	}
	return false;
}

static void try_setting(const struct slt_setting *s, struct report *report)
{
	if (!is_setting_name(s->name))
		report_fault(report, "%s: a name of A-Z, 0-9 and _ is expected", s->name);
	if (is_programs(s->name))
		report_fault(report, "%s is a setting of the program itself", s->name);
	if (!s->help || !*s->help)
		report_fault(report, "%s has no help", s->name);
	else if (strchr(s->help, '\n') || s->help[strlen(s->help) - 1] == '.')
		report_fault(report,
			     "%s: help of one line without a full stop is expected",
			     s->name);
	if (s->secret && s->default_value && *s->default_value)
		report_fault(report, "%s is a secret and has a default", s->name);
}

static void try_declarations(struct testing *t)
{
	const struct facade *facade = t->facade;
	const char *const *identity = facade->hooks.identity;

	report_check(t->report, "its settings can be told to an operator");
	for (size_t i = 0; i < facade->n_settings; i++)
		try_setting(&facade->settings[i].declared, t->report);
	if (!identity)
		return;
	report_check(t->report, "identity is made of JSON Pointers");
	if (!*identity)
		report_fault(t->report,
			     "there is none: any two documents would be the same event");
	for (; *identity; identity++)
		if (**identity != '/')
			report_fault(t->report, "\"%s\" does not begin with /",
				     *identity);
}

/* ---------------------------------------------------------------- without a database */

static void note_statement(void *arg, const char *hook, const char *sql)
{
	report_note(arg, "%s: %s", hook, sql);
}

static void try_mapping(const struct facade *facade, const char *where,
			struct report *report)
{
	const char *reason;
	struct buf out;

	if (!facade->hooks.mapping)
		return;
	report_check(report, "%smapping is a JSON object", where);
	buf_init(&out, 1 << 20);
	reason = build_mapping(facade, &out);
	if (reason)
		report_fault(report, "%s", reason);
	else
		report_note(report, "%s", buf_str(&out));
	buf_fini(&out);
}

/* Rows made up for the SELECT list, unless there are some. False: it cannot be done. */
static bool fill_samples(struct testing *t, const char *where)
{
	struct sql_columns columns = sql_columns(t->facade->fetch);

	if (!t->samples.n && columns.n)
		samples_make_up(&t->samples, columns.n, columns.key_at, columns.time_at);
	if (t->samples.n && columns.n && t->samples.n_cells != columns.n) {
		report_check(t->report, "%sthe rows fit the SELECT list", where);
		report_fault(t->report,
			     "a row has %zu cells, the SELECT list %zu columns",
			     t->samples.n_cells, columns.n);
		return false;
	}
	if (!t->samples.n) {
		report_check(t->report, "%smessage", where);
		report_skip(t->report,
			    "the SELECT list has a *, so rows are needed: --rows");
	}
	return t->samples.n > 0;
}

/* The messages of an open facade. */
static void try_messages(struct testing *t, const char *where)
{
	struct samples *s = &t->samples;
	size_t n = s->n;

	try_mapping(t->facade, where, t->report);
	if (!fill_samples(t, where))
		return;
	samples_add_hostile(s);
	try_message(t->facade, where, s, t->report);
	s->n = n;
}

static void try_dialect(struct testing *t, enum slt_dialect id)
{
	const struct dialect *dialect = dialect_get(id);
	char where[64];
	struct err err;

	snprintf(where, sizeof(where), "%s: ", dialect->name);
	report_check(t->report, "%sit opens, and its statements expand", where);
	if (facade_open(t->facade, t->settings, dialect, NULL, &err) < 0) {
		report_fault(t->report, "%s", err.text);
		return;
	}
	if (statements_each(t->facade, dialect, note_statement, t->report, &err) < 0)
		report_fault(t->report, "%s", err.text);
	else if (!t->options->database)
		try_messages(t, where);
	report_check_ends(t->report);
	facade_close(t->facade);
}

/* ---------------------------------------------------------------- with one */

static int try_with(struct testing *t, struct err *err)
{
	struct dburl url = { 0 };
	struct db *db = NULL;
	char where[64];
	int result = -1;

	if (dburl_parse(t->options->database, &url, err) == 0 &&
	    db_open(&url, DB_WRITE, &db, err) == 0) {
		snprintf(where, sizeof(where), "%s database: ", url.driver);
		report_check(t->report, "%sit opens", where);
		result = 0;
		if (facade_open(t->facade, t->settings, dialect_get(db->driver->dialect),
				db, err) < 0) {
			report_fault(t->report, "%s", err->text);
		} else {
			try_database(t->facade, db, where, &t->samples, t->report);
			try_messages(t, where);
			report_check_ends(t->report);
			facade_close(t->facade);
		}
	}
	db_close(db);
	dburl_fini(&url);
	return result < 0 ? err_context(err, "--database") : 0;
}

/* ---------------------------------------------------------------- the two processes */

static int try_everything(struct testing *t, struct err *err)
{
	const struct facade *facade;

	if (t->options->rows && samples_read(&t->samples, t->options->rows, err) < 0)
		return err_context(err, "--rows");
	report_check(t->report, "%s can be loaded", t->options->file);
	if (facade_load_file(t->options->file, &t->facade, err) < 0) {
		report_fault(t->report, "%s", err->text);
		return 0;
	}
	facade = t->facade;
	report_note(t->report, "%s %s: %s; facade ABI %u.%u", facade->module,
		    facade->hooks.version, facade->hooks.summary, facade->hooks.abi_major,
		    facade->hooks.abi_minor);
	try_declarations(t);
	for (int id = SLT_POSTGRESQL; id <= SLT_SQLITE; id++)
		try_dialect(t, (enum slt_dialect)id);
	return t->options->database ? try_with(t, err) : 0;
}

static int child(struct testing *t, struct shared *shared, enum exit_status *ret_status,
		 struct err *err)
{
	int result;

	samples_init(&t->samples);
	result = try_everything(t, err);
	report_check_ends(t->report);
	facade_free(t->facade);
	samples_fini(&t->samples);
	if (result < 0)
		report_break_off(t->report, err->text);
	*ret_status = EXIT_DONE;
	shared->status = result < 0 ? err->status : EXIT_DONE;
	shared->is_done = true;
	return result;
}

/* The facade has ended the child: that is its last fault. */
static void bury(struct report *report, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (!report->is_open)
		report_check(report, "the facade lets its process live");
	report->n_faults = 0; /* this one is told in any case */
	if (*report->at)
		report_fault(report, "%s:", report->at);
	if (number == SIGALRM)
		report_fault(report, "it has not ended after %d s", REPORT_SECONDS);
	else if (number)
		report_fault(report, "it has crashed: %s", strsignal(number));
	else
		report_fault(report, "it has ended the process, with status %d",
			     WEXITSTATUS(status));
}

/* What has become of the child? */
static enum exit_status judge(struct shared *shared, int status)
{
	bool is_well = shared->is_done && WIFEXITED(status) &&
		       WEXITSTATUS(status) == (int)shared->status;

	if (is_well && shared->status != EXIT_DONE)
		return shared->status;
	if (!is_well)
		bury(&shared->report, status);
	return report_end(&shared->report) ? EXIT_DONE : EXIT_SET_ASIDE;
}

int facade_test(const struct settings *settings,
		const struct facade_test_options *options, enum exit_status *ret_status,
		struct err *err)
{
	struct testing t = { .settings = settings, .options = options };
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int status;

	if (shared == MAP_FAILED)
		err_no_memory();
	shared->report.tap = options->tap;
	t.report = &shared->report;
	fflush(stdout);
	/* nobody looks at the stop flag here, and a facade may not end */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pid = fork();
	if (pid < 0)
		return err_set(err, EXIT_BUG, "fork: %s", strerror(errno));
	if (pid == 0)
		return child(&t, shared, ret_status, err);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_status = judge(shared, status);
	munmap(shared, sizeof(*shared));
	return 0;
}
