/* SPDX-License-Identifier: MIT */
/* The facade of django-auditlog's log entries, versions 2 and 3, with Django's users. */
#include <stdio.h>
#include <stdlib.h>

#include <slt/facade.h>

struct auditlog {
	struct slt_text origin;
	struct slt_text environment;
	int has_names; /* the user table has first_name and last_name */
	int has_email;
	int has_text; /* changes of before an upgrade to version 3 may be in changes_text */
	int as_object; /* changes become an object instead of a string */
	char fetch[512];
};

/* The cells, as fetch selects them. */
enum {
	KEY,
	TIMESTAMP,
	ACTION,
	OBJECT_REPR,
	CHANGES,
	FIRST_NAME,
	LAST_NAME,
	EMAIL,
	CHANGES_TEXT,
};

static const struct slt_setting settings[] = {
	{ .name = "USER_TABLE_NAME",
	  .default_value = "auth_user",
	  .help = "table of the users, whose id is the actor of a log entry" },
	{ .name = "AUDIT_LOG_ORIGIN",
	  .default_value = "",
	  .help = "origin in every document: the application" },
	{ .name = "AUDIT_LOG_ENVIRONMENT",
	  .default_value = "",
	  .help = "environment in every document: production, test" },
	{ .name = "AUDITLOG_CHANGES_AS",
	  .default_value = "text",
	  .help = "how a document has the changes: text, or object, as JSON" },
	{ .name = NULL },
};

/* Users change names and addresses, settings their values: that is still this event. */
static const char *const identity[] = {
	"/@timestamp",	       "/audit_event/date_time", "/audit_event/operation",
	"/audit_event/target", "/audit_event/message",	 NULL,
};

static int user_has(const struct slt_host *host, const char *column)
{
	return slt_column(host, "{$USER_TABLE_NAME}", column) != NULL;
}

/* What is not there is selected as NULL, so that the cells keep their places. */
static void write_fetch(struct auditlog *auditlog)
{
	snprintf(auditlog->fetch, sizeof(auditlog->fetch),
		 "SELECT {key l.id}, {time l.timestamp}, l.action, l.object_repr,"
		 " l.changes, %s AS first_name, %s AS last_name, %s AS email,"
		 " %s AS changes_text"
		 " FROM auditlog_logentry l"
		 " LEFT JOIN {$USER_TABLE_NAME} u ON u.id = l.actor_id"
		 " WHERE {unsent NOT {is_true l.additional_data->is_sent}}",
		 auditlog->has_names ? "u.first_name" : "NULL",
		 auditlog->has_names ? "u.last_name" : "NULL",
		 auditlog->has_email ? "u.email" : "NULL",
		 auditlog->has_text
			 ? "CASE WHEN l.changes IS NULL THEN l.changes_text END"
			 : "NULL");
}

static void *auditlog_open(const struct slt_host *host)
{
	struct slt_text as = slt_str(slt_setting(host, "AUDITLOG_CHANGES_AS"));
	struct auditlog *auditlog;

	if (!slt_is(as, "text") && !slt_is(as, "object"))
		return slt_fail(
			host, "AUDITLOG_CHANGES_AS is \"%s\": text or object is expected",
			as.ptr);
	if (!slt_column(host, "auditlog_logentry", "additional_data"))
		return slt_fail(
			host,
			"no table auditlog_logentry with a column additional_data: "
			"apply django-auditlog's migrations, or correct DATABASE_URL");
	if (!user_has(host, "id"))
		return slt_fail(
			host,
			"no table %s with a column id: set USER_TABLE_NAME to the "
			"table of the users",
			slt_setting(host, "USER_TABLE_NAME"));
	auditlog = malloc(sizeof(*auditlog));
	if (!auditlog)
		return slt_fail(host, "out of memory");
	auditlog->as_object = slt_is(as, "object");
	auditlog->origin = slt_str(slt_setting(host, "AUDIT_LOG_ORIGIN"));
	auditlog->environment = slt_str(slt_setting(host, "AUDIT_LOG_ENVIRONMENT"));
	auditlog->has_text = slt_column(host, "auditlog_logentry", "changes_text") !=
			     NULL;
	auditlog->has_names = user_has(host, "first_name") && user_has(host, "last_name");
	auditlog->has_email = user_has(host, "email");
	write_fetch(auditlog);
	return auditlog;
}

static void auditlog_close(void *facade)
{
	free(facade);
}

static int check(const void *facade, const struct slt_host *host)
{
	const struct auditlog *auditlog = facade;
	const char *table = slt_setting(host, "USER_TABLE_NAME");

	if (!auditlog->has_names)
		slt_log(host, SLT_WARNING,
			"%s has no first_name and last_name: actors go by their e-mail",
			table);
	if (!auditlog->has_email)
		slt_log(host, SLT_WARNING,
			"%s has no email: an actor without a name is \"unknown\"", table);
	return 0;
}

static const char *fetch(const void *facade)
{
	return ((const struct auditlog *)facade)->fetch;
}

static void put_field(struct slt_doc *doc, const char *name, const char *type)
{
	slt_begin_object(doc, name);
	slt_put_text(doc, "type", slt_str(type));
	slt_end(doc);
}

static void put_constant(struct slt_doc *doc, const char *name, struct slt_text value)
{
	slt_begin_object(doc, name);
	slt_put_text(doc, "type", slt_str("constant_keyword"));
	slt_put_text(doc, "value", value);
	slt_end(doc);
}

