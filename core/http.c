// SPDX-License-Identifier: MIT
// HTTP requests over one libcurl handle, whose connection is kept alive between them.

#include "http.h"
#include "mem.h"
#include "retry.h"
#include "stop.h"

#include <curl/curl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* input is const */
#include <zlib.h>

enum {
	UPLOAD_BUFFER = 512 * 1024, /* curl's own 64 KiB costs a system call each */
	CONNECT_TIMEOUT = 10,	    /* seconds, when the whole request may take longer */
	LOOK_UP_MS = 100,	    /* from the socket, whether a stop is requested */
};

struct http {
	CURL *curl;
	CURLM *multi; /* runs the one request, and keeps its connection */
	struct http_config config;
	double end; /* once a stop was seen: no reply is awaited after it; else 0 */
	char message[CURL_ERROR_SIZE];
	bool head_is_whole; /* of the reply */
	z_stream gzip;	    /* only with config.compress */
	struct buf packed;  /* the compressed body */
};

/* Where curl is in the parts of a body. */
struct cursor {
	const struct slt_text *parts;
	size_t n_parts;
	size_t part, offset;
};

static CURLcode start_code;

static void start_curl(void)
{
	start_code = curl_global_init(CURL_GLOBAL_DEFAULT);
	signal(SIGPIPE, SIG_IGN);
}

static bool given(const char *s)
{
	return s && *s;
}

static size_t read_body(char *to, size_t size, size_t n, void *arg)
{
	struct cursor *at = arg;
	size_t room = size * n, done = 0;

	while (done < room && at->part < at->n_parts) {
		const struct slt_text *part = &at->parts[at->part];
		size_t len = part->len - at->offset;

		if (len > room - done)
			len = room - done;
		if (len)
			memcpy(to + done, part->ptr + at->offset, len);
		done += len;
		at->offset += len;
		if (at->offset == part->len) {
			at->part++;
			at->offset = 0;
		}
	}
	return done;
}

/* curl goes back to the start when a kept connection turns out to be dead. */
static int seek_body(void *arg, curl_off_t offset, int origin)
{
	struct cursor *at = arg;

	if (origin != SEEK_SET || offset != 0)
		return CURL_SEEKFUNC_CANTSEEK;
	at->part = at->offset = 0;
	return CURL_SEEKFUNC_OK;
}

/* curl takes a head that ends with the connection for a whole one (7.88). */
static size_t watch_head(char *line, size_t size, size_t n, void *arg)
{
	struct http *http = arg;
	size_t len = size * n;

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		http->head_is_whole = false;
	else if (len && (*line == '\r' || *line == '\n'))
		http->head_is_whole = true;
	return len;
}

static size_t write_reply(char *bytes, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	buf_put(body, bytes, size * n);
	return body->full ? 0 : size * n;
}

static CURLcode set_protocols(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
				(long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* Options are set one after another; the first that fails ends it. */
#define SET(option, value)                                              \
	do {                                                            \
		CURLcode code_ = curl_easy_setopt(curl, option, value); \
		if (code_)                                              \
			return code_;                                   \
	} while (0)

static CURLcode set_transfer(struct http *http)
{
	CURL *curl = http->curl;
	long timeout = http->config.timeout;
	CURLcode code = set_protocols(curl);

	if (code)
		return code;
	SET(CURLOPT_ERRORBUFFER, http->message);
	SET(CURLOPT_NOSIGNAL, 1L); /* threads */
	/* One request at a time. */
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_TIMEOUT, timeout);
	SET(CURLOPT_CONNECTTIMEOUT,
	    timeout < CONNECT_TIMEOUT ? timeout : CONNECT_TIMEOUT);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	SET(CURLOPT_ACCEPT_ENCODING, ""); /* whatever curl can unpack */
	SET(CURLOPT_USERAGENT, "structured-log-transfer");
	SET(CURLOPT_READFUNCTION, read_body);
	SET(CURLOPT_SEEKFUNCTION, seek_body);
	SET(CURLOPT_WRITEFUNCTION, write_reply);
	SET(CURLOPT_HEADERFUNCTION, watch_head);
	SET(CURLOPT_HEADERDATA, http);
	return CURLE_OK;
}

static CURLcode set_security(struct http *http)
{
	const struct http_config *config = &http->config;
	CURL *curl = http->curl;

	SET(CURLOPT_SSL_VERIFYPEER, config->verify ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, config->verify ? 2L : 0L);
	if (given(config->ca_cert))
		SET(CURLOPT_CAINFO, config->ca_cert);
	if (given(config->client_cert))
		SET(CURLOPT_SSLCERT, config->client_cert);
	if (given(config->client_key))
		SET(CURLOPT_SSLKEY, config->client_key);
	/* Else OpenSSL asks on the terminal for the passphrase of a key that has one. */
	SET(CURLOPT_KEYPASSWD, "");
	/* A proxy that tunnels is not to see the Authorization header. */
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	if (given(config->user)) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, config->user);
		SET(CURLOPT_PASSWORD, config->password ? config->password : "");
	}
	return CURLE_OK;
}

