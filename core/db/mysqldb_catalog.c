// SPDX-License-Identifier: MIT
// What the catalog of MySQL and MariaDB says of a key's column and of a table, and the run lock.

#include "mysqldb.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct db_value text_value(const char *text)
{
	return (struct db_value){ slt_str(text), DB_TEXT };
}

static bool is_yes(struct slt_text cell)
{
	return !slt_is_null(cell) && !slt_is(cell, "0");
}

/* ---------------------------------------------------------------- the key's column */

struct key_facts {
	int found;
	bool nullable, unique, indexed, transactions;
	char engine[64];
};

static int read_key_facts(void *arg, const struct db_row *row)
{
	struct key_facts *facts = arg;

	facts->found = 1;
	facts->nullable = is_yes(row->cells[0]);
	facts->unique = is_yes(row->cells[1]);
	facts->indexed = is_yes(row->cells[2]);
	snprintf(facts->engine, sizeof(facts->engine), "%.*s", (int)row->cells[3].len,
		 slt_is_null(row->cells[3]) ? "" : row->cells[3].ptr);
	/* a view has no engine */
	facts->transactions = slt_is_null(row->cells[3]) || is_yes(row->cells[4]);
	return 0;
}

/* An index of a column's first characters (sub_part) neither sorts by the whole value nor
 * says anything of its uniqueness against others; nor does one of an expression, which has
 * no column name. Two different texts can be equal under a collation, so unique there is
 * more than unique byte for byte. */
static int look_up(struct mysqldb *my, struct db_origin *origin, struct err *err)
{
	static const char sql[] =
		"SELECT c.is_nullable = 'YES',"
		" EXISTS (SELECT 1 FROM information_schema.statistics s"
		"  WHERE s.table_schema = c.table_schema AND s.table_name = c.table_name"
		"  AND s.column_name = c.column_name AND s.seq_in_index = 1"
		"  AND s.non_unique = 0 AND s.sub_part IS NULL AND NOT EXISTS"
		"   (SELECT 1 FROM information_schema.statistics o"
		"   WHERE o.table_schema = s.table_schema AND o.table_name = s.table_name"
		"   AND o.index_name = s.index_name AND o.seq_in_index = 2)),"
		" EXISTS (SELECT 1 FROM information_schema.statistics s"
		"  WHERE s.table_schema = c.table_schema AND s.table_name = c.table_name"
		"  AND s.column_name = c.column_name AND s.seq_in_index = 1"
		"  AND s.sub_part IS NULL AND s.index_type = 'BTREE'),"
		" t.engine, e.transactions = 'YES'"
		" FROM information_schema.columns c JOIN information_schema.tables t"
		"  ON t.table_schema = c.table_schema AND t.table_name = c.table_name"
		" LEFT JOIN information_schema.engines e ON e.engine = t.engine"
		" WHERE c.table_schema = ? AND c.table_name = ? AND c.column_name = ?";
	struct db_value values[3] = { text_value(origin->table.schema),
				      text_value(origin->table.name),
				      text_value(origin->column) };
	struct key_facts facts = { .found = 0 };

	if (mysqldb_query(&my->db, sql, values, 3, read_key_facts, &facts, err) < 0)
		return -1;
	if (!facts.found)
		return err_set(err, EXIT_EARLY, "MySQL: the table has just changed");
	if (!facts.transactions)
		return err_set(err, EXIT_CONFIG,
			       "MySQL: the table %s is of engine %s, which has no "
			       "transactions, so a wrong mark could not be taken back: "
			       "ALTER TABLE ... ENGINE = InnoDB",
			       origin->table.name, facts.engine);
	origin->nullable = facts.nullable;
	origin->unique = facts.unique;
	origin->indexed = facts.indexed;
	return 0;
}

