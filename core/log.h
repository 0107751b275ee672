/* SPDX-License-Identifier: MIT */
/*
 * Lines for the operator on stderr: text, or one JSON object a line. What fails returns a
 * struct err; the commands and the steps of a run log what happens beside it. Never a
 * secret, never text of a message: rows are named by their key. Any thread may log; lines
 * do not mix.
 */
#ifndef SLT_LOG_H
#define SLT_LOG_H

#include <stdbool.h>

#include "err.h"

enum log_level {
	LOG_ERROR = 3,
	LOG_WARNING = 4,
	LOG_NOTICE = 5,
	LOG_INFO = 6,
	LOG_DEBUG = 7
};
enum log_format { LOG_TEXT, LOG_JSON };

/* Lines above `level` are dropped. Called before threads start. Where stderr is a terminal, a line
 * begins with the program's name; in the journal of systemd, with its priority; elsewhere with
 * the program's name and process. */
void log_setup(enum log_level level, enum log_format format);

/* What every line names from now on, but on a terminal. Copied; before threads start. */
void log_context(const char *facade, const char *schema, const char *table);
bool log_is(enum log_level level);

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* An error in a line of its own, from a signal handler: nothing is allocated and no lock is
 * taken, and for that a JSON line has no @timestamp. The parts end with NULL and hold nothing
 * that JSON would escape. */
void log_from_handler(const char *const *parts);

/* Is stderr a terminal on which somebody may watch? After log_setup. */
bool log_shows_progress(void);

/* One last line (one byte a column, 79 of them at most), which gives way to other lines and comes
 * back behind them; "" takes it away. */
void log_progress(const char *text);

/* Around what is written to stdout, which may be the same terminal. */
void log_hold(void);
void log_release(void);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_write(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