static int open_gzip(struct http *http, struct err *err)
{
	enum { WINDOW_AND_GZIP_HEADER = 15 + 16, MEMORY = 8 };
	int rc;

	/* The fastest level: what is short is rarely the network, often the processor. */
	rc = deflateInit2(&http->gzip, Z_BEST_SPEED, Z_DEFLATED, WINDOW_AND_GZIP_HEADER,
			  MEMORY, Z_DEFAULT_STRATEGY);
	if (rc == Z_MEM_ERROR)
		err_no_memory();
	if (rc != Z_OK) {
		http->config.compress = false; /* nothing to close */
		return err_set(err, EXIT_BUG, "zlib does not start");
	}
	return 0;
}

struct http *http_new(const struct http_config *config, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *http;
	CURLcode code;

	pthread_once(&once, start_curl);
	if (start_code) {
		err_set(err, EXIT_BUG, "libcurl does not start: %s",
			curl_easy_strerror(start_code));
		return NULL;
	}
	if (config->timeout < 1) { /* 0 would be for ever */
		err_set(err, EXIT_CONFIG,
			"the timeout of a request must be 1 second or more");
		return NULL;
	}
	http = mem_new(1, sizeof(*http));
	http->config = *config;
	http->curl = curl_easy_init();
	http->multi = curl_multi_init();
	if (!http->curl || !http->multi)
		err_no_memory();
	if (config->compress && open_gzip(http, err))
		goto fail;
	code = set_transfer(http);
	if (!code)
		code = set_security(http);
	if (code == CURLE_OUT_OF_MEMORY)
		err_no_memory();
	if (code) {
		err_set(err, EXIT_CONFIG, "libcurl cannot do what is asked: %s",
			curl_easy_strerror(code));
		goto fail;
	}
	return http;
fail:
	http_free(http);
	return NULL;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_multi_cleanup(http->multi);
	if (http->config.compress)
		deflateEnd(&http->gzip);
	buf_fini(&http->packed);
	free(http);
}

void http_reply_init(struct http_reply *reply, size_t max_body)
{
	*reply = (struct http_reply){ .retry_after = -1 };
	buf_init(&reply->body, max_body);
}

void http_reply_fini(struct http_reply *reply)
{
	buf_fini(&reply->body);
}

static void add_header(struct curl_slist **headers, const char *name, const char *value)
{
	struct buf line;
	struct curl_slist *grown;

	buf_init(&line, strlen(name) + strlen(value) + 2);
	buf_printf(&line, *value ? "%s: %s" : "%s:%s", name, value);
	grown = curl_slist_append(*headers, buf_str(&line));
	if (!grown)
		err_no_memory();
	*headers = grown;
	buf_wipe(&line);
}

