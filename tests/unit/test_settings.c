// SPDX-License-Identifier: MIT
// Settings and the file of --env-file: defaults, what is taken, what is refused and how.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "envfile.h"
#include "settings.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct err err;
static char folder[64], path[128], secret_path[128];

static int set_up(void **state)
{
	(void)state;
	clearenv();
	strcpy(folder, "/tmp/slt-test-settings-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/env", folder);
	snprintf(secret_path, sizeof(secret_path), "%s/secret", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(secret_path);
	return rmdir(folder);
}

static void write_file(const char *file_path, const char *bytes, size_t n)
{
	FILE *file = fopen(file_path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void write_text(const char *file_path, const char *text)
{
	write_file(file_path, text, strlen(text));
}

static void load(struct settings *settings, const char *env_file)
{
	if (settings_load(settings, env_file, &err) < 0)
		fail_msg("%s", err.text);
}

/* Loading fails with this text, in which each @ is the folder of the test. */
static void assert_refused(const char *env_file, const char *expected)
{
	char text[1024] = "";
	struct settings settings;
	size_t n = 0;

	for (const char *c = expected; *c; c++) {
		if (*c == '@')
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", folder);
		else
			text[n++] = *c;
	}
	err = (struct err){ 0 };
	if (settings_load(&settings, env_file, &err) == 0)
		fail_msg("not refused: %s", text);
	settings_fini(&settings);
	assert_string_equal(err.text, text);
	assert_int_equal(err.status, EXIT_CONFIG);
}

/* ---------------------------------------------------------------- the table */

#define T TYPE_TEXT
#define B TYPE_BOOLEAN
#define N TYPE_NUMBER
#define C TYPE_CHOICE

/* As the operator's manual has it. */
static const struct {
	enum setting_id id;
	const char *name;
	enum setting_type type;
	bool secret;
	const char *text;
	long number;
} defaults[] = {
	{ SET_AUDIT_LOGGER_TYPE, "AUDIT_LOGGER_TYPE", T, false, "SINGLE_COLUMN_JSON", 0 },
	{ SET_BATCH_SIZE, "BATCH_SIZE", N, false, "5000", 5000 },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", N, false, "500", 500 },
	{ SET_CLEAR_AUDIT_LOG_ENTRIES, "CLEAR_AUDIT_LOG_ENTRIES", B, false, "True", 1 },
	{ SET_CLEAR_CHUNK_SIZE, "CLEAR_CHUNK_SIZE", N, false, "1000", 1000 },
	{ SET_DATABASE_PASSWORD, "DATABASE_PASSWORD", T, true, "", 0 },
	{ SET_DATABASE_URL, "DATABASE_URL", T, true, "postgres:///structuredlogs", 0 },
	{ SET_DAYS_TO_KEEP, "DAYS_TO_KEEP", N, false, "30", 30 },
	{ SET_DB_USE_SSL, "DB_USE_SSL", B, false, "False", 0 },
	{ SET_DEBUG, "DEBUG", B, false, "False", 0 },
	{ SET_DOCUMENT_ID_PREFIX, "DOCUMENT_ID_PREFIX", T, false, "", 0 },
	{ SET_ELASTICSEARCH_ALLOW_PLAINTEXT, "ELASTICSEARCH_ALLOW_PLAINTEXT", B, false,
	  "True", 1 },
	{ SET_ELASTICSEARCH_API_KEY, "ELASTICSEARCH_API_KEY", T, true, "", 0 },
	{ SET_ELASTICSEARCH_APP_AUDIT_LOG_INDEX, "ELASTICSEARCH_APP_AUDIT_LOG_INDEX", T,
	  false, "app_audit_log", 0 },
	{ SET_ELASTICSEARCH_CA_CERT, "ELASTICSEARCH_CA_CERT", T, false, "", 0 },
	{ SET_ELASTICSEARCH_CLIENT_CERT, "ELASTICSEARCH_CLIENT_CERT", T, false, "", 0 },
	{ SET_ELASTICSEARCH_CLIENT_KEY, "ELASTICSEARCH_CLIENT_KEY", T, false, "", 0 },
	{ SET_ELASTICSEARCH_COMPRESS, "ELASTICSEARCH_COMPRESS", B, false, "False", 0 },
	{ SET_ELASTICSEARCH_HOST, "ELASTICSEARCH_HOST", T, false, "", 0 },
	{ SET_ELASTICSEARCH_PASSWORD, "ELASTICSEARCH_PASSWORD", T, true, "", 0 },
	{ SET_ELASTICSEARCH_PIPELINE, "ELASTICSEARCH_PIPELINE", T, false, "", 0 },
	{ SET_ELASTICSEARCH_PORT, "ELASTICSEARCH_PORT", N, false, "0", 0 },
	{ SET_ELASTICSEARCH_REQUIRE_ALIAS, "ELASTICSEARCH_REQUIRE_ALIAS", B, false,
	  "False", 0 },
	{ SET_ELASTICSEARCH_RETRY_SECONDS, "ELASTICSEARCH_RETRY_SECONDS", N, false, "120",
	  120 },
	{ SET_ELASTICSEARCH_SCHEME, "ELASTICSEARCH_SCHEME", C, false, "https", 0 },
	{ SET_ELASTICSEARCH_TIMEOUT, "ELASTICSEARCH_TIMEOUT", N, false, "30", 30 },
	{ SET_ELASTICSEARCH_USERNAME, "ELASTICSEARCH_USERNAME", T, false, "", 0 },
	{ SET_ELASTICSEARCH_VERIFY, "ELASTICSEARCH_VERIFY", B, false, "True", 1 },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", B, false, "True", 1 },
	{ SET_LANES, "LANES", N, false, "4", 4 },
	{ SET_MAX_BULK_BYTES, "MAX_BULK_BYTES", N, false, "8388608", 8388608 },
	{ SET_ON_CONFLICT, "ON_CONFLICT", C, false, "verify", 0 },
	{ SET_QUARANTINE_TABLE, "QUARANTINE_TABLE", T, false, "", 0 },
	{ SET_SLT_FACADE_PATH, "SLT_FACADE_PATH", T, false, "", 0 },
	{ SET_SSL_CA, "SSL_CA", T, false, "", 0 },
	{ SET_SSL_CERT, "SSL_CERT", T, false, "", 0 },
	{ SET_SSL_CIPHER, "SSL_CIPHER", T, false, "", 0 },
	{ SET_SSL_KEY, "SSL_KEY", T, false, "", 0 },
};

static void test_defaults(void **state)
{
	struct settings settings;

	(void)state;
	assert_int_equal(N_OF(defaults), N_SETTINGS);
	load(&settings, NULL);
	for (size_t i = 0; i < N_OF(defaults); i++) {
		const struct setting *s = &settings_table[defaults[i].id];

		assert_string_equal(s->name, defaults[i].name);
		assert_int_equal(s->type, defaults[i].type);
		assert_int_equal(s->secret, defaults[i].secret);
		assert_string_equal(settings_text(&settings, defaults[i].id),
				    defaults[i].text);
		assert_int_equal(settings_number(&settings, defaults[i].id),
				 defaults[i].number);
		assert_int_equal(settings_boolean(&settings, defaults[i].id),
				 defaults[i].number != 0);
		assert_false(settings_is_set(&settings, defaults[i].id));
		/* the table is sorted, as --help shows it, and its help is a line */
		assert_true(i == 0 || strcmp(settings_table[i - 1].name,
					     settings_table[i].name) < 0);
		assert_true(s->help && *s->help && !strchr(s->help, '\n'));
		assert_int_not_equal(s->help[strlen(s->help) - 1], '.');
	}
	settings_fini(&settings);
}

/* ---------------------------------------------------------------- values */

#define NOT_BOOLEAN(v) ": \"" v "\" is not possible, True or False is expected"
#define NOT_NUMBER(v, range) \
	": \"" v "\" is not possible, a whole number from " range " is expected"

static const struct {
	enum setting_id id;
	const char *name, *value;
	long number;
	const char *error; /* after the name; NULL: it is taken */
} values[] = {
	/* the words that django-environ takes for true */
	{ SET_DEBUG, "DEBUG", "True", 1, NULL },
	{ SET_DEBUG, "DEBUG", "TRUE", 1, NULL },
	{ SET_DEBUG, "DEBUG", "on", 1, NULL },
	{ SET_DEBUG, "DEBUG", "Ok", 1, NULL },
	{ SET_DEBUG, "DEBUG", "y", 1, NULL },
	{ SET_DEBUG, "DEBUG", "yes", 1, NULL },
	{ SET_DEBUG, "DEBUG", "1", 1, NULL },
	{ SET_DEBUG, "DEBUG", "-2", 1, NULL },
	{ SET_DEBUG, "DEBUG", " true\t", 1, NULL },
	{ SET_DEBUG, "DEBUG", " 7 ", 1, NULL },
	/* and those that are clearly false */
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "False", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "OFF", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "n", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "No", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "0", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "00", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", "", 0, NULL },
	{ SET_ENABLE_SEND_AUDIT_LOG, "ENABLE_SEND_AUDIT_LOG", " ", 0, NULL },
	/* the rest is asked about */
	{ SET_DEBUG, "DEBUG", "t", 0, NOT_BOOLEAN("t") },
	{ SET_DEBUG, "DEBUG", "maybe", 0, NOT_BOOLEAN("maybe") },
	{ SET_DEBUG, "DEBUG", "yes please", 0, NOT_BOOLEAN("yes please") },
	{ SET_DEBUG, "DEBUG", " true false", 0, NOT_BOOLEAN(" true false") },
	{ SET_DEBUG, "DEBUG", "1.0", 0, NOT_BOOLEAN("1.0") },
	{ SET_DEBUG, "DEBUG", "0x1", 0, NOT_BOOLEAN("0x1") },
	{ SET_DEBUG, "DEBUG", "truetruetruetrue", 0, NOT_BOOLEAN("truetruetruetrue") },
	/* numbers */
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "1", 1, NULL },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "20000", 20000, NULL },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "\n+500 ", 500, NULL },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "0", 0, NOT_NUMBER("0", "1 to 20000") },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "20001", 0, NOT_NUMBER("20001", "1 to 20000") },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "-5", 0, NOT_NUMBER("-5", "1 to 20000") },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "", 0, NOT_NUMBER("", "1 to 20000") },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "5e2", 0, NOT_NUMBER("5e2", "1 to 20000") },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "500 rows", 0,
	  NOT_NUMBER("500 rows", "1 to 20000") },
	{ SET_CHUNK_SIZE, "CHUNK_SIZE", "18446744073709551617", 0,
	  NOT_NUMBER("18446744073709551617", "1 to 20000") },
	{ SET_CLEAR_CHUNK_SIZE, "CLEAR_CHUNK_SIZE", "20001", 0,
	  NOT_NUMBER("20001", "1 to 20000") },
	{ SET_BATCH_SIZE, "BATCH_SIZE", "0", 0, NULL },
	{ SET_BATCH_SIZE, "BATCH_SIZE", "9223372036854775807", LONG_MAX, NULL },
	{ SET_BATCH_SIZE, "BATCH_SIZE", "9223372036854775808", 0,
	  NOT_NUMBER("9223372036854775808", "0") },
	{ SET_BATCH_SIZE, "BATCH_SIZE", "-1", 0, NOT_NUMBER("-1", "0") },
	/* no digit at all is not the 0 that sends without a limit */
	{ SET_BATCH_SIZE, "BATCH_SIZE", "", 0, NOT_NUMBER("", "0") },
	{ SET_BATCH_SIZE, "BATCH_SIZE", " ", 0, NOT_NUMBER(" ", "0") },
	{ SET_DAYS_TO_KEEP, "DAYS_TO_KEEP", "\t", 0, NOT_NUMBER("\t", "0 to 100000") },
	{ SET_ELASTICSEARCH_PORT, "ELASTICSEARCH_PORT", "65535", 65535, NULL },
	{ SET_ELASTICSEARCH_PORT, "ELASTICSEARCH_PORT", "65536", 0,
	  NOT_NUMBER("65536", "0 to 65535") },
	{ SET_ELASTICSEARCH_TIMEOUT, "ELASTICSEARCH_TIMEOUT", "0", 0,
	  NOT_NUMBER("0", "1 to 3600") },
	{ SET_LANES, "LANES", "65", 0, NOT_NUMBER("65", "1 to 64") },
	{ SET_MAX_BULK_BYTES, "MAX_BULK_BYTES", "1023", 0,
	  NOT_NUMBER("1023", "1024 to 1073741824") },
	/* choices */
	{ SET_ELASTICSEARCH_SCHEME, "ELASTICSEARCH_SCHEME", "http", 0, NULL },
	{ SET_ON_CONFLICT, "ON_CONFLICT", "trust", 0, NULL },
	{ SET_ELASTICSEARCH_SCHEME, "ELASTICSEARCH_SCHEME", "HTTP", 0,
	  ": \"HTTP\" is not possible, https, http is expected" },
	{ SET_ELASTICSEARCH_SCHEME, "ELASTICSEARCH_SCHEME", "", 0,
	  ": \"\" is not possible, https, http is expected" },
	{ SET_ELASTICSEARCH_SCHEME, "ELASTICSEARCH_SCHEME", "https, http", 0,
	  ": \"https, http\" is not possible, https, http is expected" },
	{ SET_ON_CONFLICT, "ON_CONFLICT", "ver", 0,
	  ": \"ver\" is not possible, verify, trust is expected" },
	/* another name, which the message uses when the operator did */
	{ SET_BATCH_SIZE, "BATCH_LIMIT", "42", 42, NULL },
	{ SET_BATCH_SIZE, "BATCH_LIMIT", "few", 0, NOT_NUMBER("few", "0") },
	/* texts are taken as they are, an empty one too */
	{ SET_DOCUMENT_ID_PREFIX, "DOCUMENT_ID_PREFIX", " a \"b\" ", 0, NULL },
	{ SET_AUDIT_LOGGER_TYPE, "AUDIT_LOGGER_TYPE", "", 0, NULL },
};

