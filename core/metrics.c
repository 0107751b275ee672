// SPDX-License-Identifier: MIT
// Writes what a run has done for Prometheus.

#include "metrics.h"

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

#define PREFIX "structured_log_transfer_"
#define SUFFIX ".prom"
enum { MAX_VALUES = 10, MAX_FILE = 1 << 20 };

enum metric {
	ROWS,
	REQUESTS,
	RETRIES,
	BYTES,
	PHASES,
	UNSENT,
	OLDEST,
	CLEARED,
	VERIFIED,
	RUNS,
	RUN_TIME,
	RUN_SECONDS,
	RUN_STATUS,
	SUCCESS_TIME,
	N_METRICS
};

#define COMMANDS "send", "clear", "verify"

static const struct definition {
	const char *name, *type, *label, *help;
	const char *values[MAX_VALUES]; /* of the label; none: a metric without one */
} definitions[N_METRICS] = {
	[ROWS] = { "rows_total",
		   "counter",
		   "outcome",
		   "Rows that runs of send have handled; those that stay unsent count again in "
		   "each run.",
		   { "sent", "already_there", "drifted", "refused", "rejected",
		     "conflict", "unverified", "failure_store", "left", "gone" } },
	[REQUESTS] = { "requests_total", "counter", NULL, "Bulk requests.", { 0 } },
	[RETRIES] = { "retries_total",
		      "counter",
		      NULL,
		      "Times that send waited and tried again.",
		      { 0 } },
	[BYTES] = { "request_bytes_total",
		    "counter",
		    NULL,
		    "Bytes of bulk requests, before compression.",
		    { 0 } },
	[PHASES] = { "phase_seconds_total",
		     "counter",
		     "phase",
		     "Seconds that the lanes of send spent, added up.",
		     { "read", "build", "post", "mark" } },
	[UNSENT] = { "unsent_rows",
		     "gauge",
		     NULL,
		     "Rows that are not sent, at the end of the last send.",
		     { 0 } },
	[OLDEST] = { "oldest_unsent_age_seconds",
		     "gauge",
		     NULL,
		     "Age of the oldest of them then; 0: there is none.",
		     { 0 } },
	[CLEARED] = { "cleared_rows_total",
		      "counter",
		      "outcome",
		      "Old sent rows that runs of clear have handled.",
		      { "deleted", "kept" } },
	[VERIFIED] = { "verified_rows",
		       "gauge",
		       "outcome",
		       "Rows of the last verify.",
		       { "there", "missing", "different", "no_document" } },
	[RUNS] = { "runs_total",
		   "counter",
		   "exit",
		   "Runs of all commands by their exit status.",
		   { "0", "1", "69", "70", "75", "78" } },
	[RUN_TIME] = { "last_run_timestamp_seconds",
		       "gauge",
		       "command",
		       "When the last run ended.",
		       { COMMANDS } },
	[RUN_SECONDS] = { "last_run_duration_seconds",
			  "gauge",
			  "command",
			  "How long it took.",
			  { COMMANDS } },
	[RUN_STATUS] = { "last_run_exit_status",
			 "gauge",
			 "command",
			 "Its exit status.",
			 { COMMANDS } },
	[SUCCESS_TIME] = { "last_success_timestamp_seconds",
			   "gauge",
			   "command",
			   "When a run last came to its end: exit status 0 or 1.",
			   { COMMANDS } },
};

struct file {
	const char *path;
	char name[256];	   /* of the file without .prom: the label of all samples */
	char folder[4096]; /* that it is in */
	double values[N_METRICS][MAX_VALUES]; /* NAN: no such sample */
};

/* ---------------------------------------------------------------- the samples */

static size_t n_values(const struct definition *definition)
{
	size_t n = 0;

	while (n < MAX_VALUES && definition->values[n])
		n++;
	return n ? n : 1;
}

static void put_sample_name(struct buf *out, const struct file *file,
			    const struct definition *definition, size_t i)
{
	buf_printf(out, PREFIX "%s{name=\"%s\"", definition->name, file->name);
	if (definition->label)
		buf_printf(out, ",%s=\"%s\"", definition->label, definition->values[i]);
	buf_puts(out, "} ");
}

