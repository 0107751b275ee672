// SPDX-License-Identifier: MIT
// The command status.

#include "status.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "instant.h"
#include "output.h"
#include "quarantine.h"
#include "session.h"

/* The oldest time as all databases would write it, and how long ago it was. */
static void read_oldest(const char *text, struct status *status)
{
	struct instant instant;
	char written[INSTANT_SIZE];
	struct tm tm = { 0 };
	time_t now = time(NULL);
	size_t n;

	status->age = -1;
	if (!instant_read(slt_str(text), &instant))
		return;
	n = instant_write(&instant, written);
	snprintf(status->oldest, sizeof(status->oldest), "%.*s", (int)n, written);
	tm.tm_year = instant.year - 1900;
	tm.tm_mon = instant.month - 1;
	tm.tm_mday = instant.day;
	tm.tm_hour = instant.hour;
	tm.tm_min = instant.minute;
	tm.tm_sec = instant.second;
	status->age = (long long)(now - timegm(&tm));
	if (status->age < 0)
		status->age = 0; /* another clock */
}

int status_read_unsent(const struct plan *plan, struct db *db, struct status *ret,
		       struct err *err)
{
	char oldest[64] = "";

	*ret = (struct status){ .age = -1 };
	if (plan_count(&plan->unsent_count, NULL, db, &ret->unsent, err) < 0)
		return -1;
	if (plan->unsent_oldest.text &&
	    plan_text(&plan->unsent_oldest, NULL, db, oldest, sizeof(oldest), err) < 0)
		return -1;
	read_oldest(oldest, ret);
	return 0;
}

int status_read(const struct plan *plan, struct db *db, struct status *ret,
		struct err *err)
{
	if (status_read_unsent(plan, db, ret, err) < 0 ||
	    plan_count(&plan->sent_count, NULL, db, &ret->sent, err) < 0 ||
	    plan_count(&plan->null_keys, NULL, db, &ret->without_key, err) < 0)
		return -1;
	return 0;
}

static void print_lines(const struct status *s, const struct quarantine *quarantine,
			unsigned long long held)
{
	char age[32];

	printf("unsent       %lld\n", s->unsent);
	if (s->without_key)
		printf("without key  %lld, which cannot be sent\n", s->without_key);
	if (quarantine->table)
		printf("held back    %llu of them, by the quarantine\n", held);
	printf("sent         %lld\n", s->sent);
	if (s->age < 0)
		return;
	instant_span(s->age, age, sizeof(age));
	printf("oldest       %s, %s ago\n", s->oldest, age);
}

static void print_json(const struct status *s, const struct quarantine *quarantine,
		       unsigned long long held)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "unsent", json_object_new_int64(s->unsent));
	json_object_object_add(o, "without_key", json_object_new_int64(s->without_key));
	json_object_object_add(o, "held_back",
			       quarantine->table ? json_object_new_int64((int64_t)held)
						 : NULL);
	json_object_object_add(o, "sent", json_object_new_int64(s->sent));
	json_object_object_add(o, "oldest_unsent",
			       *s->oldest ? json_object_new_string(s->oldest) : NULL);
	json_object_object_add(o, "oldest_unsent_seconds",
			       s->age < 0 ? NULL : json_object_new_int64(s->age));
	output_json(o);
}

int status_print(const struct settings *settings, bool json, struct err *err)
{
	struct quarantine quarantine = { .table = NULL };
	unsigned long long held = 0, released = 0;
	struct session session;
	struct status status;
	int result = -1;

	if (session_open(&session, settings, DB_READ, err) == 0 &&
	    plan_add_counts(&session.plan, session.db, err) == 0 &&
	    status_read(&session.plan, session.db, &status, err) == 0 &&
	    quarantine_open(&quarantine, settings, &session.plan, session.db, err) == 0)
		result = quarantine.table ? quarantine_count(&quarantine, session.db,
							     &held, &released, err)
					  : 0;
	if (result == 0)
		(json ? print_json : print_lines)(&status, &quarantine, held);
	quarantine_fini(&quarantine);
	session_close(&session);
	return result;
}