static void test_values(void **state)
{
	struct settings settings;
	char text[256];

	(void)state;
	for (size_t i = 0; i < N_OF(values); i++) {
		setenv(values[i].name, values[i].value, 1);
		if (values[i].error) {
			snprintf(text, sizeof(text), "%s%s", values[i].name,
				 values[i].error);
			assert_refused(NULL, text);
		} else {
			load(&settings, NULL);
			assert_string_equal(settings_text(&settings, values[i].id),
					    values[i].value);
			assert_int_equal(settings_number(&settings, values[i].id),
					 values[i].number);
			assert_true(settings_is_set(&settings, values[i].id));
			assert_int_equal(settings.source[values[i].id], FROM_ENVIRONMENT);
			settings_fini(&settings);
		}
		unsetenv(values[i].name);
	}
}

static void test_where_from(void **state)
{
	struct settings settings;

	(void)state;
	write_text(path, "LANES=2\nCHUNK_SIZE=20\nLANES=3\nDATABASE_URL=sqlite:///file\n"
			 "BATCH_LIMIT=7\nDEBUG=\nNOT_A_SETTING=x");
	setenv("CHUNK_SIZE", "10", 1);
	setenv("DATABASE_URL", "", 1);
	load(&settings, path);
	assert_int_equal(settings_number(&settings, SET_LANES),
			 3); /* the last one of the file */
	assert_int_equal(settings.source[SET_LANES], FROM_FILE);
	assert_int_equal(settings_number(&settings, SET_CHUNK_SIZE), 10);
	assert_int_equal(settings.source[SET_CHUNK_SIZE], FROM_ENVIRONMENT);
	assert_string_equal(settings_text(&settings, SET_DATABASE_URL),
			    ""); /* set, to nothing */
	assert_int_equal(settings_number(&settings, SET_BATCH_SIZE), 7);
	assert_int_equal(settings.source[SET_BATCH_SIZE], FROM_FILE);
	assert_int_equal(settings.source[SET_DEBUG], FROM_FILE);
	assert_int_equal(settings.source[SET_DB_USE_SSL], FROM_DEFAULT);
	settings_fini(&settings);
	settings_fini(&settings); /* does no harm */
	setenv("BATCH_SIZE", "8", 1);
	load(&settings, path);
	assert_int_equal(settings_number(&settings, SET_BATCH_SIZE), 8);
	settings_fini(&settings);
	write_text(path, "LANES=2\nCHUNK_SIZE=many\n");
	unsetenv("CHUNK_SIZE");
	assert_refused(path, "CHUNK_SIZE" NOT_NUMBER("many", "1 to 20000"));
	clearenv();
}

