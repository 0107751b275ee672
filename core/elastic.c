// SPDX-License-Identifier: MIT
// Where the search server is, read from the settings, and what its answers to a whole bulk
// request mean.

#include "elastic.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEFAULT_PORT = 9200,
	MAX_INDEX = 255, // bytes, both products
	// 100 bytes for an item; with reasons it is as long as the values that were refused.
	MAX_REPLY = 64 * 1024 * 1024,
};

struct elastic {
	const struct elastic_target *target;
	struct http *http;
	struct http_reply reply;
	struct buf url;
	size_t at; // the host that is asked, an index of target->urls
	bool reasons;
};

static bool given(const char *s)
{
	return s && *s;
}

static char *copy(const char *s)
{
	char *copied = strdup(s);

	if (!copied)
		err_no_memory();
	return copied;
}

// ---- ELASTICSEARCH_HOST

#define HOST_FORMS                                                                      \
	"expected host, host:port, [v6]:port or a URL such as https://host:9200/path, " \
	"several with commas"

// A URL in parts; strings belong to curl.
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

// An entry without a scheme as a URL. A bare IPv6 address gets its brackets.
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

static int check_scheme(const struct elastic_config *config, const char *scheme,
			const char *entry, struct err *err)
{
	if (strcmp(scheme, "http") && strcmp(scheme, "https"))
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			       entry);
	if (config->scheme_given && strcmp(scheme, config->scheme))
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_HOST \"%s\" says %s, but ELASTICSEARCH_SCHEME "
			"says %s: leave one of them out",
			entry, scheme, config->scheme);
	return 0;
}

static int set_port(CURLU *parsed, const struct elastic_config *config, const char *port,
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

static int check_plaintext(struct elastic_target *target, const struct place *place,
			   struct err *err)
{
	const struct elastic_config *config = &target->config;
	bool secret = given(config->http.user) || given(config->api_key);

	if (!secret || strcmp(place->scheme, "http") || is_loopback(place->host))
		return 0;
	target->plaintext_credentials = true;
	if (config->allow_plaintext)
		return 0;
	return err_set(err, EXIT_CONFIG,
		       "credentials would go to %s unencrypted: use https, or set "
		       "ELASTICSEARCH_ALLOW_PLAINTEXT=True",
		       place->host);
}

static int read_entry(struct elastic_target *target, CURLU *parsed, const char *entry,
		      struct place *place, struct err *err)
{
	const struct elastic_config *config = &target->config;
	size_t len;

	if (!get(parsed, CURLUPART_SCHEME, &place->scheme) ||
	    !get(parsed, CURLUPART_HOST, &place->host))
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			       entry);
	if (check_scheme(config, place->scheme, entry, err) ||
	    set_port(parsed, config, get(parsed, CURLUPART_PORT, &place->port), entry,
		     err) ||
	    check_plaintext(target, place, err))
		return -1;
	if (!get(parsed, CURLUPART_URL, &place->url))
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			       entry);
	len = strlen(place->url);
	while (len && place->url[len - 1] == '/')
		len--;
	place->url[len] = '\0';
	target->urls[target->n_urls++] = copy(place->url);
	return 0;
}

static int add_host(struct elastic_target *target, const char *entry, struct err *err)
{
	struct place place = { 0 };
	struct buf url;
	CURLU *parsed;
	int rc;

	if (target->n_urls == ELASTIC_MAX_HOSTS)
		return err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST: more than %d hosts",
			       ELASTIC_MAX_HOSTS);
	parsed = curl_url();
	if (!parsed)
		err_no_memory();
	buf_init(&url, strlen(entry) + 16);
	put_url(&url, target->config.scheme, entry);
	if (curl_url_set(parsed, CURLUPART_URL, buf_str(&url), CURLU_DISALLOW_USER))
		rc = err_set(err, EXIT_CONFIG, "ELASTICSEARCH_HOST \"%s\": " HOST_FORMS,
			     entry);
	else
		rc = read_entry(target, parsed, entry, &place, err);
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

