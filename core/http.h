/* SPDX-License-Identifier: MIT */
/*
 * One HTTP connection, kept alive, over libcurl. Knows nothing of search servers. One
 * thread at a time. Redirects are not followed; proxies are as curl's environment
 * variables say.
 */
#ifndef SLT_HTTP_H
#define SLT_HTTP_H

#include <slt/facade.h>
#include <stdbool.h>

#include "buf.h"
#include "err.h"

struct http;

/* Borrowed strings, "" or NULL: not used. Must outlive the connection. */
struct http_config {
	const char *user, *password; /* basic authentication */
	const char *authorization;   /* value of the Authorization header instead */
	const char *ca_cert;	     /* file with the CAs to trust; else the system's */
	const char *client_cert, *client_key;
	bool verify;   /* certificate chain and host name */
	long timeout;  /* seconds for a whole request */
	bool compress; /* gzip the body, into a buffer of its own */
};

struct http_request {
	const char *method; /* "GET", "POST", … */
	const char *url;
	const char *content_type; /* NULL: no body */
	const struct slt_text
		*parts; /* the body, in parts that are sent one after another */
	size_t n_parts;
};

struct http_reply {
	long status;
	long retry_after; /* seconds; -1: not said, or 0 */
	struct buf body; /* bounded; a longer reply is a failure, then body.full is set */
};

/* The first one starts libcurl, for the rest of the process. SIGPIPE is ignored from then on:
 * a TLS connection that the server has closed raises it. Any thread. */
struct http *http_new(const struct http_config *config, struct err *err) MUST_CHECK;
void http_free(struct http *http);

void http_reply_init(struct http_reply *reply, size_t max_body);
void http_reply_fini(struct http_reply *reply);

/* Sends a request and reads the whole reply. 0: a complete reply of whatever status is in
 * *reply. -1: there is none (refused, reset, timeout, TLS, cut, or it did not come within half
 * a second of a stop, which all further requests share): what the server did with the request
 * is not known; EXIT_CONFIG when it cannot be sent at all (URL, certificate files, a proxy
 * that refuses). The text names the host, never credentials. */
int http_send(struct http *http, const struct http_request *request,
	      struct http_reply *reply, struct err *err) MUST_CHECK;

#endif
