// SPDX-License-Identifier: MIT
// The command line: what it says, and which command it is.

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <errno.h>
#include <getopt.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <time.h>

#include "check.h"
#include "commands.h"
#include "crash.h"
#include "instant.h"
#include "listing.h"
#include "log.h"
#include "settings.h"
#include "stop.h"
#include "usage.h"

enum {
	OPT_ENV_FILE = 256,
	OPT_LOG_FORMAT,
	OPT_METRICS_FILE,
	OPT_ALL,
	OPT_LIMIT,
	OPT_WAIT,
	OPT_REASONS,
	OPT_OLDER_THAN,
	OPT_DRY_RUN,
	OPT_AS_SENT,
	OPT_PRINT,
	OPT_TEMPLATE,
	OPT_DATA_STREAM,
	OPT_SINCE,
	OPT_REQUEUE,
	OPT_YES,
	OPT_ROWS,
	OPT_DATABASE,
	OPT_TAP,
	OPT_JSON
};

static const struct option global_options[] = {
	{ "env-file", required_argument, NULL, OPT_ENV_FILE },
	{ "log-format", required_argument, NULL, OPT_LOG_FORMAT },
	{ "metrics-file", required_argument, NULL, OPT_METRICS_FILE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const struct option send_options[] = {
	{ "all", no_argument, NULL, OPT_ALL },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "show-reasons", no_argument, NULL, OPT_REASONS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option clear_options[] = {
	{ "older-than", required_argument, NULL, OPT_OLDER_THAN },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option resolve_options[] = {
	{ "as-sent", no_argument, NULL, OPT_AS_SENT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option verify_options[] = {
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "requeue", no_argument, NULL, OPT_REQUEUE },
	{ "yes", no_argument, NULL, OPT_YES },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option preview_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option setup_options[] = {
	{ "print", no_argument, NULL, OPT_PRINT },
	{ "template", no_argument, NULL, OPT_TEMPLATE },
	{ "data-stream", no_argument, NULL, OPT_DATA_STREAM },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option facade_test_options[] = {
	{ "rows", required_argument, NULL, OPT_ROWS },
	{ "database", required_argument, NULL, OPT_DATABASE },
	{ "tap", no_argument, NULL, OPT_TAP },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* of the commands that print a result */
static const struct option json_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct command {
	const char *name;
	const char *letters; /* without the plus, operands may stand before options */
	const struct option *options;
	size_t max_operands;
	commands_fn *run;
} commands[] = {
	{ "send", ":h", send_options, 0, commands_send },
	{ "clear", ":h", clear_options, 0, commands_clear },
	{ "conflicts", ":h", json_options, 0, commands_conflicts },
	{ "resolve", ":h", resolve_options, SIZE_MAX, commands_resolve },
	{ "check", ":h", json_options, 0, commands_check },
	{ "status", ":h", json_options, 0, commands_status },
	{ "verify", ":h", verify_options, 0, commands_verify },
	{ "preview", ":hn:", preview_options, 0, commands_preview },
	{ "quarantine", ":h", json_options, SIZE_MAX, commands_quarantine },
	{ "setup", ":h", setup_options, 0, commands_setup },
	{ "facades", ":h", json_options, 1, commands_facades },
	{ "facade-test", ":h", facade_test_options, 1, commands_facade_test },
	{ "config", ":h", json_options, 0, commands_config },
};

/* A whole number that is not negative; -1: it is none. */
static long number(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	return errno || end == text || *end || n < 0 ? -1 : n;
}

/* "30", "30d" or "12h" in seconds; -1: it is none of these. */
static long age(const char *text)
{
	enum { HOUR = 3600, DAY = 24 * HOUR, MAX_DAYS = 100000 };
	size_t digits = strspn(text, "0123456789");
	long n = strtol(text, NULL, 10);
	bool hours = strcmp(text + digits, "h") == 0;

	if (!digits || (!hours && text[digits] && strcmp(text + digits, "d") != 0))
		return -1;
	if (n > (hours ? MAX_DAYS * 24L : MAX_DAYS))
		return -1;
	return n * (hours ? HOUR : DAY);
}

/* A date, a time or an age as YYYY-MM-DD HH:MM:SS in UTC; false: it is none of these. */
static bool since(const char *text, char ret[sizeof("YYYY-MM-DD HH:MM:SS")])
{
	char with_time[64], written[INSTANT_SIZE];
	long seconds = age(text);
	time_t then = time(NULL) - seconds;
	struct instant instant;
	struct tm utc;

	if (seconds >= 0) {
		gmtime_r(&then, &utc);
		strftime(ret, sizeof("YYYY-MM-DD HH:MM:SS"), "%Y-%m-%d %H:%M:%S", &utc);
		return true;
	}
	snprintf(with_time, sizeof(with_time), "%s%s", text,
		 strlen(text) == strlen("YYYY-MM-DD") ? " 00:00:00" : "");
	if (!instant_read(slt_str(with_time), &instant))
		return false;
	instant_write(&instant, written);
	memcpy(ret, written, strlen("YYYY-MM-DD HH:MM:SS"));
	ret[strlen("YYYY-MM-DD")] = ' ';
	ret[strlen("YYYY-MM-DD HH:MM:SS")] = '\0';
	return true;
}

/* 0, or a usage error was told: then EXIT_USAGE. 'h' and 'V' are returned as they are. */
static int take_option(int option, struct arguments *args, char *const *argv)
{
	long *target = NULL;

	switch (option) {
	case OPT_ENV_FILE: args->env_file = optarg; return 0;
	case OPT_METRICS_FILE: args->metrics_file = optarg; return 0;
	case OPT_ALL: args->send.all = true; return 0;
	case OPT_REASONS: args->send.show_reasons = true; return 0;
	case OPT_JSON: args->json = true; return 0;
	case OPT_DRY_RUN: args->clear.dry_run = true; return 0;
	case OPT_AS_SENT: args->as_sent = true; return 0;
	case OPT_PRINT: args->setup.print = true; return 0;
	case OPT_TEMPLATE: args->setup.form = AS_TEMPLATE; return 0;
	case OPT_DATA_STREAM: args->setup.form = AS_STREAM_TEMPLATE; return 0;
	case OPT_ROWS: args->test.rows = optarg; return 0;
	case OPT_DATABASE: args->test.database = optarg; return 0;
	case OPT_TAP: args->test.tap = true; return 0;
	case 'v': args->verbose++; return 0;
	case 'q': args->quiet = true; return 0;
	case 'h':
	case 'V': return option;
	case OPT_LIMIT: target = &args->send.limit; break;
	case OPT_WAIT: target = &args->send.wait; break;
	case 'n': target = &args->n; break;
	case OPT_OLDER_THAN:
		args->clear.older_than = age(optarg);
		if (args->clear.older_than < 0)
			return (int)commands_usage(
				"--older-than: days (30d) or hours (12h) are expected, not %s",
				optarg);
		return 0;
	case OPT_SINCE:
		if (!since(optarg, args->verify.since))
			return (int)commands_usage(
				"--since: a date (2026-10-01), a time (2026-10-01T06:00:00Z) "
				"or an age (30d, 12h) is expected, not %s",
				optarg);
		return 0;
	case OPT_REQUEUE: args->verify.requeue = true; return 0;
	case OPT_YES: args->verify.yes = true; return 0;
	case OPT_LOG_FORMAT:
		if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0)
			return (int)commands_usage(
				"--log-format: text or json is expected, not %s", optarg);
		args->format = *optarg == 'j' ? LOG_JSON : LOG_TEXT;
		return 0;
	case ':': return (int)commands_usage("%s needs a value", argv[optind - 1]);
	default:
		return (int)commands_usage(
			"unknown option %s here (-v, -q and --env-file stand "
			"before the command)",
			argv[optind - 1]);
	}
	*target = number(optarg);
	return *target < 0
		       ? (int)commands_usage("a whole number is expected, not %s", optarg)
		       : 0;
}

static int take_options(int argc, char **argv, const char *letters,
			const struct option *options, struct arguments *args)
{
	int option, result;

	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		result = take_option(option, args, argv);
		if (result != 0)
			return result;
	}
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* command NULL: of all. */
static enum exit_status print_help(const struct command *command)
{
	struct settings settings;
	struct err err;
	bool loaded;

	if (command) {
		usage_print_command(command->name);
		return EXIT_DONE;
	}
	usage_print();
	loaded = settings_load(&settings, NULL, &err) == 0;
	printf("\nSettings, from the environment or FILE, with their defaults:\n");
	listing_help(loaded ? &settings : NULL);
	settings_fini(&settings);
	return EXIT_DONE;
}

/* 0: go on with *ret. Otherwise the program's exit status is in *ret_status. */
static int parse(int argc, char **argv, struct arguments *args,
		 const struct command **ret, enum exit_status *ret_status)
{
	int result;

	*ret = NULL;
	opterr = 0;
	result = take_options(argc, argv, "+:vqhV", global_options, args);
	if (result == 0 && optind == argc) {
		*ret_status = commands_usage("%s", "a command is expected, such as send");
		return -1;
	}
	if (result == 0) {
		*ret = find_command(argv[optind]);
		if (!*ret) {
			*ret_status = commands_usage("unknown command %s", argv[optind]);
			return -1;
		}
		argc -= optind;
		argv += optind;
		optind = 0;
		/* getopt moves the operands behind the options */
		result = take_options(argc, argv, (*ret)->letters, (*ret)->options, args);
		args->operands = argv + optind;
		args->n_operands = (size_t)(argc - optind);
		if (result == 0 && args->n_operands > (*ret)->max_operands)
			result =
				(int)commands_usage("unexpected argument %s",
						    args->operands[(*ret)->max_operands]);
	}
	if (result == 'V')
		printf("structured-log-transfer %s\n", PACKAGE_VERSION);
	if (result == 0)
		return 0;
	*ret_status = result == 'h'   ? print_help(*ret)
		      : result == 'V' ? EXIT_DONE
				      : (enum exit_status)result;
	return -1;
}

/* Settings that could not be loaded: all that is wrong, which check says in its own way. */
static enum exit_status refuse(const struct settings *settings,
			       const struct command *command,
			       const struct arguments *args)
{
	if (command->run == commands_check)
		return check(settings, args->json);
	for (size_t i = 0; i < settings->n_wrong; i++)
		log_error("%s", settings->wrong[i].text);
	return EXIT_CONFIG;
}

/* -q, -v and DEBUG. */
static enum log_level level_of(const struct arguments *args, bool debug)
{
	if (args->verbose > 1)
		return LOG_DEBUG;
	if (args->verbose || debug)
		return LOG_INFO;
	return args->quiet ? LOG_WARNING : LOG_NOTICE;
}

/* Large rows come and go. glibc keeps ever larger pieces of memory for itself once one was
 * given back, unless it is told what is large. */
static void give_back_large_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

/* A core dump would hold passwords, also those that client libraries have copied, and rows. A
 * facade under test is somebody's to debug, and sanitizers look at the process as a debugger. */
static void forbid_core_dumps(const struct command *command)
{
#if defined(__linux__) && !defined(SANITIZERS)
	if (command->run != commands_facade_test)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	(void)command;
#endif
}

int main(int argc, char **argv)
{
	struct arguments args = { .send.limit = -1, .clear.older_than = -1, .n = -1 };
	const struct command *command;
	enum exit_status status = EXIT_DONE;
	struct settings settings;
	struct err err;

	give_back_large_memory();
	if (parse(argc, argv, &args, &command, &status) < 0)
		return (int)status;
	log_setup(level_of(&args, false), args.format);
	forbid_core_dumps(command);
	crash_setup();
	stop_on_signals();
	if (settings_load(&settings, args.env_file, &err) < 0) {
		status = refuse(&settings, command, &args);
	} else {
		log_setup(level_of(&args, settings_boolean(&settings, SET_DEBUG)),
			  args.format);
		if (command->run(&settings, &args, &status, &err) < 0)
			status = commands_failed(&err);
	}
	settings_fini(&settings);
	if (fflush(stdout) != 0 && status == EXIT_DONE) {
		log_error("cannot write to stdout: %s", strerror(errno));
		status = EXIT_EARLY;
	}
	return (int)status;
}