/* ---------------------------------------------------------------- secrets in files */

static const struct {
	const char *content;
	size_t n;
	const char *value;
} secrets[] = {
	{ "s3cret", 6, "s3cret" },
	{ "s3cret\n", 7, "s3cret" },
	{ "s3cret\r\n", 8, "s3cret" },
	{ "two\nlines\n", 10, "two\nlines" },
	{ "one newline only\n\n", 18, "one newline only\n" },
	{ " blanks stay \n", 14, " blanks stay " },
	{ "\n", 1, "" },
	{ "", 0, "" },
};

static void test_secret_files(void **state)
{
	static const enum setting_id ids[] = { SET_DATABASE_PASSWORD, SET_DATABASE_URL,
					       SET_ELASTICSEARCH_API_KEY,
					       SET_ELASTICSEARCH_PASSWORD };
	struct settings settings;
	char name[64];

	(void)state;
	for (size_t i = 0; i < N_OF(ids); i++) {
		snprintf(name, sizeof(name), "%s_FILE", settings_table[ids[i]].name);
		setenv(name, secret_path, 1);
		for (size_t j = 0; j < N_OF(secrets); j++) {
			write_file(secret_path, secrets[j].content, secrets[j].n);
			load(&settings, NULL);
			assert_string_equal(settings_text(&settings, ids[i]),
					    secrets[j].value);
			assert_int_equal(settings.source[ids[i]], FROM_ENVIRONMENT);
			settings_fini(&settings);
		}
		setenv(name, "", 1); /* as good as not set */
		load(&settings, NULL);
		assert_string_equal(settings_text(&settings, ids[i]),
				    settings_table[ids[i]].default_value);
		settings_fini(&settings);
		unsetenv(name);
	}
	/* what is no secret has no file */
	setenv("LANES_FILE", "/nonexistent", 1);
	load(&settings, NULL);
	assert_int_equal(settings_number(&settings, SET_LANES), 4);
	settings_fini(&settings);
	clearenv();
}

