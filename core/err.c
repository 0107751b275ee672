// SPDX-License-Identifier: MIT
// Texts of failures, and the two ways in which the process ends at once.

#include "err.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int err_vset(struct err *err, enum exit_status status, const char *format, va_list ap)
{
	err->status = status;
	vsnprintf(err->text, sizeof(err->text), format, ap);
	for (size_t n = strlen(err->text); n && err->text[n - 1] == '\n'; n--)
		err->text[n - 1] = '\0';
	return -1;
}

int(err_set)(struct err *err, enum exit_status status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	err_vset(err, status, format, ap);
	va_end(ap);
	return -1;
}

int(err_context)(struct err *err, const char *format, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	size_t n;

	memcpy(old, err->text, sizeof(old));
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
	return -1;
}

void err_law(int law, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "structured-log-transfer: bug: law %d would be broken: %s\n", law,
		text);
	_exit(EXIT_BUG);
}

void err_no_memory(void)
{
	static const char text[] = "structured-log-transfer: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_BUG);
	_exit(EXIT_BUG);
}
