// SPDX-License-Identifier: MIT
// The one table of settings, and reading them.

#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envfile.h"
#include "mem.h"
#include "utf8.h"

#define TEXT(n, def, h) [SET_##n] = { .name = #n, .default_value = def, .help = h }
#define SECRET(n, def, h) \
	[SET_##n] = { .name = #n, .secret = true, .default_value = def, .help = h }
#define BOOLEAN(n, def, h) \
	[SET_##n] = { .name = #n, .type = TYPE_BOOLEAN, .default_value = def, .help = h }
#define NUMBER(n, lo, hi, def, h)           \
	[SET_##n] = { .name = #n,           \
		      .type = TYPE_NUMBER,  \
		      .min = lo,            \
		      .max = hi,            \
		      .default_value = def, \
		      .help = h }
#define CHOICE(n, of, def, h)               \
	[SET_##n] = { .name = #n,           \
		      .type = TYPE_CHOICE,  \
		      .choices = of,        \
		      .default_value = def, \
		      .help = h }

const struct setting settings_table[N_SETTINGS] = {
	TEXT(AUDIT_LOGGER_TYPE, "SINGLE_COLUMN_JSON", "facade that knows the table"),
	[SET_BATCH_SIZE] = { .name = "BATCH_SIZE",
			     .alias = "BATCH_LIMIT",
			     .type = TYPE_NUMBER,
			     .max = LONG_MAX,
			     .default_value = "5000",
			     .help = "rows that one run sends at most, 0: no limit" },
	NUMBER(CHUNK_SIZE, 1, 20000, "500", "rows in one bulk request and one mark"),
	BOOLEAN(CLEAR_AUDIT_LOG_ENTRIES, "True", "let clear delete old sent rows"),
	NUMBER(CLEAR_CHUNK_SIZE, 1, 20000, "1000",
	       "rows that clear deletes in one transaction"),
	SECRET(DATABASE_PASSWORD, "",
	       "database password, wins over the one in DATABASE_URL"),
	SECRET(DATABASE_URL, "postgres:///structuredlogs",
	       "database that holds the table"),
	NUMBER(DAYS_TO_KEEP, 0, 100000, "30", "age in days from which clear deletes"),
	BOOLEAN(DB_USE_SSL, "False", "connect to the database with TLS"),
	BOOLEAN(DEBUG, "False", "log as with -v"),
	TEXT(DOCUMENT_ID_PREFIX, "", "put before the key to make the document's _id"),
	BOOLEAN(ELASTICSEARCH_ALLOW_PLAINTEXT, "True",
		"let credentials travel over plain http to another machine"),
	SECRET(ELASTICSEARCH_API_KEY, "", "API key, base64"),
	TEXT(ELASTICSEARCH_APP_AUDIT_LOG_INDEX, "app_audit_log",
	     "index, alias or data stream"),
	TEXT(ELASTICSEARCH_CA_CERT, "",
	     "file with the CA that signed the server's certificate"),
	TEXT(ELASTICSEARCH_CLIENT_CERT, "", "file with a client certificate"),
	TEXT(ELASTICSEARCH_CLIENT_KEY, "", "file with its key"),
	BOOLEAN(ELASTICSEARCH_COMPRESS, "False", "compress requests with gzip"),
	TEXT(ELASTICSEARCH_HOST, "",
	     "host, host:port, [v6]:port or URL; several with commas"),
	SECRET(ELASTICSEARCH_PASSWORD, "", "password"),
	TEXT(ELASTICSEARCH_PIPELINE, "", "ingest pipeline"),
	NUMBER(ELASTICSEARCH_PORT, 0, 65535, "0",
	       "port, 0: the one in ELASTICSEARCH_HOST or 9200"),
	BOOLEAN(ELASTICSEARCH_REQUIRE_ALIAS, "False",
		"refuse to write to anything but an alias"),
	NUMBER(ELASTICSEARCH_RETRY_SECONDS, 0, 86400, "120",
	       "seconds without progress after which a run stops"),
	CHOICE(ELASTICSEARCH_SCHEME, "https, http", "https", "https or http"),
	NUMBER(ELASTICSEARCH_TIMEOUT, 1, 3600, "30", "seconds for one request"),
	TEXT(ELASTICSEARCH_USERNAME, "", "user"),
	BOOLEAN(ELASTICSEARCH_VERIFY, "True", "verify the server's certificate"),
	BOOLEAN(ENABLE_SEND_AUDIT_LOG, "True", "let send send"),
	NUMBER(LANES, 1, 64, "4", "threads that send, each with its own connections"),
	NUMBER(MAX_BULK_BYTES, 1024, 1073741824, "8388608", "bytes of one bulk request"),
	CHOICE(ON_CONFLICT, "verify, trust", "verify",
	       "what to do when the index already has a document of this key"),
	TEXT(QUARANTINE_TABLE, "",
	     "table, made by setup, that lists rows set aside and keeps them back"),
	TEXT(SLT_FACADE_PATH, "", "folders with facades, absolute, separated by colons"),
	TEXT(SSL_CA, "", "database TLS: file with the CA"),
	TEXT(SSL_CERT, "", "database TLS: file with a client certificate"),
	TEXT(SSL_CIPHER, "", "database TLS: ciphers"),
	TEXT(SSL_KEY, "", "database TLS: file with its key"),
};

void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* The environment wins over the file. */
const char *settings_find(const struct settings *settings, const char *name,
			  enum setting_source *ret_source)
{
	const char *value = getenv(name);

	if (value) {
		*ret_source = FROM_ENVIRONMENT;
		return value;
	}
	for (size_t i = settings->n_file; i-- > 0;) {
		if (strcmp(settings->file[i].name, name) == 0) {
			*ret_source = FROM_FILE;
			return settings->file[i].value;
		}
	}
	return NULL;
}

/* $OTHER is the value of the variable OTHER, as for django-environ. NULL with *err: there is
 * none. A secret that begins with $ is not told: it may be meant as it is. */
static const char *follow(const struct settings *settings, const char *name, bool secret,
			  const char *value, struct err *err)
{
	enum { MAX_STEPS = 8 };
	enum setting_source source;
	const char *other;

	for (int i = 0; value && *value == '$'; i++) {
		other = value + strspn(value, "$");
		value = i < MAX_STEPS ? settings_find(settings, other, &source) : NULL;
		if (i == MAX_STEPS)
			err_set(err, EXIT_CONFIG,
				"%s names a variable that names another one, and so on: "
				"perhaps in a circle",
				name);
		else if (!value && secret)
			err_set(err, EXIT_CONFIG,
				"%s begins with $ and stands for the value of another "
				"variable, which is not set; a secret that itself begins "
				"with $ can stand in the file of %s_FILE",
				name, name);
		else if (!value)
			err_set(err, EXIT_CONFIG,
				"%s names the variable %s, which is not set: a value that "
				"begins with $ stands for that of another variable",
				name, other);
	}
	return value;
}

/* The first line's end, if any, is dropped: editors add one. */
static int read_secret_file(const char *name, const char *path, char **ret,
			    struct err *err)
{
	char text[65536];
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return err_set(err, EXIT_CONFIG, "%s_FILE: cannot read %s: %s", name,
			       path, strerror(errno));
	setvbuf(file, NULL, _IONBF, 0); /* no copy that is not wiped */
	n = fread(text, 1, sizeof(text) - 1, file);
	if (ferror(file)) { /* a folder, for example */
		err_set(err, EXIT_CONFIG, "%s_FILE: cannot read %s: %s", name, path,
			strerror(errno));
		fclose(file);
		return -1;
	}
	text[n] = '\0';
	if (n && text[n - 1] == '\n')
		text[--n] = '\0';
	if (n && text[n - 1] == '\r')
		text[--n] = '\0';
	*ret = mem_copy(text);
	explicit_bzero(text, sizeof(text));
	fclose(file);
	return 0;
}

/* Where a secret may stand instead: in the file of NAME_FILE, or in the credential NAME that
 * systemd has laid down. NULL: in neither, else what it is called. */
static const char *find_secret_file(const struct settings *settings, const char *name,
				    char *ret_path, size_t size,
				    enum setting_source *ret_source)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY"), *path;
	char file_name[128];

	snprintf(file_name, sizeof(file_name), "%s_FILE", name);
	path = settings_find(settings, file_name, ret_source);
	if (path && *path) {
		snprintf(ret_path, size, "%s", path);
		return "_FILE";
	}
	*ret_source = FROM_ENVIRONMENT;
	if (!folder)
		return NULL;
	snprintf(ret_path, size, "%s/%s", folder, name);
	return access(ret_path, F_OK) == 0 ? " as a credential of systemd" : NULL;
}

int settings_read(const struct settings *settings, const char *name, bool secret,
		  char **ret, enum setting_source *ret_source, struct err *err)
{
	enum setting_source source = FROM_DEFAULT, file_source;
	const char *value = settings_find(settings, name, &source);
	const char *other = NULL;
	char path[PATH_MAX];

	if (secret)
		other = find_secret_file(settings, name, path, sizeof(path),
					 &file_source);
	if (other) {
		if (value)
			return err_set(err, EXIT_CONFIG,
				       "both %s and %s%s are set: leave out one of them",
				       name, name, other);
		*ret_source = file_source;
		return read_secret_file(name, path, ret, err);
	}
	*ret_source = source;
	*ret = NULL;
	if (!value)
		return 0;
	value = follow(settings, name, secret, value, err);
	if (!value)
		return -1;
	*ret = mem_copy(value);
	return 0;
}

/* The caller puts the name in front: the setting's or its alias. */
static int invalid(const struct setting *s, const char *value, const char *expected,
		   struct err *err)
{
	if (s->secret)
		return err_set(err, EXIT_CONFIG, "%s is expected", expected);
	return err_set(err, EXIT_CONFIG, "\"%s\" is not possible, %s is expected", value,
		       expected);
}

/* White space around a number is fine, as in Python's int(). */
static bool to_number(const char *text, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	if (end == text)
		return false;
	while (isspace((unsigned char)*end))
		end++;
	return !errno && !*end;
}

static int read_number(const struct setting *s, const char *value, long *ret,
		       struct err *err)
{
	char expected[96];
	long number;

	if (!to_number(value, &number) || number < s->min || number > s->max) {
		if (s->max == LONG_MAX)
			snprintf(expected, sizeof(expected), "a whole number from %ld",
				 s->min);
		else
			snprintf(expected, sizeof(expected),
				 "a whole number from %ld to %ld", s->min, s->max);
		return invalid(s, value, expected, err);
	}
	*ret = number;
	return 0;
}

/* The words of django-environ 0.11; it takes any other word for False, we ask. */
static int read_boolean(const struct setting *s, const char *value, long *ret,
			struct err *err)
{
	static const char *const yes[] = { "true", "on", "ok", "y", "yes" };
	static const char *const no[] = { "false", "off", "n", "no", "" };
	char word[16];
	const char *text = value;
	long number;
	size_t n = 0;

	if (to_number(value, &number)) {
		*ret = number != 0;
		return 0;
	}
	while (isspace((unsigned char)*value))
		value++;
	while (value[n] && !isspace((unsigned char)value[n]) && n < sizeof(word) - 1) {
		word[n] = (char)tolower((unsigned char)value[n]);
		n++;
	}
	word[n] = '\0';
	if (value[n + strspn(value + n, " \t\r\n\v\f")])
		return invalid(s, text, "True or False", err);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(word, yes[i]) == 0) {
			*ret = 1;
			return 0;
		}
		if (strcmp(word, no[i]) == 0) {
			*ret = 0;
			return 0;
		}
	}
	return invalid(s, text, "True or False", err);
}

