// SPDX-License-Identifier: MIT
// What PostgreSQL's catalog says of a key's column and of a table, and the run lock.

#include "pgsql.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* First key of the run lock; the second is the table's oid. The letters SLT and 1. */
#define LOCK_CLASS "1397511217"

static struct db_value text_value(const char *text)
{
	return (struct db_value){ slt_str(text), DB_TEXT };
}

static bool is_yes(const PGresult *result, int column)
{
	return *PQgetvalue(result, 0, column) == 't';
}

/* What a unique index promises holds for = only when it compares as the column does (same
 * collation, the type's own operators), and not across the children of an inheritance
 * parent. */
static int look_up(struct pgsql *pg, Oid table, int attribute, struct db_origin *ret,
		   struct err *err)
{
	static const char sql[] =
		"SELECT n.nspname, c.relname, a.attname, NOT a.attnotnull,"
		" c.relkind = 'r' AND EXISTS"
		"  (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS parent,"
		" a.atttypid::regtype::text !~ 'citext$' AND coalesce((SELECT"
		"  collisdeterministic FROM pg_collation WHERE oid = a.attcollation), true),"
		" f.is_unique, f.is_ordered"
		" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
		" JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (SELECT"
		"  bool_or(i.indisunique AND i.indimmediate AND i.indnkeyatts = 1"
		"   AND i.indpred IS NULL) AS is_unique,"
		"  bool_or(o.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree'))"
		"   AS is_ordered"
		"  FROM pg_index i JOIN pg_opclass o ON o.oid = i.indclass[0]"
		"  WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum"
		"  AND i.indisvalid AND o.opcdefault"
		"  AND i.indcollation[0] = a.attcollation) f"
		" WHERE a.attrelid = $1::oid AND a.attnum = $2::int2";
	struct db_value values[2];
	char oid[16], number[16];
	PGresult *result;

	snprintf(oid, sizeof(oid), "%u", table);
	snprintf(number, sizeof(number), "%d", attribute);
	values[0] = text_value(oid);
	values[1] = text_value(number);
	result = pgsql_ask(pg, sql, values, 2, err);
	if (!result)
		return -1;
	if (PQntuples(result) != 1) {
		PQclear(result);
		return err_set(err, EXIT_EARLY, "PostgreSQL: the table has just changed");
	}
	snprintf(ret->table.schema, sizeof(ret->table.schema), "%s",
		 PQgetvalue(result, 0, 0));
	snprintf(ret->table.name, sizeof(ret->table.name), "%s",
		 PQgetvalue(result, 0, 1));
	snprintf(ret->column, sizeof(ret->column), "%s", PQgetvalue(result, 0, 2));
	ret->nullable = is_yes(result, 3);
	ret->unique = is_yes(result, 5) && is_yes(result, 6) && !is_yes(result, 4);
	ret->indexed = is_yes(result, 7) && !is_yes(result, 4);
	PQclear(result);
	return 0;
}

int pgsql_origin(struct db *db, const char *sql, const char *name,
		 const struct db_value *values, size_t n_values, struct db_origin *ret,
		 struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	PGresult *result = pgsql_ask(pg, sql, values, n_values, err);
	int column, attribute;
	Oid table;

	if (!result)
		return -1;
	column = PQfnumber(result, name);
	table = PQftable(result, column);
	attribute = PQftablecol(result, column);
	PQclear(result);
	if (table == InvalidOid || attribute == 0)
		return err_set(err, EXIT_CONFIG,
			       "PostgreSQL: the key is not a column of a table or view");
	return look_up(pg, table, attribute, ret, err);
}

/* $1, $2: schema (may be "") and table. NULL when there is no such table. */
#define TO_REGCLASS                                                             \
	"to_regclass(CASE WHEN $1 = '' THEN '' ELSE quote_ident($1) || '.' END" \
	" || quote_ident($2))"

