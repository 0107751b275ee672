// SPDX-License-Identifier: MIT
// Connects to MySQL or MariaDB: options, TLS, the state of the session.

#include "mysqldb.h"
#include "../mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum tls { TLS_DEFAULT, TLS_OFF, TLS_REQUIRED, TLS_VERIFY_CA, TLS_VERIFY_IDENTITY };

/* What the options of DATABASE_URL ask for, by the names of Python's MySQL clients. */
struct wishes {
	const char *ca, *cert, *key, *cipher, *socket;
	unsigned connect_timeout, read_timeout, write_timeout; /* 0: none */
	enum tls tls;
};

static int to_seconds(const struct dburl_option *option, unsigned *ret, struct err *err)
{
	char *end;
	long seconds = strtol(option->value, &end, 10);

	if (end == option->value || *end || seconds < 1 || seconds > 86400)
		return err_set(err, EXIT_CONFIG,
			       "DATABASE_URL: %s=%.20s: expected seconds, 1 to 86400",
			       option->name, option->value);
	*ret = (unsigned)seconds;
	return 0;
}

static int to_mode(const struct dburl_option *option, struct wishes *ret, struct err *err)
{
	static const char *const modes[] = {
		[TLS_OFF] = "DISABLED",
		[TLS_REQUIRED] = "REQUIRED",
		[TLS_VERIFY_CA] = "VERIFY_CA",
		[TLS_VERIFY_IDENTITY] = "VERIFY_IDENTITY",
	};

	for (size_t i = TLS_OFF; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcasecmp(option->value, modes[i])) {
			ret->tls = (enum tls)i;
			return 0;
		}
	return err_set(err, EXIT_CONFIG,
		       "DATABASE_URL: ssl_mode=%.30s: expected DISABLED, REQUIRED, "
		       "VERIFY_CA or VERIFY_IDENTITY",
		       option->value);
}

/* The session is in utf8mb4 in any case: then no character is lost, whatever the table's. */
static int check_charset(const struct dburl_option *option, struct err *err)
{
	if (!strncasecmp(option->value, "utf8", 4))
		return 0;
	return err_set(err, EXIT_CONFIG,
		       "DATABASE_URL: charset=%.30s: expected utf8mb4, in which this "
		       "program reads every table",
		       option->value);
}

static int read_option(const struct dburl_option *option, struct wishes *ret,
		       struct err *err)
{
	const struct {
		const char *name, **text;
		unsigned *seconds;
	} known[] = {
		{ "ssl_ca", &ret->ca, NULL },
		{ "ssl_cert", &ret->cert, NULL },
		{ "ssl_key", &ret->key, NULL },
		{ "ssl_cipher", &ret->cipher, NULL },
		{ "unix_socket", &ret->socket, NULL },
		{ "connect_timeout", NULL, &ret->connect_timeout },
		{ "read_timeout", NULL, &ret->read_timeout },
		{ "write_timeout", NULL, &ret->write_timeout },
	};

	if (!strcmp(option->name, "charset"))
		return check_charset(option, err);
	if (!strcmp(option->name, "ssl_mode"))
		return to_mode(option, ret, err);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(option->name, known[i].name) != 0)
			continue;
		if (known[i].seconds)
			return to_seconds(option, known[i].seconds, err);
		*known[i].text = option->value;
		return 0;
	}
	return err_set(err, EXIT_CONFIG,
		       "DATABASE_URL: \"%.60s\" is no option of MySQL here (there are "
		       "charset, connect_timeout, read_timeout, write_timeout, "
		       "unix_socket, ssl_mode, ssl_ca, ssl_cert, ssl_key, ssl_cipher)",
		       option->name);
}

/* The client libraries do not name the file in their errors. */
static int check_files(const struct wishes *w, struct err *err)
{
	const char *const files[] = { w->ca, w->cert, w->key };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i] && access(files[i], R_OK) < 0)
			return err_set(err, EXIT_CONFIG,
				       "MySQL: TLS: cannot read \"%s\": %s", files[i],
				       strerror(errno));
	return 0;
}