static int check_choice(const struct setting *s, const char *value, struct err *err)
{
	const char *at = s->choices;
	size_t n = strlen(value);

	while (*at) {
		size_t len = strcspn(at, ",");

		if (n == len && memcmp(at, value, n) == 0)
			return 0;
		at += len + strspn(at + len, ", ");
	}
	return invalid(s, value, s->choices, err);
}

static int parse(struct settings *settings, enum setting_id id, struct err *err)
{
	const struct setting *s = &settings_table[id];
	const char *value = settings->text[id];

	switch (s->type) {
	case TYPE_NUMBER: return read_number(s, value, &settings->number[id], err);
	case TYPE_BOOLEAN: return read_boolean(s, value, &settings->number[id], err);
	case TYPE_CHOICE: return check_choice(s, value, err);
	case TYPE_TEXT:
		if (!utf8_is_valid(slt_str(value)))
			return err_set(err, EXIT_CONFIG, "text in UTF-8 is expected");
		break;
	}
	return 0;
}

/* A name in the environment wins over its alias, and both over the file. */
static int read_either(struct settings *settings, enum setting_id id,
		       const char **ret_name, struct err *err)
{
	const struct setting *s = &settings_table[id];
	enum setting_source source = FROM_DEFAULT;
	char *other = NULL;

	*ret_name = s->name;
	if (settings_read(settings, s->name, s->secret, &settings->text[id],
			  &settings->source[id], err) < 0 ||
	    (s->alias &&
	     settings_read(settings, s->alias, s->secret, &other, &source, err) < 0))
		return -1;
	if (other && (!settings->text[id] || (settings->source[id] == FROM_FILE &&
					      source == FROM_ENVIRONMENT))) {
		secret_free(settings->text[id]);
		settings->text[id] = other;
		settings->source[id] = source;
		*ret_name = s->alias;
	} else {
		secret_free(other);
	}
	return 0;
}