static int read_hosts(struct elastic_target *target, struct err *err)
{
	const char *hosts = target->config.hosts;
	char *list, *rest, *entry;
	int rc = 0;

	// Before anything is quoted, and before commas are looked at: a password may hold any.
	if (strchr(hosts, '@'))
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_HOST must not hold a user name or password (it "
			"holds an @): use ELASTICSEARCH_USERNAME and "
			"ELASTICSEARCH_PASSWORD");
	if (strpbrk(hosts, "?#"))
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_HOST must not hold a query or fragment (? or #): " HOST_FORMS);
	rest = list = copy(hosts);
	if (!*trim(list))
		rc = err_set(err, EXIT_CONFIG,
			     "ELASTICSEARCH_HOST is not set: " HOST_FORMS);
	while (!rc && (entry = strsep(&rest, ",")) != NULL) {
		entry = trim(entry);
		if (*entry)
			rc = add_host(target, entry, err);
		else
			rc = err_set(err, EXIT_CONFIG,
				     "ELASTICSEARCH_HOST \"%s\": no host between commas",
				     hosts);
	}
	free(list);
	return rc;
}

// ---- the other settings

static int check_index(const char *index, struct err *err)
{
	const char *why = NULL;

	if (!*index)
		why = "is empty";
	else if (strlen(index) > MAX_INDEX)
		why = "is longer than 255 bytes";
	else if (strchr("-_+", index[0]))
		why = "begins with - or _ or +";
	else if (!strcmp(index, ".") || !strcmp(index, ".."))
		why = "is . or ..";
	for (const char *c = index; *c && !why; c++) {
		if (*c >= 'A' && *c <= 'Z')
			why = "has an upper-case letter";
		else if (strchr("\"\\/*?<>|,#: ", *c) || (unsigned char)*c < 0x20)
			why = "has a space, a control character or one of \" \\ / * ? < > | , # :";
	}
	if (!why)
		return 0;
	return err_set(
		err, EXIT_CONFIG,
		"ELASTICSEARCH_APP_AUDIT_LOG_INDEX \"%.80s\" %s: expected the name of an "
		"index, an alias or a data stream",
		index, why);
}

static int check_credentials(const struct elastic_config *config, struct err *err)
{
	const char *key = config->api_key;

	if (given(key) && given(config->http.user))
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_API_KEY and ELASTICSEARCH_USERNAME are both set: "
			"leave one of them out");
	if (given(key) &&
	    key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789+/-_=")])
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_API_KEY is not base64: expected the key as it was "
			"\"encoded\" when it was made (base64 of id:key)");
	// Basic authentication ends the name at the first colon.
	if (given(config->http.user) && strchr(config->http.user, ':'))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_USERNAME must not hold a colon");
	if (given(config->http.password) && !given(config->http.user))
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_PASSWORD is set, but ELASTICSEARCH_USERNAME is not");
	return 0;
}

static int check_file(const char *setting, const char *path, struct err *err)
{
	if (!given(path) || access(path, R_OK) == 0)
		return 0;
	return err_set(err, EXIT_CONFIG, "%s: cannot read %s: %s", setting, path,
		       strerror(errno));
}

static int check_settings(const struct elastic_config *config, struct err *err)
{
	if (!config->scheme ||
	    (strcmp(config->scheme, "http") && strcmp(config->scheme, "https")))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_SCHEME \"%s\": expected https or http",
			       config->scheme ? config->scheme : "");
	if (config->port < 0 || config->port > 65535)
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_PORT %ld: expected 1 to 65535, or 0 for the port "
			"in ELASTICSEARCH_HOST",
			config->port);
	if (given(config->http.client_key) && !given(config->http.client_cert))
		return err_set(
			err, EXIT_CONFIG,
			"ELASTICSEARCH_CLIENT_KEY is set, but ELASTICSEARCH_CLIENT_CERT "
			"is not");
	if (check_credentials(config, err) || check_index(config->index, err) ||
	    check_file("ELASTICSEARCH_CA_CERT", config->http.ca_cert, err) ||
	    check_file("ELASTICSEARCH_CLIENT_CERT", config->http.client_cert, err) ||
	    check_file("ELASTICSEARCH_CLIENT_KEY", config->http.client_key, err))
		return -1;
	return 0;
}

