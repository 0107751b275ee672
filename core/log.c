// SPDX-License-Identifier: MIT
// Lines for the operator on stderr.

#include "log.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static enum log_level max_level = LOG_NOTICE;
static enum log_format line_format = LOG_TEXT;

void log_setup(enum log_level level, enum log_format format)
{
	max_level = level;
	line_format = format;
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

/* A key or a server's message may hold anything: one line stays one line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
	}
}

/* Field names of the Elastic Common Schema 8: @timestamp, log.level, message. */
static void write_json(enum log_level level, const char *text)
{
	struct json_object *line = json_object_new_object();
	struct timeval now;
	struct tm tm;
	char stamp[64];

	gettimeofday(&now, NULL);
	gmtime_r(&now.tv_sec, &tm);
	snprintf(stamp, sizeof(stamp), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec, (int)(now.tv_usec / 1000));
	json_object_object_add(line, "@timestamp", json_object_new_string(stamp));
	json_object_object_add(line, "log.level",
			       json_object_new_string(level_name(level)));
	json_object_object_add(line, "message", json_object_new_string(text));
	fprintf(stderr, "%s\n",
		json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
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
	if (line_format == LOG_JSON)
		write_json(level, text);
	else if (level <= LOG_WARNING)
		fprintf(stderr, "structured-log-transfer: %s: %s\n", level_name(level),
			text);
	else
		fprintf(stderr, "structured-log-transfer: %s\n", text);
}

static size_t append(char *line, size_t size, size_t n, const char *part)
{
	for (; *part && n < size; part++)
		line[n++] = *part;
	return n;
}

void log_from_handler(const char *const *parts)
{
	bool json = line_format == LOG_JSON;
	char line[768];
	size_t n = append(line, sizeof(line), 0,
			  json ? "{\"log.level\":\"error\",\"message\":\""
			       : "structured-log-transfer: error: ");

	for (; *parts; parts++)
		n = append(line, sizeof(line) - sizeof("\"}\n"), n, *parts);
	n = append(line, sizeof(line), n, json ? "\"}\n" : "\n");
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* there is nobody to tell */
}
