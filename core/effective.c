// SPDX-License-Identifier: MIT
// The command config: settings and their sources, as lines or as JSON.

#include "effective.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "facade.h"
#include "log.h"
#include "mem.h"
#include "output.h"
#include "utf8.h"

/*
 * One object is made of what is known, and printed in the one way or the other:
 *
 *	{"database": null or {"driver": ..., ..., "options": {NAME: VALUE}},
 *	 "settings": {NAME: {"value": VALUE, "source": ..., "set": true or false}}}
 *
 * The value of a secret is null; only then there is "set". So no printer meets a secret.
 */

/* Options of the drivers (libpq's as of 18) whose values are no secrets. Of any other, a
 * "pasword" or a new one, nobody knows. */
static const char harmless[] =
	"application_name channel_binding charset client_encoding connect_timeout "
	"dbname fallback_application_name gssdelegation gssencmode gsslib host "
	"hostaddr keepalives keepalives_count keepalives_idle keepalives_interval "
	"krbsrvname load_balance_hosts max_protocol_version min_protocol_version "
	"options port read_timeout replication require_auth requirepeer service "
	"ssl_ca ssl_cert ssl_cipher ssl_key ssl_max_protocol_version "
	"ssl_min_protocol_version ssl_mode sslcert sslcertmode sslcompression sslcrl "
	"sslcrldir sslkey sslmode sslnegotiation sslrootcert sslsni "
	"target_session_attrs tcp_user_timeout timeout unix_socket user write_timeout";

static bool is_harmless(const char *option)
{
	size_t n = strlen(option), len;

	for (const char *at = harmless; *at; at += len + strspn(at + len, " ")) {
		len = strcspn(at, " ");
		if (len == n && !memcmp(at, option, n))
			return true;
	}
	return dburl_is_djangos(option);
}

/* JSON is UTF-8, and an escape such as %FF in a URL makes any byte. NULL is null. */
static struct json_object *text(const char *s)
{
	struct json_object *made;
	const char *end, *next;
	char *copy;

	if (!s)
		return NULL;
	copy = mem_copy(s);
	end = copy + strlen(copy);
	for (char *at = copy; at < end; at += next - at) {
		next = (unsigned char)*at < 0x80 ? at + 1 : utf8_check_wide(at, end);
		if (next)
			continue;
		*at = '?';
		next = at + 1;
	}
	made = json_object_new_string(copy);
	free(copy);
	return made;
}

/* ---------------------------------------------------------------- the database */

/* Of several hosts, each may have its own. */
static struct json_object *port(const char *s)
{
	return !s || strchr(s, ',') ? text(s)
				    : json_object_new_int64(strtol(s, NULL, 10));
}

static struct json_object *options(const struct dburl *url)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < url->n_options; i++) {
		const struct dburl_option *option = &url->options[i];
		struct json_object *name = text(option->name);

		json_object_object_add(o, json_object_get_string(name),
				       is_harmless(option->name) ? text(option->value)
								 : NULL);
		json_object_put(name);
	}
	return o;
}

struct json_object *effective_database(const struct dburl *url)
{
	struct json_object *o = json_object_new_object();
	bool has_password = url->password || dburl_option(url, "password");

	json_object_object_add(o, "driver", text(url->driver));
	json_object_object_add(o, "name", url->unclear ? NULL : text(url->name));
	json_object_object_add(o, "host", url->unclear ? NULL : text(url->host));
	json_object_object_add(o, "port", url->unclear ? NULL : port(url->port));
	json_object_object_add(o, "user", text(url->user));
	json_object_object_add(o, "password_set", json_object_new_boolean(has_password));
	json_object_object_add(o, "options", options(url));
	return o;
}

static void tell(const struct err *err, enum exit_status *status)
{
	log_error("%s", err->text);
	if (*status == EXIT_DONE)
		*status = err->status;
}

/* What is connected to; where other settings contradict the URL, the URL, to be looked at.
 * NULL when it cannot be read. */
static struct json_object *database(const struct settings *settings,
				    enum exit_status *status)
{
	const char *password = settings_text(settings, SET_DATABASE_PASSWORD);
	struct json_object *o;
	struct dburl url;
	struct err err;

	if (connect_database_url(settings, &url, &err) < 0) {
		tell(&err, status);
		if (dburl_parse(settings_text(settings, SET_DATABASE_URL), &url, &err) <
		    0)
			return NULL;
		if (*password)
			dburl_set_password(&url, password);
	}
	if (url.unclear)
		log_warning(
			"DATABASE_URL: host, port and name are not shown: there is an @ "
			"behind the host, so they may be parts of a password whose "
			"special characters are not percent-encoded");
	o = effective_database(&url);
	dburl_fini(&url);
	return o;
}

/* ---------------------------------------------------------------- the settings */

static const char *source_name(enum setting_source source)
{
	switch (source) {
	case FROM_DEFAULT: return "default";
	case FROM_ENVIRONMENT: return "environment";
	case FROM_FILE: return "file";
	}
	return "default";
}

/* Takes value, which is NULL for a secret. */
static void add_setting(struct json_object *into, const char *name,
			struct json_object *value, bool is_set,
			enum setting_source source)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "value", value);
	json_object_object_add(o, "source", json_object_new_string(source_name(source)));
	if (!value)
		json_object_object_add(o, "set", json_object_new_boolean(is_set));
	json_object_object_add(into, name, o);
}

/* A password or token in ELASTICSEARCH_HOST is refused by hosts.c, but only once something
 * is to be sent. */