static struct curl_slist *make_headers(const struct http *http,
				       const struct http_request *request)
{
	struct curl_slist *headers = NULL;

	/* A header without a value is one that curl must not send: waiting for "100
	 * Continue" costs a round trip, or a second with a server that never says it. */
	add_header(&headers, "Expect", "");
	if (request->content_type)
		add_header(&headers, "Content-Type", request->content_type);
	if (request->content_type && http->config.compress)
		add_header(&headers, "Content-Encoding", "gzip");
	if (given(http->config.authorization))
		add_header(&headers, "Authorization", http->config.authorization);
	return headers;
}

static void free_headers(struct curl_slist *headers)
{
	for (struct curl_slist *h = headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(headers);
}

static size_t body_len(const struct slt_text *parts, size_t n_parts)
{
	size_t len = 0;

	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	return len;
}

/* Packs the body into http->packed. */
static int pack(struct http *http, const struct http_request *request, struct err *err)
{
	size_t len = body_len(request->parts, request->n_parts);
	z_stream *gzip = &http->gzip;
	size_t bound;
	int rc = Z_OK;

	if (len > UINT_MAX / 2)
		return err_set(err, EXIT_CONFIG,
			       "a body of %zu bytes is too large to compress", len);
	deflateReset(gzip);
	bound = deflateBound(gzip, len);
	buf_reset(&http->packed);
	http->packed.max = bound;
	gzip->next_out = (Bytef *)buf_room(&http->packed, bound);
	gzip->avail_out = (uInt)bound;
	for (size_t i = 0; i < request->n_parts && rc == Z_OK; i++) {
		gzip->next_in = (const Bytef *)request->parts[i].ptr;
		gzip->avail_in = (uInt)request->parts[i].len;
		if (gzip->avail_in)
			rc = deflate(gzip, Z_NO_FLUSH);
	}
	if (rc != Z_OK || deflate(gzip, Z_FINISH) != Z_STREAM_END)
		return err_set(err, EXIT_BUG, "zlib cannot compress a body of %zu bytes",
			       len);
	http->packed.len = gzip->total_out;
	return 0;
}

static CURLcode set_request(CURL *curl, const struct http_request *request,
			    struct curl_slist *headers, struct cursor *body,
			    struct http_reply *reply)
{
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_WRITEDATA, &reply->body);
	if (request->content_type) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, NULL); /* not in memory: ask read_body */
		SET(CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)body_len(body->parts, body->n_parts));
		SET(CURLOPT_READDATA, body);
		SET(CURLOPT_SEEKDATA, body);
	} else if (strcmp(request->method, "HEAD") == 0) {
		SET(CURLOPT_NOBODY, 1L);
	} else {
		SET(CURLOPT_HTTPGET, 1L); /* also undoes POST and NOBODY */
	}
	SET(CURLOPT_CUSTOMREQUEST, request->method);
	return CURLE_OK;
}

/* "host:port" of a URL, or why it cannot be used. The URL itself is never quoted: it may
 * hold a password that is not where one belongs. */
static int find_host(const char *url, char *host, size_t size, struct err *err)
{
	CURLU *parsed = curl_url();
	char *name = NULL, *port = NULL;
	int rc = 0;

	if (!parsed)
		err_no_memory();
	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) ||
	    curl_url_get(parsed, CURLUPART_HOST, &name, 0) ||
	    curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
		rc = err_set(err, EXIT_CONFIG,
			     "not a URL, or one with a user name in it");
	else
		snprintf(host, size, "%s:%s", name, port);
	curl_free(name);
	curl_free(port);
	curl_url_cleanup(parsed);
	return rc;
}

static const char *explain(struct http *http, CURLcode code)
{
	/* These two quote the proxy's URL with its password (curl 7.88, lib/url.c). */
	if (strstr(http->message, "Unsupported proxy"))
		return "the proxy named in the environment is not a URL that curl can "
		       "use";
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "stopped while a reply was awaited";
	if (!http->message[0])
		return curl_easy_strerror(code);
	/* A certificate's names are anybody's text. */
	for (char *c = http->message; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return http->message;
}

/* What a proxy says instead of opening a tunnel; 0: it has opened one, or was not asked. One
 * that lacks credentials or does not allow the host will be no better next time. */
static long find_proxy_refusal(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status < 400 || status > 499 || status == 408 || status == 429)
		return 0;
	return status;
}