static void put_percent(struct buf *to, const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);

	if (!escaped)
		err_no_memory();
	buf_puts(to, escaped);
	curl_free(escaped);
}

static char *make_bulk_path(const struct elastic_config *config, const char *filter_path)
{
	struct buf path;
	char *made;

	buf_init(&path, 64 * 1024);
	buf_putc(&path, '/');
	put_percent(&path, config->index);
	buf_printf(&path, "/_bulk?filter_path=%s", filter_path);
	if (given(config->pipeline)) {
		buf_puts(&path, "&pipeline=");
		put_percent(&path, config->pipeline);
	}
	if (config->require_alias)
		buf_puts(&path, "&require_alias=true");
	made = copy(buf_str(&path));
	buf_fini(&path);
	return made;
}

static void make_authorization(struct elastic_target *target)
{
	const char *key = target->config.api_key;

	if (!given(key))
		return;
	if (asprintf(&target->authorization, "ApiKey %s", key) < 0)
		err_no_memory();
	target->http.authorization = target->authorization;
}

int elastic_target_init(struct elastic_target *target,
			const struct elastic_config *config, struct err *err)
{
	*target = (struct elastic_target){ .config = *config, .http = config->http };
	if (check_settings(config, err) || read_hosts(target, err)) {
		elastic_target_fini(target);
		return -1;
	}
	make_authorization(target);
	target->bulk_path = make_bulk_path(config, bulk_filter_path);
	target->bulk_path_reasons = make_bulk_path(config, bulk_filter_path_reasons);
	return 0;
}

void elastic_target_fini(struct elastic_target *target)
{
	if (target->authorization)
		explicit_bzero(target->authorization, strlen(target->authorization));
	free(target->authorization);
	free(target->bulk_path);
	free(target->bulk_path_reasons);
	for (size_t i = 0; i < target->n_urls; i++)
		free(target->urls[i]);
	*target = (struct elastic_target){ 0 };
}

// ---- one lane's connection

struct elastic *elastic_new(const struct elastic_target *target, struct err *err)
{
	struct elastic *elastic = calloc(1, sizeof(*elastic));

	if (!elastic)
		err_no_memory();
	elastic->target = target;
	elastic->reasons = target->config.reasons;
	buf_init(&elastic->url, 128 * 1024);
	http_reply_init(&elastic->reply, MAX_REPLY);
	elastic->http = http_new(&target->http, err);
	if (!elastic->http) {
		elastic_free(elastic);
		return NULL;
	}
	return elastic;
}

void elastic_free(struct elastic *elastic)
{
	if (!elastic)
		return;
	http_free(elastic->http);
	http_reply_fini(&elastic->reply);
	buf_fini(&elastic->url);
	free(elastic);
}

// What the status of a reply other than 200 means for the request as a whole.
static enum elastic_answer judge(long status, const char *type)
{
	if (status == 413 || status == 417)
		return ANSWER_TOO_LARGE;
	if (status == 429)
		return ANSWER_BUSY;
	if (status == 408 || (status >= 500 && status <= 599))
		return ANSWER_UNAVAILABLE;
	// As for an item: a block passes, and a smaller body would not help.
	if (status == 403 && strcmp(type, "cluster_block_exception") == 0)
		return ANSWER_UNAVAILABLE;
	if (status >= 300 && status <= 499)
		return ANSWER_REFUSED;
	return ANSWER_UNKNOWN;
}

