// SPDX-License-Identifier: MIT
// Expands the statements of a facade without a database.

#include "statements.h"

#include <stdio.h>

static int any_type(void *arg, const char *column, char *ret_type, size_t size,
		    struct err *err)
{
	(void)arg;
	(void)column;
	(void)err;
	snprintf(ret_type, size, "%s", "");
	return 1;
}

int statements_each(const struct facade *facade, const struct dialect *dialect,
		    statements_fn *each, void *arg, struct err *err)
{
	const struct {
		const char *hook;
		const struct sql_template *template;
		enum sql_form form;
	} all[] = {
		{ "fetch", facade->fetch, SQL_FIRST_PAGE },
		{ "mark_as_sent", facade->mark_as_sent, SQL_AS_IS },
		{ "mark_as_unsent", facade->mark_as_unsent, SQL_AS_IS },
		{ "clear", facade->clear, SQL_AS_IS },
	};
	struct sql sql;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].template)
			continue;
		if (sql_render(all[i].template, all[i].form, dialect, any_type, NULL,
			       &sql, err) < 0)
			return err_context(err, "%s", all[i].hook);
		each(arg, all[i].hook, sql.text);
		sql_fini(&sql);
	}
	return 0;
}