static const MYSQL_FIELD *find_field(MYSQL_RES *metadata, const char *name)
{
	MYSQL_FIELD *fields = mysql_fetch_fields(metadata);

	for (unsigned i = 0; i < mysql_num_fields(metadata); i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

/* A view that the server first copies (ALGORITHM = TEMPTABLE, a DISTINCT, a UNION) has no
 * database here, and what it is made of in the place of its own name. */
static int origin_of(const MYSQL_FIELD *field, struct db_origin *ret, struct err *err)
{
	if (!field || !*field->org_table || !*field->org_name || !*field->db)
		return err_set(err, EXIT_CONFIG,
			       "MySQL: the key is not a column of a table or of a view "
			       "that rows can be changed through");
	if (field->flags & (ENUM_FLAG | SET_FLAG))
		return err_set(
			err, EXIT_CONFIG,
			"MySQL: the key is of type ENUM or SET, which sorts by "
			"number and compares by text: a number or text is expected");
	snprintf(ret->table.schema, sizeof(ret->table.schema), "%s", field->db);
	snprintf(ret->table.name, sizeof(ret->table.name), "%s", field->org_table);
	snprintf(ret->column, sizeof(ret->column), "%s", field->org_name);
	return 0;
}

int mysqldb_origin(struct db *db, const char *sql, const char *name,
		   const struct db_value *values, size_t n_values, struct db_origin *ret,
		   struct err *err)
{
	struct mysqldb *my = (struct mysqldb *)db;
	MYSQL_STMT *stmt = mysqldb_prepare(my, sql, err);
	struct db_origin origin = { .nullable = true };
	MYSQL_RES *metadata;
	int rc;

	(void)values; /* the columns are known once it is prepared */
	(void)n_values;
	if (!stmt)
		return -1;
	metadata = mysql_stmt_result_metadata(stmt);
	rc = origin_of(metadata ? find_field(metadata, name) : NULL, &origin, err);
	mysql_free_result(metadata);
	mysql_stmt_close(stmt);
	if (rc < 0 || look_up(my, &origin, err) < 0)
		return -1;
	*ret = origin;
	return 0;
}

/* ---------------------------------------------------------------- a column's type */

int mysqldb_column(struct db *db, const struct db_table *table, const char *column,
		   char *ret_type, size_t size, struct err *err)
{
	struct db_value values[3] = {
		text_value(*table->schema ? table->schema : NULL),
		text_value(table->name),
		text_value(column),
	};

	return db_query_text(db,
			     "SELECT LOWER(column_type) FROM information_schema.columns"
			     " WHERE table_schema = COALESCE(?, DATABASE())"
			     " AND table_name = ? AND column_name = ?",
			     values, 3, ret_type, size, err);
}

/* ---------------------------------------------------------------- the run lock */

/* The names of GET_LOCK are the whole server's, and have 64 characters at most. */
#define LOCK_NAME "CONCAT('slt:', SHA2(CONCAT(COALESCE(?, DATABASE()), '.', ?), 224))"

static int read_taken(void *arg, const struct db_row *row)
{
	*(int *)arg = slt_is(row->cells[0], "1");
	return 0;
}

static int read_holder(void *arg, const struct db_row *row)
{
	struct db_holder *holder = arg;
	struct slt_text id = row->cells[0], host = row->cells[1], time = row->cells[2];

	if (slt_is_null(id))
		return 0;
	if (slt_is_null(host))
		host = slt_str("unknown");
	snprintf(holder->who, sizeof(holder->who), "connection %.*s, client %.*s",
		 (int)id.len, id.ptr, (int)host.len, host.ptr);
	if (!slt_is_null(time))
		holder->seconds = strtol(time.ptr, NULL, 10);
	return 0;
}

/* Of another user's connection only the number is shown, unless ours has PROCESS. Its time
 * is since its last statement, which was taking the lock. */
static int find_holder(struct db *db, const struct db_value values[2],
		       struct db_holder *ret, struct err *err)
{
	*ret = (struct db_holder){ .who = "a run that has just ended", .seconds = -1 };
	return mysqldb_query(db,
			     "SELECT l.id, p.host, p.time"
			     " FROM (SELECT IS_USED_LOCK(" LOCK_NAME ") AS id) l"
			     " LEFT JOIN information_schema.processlist p ON p.id = l.id",
			     values, 2, read_holder, ret, err);
}

int mysqldb_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
		 struct err *err)
{
	struct db_value values[2] = { text_value(*table->schema ? table->schema : NULL),
				      text_value(table->name) };
	int taken = 0;

	if (mysqldb_query(db, "SELECT GET_LOCK(" LOCK_NAME ", 0)", values, 2, read_taken,
			  &taken, err) < 0 ||
	    (!taken && find_holder(db, values, ret, err) < 0))
		return -1;
	((struct mysqldb *)db)->has_lock = taken;
	return taken;
}

/* The server says nothing unasked, but for its last words. */
bool mysqldb_alive(struct db *db)
{
	struct pollfd p = { .fd = mysqldb_fd(((struct mysqldb *)db)->conn),
			    .events = POLLIN };

	return p.fd >= 0 && poll(&p, 1, 0) == 0;
}