int pgsql_column(struct db *db, const struct db_table *table, const char *column,
		 char *ret_type, size_t size, struct err *err)
{
	static const char sql[] =
		"SELECT lower(format_type(atttypid, atttypmod)) FROM pg_attribute"
		" WHERE attrelid = " TO_REGCLASS " AND attname = $3 AND attnum > 0"
		" AND NOT attisdropped";
	struct db_value values[3] = { text_value(table->schema), text_value(table->name),
				      text_value(column) };
	PGresult *result = pgsql_ask((struct pgsql *)db, sql, values, 3, err);
	int found;

	if (!result)
		return -1;
	found = PQntuples(result) == 1;
	if (found)
		snprintf(ret_type, size, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return found;
}

static int table_oid(struct pgsql *pg, const struct db_table *table, uint32_t *ret,
		     struct err *err)
{
	struct db_value values[2] = { text_value(table->schema),
				      text_value(table->name) };
	PGresult *result = pgsql_ask(pg, "SELECT " TO_REGCLASS "::oid", values, 2, err);
	bool missing;

	if (!result)
		return -1;
	missing = PQgetisnull(result, 0, 0);
	if (!missing)
		*ret = (uint32_t)strtoul(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	if (missing)
		return err_set(err, EXIT_CONFIG, "PostgreSQL: there is no table %s%s%s",
			       table->schema, *table->schema ? "." : "", table->name);
	return 0;
}

/* Of a session of another role only the pid is shown, unless ours may read all
 * statistics. */
static int find_holder(struct pgsql *pg, uint32_t oid, struct db_holder *ret,
		       struct err *err)
{
	static const char sql[] =
		"SELECT l.pid, CASE"
		" WHEN s.client_addr IS NOT NULL THEN host(s.client_addr)"
		" WHEN s.client_port = -1 THEN 'local' END,"
		" floor(extract(epoch FROM clock_timestamp() - s.xact_start))::bigint"
		" FROM pg_locks l LEFT JOIN pg_stat_activity s ON s.pid = l.pid"
		" WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
		" AND l.classid = " LOCK_CLASS " AND l.objid = $1::oid AND l.database ="
		" (SELECT oid FROM pg_database WHERE datname = current_database())";
	char number[16];
	struct db_value value;
	PGresult *result;

	snprintf(number, sizeof(number), "%u", oid);
	value = text_value(number);
	result = pgsql_ask(pg, sql, &value, 1, err);
	if (!result)
		return -1;
	ret->seconds = -1;
	if (PQntuples(result) == 0) {
		snprintf(ret->who, sizeof(ret->who), "a run that has just ended");
	} else {
		snprintf(ret->who, sizeof(ret->who), "server process %s, client %s",
			 PQgetvalue(result, 0, 0),
			 PQgetisnull(result, 0, 1) ? "unknown"
						   : PQgetvalue(result, 0, 1));
		if (!PQgetisnull(result, 0, 2))
			ret->seconds = strtol(PQgetvalue(result, 0, 2), NULL, 10);
	}
	PQclear(result);
	return 0;
}

/* The lock lives in an open transaction that is otherwise empty: it ends with the
 * process, however that ends and whatever pooler stands between. In READ COMMITTED it
 * holds no snapshot between two statements, so it does not hold back vacuum. */
static int begin_lock(struct pgsql *pg, struct err *err)
{
	if (pgsql_run(pg->conn,
		      "BEGIN ISOLATION LEVEL READ COMMITTED;"
		      " SET LOCAL idle_in_transaction_session_timeout = 0",
		      err) < 0)
		return -1;
	if (PQserverVersion(pg->conn) < 170000)
		return 0;
	return pgsql_run(pg->conn, "SET LOCAL transaction_timeout = 0", err);
}

/* By the simple protocol: what PQexecParams has run stays as the unnamed portal, together
 * with its snapshot, until the next statement (PostgreSQL 15). 1 taken, 0 not. */
static int try_lock(struct pgsql *pg, uint32_t oid, struct err *err)
{
	char sql[100];
	PGresult *result;
	int taken;

	/* An oid is unsigned, the key is not; pg_locks shows it as an oid again. */
	snprintf(sql, sizeof(sql), "SELECT pg_try_advisory_xact_lock(" LOCK_CLASS ", %d)",
		 (int)oid);
	result = PQexec(pg->conn, sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		taken = is_yes(result, 0);
	else
		taken = pgsql_result_error(pg->conn, result, err);
	PQclear(result);
	return taken;
}

int pgsql_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
	       struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	struct db_holder holder;
	uint32_t oid = 0;
	int taken = -1;

	if (table_oid(pg, table, &oid, err) < 0)
		return -1;
	if (begin_lock(pg, err) == 0)
		taken = try_lock(pg, oid, err);
	if (taken == 1)
		return 1;
	if (taken == 0 && find_holder(pg, oid, &holder, err) < 0)
		taken = -1;
	pgsql_rollback(db);
	if (taken == 0)
		*ret = holder;
	return taken;
}

bool pgsql_alive(struct db *db)
{
	struct pgsql *pg = (struct pgsql *)db;
	struct pollfd p = { .events = POLLIN };

	if (PQstatus(pg->conn) != CONNECTION_OK)
		return false;
	/* Again while there is something: the server's last words come before its end. */
	for (p.fd = PQsocket(pg->conn); poll(&p, 1, 0) > 0;)
		if (!PQconsumeInput(pg->conn) || PQstatus(pg->conn) != CONNECTION_OK)
			return false;
	return true;
}
