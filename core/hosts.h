/* SPDX-License-Identifier: MIT */
/*
 * ELASTICSEARCH_HOST: one host or several, as a name, with a port, or as a URL with a
 * path, to the base URLs that requests are sent to. Read once, by elastic.c. A list
 * that may hold a password is refused without a word of it, so other errors may quote it.
 * No connection is made here.
 */
#ifndef SLT_HOSTS_H
#define SLT_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* Borrowed strings, as the settings give them. */
struct hosts_config {
	const char *list;     /* host, host:port, [v6]:port, URL with a path; commas */
	long port;	      /* 0: the one in the list, else 9200 */
	const char *scheme;   /* "https" or "http" */
	bool scheme_given;    /* by the operator: a URL of another scheme is an error */
	bool credentials;     /* there are some to be sent */
	bool allow_plaintext; /* send them also over http to a host not loopback */
};

/* Reads the list into base URLs without a slash at the end, owned by the caller. Returns
 * how many, 1 to max, or -1. *ret_plaintext: credentials would go over http to one that
 * is not loopback (which is an error unless it is allowed). */
int hosts_read(const struct hosts_config *config, char **ret_urls, size_t max,
	       bool *ret_plaintext, struct err *err) MUST_CHECK;

#endif