static int read_one(struct settings *settings, enum setting_id id, struct err *err)
{
	const char *name;

	if (read_either(settings, id, &name, err) < 0)
		return -1;
	if (!settings->text[id])
		settings->text[id] = mem_copy(settings_table[id].default_value);
	return parse(settings, id, err) < 0 ? err_context(err, "%s", name) : 0;
}

static void add_wrong(struct settings *settings, const struct err *err)
{
	if (!settings->wrong)
		settings->wrong = mem_new(N_SETTINGS, sizeof(*settings->wrong));
	settings->wrong[settings->n_wrong++] = *err;
}

int settings_load(struct settings *settings, const char *env_file, struct err *err)
{
	struct err one;

	*settings = (struct settings){ 0 };
	if (env_file &&
	    envfile_read(env_file, &settings->file, &settings->n_file, &one) < 0) {
		add_wrong(settings, &one);
	} else {
		for (int id = 0; id < N_SETTINGS; id++) {
			if (read_one(settings, (enum setting_id)id, &one) < 0)
				add_wrong(settings, &one);
		}
	}
	if (!settings->n_wrong)
		return 0;
	*err = settings->wrong[0];
	return -1;
}

void settings_fini(struct settings *settings)
{
	for (int id = 0; id < N_SETTINGS; id++)
		secret_free(settings->text[id]);
	envfile_free(settings->file, settings->n_file);
	free(settings->wrong);
	*settings = (struct settings){ 0 };
}

const char *settings_text(const struct settings *settings, enum setting_id id)
{
	return settings->text[id];
}

long settings_number(const struct settings *settings, enum setting_id id)
{
	return settings->number[id];
}

bool settings_boolean(const struct settings *settings, enum setting_id id)
{
	return settings->number[id] != 0;
}

bool settings_is_set(const struct settings *settings, enum setting_id id)
{
	return settings->source[id] != FROM_DEFAULT;
}