static const char *remedy(const struct elastic_config *config, long status)
{
	if (status >= 300 && status <= 399)
		return "redirects are not followed: check ELASTICSEARCH_HOST and "
		       "ELASTICSEARCH_SCHEME";
	if (status == 401 && given(config->api_key))
		return "the key is not accepted: check ELASTICSEARCH_API_KEY";
	if (status == 401 && given(config->http.user))
		return "the credentials are not accepted: check ELASTICSEARCH_USERNAME and "
		       "ELASTICSEARCH_PASSWORD";
	if (status == 401)
		return "it asks for credentials: set ELASTICSEARCH_USERNAME and "
		       "ELASTICSEARCH_PASSWORD, or ELASTICSEARCH_API_KEY";
	if (status == 403)
		return "not allowed to write there: check ELASTICSEARCH_APP_AUDIT_LOG_INDEX and "
		       "the privileges of the user or key (create_doc is enough)";
	if (status == 404)
		return "nothing there: check ELASTICSEARCH_APP_AUDIT_LOG_INDEX, and the path in "
		       "ELASTICSEARCH_HOST";
	if (status == 407)
		return "the proxy asks for credentials: check https_proxy and http_proxy";
	if (status == 400)
		return "the request as a whole is not accepted: check "
		       "ELASTICSEARCH_APP_AUDIT_LOG_INDEX, ELASTICSEARCH_PIPELINE, and whether "
		       "ELASTICSEARCH_SCHEME should be https";
	return "is that Elasticsearch or OpenSearch? Check ELASTICSEARCH_HOST and "
	       "ELASTICSEARCH_PORT";
}

static enum elastic_answer read_refusal(struct elastic *elastic, struct err *err)
{
	const struct elastic_target *target = elastic->target;
	const char *where = target->urls[elastic->at];
	long status = elastic->reply.status;
	struct slt_text body = { elastic->reply.body.ptr, elastic->reply.body.len };
	enum elastic_answer answer;
	char type[96], said[112] = "";

	bulk_error_type(body, type, sizeof(type));
	if (*type)
		snprintf(said, sizeof(said), " (%s)", type);
	answer = judge(status, type);
	if (answer == ANSWER_REFUSED)
		err_set(err, EXIT_CONFIG, "%s: status %ld%s: %s", where, status, said,
			remedy(&target->config, status));
	else
		err_set(err, EXIT_UNAVAILABLE, "%s: status %ld%s", where, status, said);
	return answer;
}

static enum elastic_answer send_bulk(struct elastic *elastic,
				     const struct slt_text *parts, size_t n_parts,
				     const struct slt_text *ids, size_t n,
				     struct bulk_item *items, struct err *err)
{
	const struct elastic_target *target = elastic->target;
	struct http_reply *reply = &elastic->reply;
	struct http_request request = {
		.method = "POST",
		.content_type = "application/x-ndjson", // both products take it
		.parts = parts,
		.n_parts = n_parts,
	};

	buf_reset(&elastic->url);
	buf_puts(&elastic->url, target->urls[elastic->at]);
	buf_puts(&elastic->url,
		 elastic->reasons ? target->bulk_path_reasons : target->bulk_path);
	request.url = buf_str(&elastic->url);
	if (http_send(elastic->http, &request, reply, err)) {
		if (err->status != EXIT_UNAVAILABLE)
			return ANSWER_REFUSED;
		if (!reply->body.full)
			return ANSWER_UNAVAILABLE;
		elastic->reasons = false; // the same request would get the same reply
		return ANSWER_UNKNOWN;
	}
	if (reply->status != 200)
		return read_refusal(elastic, err);
	if (!bulk_read_reply((struct slt_text){ reply->body.ptr, reply->body.len }, ids,
			     n, items, err))
		return ANSWER_ITEMS;
	err_context(err, "%s: the reply is not understood", target->urls[elastic->at]);
	return ANSWER_UNKNOWN;
}

enum elastic_answer elastic_bulk(struct elastic *elastic, const struct slt_text *parts,
				 size_t n_parts, const struct slt_text *ids, size_t n,
				 struct bulk_item *items, long *ret_retry_after,
				 struct err *err)
{
	enum elastic_answer answer;

	answer = send_bulk(elastic, parts, n_parts, ids, n, items, err);
	*ret_retry_after = elastic->reply.retry_after;
	if (answer == ANSWER_UNAVAILABLE)
		elastic->at = (elastic->at + 1) % elastic->target->n_urls;
	return answer;
}
