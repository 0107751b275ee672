/* SPDX-License-Identifier: MIT */
/*
 * The search server, Elasticsearch or OpenSearch: where it is, and what its answers to a
 * whole request mean. A struct elastic_target (elastic_target.c) is made once from the settings and
 * shared, read only; a struct elastic is one lane's connection to it.
 */
#ifndef SLT_ELASTIC_H
#define SLT_ELASTIC_H

#include <slt/facade.h>
#include <stdbool.h>

#include "bulk.h"
#include "err.h"
#include "http.h"
#include "mget.h"

enum { ELASTIC_MAX_HOSTS = 16 };

/* Borrowed strings, as the settings of the same names give them; "" is not set. */
struct elastic_config {
	const char *hosts;  /* host, host:port, [v6]:port, URL with a path; with commas */
	long port;	    /* 0: the one in hosts, else 9200 */
	const char *scheme; /* "https" or "http" */
	bool scheme_given;  /* set by the operator: a URL of another scheme is an error */
	const char *index, *pipeline;
	bool require_alias;
	bool reasons;	      /* ask for the reason of each refused item: law 5 */
	bool allow_plaintext; /* credentials over http to a host that is not loopback */
	struct http_config http; /* user, password, CA, …; authorization is made here */
	const char *api_key;	 /* base64, as ApiKey */
};

struct elastic_target {
	struct elastic_config config;
	struct http_config http;
	char *authorization;	       /* owned, wiped */
	char *urls[ELASTIC_MAX_HOSTS]; /* owned: base URLs without a slash at the end */
	char *bulk_path;	       /* owned: "/index/_bulk?…" */
	char *bulk_path_reasons;       /* the same, asking for reasons */
	char *mget_path, *search_path; /* "/index/_mget", "/index/_search" */
	size_t n_urls;
	bool plaintext_credentials; /* worth a warning on every run */
};

/* Reads the configuration; EXIT_CONFIG says which setting is wrong and what is
 * expected. */
int elastic_target_init(struct elastic_target *target,
			const struct elastic_config *config, struct err *err) MUST_CHECK;
void elastic_target_fini(struct elastic_target *target);

/* Appends text with %XX for all that cannot stand in a path. */
void elastic_put_percent(struct buf *to, const char *text);

/* What became of one request. */
enum elastic_answer {
	ANSWER_ITEMS,	    /* every item answered: items or docs are filled */
	ANSWER_TOO_LARGE,   /* 413, 417: send less */
	ANSWER_BUSY,	    /* 429 for it as a whole: wait, next host; less may pass */
	ANSWER_UNAVAILABLE, /* 408, 5xx, 403 of a cluster block, no complete reply: wait,
				   next host */
	ANSWER_UNKNOWN,	    /* a reply that is not understood, or too long: likewise */
	ANSWER_REFUSED,	    /* 401, 403, 404, 400, 3xx …, a CA file that is none:
				   configuration, stop */
};

struct elastic;

/* Borrows the target. Costs next to nothing: libcurl is started, and a connection made, by
 * the first request. */
struct elastic *elastic_new(const struct elastic_target *target);
void elastic_free(struct elastic *elastic);

/* Sends one bulk request of n items, whose action and document lines are the parts. Never
 * fails otherwise than by its answer: *err tells why for all answers but ANSWER_ITEMS (which
 * host, which status, which error type). *ret_retry_after: seconds the server asks to wait,
 * -1 when it does not. After ANSWER_BUSY, _UNAVAILABLE and _UNKNOWN the next request goes to
 * the next host; after a reply longer than 64 MiB no reasons are asked for any more. The
 * status in *err is EXIT_CONFIG for ANSWER_REFUSED, else EXIT_UNAVAILABLE. */
enum elastic_answer elastic_bulk(struct elastic *elastic, const struct slt_text *parts,
				 size_t n_parts, const struct slt_text *ids, size_t n,
				 struct bulk_item *items, long *ret_retry_after,
				 struct err *err) MUST_CHECK;

/* Reads n documents by index and _id. Answers as elastic_bulk does; sources are on loan until
 * the next request. ANSWER_TOO_LARGE is also a reply longer than 64 MiB. */
enum elastic_answer elastic_mget(struct elastic *elastic, struct mget_doc *docs, size_t n,
				 long *ret_retry_after, struct err *err) MUST_CHECK;

/* Any other request, for those who administer. {index} in the path stands for the target's name.
 * A body goes as JSON; the NULL text: none. 0: a whole reply, of whatever status, whose body is on
 * loan until the next request. -1: there is none. */
int elastic_request(struct elastic *elastic, const char *method, const char *path,
		    struct slt_text body, long *ret_status, struct slt_text *ret_body,
		    struct err *err) MUST_CHECK;

/* Was the last reply, which was refused, a 401 or 403? */
bool elastic_is_forbidden(const struct elastic *elastic);

const struct elastic_target *elastic_target(const struct elastic *elastic);

/* The target's name. */
const char *elastic_index(const struct elastic *elastic);

/* What such a reply with a status of failure means, as *err; always -1. */
int elastic_refused(struct elastic *elastic, struct err *err);

/* The last reply is not needed any more: gives its memory back where it is more than this. */
void elastic_drop_reply(struct elastic *elastic, size_t more_than);

/* Makes what was written visible to searches. ANSWER_ITEMS: done. */
enum elastic_answer elastic_refresh(struct elastic *elastic, struct err *err) MUST_CHECK;

/* Looks for n documents by _id in everything that the target is. */
enum elastic_answer elastic_search(struct elastic *elastic, const struct mget_doc *docs,
				   size_t n, mget_hit_fn *hit, void *arg,
				   long *ret_retry_after, struct err *err) MUST_CHECK;

#endif