static int mapping(const void *facade, struct slt_doc *doc)
{
	const struct auditlog *auditlog = facade;

	slt_begin_object(doc, "properties");
	put_field(doc, "@timestamp", "date");
	slt_begin_object(doc, "audit_event");
	slt_put_text(doc, "type", slt_str("object"));
	slt_begin_object(doc, "properties");
	put_field(doc, "actor", "text");
	put_field(doc, "date_time", "date");
	put_field(doc, "operation", "keyword");
	put_constant(doc, "origin", auditlog->origin);
	put_field(doc, "target", "text");
	put_constant(doc, "environment", auditlog->environment);
	put_field(doc, "message", auditlog->as_object ? "object" : "text");
	slt_end(doc);
	slt_end(doc);
	slt_end(doc);
	return 0;
}

static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "UPDATE auditlog_logentry SET {set_true additional_data->is_sent}"
	       " WHERE {keys id} AND NOT {is_true additional_data->is_sent}";
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "UPDATE auditlog_logentry SET {set_false additional_data->is_sent}"
	       " WHERE {keys id} AND {is_true additional_data->is_sent}";
}

static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM auditlog_logentry"
	       " WHERE {keys id} AND {is_true additional_data->is_sent}"
	       " AND {older_than timestamp}";
}

/* Version 3 may be installed so that the entries of before keep their changes in
 * changes_text, for a while or for good (AUDITLOG_TWO_STEP_MIGRATION); other entries have
 * nothing there. */
static struct slt_text changes_of(const struct slt_row *log)
{
	struct slt_text text = slt_cell(log, CHANGES_TEXT);

	return slt_is_empty(text) ? slt_cell(log, CHANGES) : text;
}

/* Are these n bytes one character that Python's str.strip() strips? */
static int is_space(const char *s, size_t n)
{
	static const char *const wide[] = {
		"\xc2\x85",	"\xc2\xa0",	/* U+0085 U+00A0 */
		"\xe1\x9a\x80",			/* U+1680 */
		"\xe2\x80\xa8", "\xe2\x80\xa9", /* U+2028 U+2029 */
		"\xe2\x80\xaf", "\xe2\x81\x9f", /* U+202F U+205F */
		"\xe3\x80\x80",			/* U+3000 */
	};
	struct slt_text text = { s, n };
	size_t i;

	if (n == 1)
		return (*s >= 0x09 && *s <= 0x0d) || (*s >= 0x1c && *s <= 0x20);
	if (n == 3 && memcmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x80 &&
	    (unsigned char)s[2] <= 0x8a)
		return 1; /* U+2000 to U+200A */
	for (i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (slt_is(text, wide[i]))
			return 1;
	return 0;
}

static struct slt_text strip_left(struct slt_text text)
{
	size_t n = 1;

	while (n <= 3 && n <= text.len) {
		if (!is_space(text.ptr, n)) {
			n++;
			continue;
		}
		text.ptr += n;
		text.len -= n;
		n = 1;
	}
	return text;
}

static struct slt_text strip_right(struct slt_text text)
{
	size_t n = 1;

	while (n <= 3 && n <= text.len) {
		if (!is_space(text.ptr + text.len - n, n)) {
			n++;
			continue;
		}
		text.len -= n;
		n = 1;
	}
	return text;
}

/* Django's get_full_name() strips first + " " + last: white space between the two stays
 * as it is, and a blank one takes its side's white space of the other with it. */
static void put_actor(struct slt_doc *doc, const struct slt_row *log)
{
	struct slt_text name[2] = {
		strip_left(slt_cell(log, FIRST_NAME)),
		strip_right(slt_cell(log, LAST_NAME)),
	};
	struct slt_text email = slt_cell(log, EMAIL);

	if (slt_is_empty(name[0]))
		name[1] = strip_left(name[1]);
	if (slt_is_empty(name[1]))
		name[0] = strip_right(name[0]);
	/* The e-mail is the user's: actor_email, which 3.4 keeps in the entry, is not
	 * asked, so that a deleted user is "unknown" in every version. */
	if (slt_is_empty(email))
		email = slt_str("unknown");
	if (!slt_is_empty(name[0]) || !slt_is_empty(name[1]))
		slt_put_join(doc, "actor", " ", name, 2);
	else
		slt_put_text(doc, "actor", email);
}

static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	static const char *const words[] = { "create", "update", "delete", "access" };
	const struct auditlog *auditlog = facade;
	struct slt_text action = slt_cell(log, ACTION);

	if (action.len != 1 || *action.ptr < '0' || *action.ptr > '3')
		return slt_refuse(doc, "the action is not one of 0, 1, 2 and 3");
	slt_put_time(doc, "@timestamp", slt_cell(log, TIMESTAMP));
	slt_begin_object(doc, "audit_event");
	put_actor(doc, log);
	slt_put_time(doc, "date_time", slt_cell(log, TIMESTAMP));
	slt_put_text(doc, "operation", slt_str(words[*action.ptr - '0']));
	slt_put_text(doc, "origin", auditlog->origin);
	slt_put_text(doc, "target", slt_cell(log, OBJECT_REPR));
	slt_put_text(doc, "environment", auditlog->environment);
	/* A string where the column is JSON (3.x), too, unless somebody wants it otherwise: in
	 * an object each member would get a type guessed from its first value, and later rows
	 * would be rejected. */
	if (auditlog->as_object)
		slt_put_json(doc, "message", changes_of(log));
	else
		slt_put_text(doc, "message", changes_of(log));
	slt_end(doc);
	return 0;
}

SLT_FACADE(django_auditlog) = {
	SLT_FACADE_HEAD,
	.name = "django_auditlog",
	.version = "1.0",
	.summary = "django-auditlog's table auditlog_logentry, versions 2 and 3",
	.settings = settings,
	.identity = identity,
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.open = auditlog_open,
	.close = auditlog_close,
	.clear = clear,
	.mark_as_unsent = mark_as_unsent,
	.mapping = mapping,
	.check = check,
};