static bool is_secret(enum setting_id id, const char *value)
{
	if (id != SET_ELASTICSEARCH_HOST || !strpbrk(value, "@?#"))
		return settings_table[id].secret;
	log_warning(
		"ELASTICSEARCH_HOST is not shown: it holds one of @?#, which must not "
		"be, and may hold a password");
	return true;
}

static void add_own(const struct settings *settings, struct json_object *into)
{
	for (int i = 0; i < N_SETTINGS; i++) {
		enum setting_id id = (enum setting_id)i;
		const char *value = settings_text(settings, id);
		struct json_object *o = NULL;

		if (is_secret(id, value))
			; /* nothing of it */
		else if (settings_table[id].type == TYPE_BOOLEAN)
			o = json_object_new_boolean(settings_boolean(settings, id));
		else if (settings_table[id].type == TYPE_NUMBER)
			o = json_object_new_int64(settings_number(settings, id));
		else
			o = text(value);
		add_setting(into, settings_table[id].name, o,
			    settings_is_set(settings, id) && *value,
			    settings->source[id]);
	}
}

/* A facade cannot make a secret of ours public by declaring it as a setting of its own. */
static void add_facades(const struct facade *facade, struct json_object *into)
{
	for (size_t i = 0; i < facade->n_settings; i++) {
		const struct facade_setting *s = &facade->settings[i];

		if (json_object_object_get_ex(into, s->declared.name, NULL))
			continue;
		add_setting(into, s->declared.name,
			    s->declared.secret ? NULL : text(s->value),
			    s->source != FROM_DEFAULT && *s->value, s->source);
	}
}

/* All or, when the facade cannot be read, ours. */
static struct json_object *all(const struct settings *settings, enum exit_status *status)
{
	struct json_object *o = json_object_new_object();
	struct facade *facade = NULL;
	struct err err;

	add_own(settings, o);
	if (facade_load(settings_text(settings, SET_AUDIT_LOGGER_TYPE),
			settings_text(settings, SET_SLT_FACADE_PATH), &facade,
			&err) < 0 ||
	    facade_read_settings(facade, settings, &err) < 0)
		tell(&err, status);
	else
		add_facades(facade, o);
	facade_free(facade);
	return o;
}

/* ---------------------------------------------------------------- as lines */

static const char *set_or_not(bool is_set)
{
	return is_set ? "(set)" : "(not set)";
}

static void print_part(struct json_object *database, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(database, name, &value);
	printf("  %-8s  ", name);
	output_plain(slt_str(value ? json_object_get_string(value) : set_or_not(false)));
	putchar('\n');
}

static void print_database(struct json_object *database)
{
	struct json_object *password, *options;

	if (!database) {
		puts("Database:\n  DATABASE_URL cannot be read");
		return;
	}
	json_object_object_get_ex(database, "password_set", &password);
	json_object_object_get_ex(database, "options", &options);
	puts("Database:");
	print_part(database, "driver");
	print_part(database, "name");
	print_part(database, "host");
	print_part(database, "port");
	print_part(database, "user");
	printf("  password  %s\n", set_or_not(json_object_get_boolean(password)));
	json_object_object_foreach(options, name, value)
	{
		printf("  option    ");
		output_plain(slt_str(name));
		putchar('=');
		output_plain(slt_str(value ? json_object_get_string(value)
					   : set_or_not(true)));
		putchar('\n');
	}
}

/* As one would write it in the environment. */
static const char *shown(struct json_object *setting)
{
	struct json_object *value, *is_set;

	if (json_object_object_get_ex(setting, "set", &is_set))
		return set_or_not(json_object_get_boolean(is_set));
	json_object_object_get_ex(setting, "value", &value);
	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "True" : "False";
	return json_object_get_string(value);
}

static void print_setting(const char *name, int width, struct json_object *setting)
{
	enum { VALUE_WIDTH = 24 };
	struct json_object *o;
	const char *source;
	int n;

	json_object_object_get_ex(setting, "source", &o);
	source = json_object_get_string(o);
	printf("%c %-*s = ", strcmp(source, source_name(FROM_DEFAULT)) ? '*' : ' ', width,
	       name);
	n = output_plain(slt_str(shown(setting)));
	printf("%*s  %s\n", n < VALUE_WIDTH ? VALUE_WIDTH - n : 0, "", source);
}

/* The facade's come after the program's. */
static void print_settings(struct json_object *settings, const char *type)
{
	int width = 0, i = 0;

	json_object_object_foreach(settings, key, unused)
	{
		(void)unused;
		if ((int)strlen(key) > width)
			width = (int)strlen(key);
	}
	puts("\nSettings, with a * those that are set:");
	json_object_object_foreach(settings, name, setting)
	{
		if (i++ == N_SETTINGS)
			printf("\nSettings of AUDIT_LOGGER_TYPE=%s:\n", type);
		print_setting(name, width, setting);
	}
}

/* ---------------------------------------------------------------- the command */

enum exit_status effective_print(const struct settings *settings, bool json)
{
	struct json_object *o = json_object_new_object(), *db, *all_settings;
	enum exit_status status = EXIT_DONE;

	db = database(settings, &status);
	all_settings = all(settings, &status);
	json_object_object_add(o, "database", db);
	json_object_object_add(o, "settings", all_settings);
	if (json) {
		output_json(o);
		return status;
	}
	print_database(db);
	print_settings(all_settings, settings_text(settings, SET_AUDIT_LOGGER_TYPE));
	json_object_put(o);
	return status;
}
