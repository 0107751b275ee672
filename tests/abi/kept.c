/* SPDX-License-Identifier: MIT */
/* A facade that uses all of ABI 1.0. Built with the kept header of each minor, it has to load, and to
 * do the same, for ever; and it is what the recorded ABI is of. */
#include <slt/facade.h>

#include <stdlib.h>

static const struct slt_setting settings[] = {
	{ "KEPT_TABLE", "kept", "table of the kept", 0 },
	{ "KEPT_KIND", "door", "kind of event that is sent", 0 },
	{ "KEPT_SECRET", NULL, "not used", 1 },
	{ NULL, NULL, NULL, 0 },
};

static const char *const identity[] = { "/@timestamp", "/kept/id", NULL };

struct state {
	enum slt_dialect dialect;
};

static void *open_kept(const struct slt_host *host)
{
	struct state *state = malloc(sizeof(*state));

	if (!state || !slt_column(host, "{$KEPT_TABLE}", "at")) {
		free(state);
		return slt_fail(host, "no table %s", slt_setting(host, "KEPT_TABLE"));
	}
	state->dialect = slt_dialect(host);
	slt_log(host, SLT_INFO, "open with %d settings", 3);
	return state;
}

static void close_kept(void *facade)
{
	free(facade);
}

static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key k.id}, {time k.at}, {k.kind}, k.n, k.flag, k.data"
	       " FROM {$KEPT_TABLE} k"
	       " WHERE k.kind = {:KEPT_KIND} AND '{{' = '{{' AND {unsent NOT {is_true k.sent}}";
}

static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "UPDATE {$KEPT_TABLE} SET {set_true sent}, sent_at = {now}"
	       " WHERE {keys id} AND NOT {is_true sent}";
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "UPDATE {$KEPT_TABLE} SET {set_false sent}, sent_at = NULL"
	       " WHERE {keys id} AND {is_true sent}";
}

static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM {$KEPT_TABLE}"
	       " WHERE {keys id} AND {is_true sent} AND {older_than at}";
}

static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	const struct state *state = facade;
	struct slt_text data = slt_cell(log, 5), parts[2];

	if (slt_is(slt_cell(log, 2), "nothing") || state->dialect == 0)
		return slt_refuse(doc, "nothing happened");
	parts[0] = slt_cell(log, 2);
	parts[1] = slt_str("kept");
	slt_put_time(doc, "@timestamp", slt_cell(log, 1));
	slt_begin_object(doc, "kept");
	slt_put_text(doc, "id", slt_cell(log, 0));
	slt_put_join(doc, "name", "-", parts, 2);
	slt_put_number(doc, "n", slt_cell(log, 3));
	slt_put_boolean(doc, "flag",
			slt_is(slt_cell(log, 4), "1") || slt_is(slt_cell(log, 4), "t"));
	slt_put_json(doc, "data", data);
	slt_put_json(doc, "x", slt_find(doc, data, "x"));
	slt_begin_array(doc, "all");
	slt_put_boolean(doc, NULL, slt_is_null(data));
	slt_put_boolean(doc, NULL, slt_is_empty(data));
	slt_end(doc);
	slt_begin_object(doc, "members");
	if (!slt_is_null(data))
		slt_put_members(doc, data, "x");
	slt_end(doc);
	slt_end(doc);
	return 0;
}

static int mapping(const void *facade, struct slt_doc *doc)
{
	(void)facade;
	slt_begin_object(doc, "properties");
	slt_end(doc);
	return 0;
}

static int check(const void *facade, const struct slt_host *host)
{
	(void)facade;
	return slt_column(host, "{$KEPT_TABLE}", "sent")
		       ? 0
		       : (slt_fail(host, "no flag"), -1);
}

SLT_FACADE(kept) = {
	SLT_FACADE_HEAD,
	.name = "kept",
	.version = "1.0",
	.summary = "all of ABI 1.0",
	.settings = settings,
	.identity = identity,
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.open = open_kept,
	.close = close_kept,
	.clear = clear,
	.mark_as_unsent = mark_as_unsent,
	.mapping = mapping,
	.check = check,
};