static int fail(struct http *http, const char *host, CURLcode code,
		const struct http_reply *reply, struct err *err)
{
	enum exit_status status = EXIT_UNAVAILABLE;
	long refusal = find_proxy_refusal(http->curl);

	if (code == CURLE_OUT_OF_MEMORY)
		err_no_memory();
	if (refusal)
		return err_set(
			err, EXIT_CONFIG,
			"%s: the proxy refuses to connect there: status %ld: check "
			"https_proxy and no_proxy",
			host, refusal);
	if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM)
		status = EXIT_CONFIG; /* a file of ours: it will be no better next time */
	if (reply->body.full)
		return err_set(err, EXIT_UNAVAILABLE,
			       "%s: the reply is longer than %zu bytes", host,
			       reply->body.max);
	return err_set(err, status, "%s: %s", host, explain(http, code));
}

/* Once a stop is requested, this and all further requests together have GRACE seconds more.
 * What is not known then, the next run finds out: its rows are unsent. */
static bool is_over(struct http *http)
{
	static const double GRACE = 0.5;

	if (!stop_is_requested())
		return false;
	if (http->end <= 0)
		http->end = clock_seconds() + GRACE;
	return clock_seconds() > http->end;
}

/* As curl_easy_perform, but for the end that a stop sets. */
static CURLcode perform(struct http *http)
{
	CURLcode code = CURLE_OK;
	CURLMcode went;
	CURLMsg *message;
	int running = 1, n;

	if (is_over(http))
		return CURLE_ABORTED_BY_CALLBACK;
	went = curl_multi_add_handle(http->multi, http->curl);
	while (!went && running && !is_over(http)) {
		went = curl_multi_perform(http->multi, &running);
		if (!went && running)
			went = curl_multi_poll(http->multi, NULL, 0, LOOK_UP_MS, NULL);
	}
	if (went || running)
		code = went ? CURLE_FAILED_INIT : CURLE_ABORTED_BY_CALLBACK;
	while (!running && (message = curl_multi_info_read(http->multi, &n)))
		code = message->data.result;
	curl_multi_remove_handle(http->multi, http->curl);
	return code;
}

static void read_head(CURL *curl, struct http_reply *reply)
{
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
#if LIBCURL_VERSION_NUM >= 0x074200
	curl_off_t seconds = 0;

	if (!curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) && seconds > 0)
		reply->retry_after = seconds > LONG_MAX ? LONG_MAX : (long)seconds;
#endif
}

int http_send(struct http *http, const struct http_request *request,
	      struct http_reply *reply, struct err *err)
{
	struct cursor body = { .parts = request->parts, .n_parts = request->n_parts };
	struct slt_text packed;
	struct curl_slist *headers;
	char host[300];
	CURLcode code;

	reply->status = 0;
	reply->retry_after = -1;
	buf_reset(&reply->body);
	if (find_host(request->url, host, sizeof(host), err))
		return -1;
	if (request->content_type && http->config.compress) {
		if (pack(http, request, err))
			return -1;
		packed = (struct slt_text){ http->packed.ptr, http->packed.len };
		body = (struct cursor){ .parts = &packed, .n_parts = 1 };
	}
	http->message[0] = '\0';
	http->head_is_whole = false;
	headers = make_headers(http, request);
	code = set_request(http->curl, request, headers, &body, reply);
	if (!code)
		code = perform(http);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
	free_headers(headers);
	if (!code && !http->head_is_whole)
		code = CURLE_PARTIAL_FILE;
	if (code)
		return fail(http, host, code, reply, err);
	read_head(http->curl, reply);
	return 0;
}
