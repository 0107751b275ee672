// SPDX-License-Identifier: MIT
// Takes DATABASE_URL apart as django-environ does, where that is well defined.

#include "dburl.h"
#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 *	scheme://user:password@host:port,host:port/name?option=value&option=value
 *	         \_____________________________/ \____/ \_______________________/
 *	                    authority             path            query
 *
 * A password may hold characters that ought to be percent-encoded: the user part ends at
 * the last "@" of the authority, and where an authority that ends at the first of "/?#"
 * is none at all ("u:p/w@host" leaves "u:p"), the password is taken to hold that
 * character.
 */

static const struct {
	const char *scheme, *driver;
} schemes[] = {
	{ "postgres", "postgresql" }, { "postgresql", "postgresql" },
	{ "psql", "postgresql" },     { "pgsql", "postgresql" },
	{ "postgis", "postgresql" },  { "mysql", "mysql" },
	{ "mysql2", "mysql" },	      { "mysqlgis", "mysql" },
	{ "sqlite", "sqlite" },	      { "spatialite", "sqlite" },
};

static const char *const djangos[] = {
	"conn_max_age",	   "conn_health_checks",	  "autocommit",
	"atomic_requests", "disable_server_side_cursors", "reconnect",
};

/* A stretch of the URL; ptr NULL: that part is absent. */
struct part {
	const char *ptr;
	size_t len;
};

