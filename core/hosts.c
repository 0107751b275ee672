// SPDX-License-Identifier: MIT
// Reads ELASTICSEARCH_HOST: one host or several, each to its base URL.

#include "hosts.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "mem.h"

enum { DEFAULT_PORT = 9200 };

#define HOST_FORMS                                                                      \
	"expected host, host:port, [v6]:port or a URL such as https://host:9200/path, " \
	"several with commas"

/* What has been read so far. */
struct reading {
	const struct hosts_config *config;
	char **urls;
	size_t max, n;
	bool plaintext;
};

/* A URL in parts; strings belong to curl. */
struct place {
	char *scheme, *host, *port, *url;
};

static void place_fini(struct place *place)
{
	curl_free(place->scheme);
	curl_free(place->host);
	curl_free(place->port);
	curl_free(place->url);
}

static const char *get(CURLU *parsed, CURLUPart part, char **ret)
{
	CURLUcode code = curl_url_get(parsed, part, ret, 0);

	if (code == CURLUE_OUT_OF_MEMORY)
		err_no_memory();
	return code == CURLUE_OK ? *ret : NULL;
}

/* An entry without a scheme as a URL. A bare IPv6 address gets its brackets. */
static void put_url(struct buf *url, const char *scheme, const char *entry)
{
	struct in6_addr v6;

	if (strstr(entry, "://"))
		buf_puts(url, entry);
	else if (inet_pton(AF_INET6, entry, &v6) == 1)
		buf_printf(url, "%s://[%s]", scheme, entry);
	else
		buf_printf(url, "%s://%s", scheme, entry);
}

static int check_scheme(const struct hosts_config *config, const char *scheme,
			const char *entry, struct err *err)
{
	if (strcmp(scheme, "http") && strcmp(scheme, "https"))
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			       entry);
	if (config->scheme_given && strcmp(scheme, config->scheme))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_HOST \"%s\" says %s, but "
			       "ELASTICSEARCH_SCHEME says %s: leave one of them out",
			       entry, scheme, config->scheme);
	return 0;
}

static int set_port(CURLU *parsed, const struct hosts_config *config, const char *port,
		    const char *entry, struct err *err)
{
	char text[24];
	long number = port ? strtol(port, NULL, 10) : 0;

	if (port && (number < 1 || number > 65535))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_HOST \"%s\": no such port", entry);
	if (port && config->port && number != config->port)
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_HOST \"%s\" says port %ld, but "
			       "ELASTICSEARCH_PORT says %ld: leave one of them out",
			       entry, number, config->port);
	if (!port)
		number = config->port ? config->port : DEFAULT_PORT;
	snprintf(text, sizeof(text), "%ld", number);
	if (curl_url_set(parsed, CURLUPART_PORT, text, 0))
		err_no_memory();
	return 0;
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static int check_plaintext(struct reading *reading, const struct place *place,
			   struct err *err)
{
	const struct hosts_config *config = reading->config;

	if (!config->credentials || strcmp(place->scheme, "http") ||
	    is_loopback(place->host))
		return 0;
	reading->plaintext = true;
	if (config->allow_plaintext)
		return 0;
	return err_set(err, EXIT_CONFIG,
		       "credentials would go to %s unencrypted: use https, or set "
		       "ELASTICSEARCH_ALLOW_PLAINTEXT=True",
		       place->host);
}

static int read_entry(struct reading *reading, CURLU *parsed, const char *entry,
		      struct place *place, struct err *err)
{
	const struct hosts_config *config = reading->config;
	size_t len;

	if (!get(parsed, CURLUPART_SCHEME, &place->scheme) ||
	    !get(parsed, CURLUPART_HOST, &place->host))
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			       entry);
	if (check_scheme(config, place->scheme, entry, err) ||
	    set_port(parsed, config, get(parsed, CURLUPART_PORT, &place->port), entry,
		     err) ||
	    check_plaintext(reading, place, err))
		return -1;
	if (!get(parsed, CURLUPART_URL, &place->url))
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			       entry);
	len = strlen(place->url);
	while (len && place->url[len - 1] == '/')
		len--;
	place->url[len] = '\0';
	reading->urls[reading->n++] = mem_copy(place->url);
	return 0;
}

static int add_host(struct reading *reading, const char *entry, struct err *err)
{
	struct place place = { 0 };
	struct buf url;
	CURLU *parsed;
	int rc;

	if (reading->n == reading->max)
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_HOST: more than %zu hosts", reading->max);
	parsed = curl_url();
	if (!parsed)
		err_no_memory();
	buf_init(&url, strlen(entry) + 16);
	put_url(&url, reading->config->scheme, entry);
	if (curl_url_set(parsed, CURLUPART_URL, buf_str(&url), CURLU_DISALLOW_USER))
		rc = err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			     entry);
	else
		rc = read_entry(reading, parsed, entry, &place, err);
	place_fini(&place);
	buf_fini(&url);
	curl_url_cleanup(parsed);
	return rc;
}

static char *trim(char *s)
{
	static const char space[] = " \t\r\n";
	size_t len;

	s += strspn(s, space);
	len = strlen(s);
	while (len && strchr(space, s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

static int read_list(struct reading *reading, struct err *err)
{
	const char *hosts = reading->config->list;
	char *list, *rest, *entry;
	int rc = 0;

	/* Before anything is quoted, and before commas are looked at: a password may hold
	 * any. */
	if (strchr(hosts, '@'))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_HOST must not hold a user name or password "
			       "(it holds an @): use ELASTICSEARCH_USERNAME and "
			       "ELASTICSEARCH_PASSWORD");
	if (strpbrk(hosts, "?#"))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_HOST must not hold a query or fragment "
			       "(? or #): " HOST_FORMS);
	rest = list = mem_copy(hosts);
	if (!*trim(list))
		rc = err_set(err, EXIT_CONFIG,
			     "ELASTICSEARCH_HOST is not set: " HOST_FORMS);
	while (!rc && (entry = strsep(&rest, ",")) != NULL) {
		entry = trim(entry);
		if (*entry)
			rc = add_host(reading, entry, err);
		else
			rc = err_set(err, EXIT_CONFIG,
				     "ELASTICSEARCH_HOST \"%s\": no host between commas",
				     hosts);
	}
	free(list);
	return rc;
}

int hosts_read(const struct hosts_config *config, char **ret_urls, size_t max,
	       bool *ret_plaintext, struct err *err)
{
	struct reading reading = { .config = config, .urls = ret_urls, .max = max };

	if (read_list(&reading, err)) {
		while (reading.n)
			free(ret_urls[--reading.n]);
		return -1;
	}
	*ret_plaintext = reading.plaintext;
	return (int)reading.n;
}
