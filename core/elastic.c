// SPDX-License-Identifier: MIT
// One connection to the search server, and what its answers to a whole request mean.

#include "elastic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* 100 bytes for an item; with reasons as long as the values that were refused. */
enum { MAX_REPLY = 64 * 1024 * 1024 };

struct elastic {
	const struct elastic_target *target;
	struct http *http; /* NULL before the first request */
	struct http_reply reply;
	struct buf url, body;
	size_t at; /* the host that is asked, an index of target->urls */
	bool reasons;
};

static bool given(const char *s)
{
	return s && *s;
}

struct elastic *elastic_new(const struct elastic_target *target)
{
	struct elastic *elastic = mem_new(1, sizeof(*elastic));

	elastic->target = target;
	elastic->reasons = target->config.reasons;
	buf_init(&elastic->url, 128 * 1024);
	buf_init(&elastic->body, MAX_REPLY);
	http_reply_init(&elastic->reply, MAX_REPLY);
	return elastic;
}

void elastic_free(struct elastic *elastic)
{
	if (!elastic)
		return;
	http_free(elastic->http);
	http_reply_fini(&elastic->reply);
	buf_fini(&elastic->url);
	buf_fini(&elastic->body);
	free(elastic);
}

void elastic_drop_reply(struct elastic *elastic, size_t more_than)
{
	if (elastic->reply.body.cap > more_than)
		buf_fini(&elastic->reply.body);
}

/* What the status of a reply other than 200 means for the request as a whole. */
static enum elastic_answer judge(long status, const char *type)
{
	if (status == 413 || status == 417)
		return ANSWER_TOO_LARGE;
	if (status == 429)
		return ANSWER_BUSY;
	if (status == 408 || (status >= 500 && status <= 599))
		return ANSWER_UNAVAILABLE;
	/* As for an item: a block passes, and a smaller body would not help. */
	if (status == 403 && strcmp(type, "cluster_block_exception") == 0)
		return ANSWER_UNAVAILABLE;
	if (status >= 300 && status <= 499)
		return ANSWER_REFUSED;
	return ANSWER_UNKNOWN;
}

static const char *remedy(const struct elastic_config *config, long status, bool reading)
{
	if (reading && status == 403)
		return "not allowed to read there: grant the user or key the privilege "
		       "read, or set ON_CONFLICT=trust";
	if (status >= 300 && status <= 399)
		return "redirects are not followed: check ELASTICSEARCH_HOST and "
		       "ELASTICSEARCH_SCHEME";
	if (status == 401 && given(config->api_key))
		return "the key is not accepted: check ELASTICSEARCH_API_KEY";
	if (status == 401 && given(config->http.user))
		return "the credentials are not accepted: check ELASTICSEARCH_USERNAME "
		       "and ELASTICSEARCH_PASSWORD";
	if (status == 401)
		return "it asks for credentials: set ELASTICSEARCH_USERNAME and "
		       "ELASTICSEARCH_PASSWORD, or ELASTICSEARCH_API_KEY";
	if (status == 403)
		return "not allowed to write there: check "
		       "ELASTICSEARCH_APP_AUDIT_LOG_INDEX and the privileges of the user "
		       "or key (create_doc is enough)";
	if (status == 404)
		return "nothing there: check ELASTICSEARCH_APP_AUDIT_LOG_INDEX (with "
		       "ELASTICSEARCH_REQUIRE_ALIAS it must be an alias), and the path in "
		       "ELASTICSEARCH_HOST";
	if (status == 407)
		return "the proxy asks for credentials: check https_proxy and http_proxy";
	if (status == 400)
		return "the request as a whole is not accepted: check "
		       "ELASTICSEARCH_APP_AUDIT_LOG_INDEX, ELASTICSEARCH_PIPELINE, and "
		       "whether the server wants ELASTICSEARCH_SCHEME=https or an "
		       "ELASTICSEARCH_CLIENT_CERT";
	return "is that Elasticsearch or OpenSearch? Check ELASTICSEARCH_HOST and "
	       "ELASTICSEARCH_PORT";
}

static enum elastic_answer read_refusal(struct elastic *elastic, bool reading,
					struct err *err)
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
			remedy(&target->config, status, reading));
	else
		err_set(err, EXIT_UNAVAILABLE, "%s: status %ld%s", where, status, said);
	return answer;
}

