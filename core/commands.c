// SPDX-License-Identifier: MIT
// Runs each command with what the command line says, and gives its exit status.

#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "clear.h"
#include "check.h"
#include "conflicts.h"
#include "effective.h"
#include "listing.h"
#include "log.h"
#include "preview.h"
#include "quarantine_command.h"
#include "setup.h"
#include "status.h"
#include "stop.h"
#include "transfer.h"

enum exit_status commands_usage(const char *format, const char *what)
{
	fputs("structured-log-transfer: ", stderr);
	fprintf(stderr, format, what);
	fputs("\nTry: structured-log-transfer --help\n", stderr);
	return EXIT_USAGE;
}

enum exit_status commands_failed(const struct err *err)
{
	log_error("%s", err->text);
	return err->status;
}

int commands_send(const struct settings *settings, const struct arguments *args,
		  enum exit_status *ret_status, struct err *err)
{
	enum exit_status status = EXIT_BUG;
	struct stats stats;
	char summary[512];
	int result;

	stats_init(&stats);
	result = transfer_send(settings, &args->send, &stats, &status, err);
	if (result == 0) {
		status = stats_exit_status(&stats, stop_is_requested() && stats.more);
		if (stats.failed)
			log_error("%s", stats.err.text);
		else if (status == EXIT_CONFIG)
			log_error(
				"the index rejected every document (%s): compare its "
				"mapping and ELASTICSEARCH_PIPELINE; send --show-reasons "
				"tells why",
				stats.rejected_type);
		if (!stats.failed && status == EXIT_CONFIG &&
		    *settings_text(settings, SET_QUARANTINE_TABLE))
			log_warning(
				"these rows are in the quarantine: when that is mended, "
				"structured-log-transfer quarantine retry lets them in");
		stats_format(&stats, summary, sizeof(summary));
		log_notice("%s", summary);
	}
	if (args->json && result >= 0)
		stats_print_json(&stats, status);
	stats_fini(&stats);
	*ret_status = status;
	return result < 0 ? -1 : 0;
}

int commands_clear(const struct settings *settings, const struct arguments *args,
		   enum exit_status *ret_status, struct err *err)
{
	return clear_rows(settings, &args->clear, ret_status, err);
}

int commands_conflicts(const struct settings *settings, const struct arguments *args,
		       enum exit_status *ret_status, struct err *err)
{
	return conflicts_list(settings, args->json, ret_status, err);
}

int commands_resolve(const struct settings *settings, const struct arguments *args,
		     enum exit_status *ret_status, struct err *err)
{
	if (args->n_operands && args->as_sent)
		return conflicts_resolve(settings, args->operands, args->n_operands,
					 ret_status, err);
	*ret_status = commands_usage(
		"%s", "resolve: the keys of rows and --as-sent are expected");
	return 0;
}

int commands_preview(const struct settings *settings, const struct arguments *args,
		     enum exit_status *ret_status, struct err *err)
{
	return preview(settings, args->n, ret_status, err);
}

int commands_quarantine(const struct settings *settings, const struct arguments *args,
			enum exit_status *ret_status, struct err *err)
{
	const char *what = args->n_operands ? args->operands[0] : "";

	if (strcmp(what, "list") == 0 && args->n_operands == 1)
		return quarantine_list(settings, args->json, err);
	if (strcmp(what, "retry") == 0)
		return quarantine_retry(settings, args->operands + 1,
					args->n_operands - 1, ret_status, err);
	*ret_status = commands_usage("quarantine: %s is expected",
				     "list, or retry and perhaps keys,");
	return 0;
}

int commands_setup(const struct settings *settings, const struct arguments *args,
		   enum exit_status *ret_status, struct err *err)
{
	return setup(settings, &args->setup, ret_status, err);
}

int commands_status(const struct settings *settings, const struct arguments *args,
		    enum exit_status *ret_status, struct err *err)
{
	(void)ret_status;
	return status_print(settings, args->json, err);
}

int commands_verify(const struct settings *settings, const struct arguments *args,
		    enum exit_status *ret_status, struct err *err)
{
	struct verify_options options = args->verify;

	if (options.requeue && !*options.since) {
		*ret_status = commands_usage("%s", "verify: --requeue needs --since");
		return 0;
	}
	options.json = args->json;
	return verify(settings, &options, ret_status, err);
}

int commands_check(const struct settings *settings, const struct arguments *args,
		   enum exit_status *ret_status, struct err *err)
{
	(void)err;
	*ret_status = check(settings, args->json);
	return 0;
}

int commands_facades(const struct settings *settings, const struct arguments *args,
		     enum exit_status *ret_status, struct err *err)
{
	if (args->n_operands)
		return listing_one(settings, args->operands[0], args->json, err);
	return listing_all(settings, args->json, ret_status, err);
}

int commands_facade_test(const struct settings *settings, const struct arguments *args,
			 enum exit_status *ret_status, struct err *err)
{
	struct facade_test_options options = args->test;

	if (!args->n_operands) {
		*ret_status = commands_usage(
			"%s",
			"facade-test: the file of a facade is expected, such as ./my_table.so");
		return 0;
	}
	options.file = args->operands[0];
	return facade_test(settings, &options, ret_status, err);
}

int commands_config(const struct settings *settings, const struct arguments *args,
		    enum exit_status *ret_status, struct err *err)
{
	(void)err;
	*ret_status = effective_print(settings, args->json);
	return 0;
}
