/* SPDX-License-Identifier: MIT */
/*
 * The commands, between main, which reads the command line, and the modules that do the work:
 * each takes the settings and what the command line says, and gives the program's exit status.
 * One thread.
 */
#ifndef SLT_COMMANDS_H
#define SLT_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "clear.h"
#include "err.h"
#include "facade_test.h"
#include "log.h"
#include "settings.h"
#include "setup.h"
#include "transfer.h"
#include "verify.h"

/* What the command line says; borrowed strings. */
struct arguments {
	const char *env_file, *metrics_file; /* or NULL */
	enum log_format format;
	int verbose; /* how often -v */
	bool quiet, json;
	struct setup_options setup;
	struct send_options send;
	struct clear_options clear;
	struct verify_options verify; /* its json is that above */
	long n;			      /* preview -n */
	bool as_sent;		      /* resolve --as-sent */
	struct facade_test_options test;
	char **operands; /* facades NAME; resolve KEY...; quarantine list; quarantine retry KEY... */
	size_t n_operands;
};

/* Says what is wrong with the command line. `format` takes `what`. */
enum exit_status commands_usage(const char *format, const char *what);

/* Logs a failure; its status. */
enum exit_status commands_failed(const struct err *err);

/* The commands: 0 and *ret_status, which is EXIT_DONE unless they set it, or -1. */
typedef int commands_fn(const struct settings *settings, const struct arguments *args,
			enum exit_status *ret_status, struct err *err);
commands_fn commands_send, commands_clear, commands_conflicts, commands_resolve,
	commands_preview, commands_quarantine, commands_setup, commands_facades,
	commands_facade_test, commands_config, commands_status, commands_verify,
	commands_check;

#endif