/* What most often stands behind a failure of the connection: it passes or not, nobody can
 * tell from here, so it is tried again all the same. */
static void add_hint(const char *url, struct err *err)
{
	static const struct {
		const char *scheme, *said, *hint;
	} hints[] = {
		{ "https:", "wrong version number",
		  "; is it an http server? Then set ELASTICSEARCH_SCHEME=http" },
		{ "https:", "client certificate", "; check ELASTICSEARCH_CLIENT_CERT" },
		{ "https:", "private key",
		  "; check ELASTICSEARCH_CLIENT_KEY: it must belong to "
		  "ELASTICSEARCH_CLIENT_CERT and have no passphrase" },
		{ "https:", "certificate file", "; check ELASTICSEARCH_CA_CERT" },
		{ "https:", " alert ",
		  "; the server has ended the handshake: if it wants a client certificate, "
		  "check ELASTICSEARCH_CLIENT_CERT" },
		{ "https:", "certificate",
		  "; check ELASTICSEARCH_CA_CERT and the name in ELASTICSEARCH_HOST" },
		{ "http:", "reset by peer",
		  "; is it an https server? Then set ELASTICSEARCH_SCHEME=https" },
		{ "http:", "HTTP/0.9", /* a TLS alert is no HTTP */
		  "; is it an https server? Then set ELASTICSEARCH_SCHEME=https" },
		{ "http:", "Empty reply",
		  "; is it an https server? Then set ELASTICSEARCH_SCHEME=https" },
	};
	size_t len = strlen(err->text);

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strncmp(url, hints[i].scheme, strlen(hints[i].scheme)) == 0 &&
		    strstr(err->text, hints[i].said)) {
			snprintf(err->text + len, sizeof(err->text) - len, "%s",
				 hints[i].hint);
			return;
		}
	}
}

/* Sends a request to the current host, in whose path {index} stands for the target's name. 0: a
 * whole reply of whatever status is there. */
static int send_to(struct elastic *elastic, struct http_request *request,
		   const char *path, struct err *err)
{
	const char *name = strstr(path, "{index}");

	if (!elastic->http) {
		elastic->http = http_new(&elastic->target->http, err);
		if (!elastic->http)
			return -1;
	}
	buf_reset(&elastic->url);
	buf_puts(&elastic->url, elastic->target->urls[elastic->at]);
	buf_put(&elastic->url, path, name ? (size_t)(name - path) : strlen(path));
	if (name) {
		elastic_put_percent(&elastic->url, elastic->target->config.index);
		buf_puts(&elastic->url, name + strlen("{index}"));
	}
	request->url = buf_str(&elastic->url);
	if (http_send(elastic->http, request, &elastic->reply, err) == 0)
		return 0;
	add_hint(request->url, err);
	return -1;
}

/* Posts to a path. ANSWER_ITEMS: a whole reply of status 200 is there. */
static enum elastic_answer ask(struct elastic *elastic, const char *path,
			       const char *content_type, const struct slt_text *parts,
			       size_t n_parts, bool reading, struct err *err)
{
	struct http_request request = {
		.method = "POST",
		.content_type = content_type,
		.parts = parts,
		.n_parts = n_parts,
	};

	if (send_to(elastic, &request, path, err) < 0) {
		if (err->status != EXIT_UNAVAILABLE)
			return ANSWER_REFUSED;
		return elastic->reply.body.full ? ANSWER_UNKNOWN : ANSWER_UNAVAILABLE;
	}
	return elastic->reply.status == 200 ? ANSWER_ITEMS
					    : read_refusal(elastic, reading, err);
}

static struct slt_text reply_text(const struct elastic *elastic)
{
	return (struct slt_text){ elastic->reply.body.ptr, elastic->reply.body.len };
}

/* A reply that cannot be used: send again. */
static enum elastic_answer not_understood(const struct elastic *elastic, struct err *err)
{
	err_context(err, "%s: the reply is not understood",
		    elastic->target->urls[elastic->at]);
	return ANSWER_UNKNOWN;
}

