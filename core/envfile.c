// SPDX-License-Identifier: MIT
// Reads the file of --env-file.

#include "envfile.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "settings.h"

void envfile_free(struct env_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(entries[i].name);
		secret_free(entries[i].value);
	}
	free(entries);
}

static bool is_name(const char *s, size_t n)
{
	if (!n || isdigit((unsigned char)*s))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	}
	return true;
}

/* Why a line is refused; NULL: it is fine. */
static const char *fault(const char *line, size_t n)
{
	const char *equals = memchr(line, '=', n);
	const char *value;
	size_t len;

	if (memchr(line, '\0', n))
		return "a NUL byte";
	if (!equals || !is_name(line, (size_t)(equals - line)))
		return "NAME=VALUE, an empty line or a line that begins with # is expected";
	value = equals + 1;
	len = n - (size_t)(value - line);
	for (size_t i = 0; i < len; i++) {
		if (strchr("\"'\\", value[i]))
			return "quotes and backslashes mean different things to docker and "
			       "systemd: put this value into the environment, or a secret "
			       "into a file named by NAME_FILE";
	}
	if (len &&
	    (isspace((unsigned char)value[0]) || isspace((unsigned char)value[len - 1])))
		return "white space at the beginning or end of the value";
	return NULL;
}

static void add(struct env_entry **entries, size_t *n, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	size_t name_len = (size_t)(equals - line);
	struct env_entry *grown = mem_grow(*entries, *n + 1, sizeof(*grown));

	*entries = grown;
	grown[*n].name = mem_copy_n(line, name_len);
	grown[*n].value = mem_copy_n(equals + 1, len - name_len - 1);
	++*n;
}

int envfile_read(const char *path, struct env_entry **ret, size_t *ret_n, struct err *err)
{
	FILE *file = fopen(path, "re");
	struct env_entry *entries = NULL;
	size_t n = 0, cap = 0, number = 0;
	char *line = NULL;
	const char *why = NULL;
	ssize_t got;
	int failed;

	if (!file)
		return err_set(err, EXIT_CONFIG, "--env-file: cannot read %s: %s", path,
			       strerror(errno));
	while (!why && (got = getline(&line, &cap, file)) > 0) {
		size_t len = (size_t)got;

		number++;
		if (line[len - 1] == '\n')
			len--;
		if (!len || *line == '#')
			continue;
		why = fault(line, len);
		if (!why)
			add(&entries, &n, line, len);
	}
	failed = ferror(file) ? errno : 0; /* a folder, for example */
	if (line)
		explicit_bzero(line, cap);
	free(line);
	fclose(file);
	if (why) {
		envfile_free(entries, n);
		return err_set(err, EXIT_CONFIG, "%s:%zu: %s", path, number, why);
	}
	if (failed) {
		envfile_free(entries, n);
		return err_set(err, EXIT_CONFIG, "--env-file: cannot read %s: %s", path,
			       strerror(failed));
	}
	*ret = entries;
	*ret_n = n;
	return 0;
}
