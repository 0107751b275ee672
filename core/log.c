// SPDX-License-Identifier: MIT
// Lines for the operator on stderr.

#include "log.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static enum log_level max_level = LOG_NOTICE;
static enum log_format line_format = LOG_TEXT;
static enum { TERMINAL, JOURNAL, ELSEWHERE } stream = TERMINAL;
static char facade_name[128], table_name[300];
static char run_id[48];
static char prefix[512] = "structured-log-transfer: ";
static char progress[100]; /* what the last line of a terminal shows */

/* JOURNAL_STREAM is device and inode of the journal's socket: systemd.exec(5). */
static bool is_journal(int fd)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return text && sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* On a terminal it is plain which run speaks; the journal knows the program itself. */
static void set_prefix(void)
{
	const char *blank = *facade_name && *table_name ? " " : "";
	const char *colon = *facade_name ? ": " : "";

	switch (stream) {
	case TERMINAL:
		snprintf(prefix, sizeof(prefix), "structured-log-transfer: ");
		break;
	case JOURNAL:
		snprintf(prefix, sizeof(prefix), "%s%s%s%s", facade_name, blank,
			 table_name, colon);
		break;
	case ELSEWHERE:
		snprintf(prefix, sizeof(prefix), "structured-log-transfer[%ld]: %s%s%s%s",
			 (long)getpid(), facade_name, blank, table_name, colon);
		break;
	}
}

static void write_time(char *ret, size_t size, bool compact)
{
	struct timeval now;
	struct tm tm;

	gettimeofday(&now, NULL);
	gmtime_r(&now.tv_sec, &tm);
	if (compact)
		strftime(ret, size, "%Y%m%dT%H%M%SZ", &tm);
	else
		snprintf(ret, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			 tm.tm_min, tm.tm_sec, (int)(now.tv_usec / 1000));
}

void log_setup(enum log_level level, enum log_format format)
{
	char began[32];

	max_level = level;
	line_format = format;
	if (*run_id)
		return;
	write_time(began, sizeof(began), true);
	snprintf(run_id, sizeof(run_id), "%s-%ld", began, (long)getpid());
	if (is_journal(STDERR_FILENO))
		stream = JOURNAL;
	else if (!isatty(STDERR_FILENO))
		stream = ELSEWHERE;
	set_prefix();
}

/* A key or a server's message may hold anything: one line stays one line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
	}
}

void log_context(const char *facade, const char *schema, const char *table)
{
	snprintf(facade_name, sizeof(facade_name), "%s", facade);
	snprintf(table_name, sizeof(table_name), "%s%s%s", schema, *schema ? "." : "",
		 table);
	make_printable(table_name);
	set_prefix();
}

bool log_is(enum log_level level)
{
	return level <= max_level;
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_ERROR: return "error";
	case LOG_WARNING: return "warning";
	case LOG_NOTICE: return "notice";
	case LOG_INFO: return "info";
	case LOG_DEBUG: return "debug";
	}
	return "error";
}

static void add_text(struct json_object *line, const char *name, const char *text)
{
	if (*text)
		json_object_object_add(line, name, json_object_new_string(text));
}

/* Field names of the Elastic Common Schema 8. */
static void write_json(enum log_level level, const char *text)
{
	struct json_object *line = json_object_new_object();
	char stamp[64];

	write_time(stamp, sizeof(stamp), false);
	add_text(line, "@timestamp", stamp);
	add_text(line, "log.level", level_name(level));
	json_object_object_add(line, "message", json_object_new_string(text));
	add_text(line, "ecs.version", "8.11.0");
	add_text(line, "service.name", "structured-log-transfer");
	json_object_object_add(line, "process.pid", json_object_new_int64(getpid()));
	add_text(line, "labels.run", run_id);
	add_text(line, "labels.facade", facade_name);
	add_text(line, "labels.table", table_name);
	fprintf(stderr, "%s\n",
		json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}

/* The journal takes the priority from the line: sd-daemon(3). */
static void write_text(enum log_level level, const char *text)
{
	bool named = level <= LOG_WARNING;

	if (stream == JOURNAL)
		fprintf(stderr, "<%d>", (int)level);
	fprintf(stderr, "%s%s%s%s\n", prefix, named ? level_name(level) : "",
		named ? ": " : "", text);
}

void log_write(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!log_is(level))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	make_printable(text);
	log_hold();
	if (line_format == LOG_JSON)
		write_json(level, text);
	else
		write_text(level, text);
	log_release();
}

/* ---------------------------------------------------------------- progress */

bool log_shows_progress(void)
{
	return stream == TERMINAL && line_format == LOG_TEXT && log_is(LOG_NOTICE);
}

void log_hold(void)
{
	flockfile(stderr);
	if (*progress)
		fputs("\r\033[K", stderr); /* ECMA-48: to the line's begin, erase it */
}

void log_release(void)
{
	fputs(progress, stderr);
	funlockfile(stderr);
}

void log_progress(const char *text)
{
	log_hold();
	snprintf(progress, sizeof(progress), "%s", text);
	log_release();
}

/* ---------------------------------------------------------------- from a handler */

static size_t append(char *line, size_t size, size_t n, const char *part)
{
	for (; *part && n < size; part++)
		line[n++] = *part;
	return n;
}

void log_from_handler(const char *const *parts)
{
	bool json = line_format == LOG_JSON;
	char line[1024];
	size_t n = 0;

	if (json) {
		n = append(line, sizeof(line), n,
			   "{\"log.level\":\"error\",\"message\":\"");
	} else {
		n = append(line, sizeof(line), n, stream == JOURNAL ? "<3>" : "");
		n = append(line, sizeof(line), n, prefix);
		n = append(line, sizeof(line), n, "error: ");
	}
	for (; *parts; parts++)
		n = append(line, sizeof(line) - sizeof("\"}\n"), n, *parts);
	n = append(line, sizeof(line), n, json ? "\"}\n" : "\n");
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* there is nobody to tell */
}
