// SPDX-License-Identifier: MIT
// Finds variables whose names are almost those of settings.

#include "misspelled.h"

#include <stdbool.h>
#include <string.h>

extern char **environ;

enum {
	MIN_LENGTH = 8, /* shorter names are near to many others: LANES, LINES */
	MAX_LENGTH = 64,
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to leave out, put in, replace or swap with the next one (optimal string alignment).
 * Both texts are at most MAX_LENGTH long. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t d[MAX_LENGTH + 1][MAX_LENGTH + 1];

	for (size_t i = 0; i <= n_a; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= n_b; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		for (size_t j = 1; j <= n_b; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n_a][n_b];
}

/* The first n bytes of text are the name of a variable. */
static bool is_near(const char *text, size_t n, const char *setting)
{
	size_t length = strlen(setting);

	return length >= MIN_LENGTH && length <= MAX_LENGTH &&
	       distance(text, n, setting, length) <= (length < 12 ? 1 : 2);
}

static bool is_name(const char *text, size_t n, const char *name)
{
	return name && strlen(name) == n && memcmp(text, name, n) == 0;
}

/* A setting, its alias, or the file of a secret. */
static bool is_known(const char *text, size_t n, const struct slt_setting *of_facade)
{
	static const char suffix[] = "_FILE";
	size_t tail = strlen(suffix);
	bool is_file = n > tail && memcmp(text + n - tail, suffix, tail) == 0;

	for (int id = 0; id < N_SETTINGS; id++) {
		const struct setting *s = &settings_table[id];

		if (is_name(text, n, s->name) || is_name(text, n, s->alias) ||
		    (is_file && s->secret && is_name(text, n - tail, s->name)))
			return true;
	}
	for (; of_facade && of_facade->name; of_facade++) {
		if (is_name(text, n, of_facade->name) ||
		    (is_file && is_name(text, n - tail, of_facade->name)))
			return true;
	}
	return false;
}

/* NULL: none. */
static const char *meant_by(const struct settings *settings,
			    const struct slt_setting *of_facade, const char *text,
			    size_t n)
{
	enum setting_source source;

	if (n < MIN_LENGTH - 1 || n > MAX_LENGTH || is_known(text, n, of_facade))
		return NULL;
	for (int id = 0; id < N_SETTINGS; id++)
		if (is_near(text, n, settings_table[id].name) &&
		    !settings_is_set(settings, (enum setting_id)id))
			return settings_table[id].name;
	for (; of_facade && of_facade->name; of_facade++)
		if (is_near(text, n, of_facade->name) &&
		    !settings_find(settings, of_facade->name, &source))
			return of_facade->name;
	return NULL;
}

void misspelled_find(const struct settings *settings, const struct slt_setting *of_facade,
		     misspelled_fn *tell, void *arg)
{
	char name[MAX_LENGTH + 1];
	const char *meant;

	for (char **at = environ; *at; at++) {
		size_t n = strcspn(*at, "=");

		meant = meant_by(settings, of_facade, *at, n);
		if (!meant)
			continue;
		memcpy(name, *at, n);
		name[n] = '\0';
		tell(arg, name, meant);
	}
	for (size_t i = 0; i < settings->n_file; i++) {
		meant = meant_by(settings, of_facade, settings->file[i].name,
				 strlen(settings->file[i].name));
		if (meant)
			tell(arg, settings->file[i].name, meant);
	}
}
