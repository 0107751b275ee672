/* SPDX-License-Identifier: MIT */
/*
 * Why something failed: one text, written once where it is known, and the exit status
 * that it leads to. Every function that can fail takes a struct err as its last argument
 * and returns 0 or -1 (or a documented count or NULL). The caller owns the struct; it
 * needs no fini.
 */
#ifndef SLT_ERR_H
#define SLT_ERR_H

#include <stdarg.h>

/* Exit statuses: DESIGN of the commands, sysexits.h where it has one. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_SET_ASIDE = 1, /* finished, but some rows were set aside */
	EXIT_USAGE = 64,
	EXIT_UNAVAILABLE = 69, /* database or search server not reachable */
	EXIT_BUG = 70,
	EXIT_EARLY = 75, /* stopped early, the rest is unsent */
	EXIT_CONFIG = 78,
};

struct err {
	enum exit_status status;
	char text[768];
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Sets status and text; always returns -1, so that a function ends with it. */
int err_set(struct err *err, enum exit_status status, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The same with a va_list. */
int err_vset(struct err *err, enum exit_status status, const char *format, va_list ap)
	PRINTF_LIKE(3, 0);

/* Puts "context: " before the text. Returns -1. */
int err_context(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__ /* it cannot look into err.c, and would follow paths that are none */
#define err_set(...) ((void)(err_set)(__VA_ARGS__), -1)
#define err_context(...) ((void)(err_context)(__VA_ARGS__), -1)
#endif

/* A law of the design was broken by this program itself: says which and ends the process
 * with EXIT_BUG at once, so that nothing is marked on a false ground. */
_Noreturn void err_law(int law, const char *format, ...) PRINTF_LIKE(2, 3);

/* Memory ran out: says so and ends the process with EXIT_BUG. Nothing is half done by it:
 * rows are marked in transactions. */
_Noreturn void err_no_memory(void);

#endif
