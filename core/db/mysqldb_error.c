// SPDX-License-Identifier: MIT
// What a failure of MySQL, MariaDB or their client library means, and what may be told of it.

#include "mysqldb.h"

#include <errmsg.h>
#include <stdio.h>
#include <string.h>

static bool is_one_of(unsigned number, const unsigned *list)
{
	for (; *list; list++)
		if (number == *list)
			return true;
	return false;
}

static enum exit_status number_status(unsigned number)
{
	/* no such host, no socket, server gone, lost, bad handshake, host cannot be
	 * reached; too many connections (of all, of this user), shutdown, connection
	 * killed, idle for too long, errors of reading and writing packets */
	static const unsigned gone[] = { CR_SOCKET_CREATE_ERROR,
					 CR_CONNECTION_ERROR,
					 CR_CONN_HOST_ERROR,
					 CR_IPSOCK_ERROR,
					 CR_UNKNOWN_HOST,
					 CR_SERVER_GONE_ERROR,
					 CR_SERVER_HANDSHAKE_ERR,
					 CR_SERVER_LOST,
					 2055, /* lost, with the reason */
					 1040,
					 1042,
					 1043,
					 1053,
					 1077,
					 1079,
					 1080,
					 1129,
					 1152,
					 1153,
					 1154,
					 1155,
					 1156,
					 1157,
					 1158,
					 1159,
					 1160,
					 1161,
					 1184,
					 1203,
					 1226,
					 1927,
					 3169,
					 4031,
					 0 };
	/* deadlock, lock timeout, killed or timed-out statement; memory, disk or locks used
	 * up; the table has just changed */
	static const unsigned passing[] = { 1205,
					    1213,
					    1020,
					    ER_QUERY_KILLED,
					    1969,
					    3024,
					    1021,
					    1030,
					    1037,
					    1038,
					    1041,
					    1114,
					    1135,
					    1206,
					    1412,
					    1461,
					    1614,
					    ER_REPREPARE,
					    ER_STMT_UNKNOWN,
					    1637,
					    3058,
					    3572,
					    0 };

	if (is_one_of(number, gone))
		return EXIT_UNAVAILABLE;
	return is_one_of(number, passing) ? EXIT_EARLY : EXIT_CONFIG;
}

/* What stands in quotes can be a value of a row, unless the message is about names: those
 * of the client and of the SQLSTATE classes 08 (connection), 28 (login), 42 (names, rights,
 * syntax). What a trigger raises (SIGNAL, of 45000 mostly) can be any text of a row. */
static void plain_message(unsigned number, const char *state, const char *message,
			  char *to, size_t size)
{
	static const char *const harmless[] = { "08", "28", "42" };
	char *first, *last;

	snprintf(to, size, "%s", message);
	if (number == ER_SIGNAL_EXCEPTION || !strncmp(state, "45", 2)) {
		snprintf(to, size,
			 "code in the database raised an error; its text is not shown, "
			 "for it may be of a row");
		return;
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		if (!strncmp(state, harmless[i], 2))
			return;
	first = strchr(to, '\'');
	last = strrchr(to, '\'');
	if (first && (last == first || strlen(message) >= size))
		*first = '\0'; /* the last quote was cut off */
	else if (first)
		memmove(first + 1, last, strlen(last) + 1);
}

/* Did the server go away in the middle of the TLS handshake, by what libmariadb and
 * libmysqlclient (whose "reason(0)" is an error of the socket) say with OpenSSL? */
static bool broke_off(const char *message)
{
	static const char *const texts[] = { "unexpected eof", "Broken pipe",
					     "Connection reset", "timed out",
					     "reason(0)" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strstr(message, texts[i]))
			return true;
	return false;
}

static int failure(const struct mysqldb *my, unsigned number, const char *state,
		   const char *message, struct err *err)
{
	enum exit_status status = number_status(number);
	char text[512];

	if (number == CR_OUT_OF_MEMORY)
		err_no_memory();
	/* how libmariadb calls the end of a connection over TLS, too */
	if (number == CR_SSL_CONNECTION_ERROR && (my->is_connected || broke_off(message)))
		status = EXIT_UNAVAILABLE;
	/* 2000 to 2999 are the client's own: paths, hosts, versions */
	if (number >= 2000 && number < 3000)
		state = "08";
	plain_message(number, state, message, text, sizeof(text));
	return err_set(err, status, "MySQL: %s (error %u)", text, number);
}

int mysqldb_failed(struct mysqldb *my, struct err *err)
{
	return failure(my, mysql_errno(my->conn), mysql_sqlstate(my->conn),
		       mysql_error(my->conn), err);
}

/* libmariadb notes only on the connection what goes wrong between two rows. */
int mysqldb_statement_failed(struct mysqldb *my, MYSQL_STMT *stmt, struct err *err)
{
	if (!mysql_stmt_errno(stmt))
		return mysqldb_failed(my, err);
	return failure(my, mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt),
		       mysql_stmt_error(stmt), err);
}