static void test_secret_files_refused(void **state)
{
	char text[512];

	(void)state;
	write_text(secret_path, "s3cret");
	setenv("DATABASE_PASSWORD_FILE", secret_path, 1);
	setenv("DATABASE_PASSWORD", "other", 1);
	assert_refused(NULL,
		       "both DATABASE_PASSWORD and DATABASE_PASSWORD_FILE are set: leave "
		       "out one of them");
	unsetenv("DATABASE_PASSWORD");
	/* one here, the other there */
	write_text(path, "DATABASE_PASSWORD=other\n");
	assert_refused(path,
		       "both DATABASE_PASSWORD and DATABASE_PASSWORD_FILE are set: leave "
		       "out one of them");
	setenv("DATABASE_PASSWORD_FILE", "/nonexistent/secret", 1);
	assert_refused(NULL, "DATABASE_PASSWORD_FILE: cannot read /nonexistent/secret: "
			     "No such file or directory");
	setenv("DATABASE_PASSWORD_FILE", folder, 1);
	assert_refused(NULL, "DATABASE_PASSWORD_FILE: cannot read @: Is a directory");
	if (geteuid() != 0) {
		setenv("DATABASE_PASSWORD_FILE", secret_path, 1);
		chmod(secret_path, 0);
		snprintf(text, sizeof(text),
			 "DATABASE_PASSWORD_FILE: cannot read %s: "
			 "Permission denied",
			 secret_path);
		assert_refused(NULL, text);
	}
	clearenv();
}

