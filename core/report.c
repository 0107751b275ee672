// SPDX-License-Identifier: MIT
// Writes the report of facade-test.

#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

enum { TOLD_AT_MOST = 10 };

static unsigned n_checks(const struct report *report)
{
	return report->passed + report->failed + report->skipped;
}

/* A text of several lines, or with control characters, stays what it is: a comment. */
static void put_plain(const char *text)
{
	output_plain(slt_str(text));
	putchar('\n');
}

/* The line of a check comes before its faults, and before the process may die. */
static void put_check(const struct report *report, const char *tap, const char *word)
{
	if (report->tap)
		printf("%s %u - ", tap, n_checks(report));
	else
		printf("%-8s", word);
	put_plain(report->check);
}

void report_check_ends(struct report *report)
{
	if (report->is_open && !report->has_fault) {
		report->passed++;
		put_check(report, "ok", "ok");
	}
	if (report->is_open && report->n_faults > TOLD_AT_MOST)
		printf("%s... and %u more\n", report->tap ? "# " : "        ",
		       report->n_faults - TOLD_AT_MOST);
	report->is_open = false;
	report->at[0] = '\0';
	alarm(REPORT_SECONDS);
	fflush(stdout);
}

void report_check(struct report *report, const char *format, ...)
{
	va_list ap;

	if (report->tap && !n_checks(report) && !report->is_open)
		puts("TAP version 13");
	report_check_ends(report);
	va_start(ap, format);
	vsnprintf(report->check, sizeof(report->check), format, ap);
	va_end(ap);
	report->is_open = true;
	report->has_fault = false;
	report->n_faults = 0;
}

void report_at(struct report *report, const char *what)
{
	snprintf(report->at, sizeof(report->at), "%s", what);
}

void report_fault(struct report *report, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!report->has_fault) {
		report->failed++;
		put_check(report, "not ok", "FAILED");
	}
	report->has_fault = true;
	if (++report->n_faults > TOLD_AT_MOST)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fputs(report->tap ? "# " : "        ", stdout);
	put_plain(text);
	fflush(stdout);
}

void report_skip(struct report *report, const char *why)
{
	report->skipped++;
	snprintf(report->check + strlen(report->check),
		 sizeof(report->check) - strlen(report->check), "%s%s",
		 report->tap ? " # SKIP " : ": ", why);
	put_check(report, "ok", "skipped");
	report->is_open = false;
}

void report_note(struct report *report, const char *format, ...)
{
	char text[8192];
	va_list ap;

	if (!report->is_open || !report->has_fault)
		report_check_ends(report);
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fputs(report->tap ? "# " : "        ", stdout);
	put_plain(text);
}

bool report_end(struct report *report)
{
	report_check_ends(report);
	if (report->tap)
		printf("1..%u\n", n_checks(report));
	else
		printf("%u passed, %u failed, %u skipped\n", report->passed,
		       report->failed, report->skipped);
	fflush(stdout);
	alarm(0);
	return report->failed == 0;
}

void report_break_off(const struct report *report, const char *why)
{
	if (!report->tap)
		return;
	fputs("Bail out! ", stdout);
	put_plain(why);
	fflush(stdout);
}
