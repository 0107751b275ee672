// SPDX-License-Identifier: MIT
// The search server as the settings name it: checked, and the paths of requests made.

#include "elastic.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts.h"
#include "mem.h"

enum { MAX_INDEX = 255 }; /* bytes, both products */

static bool given(const char *s)
{
	return s && *s;
}

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
			why = "has a space, a control character or one of "
			      "\" \\ / * ? < > | , # :";
	}
	if (!why)
		return 0;
	return err_set(err, EXIT_CONFIG,
		       "ELASTICSEARCH_APP_AUDIT_LOG_INDEX \"%.80s\" %s: expected the "
		       "name of an index, an alias or a data stream",
		       index, why);
}

static int check_credentials(const struct elastic_config *config, struct err *err)
{
	const char *key = config->api_key;

	if (given(key) && given(config->http.user))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_API_KEY and ELASTICSEARCH_USERNAME are "
			       "both set: leave one of them out");
	if (given(key) &&
	    key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789+/-_=")])
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_API_KEY is not base64: expected the key as "
			       "it was \"encoded\" when it was made (base64 of id:key)");
	/* Basic authentication ends the name at the first colon. */
	if (given(config->http.user) && strchr(config->http.user, ':'))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_USERNAME must not hold a colon");
	if (given(config->http.password) && !given(config->http.user))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_PASSWORD is set, but "
			       "ELASTICSEARCH_USERNAME is not");
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
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_PORT %ld: expected 1 to 65535, or 0 for "
			       "the port in ELASTICSEARCH_HOST",
			       config->port);
	if (given(config->http.client_key) && !given(config->http.client_cert))
		return err_set(err, EXIT_CONFIG,
			       "ELASTICSEARCH_CLIENT_KEY is set, but "
			       "ELASTICSEARCH_CLIENT_CERT is not");
	if (check_credentials(config, err) || check_index(config->index, err) ||
	    check_file("ELASTICSEARCH_CA_CERT", config->http.ca_cert, err) ||
	    check_file("ELASTICSEARCH_CLIENT_CERT", config->http.client_cert, err) ||
	    check_file("ELASTICSEARCH_CLIENT_KEY", config->http.client_key, err))
		return -1;
	return 0;
}

void elastic_put_percent(struct buf *to, const char *text)
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
	elastic_put_percent(&path, config->index);
	buf_printf(&path, "/_bulk?filter_path=%s", filter_path);
	if (given(config->pipeline)) {
		buf_puts(&path, "&pipeline=");
		elastic_put_percent(&path, config->pipeline);
	}
	if (config->require_alias)
		buf_puts(&path, "&require_alias=true");
	made = mem_copy(buf_str(&path));
	buf_fini(&path);
	return made;
}

/* All of each _source, and no filter: the server would write it anew, numbers and all. */
static char *make_read_path(const struct elastic_config *config, const char *what)
{
	struct buf path;
	char *made;

	buf_init(&path, 64 * 1024);
	buf_putc(&path, '/');
	elastic_put_percent(&path, config->index);
	buf_puts(&path, what);
	made = mem_copy(buf_str(&path));
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

static int read_hosts(struct elastic_target *target, struct err *err)
{
	const struct elastic_config *config = &target->config;
	struct hosts_config hosts = {
		.list = config->hosts,
		.port = config->port,
		.scheme = config->scheme,
		.scheme_given = config->scheme_given,
		.credentials = given(config->http.user) || given(config->api_key),
		.allow_plaintext = config->allow_plaintext,
	};
	int n = hosts_read(&hosts, target->urls, ELASTIC_MAX_HOSTS,
			   &target->plaintext_credentials, err);

	if (n < 0)
		return -1;
	target->n_urls = (size_t)n;
	return 0;
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
	target->mget_path = make_read_path(config, "/_mget");
	target->search_path = make_read_path(config, "/_search");
	return 0;
}

void elastic_target_fini(struct elastic_target *target)
{
	if (target->authorization)
		explicit_bzero(target->authorization, strlen(target->authorization));
	free(target->authorization);
	free(target->bulk_path);
	free(target->bulk_path_reasons);
	free(target->mget_path);
	free(target->search_path);
	for (size_t i = 0; i < target->n_urls; i++)
		free(target->urls[i]);
	*target = (struct elastic_target){ 0 };
}