/* systemd lays credentials down as files of their names. */
static void test_credentials(void **state)
{
	struct settings settings;
	char file[256];

	(void)state;
	snprintf(file, sizeof(file), "%s/DATABASE_PASSWORD", folder);
	write_text(file, "s3cret\n");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	load(&settings, NULL);
	assert_string_equal(settings_text(&settings, SET_DATABASE_PASSWORD), "s3cret");
	assert_string_equal(settings_text(&settings, SET_ELASTICSEARCH_PASSWORD), "");
	settings_fini(&settings);
	setenv("DATABASE_PASSWORD", "other", 1);
	assert_refused(NULL,
		       "both DATABASE_PASSWORD and DATABASE_PASSWORD as a credential of "
		       "systemd are set: leave out one of them");
	unsetenv("DATABASE_PASSWORD");
	write_text(secret_path, "nearer");
	setenv("DATABASE_PASSWORD_FILE", secret_path, 1);
	load(&settings, NULL);
	assert_string_equal(settings_text(&settings, SET_DATABASE_PASSWORD), "nearer");
	settings_fini(&settings);
	unlink(file);
	clearenv();
}

/* As django-environ does it. */
static void test_other_variables(void **state)
{
	struct settings settings;

	(void)state;
	write_text(path,
		   "SHOP_URL=sqlite:///shop\nDATABASE_URL=$SHOP_URL\nLANES=$MANY\n");
	setenv("MANY", "$$MORE", 1);
	setenv("MORE", "7", 1);
	load(&settings, path);
	assert_string_equal(settings_text(&settings, SET_DATABASE_URL), "sqlite:///shop");
	assert_int_equal(settings_number(&settings, SET_LANES), 7);
	settings_fini(&settings);
	setenv("MORE", "$MANY", 1);
	assert_refused(path, "LANES names a variable that names another one, and so on: "
			     "perhaps in a circle");
	unsetenv("MANY");
	assert_refused(path,
		       "LANES names the variable MANY, which is not set: a value that "
		       "begins with $ stands for that of another variable");
	unsetenv("MORE");
	setenv("DATABASE_PASSWORD", "$ecret", 1);
	assert_refused(NULL,
		       "DATABASE_PASSWORD begins with $ and stands for the value of "
		       "another variable, which is not set; a secret that itself begins "
		       "with $ can stand in the file of DATABASE_PASSWORD_FILE");
	unsetenv("DATABASE_PASSWORD");
	/* what a file holds is no such name */
	write_text(secret_path, "$SHOP_URL");
	setenv("DATABASE_PASSWORD_FILE", secret_path, 1);
	load(&settings, NULL);
	assert_string_equal(settings_text(&settings, SET_DATABASE_PASSWORD), "$SHOP_URL");
	settings_fini(&settings);
	clearenv();
}