/* The value behind the name of a sample at the begin of a line; NAN when there is none. */
static double find_sample(const char *text, const char *name)
{
	const char *found = text;

	while ((found = strstr(found, name))) {
		if (found == text || found[-1] == '\n')
			return strtod(found + strlen(name), NULL);
		found++;
	}
	return NAN;
}

static void take_old(struct file *file, const char *text)
{
	struct buf name;

	buf_init(&name, MAX_FILE);
	for (size_t m = 0; m < N_METRICS; m++) {
		for (size_t i = 0; i < n_values(&definitions[m]); i++) {
			buf_reset(&name);
			put_sample_name(&name, file, &definitions[m], i);
			file->values[m][i] = find_sample(text, buf_str(&name));
		}
	}
	buf_fini(&name);
}

static void add(struct file *file, enum metric metric, size_t i, double n)
{
	double *value = &file->values[metric][i];

	*value = isnan(*value) ? n : *value + n;
}

/* Negative: not known, and not told. */
static void set(struct file *file, enum metric metric, size_t i, double n)
{
	file->values[metric][i] = n < 0 ? NAN : n;
}

/* Which of the values a metric has is this one. */
static size_t index_of(enum metric metric, const char *value)
{
	const struct definition *definition = &definitions[metric];
	size_t i = 0;

	while (i + 1 < n_values(definition) && strcmp(definition->values[i], value) != 0)
		i++;
	return i;
}

