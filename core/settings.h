/* SPDX-License-Identifier: MIT */
/*
 * The settings of the program: one table with name, type, default, help and secrecy, from
 * which --help, errors and values come. Values are read once from the environment, or
 * from a file given with --env-file (the environment wins). What only a facade reads is
 * in the table of that facade. Secrets are wiped by fini. Read only after load: any
 * thread.
 */
#ifndef SLT_SETTINGS_H
#define SLT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum setting_id {
	SET_AUDIT_LOGGER_TYPE,
	SET_BATCH_SIZE,
	SET_CHUNK_SIZE,
	SET_CLEAR_AUDIT_LOG_ENTRIES,
	SET_CLEAR_CHUNK_SIZE,
	SET_DATABASE_PASSWORD,
	SET_DATABASE_URL,
	SET_DAYS_TO_KEEP,
	SET_DB_USE_SSL,
	SET_DEBUG,
	SET_DOCUMENT_ID_PREFIX,
	SET_ELASTICSEARCH_ALLOW_PLAINTEXT,
	SET_ELASTICSEARCH_API_KEY,
	SET_ELASTICSEARCH_APP_AUDIT_LOG_INDEX,
	SET_ELASTICSEARCH_CA_CERT,
	SET_ELASTICSEARCH_CLIENT_CERT,
	SET_ELASTICSEARCH_CLIENT_KEY,
	SET_ELASTICSEARCH_COMPRESS,
	SET_ELASTICSEARCH_HOST,
	SET_ELASTICSEARCH_PASSWORD,
	SET_ELASTICSEARCH_PIPELINE,
	SET_ELASTICSEARCH_PORT,
	SET_ELASTICSEARCH_REQUIRE_ALIAS,
	SET_ELASTICSEARCH_RETRY_SECONDS,
	SET_ELASTICSEARCH_SCHEME,
	SET_ELASTICSEARCH_TIMEOUT,
	SET_ELASTICSEARCH_USERNAME,
	SET_ELASTICSEARCH_VERIFY,
	SET_ENABLE_SEND_AUDIT_LOG,
	SET_LANES,
	SET_MAX_BULK_BYTES,
	SET_ON_CONFLICT,
	SET_QUARANTINE_TABLE,
	SET_SLT_FACADE_PATH,
	SET_SSL_CA,
	SET_SSL_CERT,
	SET_SSL_CIPHER,
	SET_SSL_KEY,
	N_SETTINGS
};

enum setting_type { TYPE_TEXT, TYPE_BOOLEAN, TYPE_NUMBER, TYPE_CHOICE };

struct setting {
	const char *name;
	const char *alias; /* another name that is accepted, or NULL */
	enum setting_type type;
	bool secret;	     /* never shown; NAME_FILE is accepted */
	long min, max;	     /* TYPE_NUMBER */
	const char *choices; /* TYPE_CHOICE: "a, b" */
	const char *default_value;
	const char *help;
};

extern const struct setting settings_table[N_SETTINGS];

enum setting_source { FROM_DEFAULT, FROM_ENVIRONMENT, FROM_FILE };

struct env_entry {
	char *name, *value;
};

struct settings {
	char *text[N_SETTINGS];	 /* owned, never NULL after load */
	long number[N_SETTINGS]; /* TYPE_NUMBER, TYPE_BOOLEAN */
	enum setting_source source[N_SETTINGS];
	struct env_entry *file; /* owned: what --env-file holds */
	size_t n_file;
	struct err *wrong; /* owned: a load that failed says all that is wrong */
	size_t n_wrong;
};

/* Reads all settings; env_file NULL: only the environment. EXIT_CONFIG says which setting
 * is wrong, what it holds (never of a secret) and what is expected: the first one in *err,
 * all in settings->wrong. fini after either result. */
int settings_load(struct settings *settings, const char *env_file,
		  struct err *err) MUST_CHECK;
void settings_fini(struct settings *settings);

const char *settings_text(const struct settings *settings, enum setting_id id);
long settings_number(const struct settings *settings, enum setting_id id);
bool settings_boolean(const struct settings *settings, enum setting_id id);
bool settings_is_set(const struct settings *settings,
		     enum setting_id id); /* not the default */

/* The text of any variable as it is given, borrowed, and where: the environment wins over the
 * file. NULL: nowhere. */
const char *settings_find(const struct settings *settings, const char *name,
			  enum setting_source *ret_source);

/* The value of any variable, for a facade's own settings: from the environment, the file,
 * or for a secret the file that NAME_FILE names or the credential NAME of systemd. A value
 * $OTHER is that of the variable OTHER. *ret is an owned copy, or NULL when it
 * is not set anywhere. */
int settings_read(const struct settings *settings, const char *name, bool secret,
		  char **ret, enum setting_source *ret_source,
		  struct err *err) MUST_CHECK;

/* Overwrites a secret and frees it. NULL is fine. */
void secret_free(char *secret);

#endif