/* What a facade declares, which is in no table of ours. */
static void test_read(void **state)
{
	enum setting_source source = FROM_DEFAULT;
	struct settings settings;
	char *value;

	(void)state;
	write_text(path, "MY_TABLE=events\nMY_KEY_FILE=/nonexistent\n");
	setenv("MY_OTHER", "", 1);
	load(&settings, path);
	assert_int_equal(
		settings_read(&settings, "MY_TABLE", false, &value, &source, &err), 0);
	assert_string_equal(value, "events");
	assert_int_equal(source, FROM_FILE);
	secret_free(value);
	assert_int_equal(
		settings_read(&settings, "MY_OTHER", true, &value, &source, &err), 0);
	assert_string_equal(value, "");
	assert_int_equal(source, FROM_ENVIRONMENT);
	secret_free(value);
	assert_int_equal(
		settings_read(&settings, "MY_NOTHING", true, &value, &source, &err), 0);
	assert_null(value);
	assert_int_equal(source, FROM_DEFAULT);
	assert_int_equal(settings_read(&settings, "MY_KEY", false, &value, &source, &err),
			 0);
	assert_null(value);
	assert_int_equal(settings_read(&settings, "MY_KEY", true, &value, &source, &err),
			 -1);
	assert_string_equal(
		err.text,
		"MY_KEY_FILE: cannot read /nonexistent: No such file or directory");
	secret_free(NULL);
	settings_fini(&settings);
	clearenv();
}

/* ------------------------------------------------------------- the file of --env-file */

#define EXPECTED ": NAME=VALUE, an empty line or a line that begins with # is expected"
#define QUOTES                                                                            \
	": quotes and backslashes mean different things to docker and systemd: put this " \
	"value into the environment, or a secret into a file named by NAME_FILE"
#define BLANKS ": white space at the beginning or end of the value"