struct parts {
	struct part user, password, hosts, path, query;
	bool raw; /* no percent decoding, see split() */
	bool unclear;
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A new string, or NULL for an absent or empty part. A "%" that starts no escape stays as
 * it is. plus: "+" is a space, which is so in path and query. */
static int decode(struct part part, bool raw, bool plus, char **ret, struct err *err)
{
	char *s, *to;

	*ret = NULL;
	if (!part.ptr || !part.len)
		return 0;
	s = to = mem_new(1, part.len + 1);
	for (size_t i = 0; i < part.len; i++) {
		char c = part.ptr[i];

		if (!raw && c == '%' && i + 2 < part.len && hex(part.ptr[i + 1]) >= 0 &&
		    hex(part.ptr[i + 2]) >= 0) {
			c = (char)(hex(part.ptr[i + 1]) * 16 + hex(part.ptr[i + 2]));
			i += 2;
		} else if (!raw && plus && c == '+') {
			c = ' ';
		}
		*to++ = c;
	}
	*to = '\0';
	if (memchr(s, '\0', (size_t)(to - s))) {
		explicit_bzero(s, part.len + 1);
		free(s);
		return err_set(err, EXIT_CONFIG,
			       "DATABASE_URL: %%00 cannot be part of it");
	}
	*ret = s;
	return 0;
}

static struct part part_of(const char *from, const char *to)
{
	return (struct part){ from, (size_t)(to - from) };
}

static const char *last_at(const char *from, const char *to)
{
	return memrchr(from, '@', (size_t)(to - from));
}

static bool is_port(struct part port)
{
	unsigned value = 0;

	if (port.len > 5)
		return false;
	for (size_t i = 0; i < port.len; i++) {
		if (!isdigit((unsigned char)port.ptr[i]))
			return false;
		value = value * 10 + (unsigned)(port.ptr[i] - '0');
	}
	return port.len == 0 || (value > 0 && value < 65536);
}

/* One of the hosts "name:port", "[v6]:port", "name", "[v6]", ":port". */
static bool read_host(struct part text, struct part *ret_host, struct part *ret_port)
{
	const char *end = text.ptr + text.len, *colon;

	if (text.len && *text.ptr == '[') {
		colon = memchr(text.ptr, ']', text.len);
		if (!colon || (colon + 1 < end && colon[1] != ':'))
			return false;
		*ret_host = part_of(text.ptr + 1, colon);
		colon++;
	} else {
		colon = memchr(text.ptr, ':', text.len);
		if (!colon)
			colon = end;
		*ret_host = part_of(text.ptr, colon);
		if (memchr(text.ptr, ']', text.len))
			return false;
	}
	*ret_port = part_of(colon < end ? colon + 1 : end, end);
	return is_port(*ret_port);
}

/* The first host of a list is cut off it; false when there is none left. */
static bool next_host(struct part *list, struct part *ret)
{
	const char *end, *comma;

	if (!list->ptr)
		return false;
	end = list->ptr + list->len;
	comma = memchr(list->ptr, ',', list->len);
	*ret = part_of(list->ptr, comma ? comma : end);
	*list = comma ? part_of(comma + 1, end) : (struct part){ NULL, 0 };
	return true;
}

static bool is_host_list(struct part list)
{
	struct part one, host, port;

	while (next_host(&list, &one))
		if (!read_host(one, &host, &port))
			return false;
	return true;
}

/* Where the authority ends. An "@" behind the first of "/?#" can only be meant as the end
 * of the user part when what stands before is no list of hosts. */
static const char *authority_end(const char *text, bool *ret_raw)
{
	const char *end = text + strcspn(text, "/?#"), *at, *query;

	*ret_raw = false;
	if (*end != '#' && (last_at(text, end) || (is_host_list(part_of(text, end)) &&
						   (end == text || end[-1] != ':'))))
		goto brackets;
	query = text + strcspn(text, "?");
	at = last_at(text, query);
	if (!at)
		at = strrchr(text, '@');
	if (!at || at < end)
		goto brackets;
	/* django-environ quotes such a URL before it reads it, and decodes it once: so an
	 * escape in it is no escape. */
	*ret_raw = *end == '#';
	end = at + strcspn(at, "/?#");
brackets:
	/* The same where brackets do not match, which Python takes for a bad IPv6
	 * literal. */
	if (!memchr(text, '[', (size_t)(end - text)) !=
	    !memchr(text, ']', (size_t)(end - text)))
		*ret_raw = true;
	return end;
}

/* Is there an "@" behind the authority? The options may well hold one. */
static bool has_stray_at(const char *path)
{
	const char *query = path + strcspn(path, "?#");
	const char *fragment = query + strcspn(query, "#");

	if (memchr(path, '@', (size_t)(query - path)) || strchr(fragment, '@'))
		return true;
	return memchr(query, '@', (size_t)(fragment - query)) &&
	       !memchr(query, '=', (size_t)(fragment - query));
}

static void split(const char *text, struct parts *ret)
{
	const char *end, *at, *colon;

	*ret = (struct parts){ .raw = false };
	end = authority_end(text, &ret->raw);
	/* "u:p@w/x@h/d" is a host w and a name "x@h/d", "u:12/x@h/d" a host u. */
	ret->unclear = memchr(text, ':', (size_t)(end - text)) && has_stray_at(end);
	at = last_at(text, end);
	if (at) {
		colon = memchr(text, ':', (size_t)(at - text));
		ret->user = part_of(text, colon ? colon : at);
		if (colon)
			ret->password = part_of(colon + 1, at);
	}
	ret->hosts = part_of(at ? at + 1 : text, end);
	if (*end == '/') {
		text = end + 1;
		end = text + strcspn(text, "?#");
		ret->path = part_of(text, end);
	}
	if (*end == '?') {
		text = end + 1;
		ret->query = part_of(text, text + strcspn(text, "#"));
	}
}

/* Joins hosts and ports to the two lists that libpq takes. One port is the port of all
 * hosts; where only some have one, the others keep an empty place, which is the default
 * port. */
static int take_hosts(struct part list, bool raw, struct dburl *url, struct err *err)
{
	size_t size = list.len + 1, n = 0, n_ports = 0;
	struct part one, host, port, all = list;
	char *hosts = mem_new(1, size), *ports = mem_new(1, size), *decoded;
	int rc = -1;

	while (next_host(&list, &one)) {
		if (!read_host(one, &host, &port)) {
			err_set(err, EXIT_CONFIG,
				"DATABASE_URL: expected host or host:port or [IPv6]:port "
				"behind the \"@\" (special characters in a password: "
				"percent-encoded)");
			goto out;
		}
		if (decode(host, raw, false, &decoded, err) < 0)
			goto out;
		if (n++)
			strcat(hosts, ",");
		strcat(hosts, decoded ? decoded : "");
		free(decoded);
		n_ports += port.len > 0;
	}
	for (list = all, one.len = 0; n_ports && next_host(&list, &one);) {
		read_host(one, &host, &port);
		strncat(ports, port.ptr, port.len);
		if (list.ptr && n_ports > 1)
			strcat(ports, ",");
	}
	if (strlen(hosts) + 1 > n) /* more than commas */
		url->host = mem_copy(hosts);
	if (n_ports)
		url->port = mem_copy(ports);
	rc = 0;
out:
	free(hosts);
	free(ports);
	return rc;
}

static int take_options(struct part query, bool raw, struct dburl *url, struct err *err)
{
	const char *p, *end, *next, *equals;
	char *name, *value;
	int rc = 0;

	if (!query.ptr)
		return 0;
	end = query.ptr + query.len;
	for (p = query.ptr; p < end && rc == 0; p = next + 1) {
		next = memchr(p, '&', (size_t)(end - p));
		if (!next)
			next = end;
		equals = memchr(p, '=', (size_t)(next - p));
		/* An option without a value is not set, as in django-environ. */
		if (!equals || equals + 1 == next)
			continue;
		if (decode(part_of(p, equals), raw, true, &name, err) < 0)
			return -1;
		if (decode(part_of(equals + 1, next), raw, true, &value, err) < 0) {
			free(name);
			return -1;
		}
		if (name && !dburl_option(url, name)) /* the first of a name counts */
			rc = dburl_set_option(url, name, value, err);
		free(name);
		if (value)
			explicit_bzero(value, strlen(value));
		free(value);
	}
	return rc;
}

/* postgres:////var/run/postgresql/db: a path that starts with "/" is socket folder and
 * name. */
static void take_socket(struct dburl *url)
{
	char *slash, *name;

	if (!url->name || *url->name != '/' || !strcmp(url->driver, "sqlite"))
		return;
	if (!strcmp(url->driver, "mysql") && !strstr(url->name, "/cloudsql/"))
		return;
	slash = strrchr(url->name, '/');
	name = slash[1] ? mem_copy(slash + 1) : NULL;
	*slash = '\0';
	free(url->host);
	url->host = NULL;
	if (*url->name)
		url->host = url->name;
	else
		free(url->name);
	url->name = name;
}

static int take_sqlite(const struct parts *parts, struct dburl *url, struct err *err)
{
	static const char memory[] = ":memory:";
	size_t n = parts->hosts.len;

	if (n && (n != strlen(memory) || memcmp(parts->hosts.ptr, memory, n) != 0))
		return err_set(err, EXIT_CONFIG,
			       "DATABASE_URL: expected sqlite:///relative/path or "
			       "sqlite:////absolute/path, with three or four slashes");
	if (!url->name)
		url->name = mem_copy(memory);
	return 0;
}

static int take_scheme(const char *text, const char **ret_driver, const char **ret_rest,
		       struct err *err)
{
	const char *end = strstr(text, "://");

