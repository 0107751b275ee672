// SPDX-License-Identifier: MIT
// The drivers of this build, and the calls that pass on to them.

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "db.h"

#include <stdio.h>
#include <string.h>

const struct db_driver *const db_drivers[] = {
#ifdef HAVE_POSTGRESQL
	&db_pgsql,
#endif
#ifdef HAVE_MYSQL
	&db_mysql,
#endif
#ifdef HAVE_SQLITE
	&db_sqlite,
#endif
	NULL,
};

/* Databases that a URL can name, the option of configure that brings their driver, and the
 * Debian package that it is built with. */
static const struct {
	const char *name, *label, *option, *package;
} known[] = {
	{ "postgresql", "PostgreSQL", "--with-postgresql", "libpq-dev" },
	{ "mysql", "MySQL and MariaDB", "--with-mysql", "default-libmysqlclient-dev" },
	{ "sqlite", "SQLite", "--with-sqlite", "libsqlite3-dev" },
};

static int no_driver(const char *name, struct err *err)
{
	size_t i = 0;

	while (strcmp(known[i].name, name) != 0)
		i++;
	return err_set(err, EXIT_CONFIG,
		       "DATABASE_URL: this program was built without the driver for %s: "
		       "build it with ./configure %s (on Debian with the package %s)",
		       known[i].label, known[i].option, known[i].package);
}

int db_open(const struct dburl *url, enum db_access access, struct db **ret,
	    struct err *err)
{
	for (size_t i = 0; db_drivers[i]; i++) {
		if (strcmp(db_drivers[i]->name, url->driver) == 0)
			return db_drivers[i]->open(url, access, ret, err);
	}
	return no_driver(url->driver, err);
}

void db_close(struct db *db)
{
	if (db)
		db->driver->close(db);
}

int db_query(struct db *db, const char *sql, const struct db_value *values,
	     size_t n_values, db_row_fn *row, void *arg, struct err *err)
{
	return db->driver->query(db, sql, values, n_values, row, arg, err);
}

int db_exec(struct db *db, const char *sql, const struct db_value *values,
	    size_t n_values, long long *ret_touched, struct err *err)
{
	return db->driver->exec(db, sql, values, n_values, ret_touched, err);
}

int db_begin(struct db *db, struct err *err)
{
	return db->driver->begin(db, err);
}

int db_commit(struct db *db, struct err *err)
{
	return db->driver->commit(db, err);
}

struct first_cell {
	char *to;
	size_t size;
	int found;
};

static int take_first_cell(void *arg, const struct db_row *row)
{
	struct first_cell *cell = arg;
	struct slt_text text = row->cells[0];

	cell->found = 1;
	snprintf(cell->to, cell->size, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
	return 1;
}

int db_query_text(struct db *db, const char *sql, const struct db_value *values,
		  size_t n_values, char *ret, size_t size, struct err *err)
{
	struct first_cell cell = { ret, size, 0 };

	if (db_query(db, sql, values, n_values, take_first_cell, &cell, err) < 0)
		return -1;
	return cell.found;
}

void db_rollback(struct db *db)
{
	db->driver->rollback(db);
}

int db_origin(struct db *db, const char *sql, const char *name,
	      const struct db_value *values, size_t n_values, struct db_origin *ret,
	      struct err *err)
{
	return db->driver->origin(db, sql, name, values, n_values, ret, err);
}

int db_column(struct db *db, const struct db_table *table, const char *column,
	      char *ret_type, size_t size, struct err *err)
{
	return db->driver->column(db, table, column, ret_type, size, err);
}

int db_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
	    struct err *err)
{
	return db->driver->lock(db, table, ret, err);
}

bool db_alive(struct db *db)
{
	return db->driver->alive(db);
}