/* What is left to do after any answer. */
static enum elastic_answer finish(struct elastic *elastic, enum elastic_answer answer,
				  long *ret_retry_after)
{
	*ret_retry_after = elastic->reply.retry_after;
	if (answer == ANSWER_UNAVAILABLE || answer == ANSWER_BUSY ||
	    answer == ANSWER_UNKNOWN)
		elastic->at = (elastic->at + 1) % elastic->target->n_urls;
	return answer;
}

enum elastic_answer elastic_bulk(struct elastic *elastic, const struct slt_text *parts,
				 size_t n_parts, const struct slt_text *ids, size_t n,
				 struct bulk_item *items, long *ret_retry_after,
				 struct err *err)
{
	const struct elastic_target *target = elastic->target;
	enum elastic_answer answer;

	answer = ask(elastic,
		     elastic->reasons ? target->bulk_path_reasons : target->bulk_path,
		     "application/x-ndjson", /* both products take it */
		     parts, n_parts, false, err);
	if (answer == ANSWER_UNKNOWN && elastic->reply.body.full)
		elastic->reasons = false; /* the same request would get the same reply */
	if (answer == ANSWER_ITEMS &&
	    bulk_read_reply(reply_text(elastic), ids, n, items, err) < 0)
		answer = not_understood(elastic, err);
	return finish(elastic, answer, ret_retry_after);
}

/* Posts elastic->body, the question which documents are stored. */
static enum elastic_answer ask_for_stored(struct elastic *elastic, const char *path,
					  struct err *err)
{
	struct slt_text body = { elastic->body.ptr, elastic->body.len };
	enum elastic_answer answer = ask(elastic, path, "application/json", &body, 1,
					 true, err);

	return answer == ANSWER_UNKNOWN && elastic->reply.body.full ? ANSWER_TOO_LARGE
								    : answer;
}

enum elastic_answer elastic_mget(struct elastic *elastic, struct mget_doc *docs, size_t n,
				 long *ret_retry_after, struct err *err)
{
	enum elastic_answer answer;

	buf_reset(&elastic->body);
	mget_put_body(&elastic->body, docs, n);
	answer = ask_for_stored(elastic, elastic->target->mget_path, err);
	if (answer == ANSWER_ITEMS &&
	    mget_read_reply(reply_text(elastic), docs, n, err) < 0)
		answer = not_understood(elastic, err);
	return finish(elastic, answer, ret_retry_after);
}

enum elastic_answer elastic_search(struct elastic *elastic, const struct mget_doc *docs,
				   size_t n, mget_hit_fn *hit, void *arg,
				   long *ret_retry_after, struct err *err)
{
	enum elastic_answer answer;

	buf_reset(&elastic->body);
	mget_put_search(&elastic->body, docs, n);
	answer = ask_for_stored(elastic, elastic->target->search_path, err);
	if (answer == ANSWER_ITEMS &&
	    mget_read_search(reply_text(elastic), docs, n, hit, arg, err) < 0)
		answer = not_understood(elastic, err);
	return finish(elastic, answer, ret_retry_after);
}

enum elastic_answer elastic_refresh(struct elastic *elastic, struct err *err)
{
	return ask(elastic, "/{index}/_refresh", NULL, NULL, 0, true, err);
}

int elastic_request(struct elastic *elastic, const char *method, const char *path,
		    struct slt_text body, long *ret_status, struct slt_text *ret_body,
		    struct err *err)
{
	struct http_request request = {
		.method = method,
		.content_type = body.ptr ? "application/json" : NULL,
		.parts = &body,
		.n_parts = body.ptr ? 1 : 0,
	};

	if (send_to(elastic, &request, path, err) < 0)
		return -1;
	*ret_status = elastic->reply.status;
	*ret_body = reply_text(elastic);
	return 0;
}

int elastic_refused(struct elastic *elastic, struct err *err)
{
	read_refusal(elastic, false, err);
	return -1;
}

const char *elastic_index(const struct elastic *elastic)
{
	return elastic->target->config.index;
}

const struct elastic_target *elastic_target(const struct elastic *elastic)
{
	return elastic->target;
}

bool elastic_is_forbidden(const struct elastic *elastic)
{
	return elastic->reply.status == 401 || elastic->reply.status == 403;
}