static const struct {
	const char *content, *entries; /* entries: NAME=VALUE; or NULL */
	const char *error;	       /* after the path */
} files[] = {
	{ "", "", NULL },
	{ "\n\n# comment\n#A=1\n#\"\n", "", NULL },
	{ "A=1", "A=1;", NULL },
	{ "A=1\nB=\n\n_c9=x y\n", "A=1;B=;_c9=x y;", NULL },
	{ "A=a=b=#c;$D${E}`f`%20!*?~|&<>()\n", "A=a=b=#c;$D${E}`f`%20!*?~|&<>();", NULL },
	{ "A=1\nA=2\n", "A=1;A=2;", NULL },
	{ "A=zwölf €\n", "A=zwölf €;", NULL },
	{ "A=1\nB\n", NULL, ":2" EXPECTED },
	{ "\n\n#\n=1\n", NULL, ":4" EXPECTED },
	{ "A =1\n", NULL, ":1" EXPECTED },
	{ " A=1\n", NULL, ":1" EXPECTED },
	{ "   \n", NULL, ":1" EXPECTED },
	{ "\t# no comment\n", NULL, ":1" EXPECTED },
	{ "; no comment\n", NULL, ":1" EXPECTED },
	{ "export A=1\n", NULL, ":1" EXPECTED },
	{ "1A=1\n", NULL, ":1" EXPECTED },
	{ "A-B=1\n", NULL, ":1" EXPECTED },
	{ "A.B=1\n", NULL, ":1" EXPECTED },
	{ "Ä=1\n", NULL, ":1" EXPECTED },
	{ "\xef\xbb\xbf"
	  "A=1\n",
	  NULL, ":1" EXPECTED },
	{ "\r\n", NULL, ":1" EXPECTED },
	{ "A=1\r\n", NULL, ":1" BLANKS },
	{ "A=1 \n", NULL, ":1" BLANKS },
	{ "A= 1\n", NULL, ":1" BLANKS },
	{ "A=\t\n", NULL, ":1" BLANKS },
	{ "A=1\nPASSWORD=\"s3cret\"\n", NULL, ":2" QUOTES },
	{ "PASSWORD=it's3cret\n", NULL, ":1" QUOTES },
	{ "PASSWORD=s3\\cret\n", NULL, ":1" QUOTES },
	{ "PASSWORD=s3cret\\\nA=1\n", NULL, ":1" QUOTES },
};

static void assert_entries(const char *expected)
{
	struct env_entry *entries = NULL;
	char text[512] = "";
	size_t n = 0, len = 0;

	if (envfile_read(path, &entries, &n, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s=%s;",
					entries[i].name, entries[i].value);
	assert_string_equal(text, expected);
	envfile_free(entries, n);
}

static void test_env_file(void **state)
{
	struct env_entry *entries;
	char text[512];
	size_t n;

	(void)state;
	for (size_t i = 0; i < N_OF(files); i++) {
		write_text(path, files[i].content);
		if (files[i].entries) {
			assert_entries(files[i].entries);
			continue;
		}
		snprintf(text, sizeof(text), "%s%s", path, files[i].error);
		entries = NULL;
		n = 99;
		assert_int_equal(envfile_read(path, &entries, &n, &err), -1);
		assert_string_equal(err.text, text);
		assert_null(strstr(err.text, "s3cret"));
		assert_int_equal(err.status, EXIT_CONFIG);
		assert_null(entries);
		assert_int_equal(n, 99);
	}
	write_file(path, "A=1\nB=2\0C=3\n", 12);
	assert_refused(path, "@/env:2: a NUL byte");
	assert_refused(
		"/nonexistent/env",
		"--env-file: cannot read /nonexistent/env: No such file or directory");
	assert_refused(folder, "--env-file: cannot read @: Is a directory");
	envfile_free(NULL, 0);
}

/* A value of any length, and many of them. */
static void test_env_file_large(void **state)
{
	enum { LINES = 1000, LENGTH = 100000 };
	struct env_entry *entries;
	FILE *file = fopen(path, "w");
	size_t n;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < LINES; i++)
		fprintf(file, "NAME_%d=%0*d\n", i, i == 500 ? LENGTH : 1, i);
	assert_int_equal(fclose(file), 0);
	if (envfile_read(path, &entries, &n, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(n, LINES);
	assert_int_equal(strlen(entries[500].value), LENGTH);
	assert_string_equal(entries[999].name, "NAME_999");
	assert_string_equal(entries[999].value, "999");
	envfile_free(entries, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_where_from),
		cmocka_unit_test(test_secret_files),
		cmocka_unit_test(test_secret_files_refused),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_other_variables),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_env_file),
		cmocka_unit_test(test_env_file_large),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
