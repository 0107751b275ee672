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
#include "metrics.h"
#include "preview.h"
#include "quarantine_command.h"
#include "retry.h"
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

/* ---------------------------------------------------------------- metrics */

/* A run that cannot tell would not begin; one that has done its work has done it. */
static int check_metrics(const struct arguments *args, struct err *err)
{
	return args->metrics_file ? metrics_check(args->metrics_file, err) : 0;
}

static void write_metrics(const struct arguments *args, const struct metrics *metrics)
{
	struct err err;

	if (args->metrics_file && metrics_write(args->metrics_file, metrics, &err) < 0)
		log_warning("%s", err.text);
}

/* ---------------------------------------------------------------- the commands */

/* What became of the rows, in the log and as JSON. */
static void tell_sent(const struct settings *settings, const struct stats *stats,
		      enum exit_status status)
{
	char summary[512];

	if (stats->failed)
		log_error("%s", stats->err.text);
	else if (status == EXIT_CONFIG)
		log_error("the index rejected every document (%s): compare its "
			  "mapping and ELASTICSEARCH_PIPELINE; send --show-reasons "
			  "tells why",
			  stats->rejected_type);
	if (!stats->failed && status == EXIT_CONFIG &&
	    *settings_text(settings, SET_QUARANTINE_TABLE))
		log_warning("these rows are in the quarantine: when that is mended, "
			    "structured-log-transfer quarantine retry lets them in");
	log_info("%llu requests of %llu bytes, %llu retries; seconds of all lanes: read "
		 "%.1f, build %.1f, post %.1f, mark %.1f",
		 stats->requests, stats->bytes, stats->retries, stats->phases[PHASE_READ],
		 stats->phases[PHASE_BUILD], stats->phases[PHASE_POST],
		 stats->phases[PHASE_MARK]);
	stats_format(stats, summary, sizeof(summary));
	log_notice("%s", summary);
}

int commands_send(const struct settings *settings, const struct arguments *args,
		  enum exit_status *ret_status, struct err *err)
{
	struct send_options options = args->send;
	enum exit_status status = EXIT_BUG;
	struct stats stats;
	struct metrics m;
	int result;

	if (check_metrics(args, err) < 0)
		return -1;
	options.count_left = args->metrics_file != NULL;
	stats_init(&stats);
	result = transfer_send(settings, &options, &stats, &status, err);
	if (result == 0) {
		status = stats_exit_status(&stats, stop_is_requested() && stats.more);
		tell_sent(settings, &stats, status);
	}
	if (args->json && result >= 0)
		stats_print_json(&stats, status);
	m = (struct metrics){ .command = "send",
			      .status = result < 0 ? err->status : status,
			      .seconds = clock_seconds() - stats.started,
			      .send = &stats };
	if (result <= 0)
		write_metrics(args, &m);
	stats_fini(&stats);
	*ret_status = status;
	return result < 0 ? -1 : 0;
}

int commands_clear(const struct settings *settings, const struct arguments *args,
		   enum exit_status *ret_status, struct err *err)
{
	double began = clock_seconds();
	struct clear_result found;
	struct metrics m;
	int result;

	if (check_metrics(args, err) < 0)
		return -1;
	result = clear_rows(settings, &args->clear, &found, ret_status, err);
	m = (struct metrics){ .command = "clear",
			      .status = result < 0 ? err->status : *ret_status,
			      .seconds = clock_seconds() - began,
			      .deleted = found.deleted,
			      .kept = found.kept };
	if (result <= 0 && !args->clear.dry_run)
		write_metrics(args, &m);
	return result < 0 ? -1 : 0;
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
	double began = clock_seconds();
	struct verify_result found;
	struct metrics m;
	int result;

	if (options.requeue && !*options.since) {
		*ret_status = commands_usage("%s", "verify: --requeue needs --since");
		return 0;
	}
	if (check_metrics(args, err) < 0)
		return -1;
	options.json = args->json;
	result = verify(settings, &options, &found, ret_status, err);
	m = (struct metrics){ .command = "verify",
			      .status = result < 0 ? err->status : *ret_status,
			      .seconds = clock_seconds() - began,
			      .has_verified = result == 0,
			      .verified = { found.there, found.missing, found.different,
					    found.refused } };
	write_metrics(args, &m);
	return result;
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
