// SPDX-License-Identifier: MIT
// Opens a facade that is loaded: its settings, its state, its statements.

#include "facade.h"

#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "host.h"
#include "mem.h"
#include "utf8.h"

const char *facade_setting(const struct facade *facade, const char *name)
{
	for (size_t i = 0; i < facade->n_settings; i++) {
		if (strcmp(facade->settings[i].declared.name, name) == 0)
			return facade->settings[i].value;
	}
	return NULL;
}

static const char *setting_of(void *facade, const char *name)
{
	return facade_setting(facade, name);
}

static void forget_settings(struct facade *facade)
{
	for (size_t i = 0; i < facade->n_settings; i++) {
		secret_free(facade->settings[i].value);
		facade->settings[i].value = NULL;
	}
}

static int read_settings(struct facade *facade, const struct settings *settings,
			 struct err *err)
{
	forget_settings(facade);
	for (size_t i = 0; i < facade->n_settings; i++) {
		struct facade_setting *s = &facade->settings[i];
		const char *default_value = s->declared.default_value;

		if (settings_read(settings, s->declared.name, s->declared.secret != 0,
				  &s->value, &s->source, err) < 0)
			return -1;
		if (!s->value)
			s->value = mem_copy(default_value ? default_value : "");
		if (!utf8_is_valid(slt_str(s->value)))
			return err_set(err, EXIT_CONFIG, "%s: text in UTF-8 is expected",
				       s->declared.name);
	}
	return 0;
}

int facade_read_settings(struct facade *facade, const struct settings *settings,
			 struct err *err)
{
	if (read_settings(facade, settings, err) == 0)
		return 0;
	forget_settings(facade);
	return err_context(err, "facade %s", facade->module);
}

static int parse(struct facade *facade, const char *(*hook)(const void *),
		 const char *name, enum sql_role role, struct sql_template **ret,
		 struct err *err)
{
	const char *text;

	if (!hook)
		return 0;
	crash_enter(facade->module, name);
	text = hook(facade->state);
	crash_leave();
	if (!text)
		return err_set(err, EXIT_CONFIG, "its %s gives no statement", name);
	if (sql_parse(text, role, setting_of, facade, ret, err) < 0)
		return err_context(err, "its statement %s", name);
	return 0;
}

static int parse_statements(struct facade *f, struct err *err)
{
	const struct slt_facade *h = &f->hooks;

	if (parse(f, h->fetch, "fetch", SQL_FETCH, &f->fetch, err) < 0 ||
	    parse(f, h->mark_as_sent, "mark_as_sent", SQL_MARK, &f->mark_as_sent, err) <
		    0 ||
	    parse(f, h->mark_as_unsent, "mark_as_unsent", SQL_MARK, &f->mark_as_unsent,
		  err) < 0 ||
	    parse(f, h->clear, "clear", SQL_CLEAR, &f->clear, err) < 0)
		return -1;
	return 0;
}

int facade_open(struct facade *facade, const struct settings *settings,
		const struct dialect *dialect, struct db *db, struct err *err)
{
	struct host host;
	int result = -1;

	host_init(&host, facade, dialect, db);
	facade->is_open = true;
	if (read_settings(facade, settings, err) < 0)
		goto out;
	if (facade->hooks.open) {
		crash_enter(facade->module, "open");
		facade->state = facade->hooks.open(&host.pub);
		crash_leave();
		if (host_failed(&host, facade->state == NULL, err))
			goto out;
	}
	result = parse_statements(facade, err);
out:
	if (result < 0) {
		err_context(err, "facade %s", facade->module);
		facade_close(facade);
	}
	host_fini(&host);
	return result;
}

int facade_check(const struct facade *facade, const struct dialect *dialect,
		 struct db *db, facade_warn_fn *warn, void *arg, struct err *err)
{
	struct host host;
	bool failed;
	int result;

	if (!facade->hooks.check)
		return 0;
	host_init(&host, facade, dialect, db);
	host.warn = warn;
	host.warn_arg = arg;
	crash_enter(facade->module, "check");
	result = facade->hooks.check(facade->state, &host.pub);
	crash_leave();
	failed = host_failed(&host, result != 0, err);
	host_fini(&host);
	return failed ? -1 : 0;
}

void facade_close(struct facade *facade)
{
	if (!facade->is_open)
		return;
	sql_template_free(facade->fetch);
	sql_template_free(facade->mark_as_sent);
	sql_template_free(facade->mark_as_unsent);
	sql_template_free(facade->clear);
	facade->fetch = facade->mark_as_sent = facade->mark_as_unsent = facade->clear =
		NULL;
	if (facade->state && facade->hooks.close) {
		crash_enter(facade->module, "close");
		facade->hooks.close(facade->state);
		crash_leave();
	}
	facade->state = NULL;
	forget_settings(facade); /* which the state may borrow */
	facade->is_open = false;
}

void facade_free(struct facade *facade)
{
	if (!facade)
		return;
	facade_close(facade);
	forget_settings(facade);
	free(facade->settings);
	free(facade->module);
	free(facade->path);
	free(facade);
}
