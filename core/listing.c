// SPDX-License-Identifier: MIT
// The command facades: what can be loaded, its settings, its statements.

#include "listing.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "db/db.h"
#include "dialect.h"
#include "facade.h"
#include "log.h"
#include "output.h"
#include "statements.h"

static struct json_object *setting_to_json(const struct slt_setting *setting)
{
	struct json_object *o = json_object_new_object();
	const char *default_value = setting->default_value ? setting->default_value : "";

	json_object_object_add(o, "name", json_object_new_string(setting->name));
	json_object_object_add(o, "default", json_object_new_string(default_value));
	json_object_object_add(
		o, "help", json_object_new_string(setting->help ? setting->help : ""));
	json_object_object_add(o, "secret", json_object_new_boolean(setting->secret));
	return o;
}

static struct json_object *to_json(const struct facade *facade)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	char abi[32];

	snprintf(abi, sizeof(abi), "%u.%u", facade->hooks.abi_major,
		 facade->hooks.abi_minor);
	json_object_object_add(o, "name", json_object_new_string(facade->module));
	json_object_object_add(o, "path", json_object_new_string(facade->path));
	json_object_object_add(o, "version",
			       json_object_new_string(facade->hooks.version));
	json_object_object_add(o, "summary",
			       json_object_new_string(facade->hooks.summary));
	json_object_object_add(o, "abi", json_object_new_string(abi));
	for (size_t i = 0; i < facade->n_settings; i++)
		json_object_array_add(list,
				      setting_to_json(&facade->settings[i].declared));
	json_object_object_add(o, "settings", list);
	return o;
}

static void print_setting(const char *name, const char *default_value, const char *help)
{
	printf("  %-36s %s", name, help ? help : "");
	if (default_value && *default_value)
		printf(" (%s)", default_value);
	putchar('\n');
}

static void print_settings(const struct facade *facade)
{
	for (size_t i = 0; i < facade->n_settings; i++) {
		const struct slt_setting *s = &facade->settings[i].declared;

		print_setting(s->name, s->default_value, s->help);
	}
}

struct list {
	const char *path;
	struct json_object *json; /* NULL: lines */
	bool failed;
};

static void list_one(void *arg, const char *type)
{
	struct list *list = arg;
	struct facade *facade;
	struct err err;

	if (facade_load(type, list->path, &facade, &err) < 0) {
		log_warning("%s", err.text);
		list->failed = true;
		return;
	}
	if (list->json)
		json_object_array_add(list->json, to_json(facade));
	else
		printf("%-24s %-8s %s\n%24s %s\n", facade->module, facade->hooks.version,
		       facade->hooks.summary, "", facade->path);
	facade_free(facade);
}

int listing_all(const struct settings *settings, bool json, enum exit_status *ret_status,
		struct err *err)
{
	struct list list = { .path = settings_text(settings, SET_SLT_FACADE_PATH) };

	(void)err;
	if (json)
		list.json = json_object_new_array();
	facade_each(list.path, list_one, &list);
	if (json)
		output_json(list.json);
	*ret_status = list.failed ? EXIT_SET_ASIDE : EXIT_DONE;
	return 0;
}

/* ---------------------------------------------------------------- one facade */

static void add_statement(void *into, const char *hook, const char *sql)
{
	json_object_object_add(into, hook, json_object_new_string(sql));
}

static void print_statement(void *arg, const char *hook, const char *sql)
{
	(void)arg;
	printf("  %-14s %s\n", hook, sql);
}

static int show_dialect(struct facade *facade, const struct settings *settings,
			const struct dialect *dialect, bool json,
			struct json_object *into, struct err *err)
{
	int result;

	if (facade_open(facade, settings, dialect, NULL, err) < 0)
		return -1;
	if (!json)
		printf("\n%s\n", dialect->name);
	result = statements_each(facade, dialect, json ? add_statement : print_statement,
				 into, err);
	facade_close(facade);
	return result;
}

static int show(struct facade *facade, const struct settings *settings, bool json,
		struct err *err)
{
	struct json_object *o = to_json(facade), *statements = json_object_new_object();
	int result = 0;

	if (!json) {
		printf("%s %s: %s\n%s, facade ABI %u.%u\n", facade->module,
		       facade->hooks.version, facade->hooks.summary, facade->path,
		       facade->hooks.abi_major, facade->hooks.abi_minor);
		if (facade->n_settings)
			printf("\nsettings\n");
		print_settings(facade);
	}
	for (size_t i = 0; db_drivers[i] && result == 0; i++) {
		const struct dialect *dialect = dialect_get(db_drivers[i]->dialect);
		struct json_object *into = json_object_new_object();

		json_object_object_add(statements, dialect->name, into);
		result = show_dialect(facade, settings, dialect, json, into, err);
	}
	json_object_object_add(o, "statements", statements);
	if (json && result == 0)
		output_json(o);
	else
		json_object_put(o);
	return result;
}

int listing_one(const struct settings *settings, const char *name, bool json,
		struct err *err)
{
	struct facade *facade;
	int result;

	if (facade_load(name, settings_text(settings, SET_SLT_FACADE_PATH), &facade,
			err) < 0)
		return -1;
	result = show(facade, settings, json, err);
	facade_free(facade);
	return result;
}

static void help_one(void *arg, const char *type)
{
	struct facade *facade;
	struct err err;

	if (facade_load(type, arg, &facade, &err) < 0)
		return; /* `facades` tells why */
	if (facade->n_settings)
		printf("\nSettings of AUDIT_LOGGER_TYPE=%s:\n", type);
	print_settings(facade);
	facade_free(facade);
}

void listing_help(const struct settings *settings)
{
	char path[4096];

	for (int id = 0; id < N_SETTINGS; id++) {
		const struct setting *s = &settings_table[id];

		print_setting(s->name, s->default_value, s->help);
	}
	snprintf(path, sizeof(path), "%s",
		 settings ? settings_text(settings, SET_SLT_FACADE_PATH) : "");
	facade_each(path, help_one, path);
}
