/* SPDX-License-Identifier: MIT */
/*
 * What the files of the driver for MySQL and MariaDB share: mysqldb.c (statements,
 * transactions), mysqldb_error.c, mysqldb_connect.c and mysqldb_catalog.c (origin, column,
 * run lock). Nobody else includes it: the rest of the program sees db_mysql of db.h. One
 * thread at a time, as with every struct db. The name keeps clear of the client's own
 * <mysql.h> and mysql_ functions.
 *
 * It is built with MariaDB Connector/C or with Oracle's libmysqlclient; where they differ,
 * MARIADB_PACKAGE_VERSION_ID tells which one it is (MYSQL_VERSION_ID does not).
 */
#ifndef SLT_MYSQLDB_H
#define SLT_MYSQLDB_H

#include <mysql.h>

#include "db.h"

#ifdef MARIADB_PACKAGE_VERSION_ID
typedef my_bool mysqldb_bool;
#else
typedef bool mysqldb_bool;
#endif

/* Numbers of the servers; names in <mysqld_error.h>, which each library has its own of. */
enum {
	ER_STMT_UNKNOWN = 1243,
	ER_QUERY_KILLED = 1317,
	ER_REPREPARE = 1615,
	ER_SIGNAL_EXCEPTION = 1644,
};

enum { MYSQLDB_KEPT_STATEMENTS = 8 };

struct mysqldb_statement {
	char *sql;
	MYSQL_STMT *stmt;
	unsigned long last_use;
};

/* One column of the row being read: its buffer only grows, to the largest value seen. */
struct mysqldb_column {
	char *bytes;
	unsigned long size, length;
	mysqldb_bool is_null;
};

struct mysqldb {
	struct db db;
	MYSQL *conn;
	bool is_connected; /* or was */
	struct mysqldb_statement statements[MYSQLDB_KEPT_STATEMENTS];
	unsigned long uses;
	MYSQL_BIND *params; /* the values being bound */
	long long *integers;
	size_t params_cap;
	MYSQL_BIND *results; /* the row being read */
	struct mysqldb_column *columns;
	struct slt_text *cells;
	enum db_type *types;
	size_t columns_cap;
	bool has_lock; /* the run lock */
};

/* mysqldb_error.c */

/* Always -1: tells what the server or the client library says of the connection's last
 * call. */
int mysqldb_failed(struct mysqldb *my, struct err *err);

/* Always -1: the same of a prepared statement's last call. */
int mysqldb_statement_failed(struct mysqldb *my, MYSQL_STMT *stmt, struct err *err);

/* mysqldb.c */

/* Runs a statement without values, and without a result. */
int mysqldb_run(struct mysqldb *my, const char *sql, struct err *err) MUST_CHECK;

/* Prepares a statement, which the caller closes; NULL after an error. */
MYSQL_STMT *mysqldb_prepare(struct mysqldb *my, const char *sql,
			    struct err *err) MUST_CHECK;

int mysqldb_query(struct db *db, const char *sql, const struct db_value *values,
		  size_t n_values, db_row_fn *row, void *arg, struct err *err) MUST_CHECK;

void mysqldb_close(struct db *db);

/* mysqldb_connect.c */

int mysqldb_open(const struct dburl *url, enum db_access access, struct db **ret,
		 struct err *err) MUST_CHECK;

/* The connection's socket; -1 once the client library has closed it. */
int mysqldb_fd(MYSQL *conn);

/* mysqldb_catalog.c */

int mysqldb_origin(struct db *db, const char *sql, const char *name,
		   const struct db_value *values, size_t n_values, struct db_origin *ret,
		   struct err *err) MUST_CHECK;
int mysqldb_column(struct db *db, const struct db_table *table, const char *column,
		   char *ret_type, size_t size, struct err *err) MUST_CHECK;
int mysqldb_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
		 struct err *err) MUST_CHECK;
bool mysqldb_alive(struct db *db);

#endif