	for (size_t i = 0; end && i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i].scheme);

		if (n == (size_t)(end - text) &&
		    !strncasecmp(text, schemes[i].scheme, n)) {
			*ret_driver = schemes[i].driver;
			*ret_rest = end + 3;
			return 0;
		}
	}
	return err_set(err, EXIT_CONFIG,
		       "DATABASE_URL: expected postgres://, mysql:// or sqlite:// and "
		       "what belongs to it, such as "
		       "postgres://user:password@host:5432/name");
}

int dburl_parse(const char *text, struct dburl *ret, struct err *err)
{
	struct dburl url = { .driver = NULL };
	struct parts parts;
	int rc = -1;

	if (take_scheme(text, &url.driver, &text, err) < 0)
		return -1;
	split(text, &parts);
	if (decode(parts.user, parts.raw, false, &url.user, err) < 0 ||
	    decode(parts.password, parts.raw, false, &url.password, err) < 0 ||
	    decode(parts.path, parts.raw, true, &url.name, err) < 0 ||
	    take_options(parts.query, parts.raw, &url, err) < 0)
		goto out;
	if (!strcmp(url.driver, "sqlite"))
		rc = take_sqlite(&parts, &url, err);
	else
		rc = take_hosts(parts.hosts, parts.raw, &url, err);
	if (rc < 0)
		goto out;
	take_socket(&url);
	url.unclear = parts.unclear && strcmp(url.driver, "sqlite") != 0;
	*ret = url;
	return 0;
out:
	dburl_fini(&url);
	return rc;
}

static void wipe(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void dburl_fini(struct dburl *url)
{
	free(url->host);
	free(url->port);
	free(url->user);
	wipe(url->password);
	free(url->name);
	for (size_t i = 0; i < url->n_options; i++) {
		free(url->options[i].name);
		wipe(url->options[i].value); /* may be password or sslpassword */
	}
	*url = (struct dburl){ .driver = NULL };
}

void dburl_set_password(struct dburl *url, const char *password)
{
	char *made = mem_copy(password);

	wipe(url->password);
	url->password = made;
}

const char *dburl_option(const struct dburl *url, const char *name)
{
	for (size_t i = 0; i < url->n_options; i++)
		if (!strcmp(url->options[i].name, name))
			return url->options[i].value;
	return NULL;
}

int dburl_set_option(struct dburl *url, const char *name, const char *value,
		     struct err *err)
{
	size_t i = 0;

	while (i < url->n_options && strcmp(url->options[i].name, name))
		i++;
	if (i == DBURL_MAX_OPTIONS)
		return err_set(err, EXIT_CONFIG, "DATABASE_URL: more than %d options",
			       DBURL_MAX_OPTIONS);
	if (i == url->n_options)
		url->options[url->n_options++] = (struct dburl_option){ mem_copy(name),
									NULL };
	wipe(url->options[i].value);
	url->options[i].value = mem_copy(value);
	return 0;
}

bool dburl_is_djangos(const char *name)
{
	for (size_t i = 0; i < sizeof(djangos) / sizeof(*djangos); i++)
		if (!strcasecmp(name, djangos[i]))
			return true;
	return false;
}

bool dburl_is_strict(const char *sslmode)
{
	return strcmp(sslmode, "require") == 0 || strcmp(sslmode, "verify-ca") == 0 ||
	       strcmp(sslmode, "verify-full") == 0;
}
