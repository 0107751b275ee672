// SPDX-License-Identifier: MIT
// Prints what the command check finds.

#include "findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "output.h"

void findings_init(struct findings *findings, bool json)
{
	*findings = (struct findings){ .json = json ? json_object_new_array() : NULL };
}

enum exit_status findings_fini(struct findings *f)
{
	if (f->json)
		output_json(f->json);
	if (f->failed)
		return f->wrong ? EXIT_CONFIG : EXIT_UNAVAILABLE;
	return f->warned ? EXIT_SET_ASIDE : EXIT_DONE;
}

static void put(struct findings *f, const char *check, const char *status,
		const char *detail, const char *remedy)
{
	struct json_object *o;

	if (!f->json) {
		printf("%-5s %-14s ", status, check);
		output_plain(slt_str(detail));
		if (remedy) {
			fputs("; ", stdout);
			output_plain(slt_str(remedy));
		}
		putchar('\n');
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "check", json_object_new_string(check));
	json_object_object_add(o, "status",
			       json_object_new_string(*status == 'F' ? "fail" : status));
	json_object_object_add(o, "detail", json_object_new_string(detail));
	json_object_object_add(o, "remedy",
			       remedy ? json_object_new_string(remedy) : NULL);
	json_object_array_add(f->json, o);
}

void findings_ok(struct findings *f, const char *check, const char *format, ...)
{
	char detail[768];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	put(f, check, "ok", detail, NULL);
}

void findings_warn(struct findings *f, const char *check, const char *remedy,
		   const char *format, ...)
{
	char detail[768];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	f->warned = true;
	put(f, check, "warn", detail, remedy);
}

void findings_fail(struct findings *f, const char *check, const char *remedy,
		   const struct err *err)
{
	f->failed = true;
	f->wrong |= err->status != EXIT_UNAVAILABLE;
	put(f, check, "FAIL", err->text, remedy);
}