static void add_send(struct file *file, const struct stats *s)
{
	/* as in the label outcome of ROWS */
	const unsigned long long rows[] = {
		s->rows[DELIVERED] + s->rows[ELSEWHERE],
		s->rows[ALREADY],
		s->rows[DRIFTED],
		s->rows[REFUSED],
		s->rows[REJECTED],
		s->rows[CONFLICT],
		s->rows[UNVERIFIED],
		s->rows[ELSEWHERE],
		s->rows[LEFT],
		s->rows[GONE],
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add(file, ROWS, i, (double)rows[i]);
	for (size_t i = 0; i < N_PHASES; i++)
		add(file, PHASES, i, s->phases[i]);
	add(file, REQUESTS, 0, (double)s->requests);
	add(file, RETRIES, 0, (double)s->retries);
	add(file, BYTES, 0, (double)s->bytes);
	set(file, UNSENT, 0, (double)s->unsent);
	set(file, OLDEST, 0, (double)s->oldest);
}

static void add_run(struct file *file, const struct metrics *m)
{
	size_t command = index_of(RUN_TIME, m->command);
	double now = (double)time(NULL);
	char status[16];

	snprintf(status, sizeof(status), "%d", (int)m->status);
	for (size_t i = 0; i < n_values(&definitions[RUNS]); i++)
		add(file, RUNS, i, i == index_of(RUNS, status));
	set(file, RUN_TIME, command, now);
	set(file, RUN_SECONDS, command, m->seconds);
	set(file, RUN_STATUS, command, (double)m->status);
	if (m->status == EXIT_DONE || m->status == EXIT_SET_ASIDE)
		set(file, SUCCESS_TIME, command, now);
	if (m->send)
		add_send(file, m->send);
	if (strcmp(m->command, "clear") == 0) {
		add(file, CLEARED, 0, (double)m->deleted);
		add(file, CLEARED, 1, (double)m->kept);
	}
	for (size_t i = 0; m->has_verified && i < N_VERIFIED; i++)
		set(file, VERIFIED, i, (double)m->verified[i]);
}

static void put_all(const struct file *file, struct buf *out)
{
	for (size_t m = 0; m < N_METRICS; m++) {
		const struct definition *definition = &definitions[m];
		bool is_told = false;

		for (size_t i = 0; i < n_values(definition); i++) {
			if (isnan(file->values[m][i]))
				continue;
			if (!is_told)
				buf_printf(out,
					   "# HELP " PREFIX "%s %s\n# TYPE " PREFIX
					   "%s %s\n",
					   definition->name, definition->help,
					   definition->name, definition->type);
			is_told = true;
			put_sample_name(out, file, definition, i);
			buf_printf(out, "%.15g\n", file->values[m][i]);
		}
	}
	buf_printf(out,
		   "# HELP " PREFIX "info The program that wrote this.\n# TYPE " PREFIX
		   "info gauge\n" PREFIX "info{name=\"%s\",version=\"%s\"} 1\n",
		   file->name, PACKAGE_VERSION);
}

/* ---------------------------------------------------------------- the file */

static int failed(const struct file *file, enum exit_status status, struct err *err)
{
	return err_set(err, status, "--metrics-file %s: %s", file->path, strerror(errno));
}

static int open_name(struct file *file, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t n = strlen(name);

	*file = (struct file){ .path = path };
	if (n <= strlen(SUFFIX) || strcmp(name + n - strlen(SUFFIX), SUFFIX) != 0 ||
	    n >= sizeof(file->name) || strpbrk(name, "\"\\\n") ||
	    strlen(path) >= sizeof(file->folder))
		return err_set(err, EXIT_CONFIG,
			       "--metrics-file %s: a file whose name ends in .prom is "
			       "expected, for the node exporter reads no other",
			       path);
	snprintf(file->name, sizeof(file->name), "%.*s", (int)(n - strlen(SUFFIX)), name);
	snprintf(file->folder, sizeof(file->folder), "%.*s",
		 slash ? (int)(slash - path) + 1 : 2, slash ? path : "./");
	return 0;
}

/* What is there; "" where nothing is, or no file of ours. */
static int read_old(struct file *file, struct buf *ret, struct err *err)
{
	FILE *in = fopen(file->path, "re");
	char part[4096];
	size_t n;

	if (!in)
		return errno == ENOENT ? 0 : failed(file, EXIT_EARLY, err);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		buf_put(ret, part, n);
	fclose(in);
	if (ret->full)
		return err_set(err, EXIT_EARLY, "--metrics-file %s: this is no such file",
			       file->path);
	return 0;
}

/* Whatever the umask: the exporter is another user. */
static int write_out(const struct file *file, const char *beside, const struct buf *text,
		     struct err *err)
{
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool written = fd >= 0 && fchmod(fd, 0644) == 0 &&
		       write(fd, text->ptr, text->len) == (ssize_t)text->len &&
		       fsync(fd) == 0;

	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (written && rename(beside, file->path) == 0)
		return 0;
	failed(file, EXIT_EARLY, err);
	if (fd >= 0)
		unlink(beside);
	return -1;
}

static int replace(struct file *file, const struct metrics *metrics, struct buf *text,
		   struct err *err)
{
	char beside[sizeof(file->folder) + sizeof(file->name) + 32];

	if (read_old(file, text, err) < 0)
		return -1;
	take_old(file, buf_str(text));
	add_run(file, metrics);
	buf_reset(text);
	put_all(file, text);
	snprintf(beside, sizeof(beside), "%s.%s.%ld", file->folder, file->name,
		 (long)getpid());
	return write_out(file, beside, text, err);
}

int metrics_check(const char *path, struct err *err)
{
	struct file file;

	if (open_name(&file, path, err) < 0)
		return -1;
	if (access(file.folder, W_OK | X_OK) != 0 ||
	    (access(path, F_OK) == 0 && access(path, R_OK) != 0))
		return failed(&file, EXIT_CONFIG, err);
	return 0;
}

int metrics_write(const char *path, const struct metrics *metrics, struct err *err)
{
	struct file file;
	struct buf text;
	int folder, result;

	if (open_name(&file, path, err) < 0)
		return -1;
	folder = open(file.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || flock(folder, LOCK_EX) != 0) { /* until it is closed */
		failed(&file, EXIT_EARLY, err);
		if (folder >= 0)
			close(folder);
		return -1;
	}
	buf_init(&text, MAX_FILE);
	result = replace(&file, metrics, &text, err);
	buf_fini(&text);
	close(folder);
	return result;
}
