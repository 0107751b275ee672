// SPDX-License-Identifier: MIT
// What --help says, of all commands and of each.

#include "usage.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

struct option_help {
	const char *name; /* with its value: "--limit N" */
	const char *help;
};

enum { MAX_FORMS = 2, MAX_OPTIONS = 6, MAX_STATUSES = 5 };

static const struct command_help {
	const char *name;
	struct {
		const char *form; /* what stands behind the program's name */
		const char *does; /* in the list of commands: a line, or two */
	} forms[MAX_FORMS];
	const char *text;
	struct option_help options[MAX_OPTIONS];
	enum exit_status
		statuses[MAX_STATUSES]; /* but 0, and those of a wrong call and a bug */
	const char *one;		/* what 1 means here; NULL: rows set aside */
	const char *example;		/* behind the program's name */
} commands[] = {
	{ .name = "send",
	  .forms = { { "send [--all] [--limit N] [--wait SECONDS] [--show-reasons] [--json]",
		       "send unsent rows: BATCH_SIZE of them, N, or all" } },
	  .text = "Sends unsent rows in the order of their keys and marks those as sent whose\n"
		  "documents the index has acknowledged. Rows that cannot be sent are set aside,\n"
		  "named in the log, and hold up nobody. The last line of the log counts.\n",
	  .options = { { "--all", "no limit" },
		       { "--limit N",
			 "at most N rows instead of BATCH_SIZE; 0: no limit" },
		       { "--wait SECONDS",
			 "wait so long for another run on the same table to end" },
		       { "--show-reasons",
			 "tell the index's reasons, which may quote a message" },
		       { "--json", "print the counts as one JSON object on stdout" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .example = "-q --env-file shop.env send" },
	{ .name = "clear",
	  .forms = { { "clear [--older-than AGE] [--dry-run]",
		       "delete sent rows older than DAYS_TO_KEEP, or than AGE: 30d, 12h" } },
	  .text = "Deletes rows that are marked as sent and old, CLEAR_CHUNK_SIZE of them in one\n"
		  "transaction. A row that is not sent stays, however old it is.\n",
	  .options = { { "--older-than AGE",
			 "a whole number of days (30 or 30d) or of hours (12h)" },
		       { "--dry-run", "count the rows and delete none" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "the database refused to delete some rows",
	  .example = "--env-file shop.env clear --dry-run" },
	{ .name = "conflicts",
	  .forms = { { "conflicts [--json]",
		       "list unsent rows whose _id has another document in the index" } },
	  .text = "Prints a line for each: the key, the index, and where the documents differ, as\n"
		  "JSON Pointers; never a value. Changes nothing.\n",
	  .options = { { "--json", "print an array of objects" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "there are such rows",
	  .example = "--env-file shop.env conflicts" },
	{ .name = "resolve",
	  .forms = { { "resolve KEY... --as-sent",
		       "mark such rows as sent all the same" } },
	  .text = "Marks the rows with these keys as sent although the index holds other documents\n"
		  "under their _ids. Rows that are in no conflict are not marked, and told. A key\n"
		  "that begins with a dash stands behind --.\n",
	  .options = { { "--as-sent", "required: says what is done" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "some of these rows were not marked",
	  .example = "--env-file shop.env resolve 4711 --as-sent" },
	{ .name = "check",
	  .forms = { { "check [--json]",
		       "look at everything that a run needs, and say what is wrong" } },
	  .text = "Prints a line for each thing: ok, warn or FAIL, what was found, and what to do\n"
		  "about it. Changes nothing.\n",
	  .options = { { "--json", "print an array of objects" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_CONFIG },
	  .one = "there are warnings",
	  .example = "--env-file shop.env check" },
	{ .name = "status",
	  .forms = { { "status [--json]",
		       "count unsent and sent rows, and tell since when the oldest waits" } },
	  .text = "Asks the database only, and changes nothing.\n",
	  .options = { { "--json", "print one object" } },
	  .statuses = { EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .example = "--env-file shop.env status --json" },
	{ .name = "verify",
	  .forms = { { "verify [--since TIME] [--requeue [--yes]] [--json]",
		       "list sent rows whose document the index does not hold" } },
	  .text = "Asks the index for the document of each row that is marked as sent, and prints a\n"
		  "line for each that is missing or different.\n",
	  .options = { { "--since TIME",
			 "rows since a date (2026-10-01), a time, or an age (30d, 12h)" },
		       { "--requeue",
			 "make the rows that are missing unsent again; needs --since" },
		       { "--yes", "also when more than 10 % are missing" },
		       { "--json", "print an array of objects" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "documents are missing or different",
	  .example = "--env-file shop.env verify --since 7d" },
	{ .name = "preview",
	  .forms = { { "preview [-n N]",
		       "print the documents that send would write, one a line" } },
	  .text = "Changes nothing, takes no lock and needs no search server. Rows that would be\n"
		  "refused are named in the log.\n",
	  .options = { { "-n N", "at most N rows instead of BATCH_SIZE; 0: no limit" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "some rows would be refused",
	  .example = "--env-file shop.env preview -n 3" },
	{ .name = "quarantine",
	  .forms = { { "quarantine list [--json]",
		       "show the rows that QUARANTINE_TABLE keeps back" },
		     { "quarantine retry [KEY...]",
		       "let all of them back in, or those with these keys" } },
	  .text = "list prints a line for each row, the oldest first: key, how often, first and\n"
		  "last time, status, reason. retry lets the next send take them again. A key that\n"
		  "begins with a dash stands behind --.\n",
	  .options = { { "--json", "print an array of objects; of list" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "some of these keys are not listed",
	  .example = "--env-file shop.env quarantine retry 4711" },
	{ .name = "setup",
	  .forms = { { "setup [--print] [--template|--data-stream]",
		       "make the index and QUARANTINE_TABLE, or compare what is there" } },
	  .text = "Makes the index with the mapping that suits the documents. What is there already\n"
		  "is left as it is, and fields whose mapping differs are named.\n",
	  .options = { { "--print", "print SQL and request instead of running them" },
		       { "--template", "make an index template instead of the index" },
		       { "--data-stream", "make the template of a data stream" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_EARLY, EXIT_CONFIG },
	  .one = "the mapping that is there is another one",
	  .example = "--env-file shop.env setup --print" },
	{ .name = "facades",
	  .forms = { { "facades [NAME] [--json]",
		       "list the facades that can be loaded, or show one" } },
	  .text = "Of one, named as its module or as an AUDIT_LOGGER_TYPE, shows the settings, and\n"
		  "the statements as each database gets them. Connects to nothing.\n",
	  .options = { { "--json", "print an array of objects, or one object" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_CONFIG },
	  .one = "some cannot be loaded",
	  .example = "facades my_table" },
	{ .name = "facade-test",
	  .forms = { { "facade-test FILE [--rows FILE.json] [--database URL] [--tap]",
		       "check whether a facade keeps its contract" } },
	  .text = "Tries the facade in FILE, such as ./my_table.so, in a process of its own, with\n"
		  "rows that hold anything a database can hold, and prints a line for each check.\n",
	  .options = { { "--rows FILE.json",
			 "rows that must become documents: an array of arrays of cells" },
		       { "--database URL",
			 "a scratch database with unsent rows; all changes are rolled back" },
		       { "--tap", "report as the Test Anything Protocol" } },
	  .statuses = { EXIT_SET_ASIDE, EXIT_UNAVAILABLE, EXIT_CONFIG },
	  .one = "a check has failed",
	  .example = "facade-test ./my_table.so --database sqlite:///scratch.db" },
	{ .name = "config",
	  .forms = { { "config [--json]",
		       "print the settings in effect and where each came from, without\n"
		       "secrets" } },
	  .text = "Marks with a * what is not the default, and shows which database the settings\n"
		  "name. Connects to nothing.\n",
	  .options = { { "--json", "print one object" } },
	  .statuses = { EXIT_CONFIG },
	  .example = "--env-file shop.env config" },
};

static const struct option_help global_options[] = {
	{ "--env-file FILE", "read settings from FILE too; the environment wins" },
	{ "--metrics-file FILE.prom",
	  "send, clear, verify: add what was done to FILE.prom for Prometheus" },
	{ "-v, --verbose", "say more; twice: even more" },
	{ "-q, --quiet", "say only what went wrong" },
	{ "--log-format F", "text, or json: one object a line" },
	{ "-h, --help", "print this and all settings; behind a command, its options" },
	{ "-V, --version", "print the version" },
};

static const struct {
	enum exit_status status;
	const char *means;
} statuses[] = {
	{ EXIT_DONE, "done, or nothing to do" },
	{ EXIT_SET_ASIDE, "some rows were set aside" },
	{ EXIT_USAGE, "wrong usage" },
	{ EXIT_UNAVAILABLE, "database or search server not reachable" },
	{ EXIT_BUG, "a bug, or no memory" },
	{ EXIT_EARLY, "stopped early, the rest is to be done" },
	{ EXIT_CONFIG, "wrong configuration" },
};

/* Two columns; what is left of the text begins in the second one on lines of its own. */
static void print_pair(const char *left, const char *text)
{
	enum { COLUMN = 16 };
	size_t n;

	if (strlen(left) > COLUMN)
		printf("  %s\n  %*s", left, COLUMN, "");
	else
		printf("  %-*s", COLUMN, left);
	for (; text[n = strcspn(text, "\n")]; text += n + 1)
		printf(" %.*s\n  %*s", (int)n, text, COLUMN, "");
	printf(" %s\n", text);
}

static void print_status(size_t i, const char *means)
{
	printf("  %-4d %s\n", (int)statuses[i].status, means ? means : statuses[i].means);
}

void usage_print(void)
{
	printf("usage: structured-log-transfer [OPTION...] COMMAND\n"
	       "\n"
	       "Sends audit log rows that are not sent yet from an SQL table to Elasticsearch or\n"
	       "OpenSearch, and marks them as sent once the index has acknowledged them.\n"
	       "\n"
	       "Commands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (int f = 0; f < MAX_FORMS && commands[i].forms[f].form; f++)
			print_pair(commands[i].forms[f].form, commands[i].forms[f].does);
	}
	printf("\nstructured-log-transfer COMMAND --help tells more of each.\n"
	       "\n"
	       "Options, before the command:\n");
	for (size_t i = 0; i < sizeof(global_options) / sizeof(global_options[0]); i++)
		print_pair(global_options[i].name, global_options[i].help);
	printf("\nExit status:\n");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		print_status(i, NULL);
}

static void print_statuses(const struct command_help *command)
{
	print_status(0, NULL);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		for (int k = 0; k < MAX_STATUSES && command->statuses[k]; k++) {
			if (command->statuses[k] == statuses[i].status)
				print_status(i, statuses[i].status == EXIT_SET_ASIDE
							? command->one
							: NULL);
		}
	}
}

static void print_command(const struct command_help *command)
{
	enum { ROOM = 45 }; /* behind the program's name */
	const char *before = "usage:";

	for (int f = 0; f < MAX_FORMS && command->forms[f].form; f++) {
		const char *form = command->forms[f].form;

		printf("%s structured-log-transfer [OPTION...]%s%s\n", before,
		       strlen(form) > ROOM ? "\n           " : " ", form);
		before = "      ";
	}
	printf("\n%s\nOptions:\n", command->text);
	for (int o = 0; o < MAX_OPTIONS && command->options[o].name; o++)
		print_pair(command->options[o].name, command->options[o].help);
	print_pair("-h, --help",
		   "print this; before the command, all options and settings");
	printf("\nExit status:\n");
	print_statuses(command);
	printf("\nExample:\n  structured-log-transfer %s\n", command->example);
}

void usage_print_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			print_command(&commands[i]);
	}
}