static int read_options(const struct dburl *url, struct wishes *ret, struct err *err)
{
	*ret = (struct wishes){ .connect_timeout = 10 };
	for (size_t i = 0; i < url->n_options; i++)
		if (!dburl_is_djangos(url->options[i].name) &&
		    read_option(&url->options[i], ret, err) < 0)
			return -1;
	if (ret->tls == TLS_DEFAULT && (ret->ca || ret->cert || ret->key || ret->cipher))
		ret->tls = ret->ca ? TLS_VERIFY_CA : TLS_REQUIRED;
	if (ret->tls == TLS_OFF && (ret->ca || ret->cert || ret->key || ret->cipher))
		return err_set(err, EXIT_CONFIG,
			       "DATABASE_URL: ssl_mode=DISABLED and ssl_ca, ssl_cert, "
			       "ssl_key or ssl_cipher contradict each other");
	if (ret->tls >= TLS_VERIFY_CA && !ret->ca)
		return err_set(
			err, EXIT_CONFIG,
			"DATABASE_URL: ssl_mode=VERIFY_CA and VERIFY_IDENTITY need "
			"ssl_ca, or SSL_CA with DB_USE_SSL=True");
	return check_files(ret, err);
}

static void set_tls(MYSQL *conn, const struct wishes *w)
{
#ifdef MARIADB_PACKAGE_VERSION_ID
	mysqldb_bool yes = 1, verify = w->tls == TLS_VERIFY_IDENTITY;

	if (w->tls >= TLS_REQUIRED) {
		/* Told to enforce TLS, 3.3 logs in all the same at a server that says it has
		 * none, with the password as that server wishes it. One that has a
		 * fingerprint to compare with ends there; an empty one is then compared with
		 * nothing. 3.4 ends there in any case. */
		mysql_options(conn, MARIADB_OPT_SSL_FP, "");
		mysql_options(conn, MYSQL_OPT_SSL_ENFORCE, &yes);
		mysql_options(conn, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	}
#else
	static const unsigned modes[] = {
		[TLS_DEFAULT] = SSL_MODE_PREFERRED,
		[TLS_OFF] = SSL_MODE_DISABLED,
		[TLS_REQUIRED] = SSL_MODE_REQUIRED,
		[TLS_VERIFY_CA] = SSL_MODE_VERIFY_CA,
		[TLS_VERIFY_IDENTITY] = SSL_MODE_VERIFY_IDENTITY,
	};
	mysqldb_bool yes = true;

	mysql_options(conn, MYSQL_OPT_SSL_MODE, &modes[w->tls]);
	/* as libmariadb does: caching_sha2_password needs it without TLS (error 2061) */
	mysql_options(conn, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &yes);
#endif
	mysql_options(conn, MYSQL_OPT_SSL_CA, w->ca);
	mysql_options(conn, MYSQL_OPT_SSL_CERT, w->cert);
	mysql_options(conn, MYSQL_OPT_SSL_KEY, w->key);
	mysql_options(conn, MYSQL_OPT_SSL_CIPHER, w->cipher);
}

static void set_options(MYSQL *conn, const struct wishes *w)
{
	unsigned no = 0;
	unsigned long largest_packet = 1ul << 30; /* the protocol's limit of a row */

	mysql_options(conn, MYSQL_OPT_CONNECT_TIMEOUT, &w->connect_timeout);
	if (w->read_timeout)
		mysql_options(conn, MYSQL_OPT_READ_TIMEOUT, &w->read_timeout);
	if (w->write_timeout)
		mysql_options(conn, MYSQL_OPT_WRITE_TIMEOUT, &w->write_timeout);
	mysql_options(conn, MYSQL_OPT_MAX_ALLOWED_PACKET, &largest_packet);
	/* else a server could ask for any file of this machine */
	mysql_options(conn, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_options(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(conn, MYSQL_OPT_CONNECT_ATTR_RESET, NULL);
	mysql_options4(conn, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
		       "structured-log-transfer");
	set_tls(conn, w);
}

int mysqldb_fd(MYSQL *conn)
{
#ifdef MARIADB_PACKAGE_VERSION_ID
	return (int)mysql_get_socket(conn);
#else
	return conn->net.vio ? conn->net.fd : -1;
#endif
}

/* The connection of the run lock says nothing for a long time: a peer that is gone shall be
 * noticed within two minutes, and no firewall shall forget it. On a Unix socket these
 * fail, which is fine. */
static void keep_alive(MYSQL *conn)
{
	int fd = mysqldb_fd(conn), yes = 1, idle = 60, interval = 15, count = 4;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* If a client library gave in after all: nothing but the login was said. */
static int check_tls(MYSQL *conn, const struct wishes *w, struct err *err)
{
	if (w->tls < TLS_REQUIRED || mysql_get_ssl_cipher(conn))
		return 0;
	return err_set(err, EXIT_CONFIG,
		       "MySQL: TLS is asked for and the server offers none: enable it "
		       "there, or leave out DB_USE_SSL and the ssl_ options");
}

/* READ COMMITTED: no gap locks, and a scan keeps no lock of a row that it passes. Waiting
 * longer for somebody's row lock would hold up all other rows: it is EXIT_EARLY. The lane
 * and the lock wait in silence while HTTP goes on, for as long as that takes. Modes of a
 * server can change what operators mean, and the padding of keys. */
static const char *const session[] = {
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET autocommit = 1, time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES',"
	" innodb_lock_wait_timeout = 3, lock_wait_timeout = 30, wait_timeout = 86400",
};

static int set_session(struct mysqldb *my, struct err *err)
{
	/* Oracle's client on MariaDB ends in latin1 without this */
	if (mysql_set_character_set(my->conn, "utf8mb4"))
		return mysqldb_failed(my, err);
	for (size_t i = 0; i < sizeof(session) / sizeof(*session); i++)
		if (mysqldb_run(my, session[i], err) < 0)
			return -1;
	return 0;
}

static int is_set(void *arg, const struct db_row *row)
{
	*(bool *)arg = !slt_is(row->cells[0], "0");
	return 0;
}

static int check_writable(struct mysqldb *my, struct err *err)
{
	bool read_only = false;

	if (mysqldb_query(&my->db,
			  "SELECT @@global.read_only + @@global.innodb_read_only", NULL,
			  0, is_set, &read_only, err) < 0)
		return -1;
	if (!read_only)
		return 0;
	return err_set(err, EXIT_CONFIG,
		       "MySQL: this server is read-only (read_only or innodb_read_only), "
		       "as replicas are; name the primary in DATABASE_URL");
}

static int connect_once(MYSQL *conn, const struct dburl *url, const struct wishes *w)
{
	unsigned port = url->port ? (unsigned)strtoul(url->port, NULL, 10) : 0;
	const char *host = url->host, *socket = w->socket;

	if (host && *host == '/') { /* mysql:////cloudsql/... */
		socket = host;
		host = NULL;
	}
	return mysql_real_connect(conn, host, url->user, url->password, url->name, port,
				  socket, CLIENT_FOUND_ROWS)
		       ? 0
		       : -1;
}

/* Always -1. A server tells an account that must use TLS, and does not, only that access is
 * denied (1045). With TLS 1.3, it has read the client's certificate when the client takes the
 * handshake for done: what comes of that is a connection that ends. */
static int refused(struct mysqldb *my, const struct wishes *w, struct err *err)
{
	unsigned number = mysql_errno(my->conn);
	const char *hint = "";

	mysqldb_failed(my, err);
	if (number == 1045 && w->tls < TLS_REQUIRED)
		hint = "; an account that must use TLS needs DB_USE_SSL=True";
	else if (number != 1045 && w->cert)
		hint = "; perhaps the server does not take the certificate of SSL_CERT";
	snprintf(err->text + strlen(err->text), sizeof(err->text) - strlen(err->text),
		 "%s", hint);
	return -1;
}

static void init_library(void)
{
	if (mysql_library_init(0, NULL, NULL))
		err_no_memory();
}

int mysqldb_open(const struct dburl *url, enum db_access access, struct db **ret,
		 struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct wishes wishes;
	struct mysqldb *my;

	if (read_options(url, &wishes, err) < 0)
		return -1;
	if (url->host && strchr(url->host, ','))
		return err_set(
			err, EXIT_CONFIG,
			"DATABASE_URL: one host is expected for MySQL, not several");
	pthread_once(&once, init_library);
	my = mem_new(1, sizeof(*my));
	my->db.driver = &db_mysql;
	my->conn = mysql_init(NULL);
	if (!my->conn)
		err_no_memory();
	set_options(my->conn, &wishes);
	if (connect_once(my->conn, url, &wishes) < 0) {
		refused(my, &wishes, err);
		goto fail;
	}
	my->is_connected = true;
	keep_alive(my->conn);
	if (check_tls(my->conn, &wishes, err) < 0 || set_session(my, err) < 0 ||
	    (access == DB_WRITE && check_writable(my, err) < 0))
		goto fail;
	*ret = &my->db;
	return 0;
fail:
	mysqldb_close(&my->db);
	return -1;
}
