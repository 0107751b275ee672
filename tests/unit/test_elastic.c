// SPDX-License-Identifier: MIT
// The search server's address and settings; and what becomes of a bulk request, against a
// scripted server on loopback that sends raw bytes.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "elastic.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

// Stands wherever a secret may stand, and must stand in no text of an error.
#define SECRET "hunter2"

static void assert_says(const struct err *err, const char *part, const char *which)
{
	if (!strstr(err->text, part))
		fail_msg("%s: \"%s\" does not say \"%s\"", which, err->text, part);
	if (strstr(err->text, SECRET))
		fail_msg("%s: \"%s\" tells the secret", which, err->text);
}

static struct elastic_config config_of(const char *hosts)
{
	return (struct elastic_config){
		.hosts = hosts,
		.scheme = "https",
		.index = "app_audit_log",
		.pipeline = "",
		.api_key = "",
		.http = { .user = "", .password = "", .verify = true, .timeout = 1 },
	};
}

// ---- hosts

static void hosts_that_are_right(void **state)
{
	static const struct {
		const char *hosts, *scheme, *urls; // urls with a space after each
		long port;
		bool scheme_given;
	} cases[] = {
		{ "es", "https", "https://es:9200 ", 0, false },
		{ "es.example.com", "http", "http://es.example.com:9200 ", 0, true },
		{ "es:9201", "https", "https://es:9201 ", 0, false },
		{ "es:9201", "https", "https://es:9201 ", 9201, false },
		{ "es", "https", "https://es:443 ", 443, false },
		{ "https://es:443", "https", "https://es:443 ", 0, false },
		{ "https://es", "https", "https://es:9200 ", 0, true },
		{ "http://es", "https", "http://es:9200 ", 0, false },
		{ "HTTPS://es", "https", "https://es:9200 ", 0, true },
		{ "https://es/", "https", "https://es:9200 ", 0, false },
		{ "https://es/search/", "https", "https://es:9200/search ", 0, false },
		{ "https://es:8443/a/b%20c//", "https", "https://es:8443/a/b%20c ", 0,
		  false },
		{ "es/search", "https", "https://es:9200/search ", 0, false },
		{ "[2001:db8::1]:9201", "https", "https://[2001:db8::1]:9201 ", 0,
		  false },
		{ "[2001:db8::1]", "https", "https://[2001:db8::1]:9200 ", 0, false },
		{ "2001:db8::1", "https", "https://[2001:db8::1]:9200 ", 0, false },
		{ "::1", "http", "http://[::1]:9200 ", 0, false },
		{ "https://[::1]:9201/p", "https", "https://[::1]:9201/p ", 0, false },
		{ "10.0.0.7", "https", "https://10.0.0.7:9200 ", 0, false },
		{ " a , b:9201\t,\nhttp://c ", "https",
		  "https://a:9200 https://b:9201 http://c:9200 ", 0, false },
		{ "a,a", "https", "https://a:9200 https://a:9200 ", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct elastic_config config = config_of(cases[i].hosts);
		struct elastic_target target;
		struct err err;
		char urls[500] = "";

		config.scheme = cases[i].scheme;
		config.port = cases[i].port;
		config.scheme_given = cases[i].scheme_given;
		if (elastic_target_init(&target, &config, &err))
			fail_msg("%s: %s", cases[i].hosts, err.text);
		for (size_t u = 0; u < target.n_urls; u++)
			strcat(strcat(urls, target.urls[u]), " ");
		assert_string_equal(urls, cases[i].urls);
		assert_false(target.plaintext_credentials);
		elastic_target_fini(&target);
	}
}

static void hosts_that_are_wrong(void **state)
{
	static const struct {
		const char *hosts, *says;
		long port;
	} cases[] = {
		{ "", "ELASTICSEARCH_HOST is not set: expected host", 0 },
		{ " \t", "ELASTICSEARCH_HOST is not set: expected host", 0 },
		{ ",", "no host between commas", 0 },
		{ "a,,b", "no host between commas", 0 },
		{ "a,", "no host between commas", 0 },
		{ "a b", "ELASTICSEARCH_HOST \"a b\": expected host", 0 },
		{ "https://", "expected host", 0 },
		{ "https:///", "expected host", 0 },
		{ "ftp://es", "expected host", 0 },
		{ "file:///etc/passwd", "expected host", 0 },
		{ "es:http", "expected host", 0 },
		{ "es:99999", "expected host", 0 },
		{ "es:0", "port", 0 },
		{ "es:-1", "expected host", 0 },
		{ "[::1", "expected host", 0 },
		{ "[::g]", "expected host", 0 },
		{ "1:2:3", "expected host", 0 },
		{ "es:9201", "says port 9201, but ELASTICSEARCH_PORT says 9200", 9200 },
		{ "a,https://b:443/x", "says port 443, but ELASTICSEARCH_PORT says 9200",
		  9200 },
		{ "es", "ELASTICSEARCH_PORT 65536", 65536 },
		{ "es", "ELASTICSEARCH_PORT -1", -1 },
		{ "http://es", "says http, but ELASTICSEARCH_SCHEME says https", 0 },
		{ "https://u:" SECRET "@es", "use ELASTICSEARCH_USERNAME", 0 },
		{ "u:" SECRET "@es", "use ELASTICSEARCH_USERNAME", 0 },
		{ "u@es", "use ELASTICSEARCH_USERNAME", 0 },
		{ "https://u:" SECRET ",x@es:9200", "use ELASTICSEARCH_USERNAME", 0 },
		{ "https://u:" SECRET "/x@es:9200", "use ELASTICSEARCH_USERNAME", 0 },
		{ "https://es?apikey=" SECRET, "query or fragment", 0 },
		{ "https://es/#" SECRET, "query or fragment", 0 },
		{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "more than 16", 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct elastic_config config = config_of(cases[i].hosts);
		struct elastic_target target;
		struct err err = { 0 };

		config.port = cases[i].port;
		config.scheme_given = true;
		if (!elastic_target_init(&target, &config, &err))
			fail_msg("\"%s\" was taken as %s", cases[i].hosts,
				 target.urls[0]);
		assert_int_equal(err.status, EXIT_CONFIG);
		assert_says(&err, cases[i].says, cases[i].hosts);
	}
}

// ---- index, pipeline

static void index_names(void **state)
{
	static const char *const right[] = { "a", ".audit", "audit-2026.10_x+y",
					     "k\xc3\xa4se" };
	static const char *const wrong[] = {
		"",    "-a",   "_a",   "+a",  ".",   "..",   "Audit",
		"a b", "a\"b", "a\\b", "a/b", "a*",  "a?",   "<a",
		"a>",  "a|b",  "a,b",  "a#b", "a:b", "a\nb", "_bulk",
	};
	struct elastic_target target;
	struct err err;
	char name[257];

	(void)state;
	for (size_t i = 0; i < N_OF(right); i++) {
		struct elastic_config config = config_of("es");

		config.index = right[i];
		assert_int_equal(0, elastic_target_init(&target, &config, &err));
		elastic_target_fini(&target);
	}
	for (size_t i = 0; i < N_OF(wrong) + 2; i++) {
		struct elastic_config config = config_of("es");

		memset(name, 'a', sizeof(name));
		name[i == N_OF(wrong) ? 256 : 255] = '\0';
		config.index = i < N_OF(wrong) ? wrong[i] : name;
		if (i > N_OF(wrong)) { // the longest
			assert_int_equal(0, elastic_target_init(&target, &config, &err));
			elastic_target_fini(&target);
			continue;
		}
		assert_int_equal(-1, elastic_target_init(&target, &config, &err));
		assert_int_equal(err.status, EXIT_CONFIG);
		assert_says(&err, "ELASTICSEARCH_APP_AUDIT_LOG_INDEX", config.index);
	}
}

static void bulk_paths(void **state)
{
	struct elastic_config config = config_of("es");
	struct elastic_target target;
	struct err err;
	char expected[600];

	(void)state;
	assert_int_equal(0, elastic_target_init(&target, &config, &err));
	snprintf(expected, sizeof(expected), "/app_audit_log/_bulk?filter_path=%s",
		 bulk_filter_path);
	assert_string_equal(target.bulk_path, expected);
	elastic_target_fini(&target);

	config.index = "k\xc3\xa4se%&";
	config.pipeline = "a b/c&d";
	config.require_alias = true;
	assert_int_equal(0, elastic_target_init(&target, &config, &err));
	snprintf(expected, sizeof(expected),
		 "/k%%C3%%A4se%%25%%26/_bulk?filter_path=%s&pipeline=a%%20b%%2Fc%%26d&"
		 "require_alias=true",
		 bulk_filter_path_reasons);
	assert_string_equal(target.bulk_path_reasons, expected);
	elastic_target_fini(&target);
	elastic_target_fini(&target); // free functions accept the emptied
}

// ---- credentials, files

static void credentials(void **state)
{
	static const struct {
		const char *hosts, *user, *password, *api_key;
		bool allow;
		const char *says; // NULL: right
		bool plaintext;
	} cases[] = {
		{ "https://es", "u", SECRET, "", false, NULL, false },
		{ "https://es", "", "", "aHVudGVyMg==", false, NULL, false },
		{ "https://es", "u", "", "", false, NULL, false },
		{ "http://es", "", "", "", false, NULL, false },
		{ "http://es", "u", SECRET, "", true, NULL, true },
		{ "http://es", "", "", SECRET, true, NULL, true },
		{ "https://a,http://b", "u", SECRET, "", true, NULL, true },
		{ "http://localhost", "u", SECRET, "", false, NULL, false },
		{ "http://127.8.9.10", "u", SECRET, "", false, NULL, false },
		{ "http://[::1]", "u", SECRET, "", false, NULL, false },
		{ "http://[0:0::1]", "u", SECRET, "", false, NULL, false },
		{ "http://es", "u", SECRET, "", false, "ELASTICSEARCH_ALLOW_PLAINTEXT",
		  false },
		{ "http://es", "", "", SECRET, false, "unencrypted", false },
		{ "http://localhost,http://es", "u", SECRET, "", false, "to es unencr",
		  false },
		{ "http://127.evil.example", "u", SECRET, "", false, "unencrypted",
		  false },
		{ "http://localhost.example", "u", SECRET, "", false, "unencrypted",
		  false },
		{ "http://128.0.0.1", "u", SECRET, "", false, "unencrypted", false },
		{ "https://es", "u", "", SECRET, false, "are both set", false },
		{ "https://es", "", "", "id:" SECRET, false, "not base64", false },
		{ "https://es", "", "", SECRET "\r\nX: y", false, "not base64", false },
		{ "https://es", "", "", SECRET " ", false, "not base64", false },
		{ "https://es", "u:" SECRET, "", "", false, "must not hold a colon",
		  false },
		{ "https://es", "", SECRET, "", false, "ELASTICSEARCH_USERNAME is not",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct elastic_config config = config_of(cases[i].hosts);
		struct elastic_target target;
		struct err err = { 0 };
		char which[20];
		int rc;

		snprintf(which, sizeof(which), "case %zu", i);
		config.http.user = cases[i].user;
		config.http.password = cases[i].password;
		config.api_key = cases[i].api_key;
		config.allow_plaintext = cases[i].allow;
		rc = elastic_target_init(&target, &config, &err);
		if (cases[i].says) {
			assert_int_equal(rc, -1);
			assert_int_equal(err.status, EXIT_CONFIG);
			assert_says(&err, cases[i].says, which);
			continue;
		}
		if (rc)
			fail_msg("%s: %s", which, err.text);
		assert_int_equal(target.plaintext_credentials, cases[i].plaintext);
		elastic_target_fini(&target);
	}
}

static void files_and_scheme(void **state)
{
	struct elastic_config config = config_of("es");
	struct elastic_target target;
	struct err err;

	(void)state;
	config.http.ca_cert = "/nonexistent/ca.crt";
	assert_int_equal(-1, elastic_target_init(&target, &config, &err));
	assert_says(&err,
		    "ELASTICSEARCH_CA_CERT: cannot read /nonexistent/ca.crt: No such",
		    "");
	config = config_of("es");
	config.http.client_key = "/dev/null";
	assert_int_equal(-1, elastic_target_init(&target, &config, &err));
	assert_says(&err, "ELASTICSEARCH_CLIENT_CERT is not", "");
	config = config_of("es");
	config.scheme = "gopher";
	assert_int_equal(-1, elastic_target_init(&target, &config, &err));
	assert_says(&err, "ELASTICSEARCH_SCHEME \"gopher\": expected https or http", "");
}

// ---- the scripted server

enum after {
	KEEP,  // the connection
	CLOSE, // it, also in the middle of a reply
	RESET, // it
	HANG,  // until the client goes away
	FLOOD, // 65 MiB more, then close
};

struct step {
	const char *reply;
	enum after after;
};

enum { MAX_STEPS = 6 };

// One connection at a time, one step for each request. Its counters are read after stop.
struct server {
	int fd;
	unsigned port;
	pthread_t thread;
	struct step steps[MAX_STEPS];
	size_t n_connections, n_requests;
	struct buf incoming, request; // the last whole one, head and body
};

static size_t length_of_body(struct buf *request)
{
	const char *length = strcasestr(buf_str(request), "\r\nContent-Length:");

	return length ? strtoul(length + 17, NULL, 10) : 0;
}

// False: the client has gone.
static bool read_request(int fd, struct buf *request)
{
	const char *end = NULL;

	buf_reset(request);
	while (!end || request->len < (size_t)(end + 4 - request->ptr) +
					      length_of_body(request)) {
		char *room = buf_room(request, 65536);
		ssize_t n = recv(fd, room, 65536, 0);

		if (n <= 0)
			return false;
		request->len += (size_t)n;
		end = strstr(buf_str(request), "\r\n\r\n");
	}
	return true;
}

static void send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void flood(int fd)
{
	static char spaces[1024 * 1024];

	memset(spaces, ' ', sizeof(spaces));
	for (int i = 0; i < 65; i++)
		send_all(fd, spaces, sizeof(spaces));
}

static void serve(struct server *server, int fd)
{
	static const struct linger abort = { .l_onoff = 1 };
	char byte;

	while (read_request(fd, &server->incoming)) {
		const struct step *step = &server->steps[server->n_requests++];
		struct buf last = server->request;

		server->request = server->incoming;
		server->incoming = last;
		send_all(fd, step->reply, strlen(step->reply));
		if (step->after == RESET)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		if (step->after == HANG && recv(fd, &byte, 1, 0) < 0)
			return;
		if (step->after == FLOOD)
			flood(fd);
		if (step->after != KEEP)
			return;
	}
}

static void *run_server(void *arg)
{
	struct server *server = arg;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		server->n_connections++;
		serve(server, fd);
		close(fd);
	}
	return NULL;
}

static int listen_on_loopback(unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&address, len));
	assert_int_equal(0, listen(fd, 8));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&address, &len));
	*ret_port = ntohs(address.sin_port);
	return fd;
}

// On the heap, as its thread outlives a test that fails.
static struct server *server_start(const struct step *steps, size_t n)
{
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	for (size_t i = 0; i < MAX_STEPS; i++) // beyond the script
		server->steps[i] = i < n ? steps[i] : (struct step){ "", CLOSE };
	buf_init(&server->incoming, 4 << 20);
	buf_init(&server->request, 4 << 20);
	server->fd = listen_on_loopback(&server->port);
	assert_int_equal(0, pthread_create(&server->thread, NULL, run_server, server));
	return server;
}

// After the client has closed its connection.
static void server_stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
}

static void server_free(struct server *server)
{
	buf_fini(&server->incoming);
	buf_fini(&server->request);
	free(server);
}

// ---- bulk requests against it

#define DOCS "{\"create\":{\"_id\":\"1\"}}\n{\"a\":1}\n{\"create\":{\"_id\":\"2\"}}\n{}\n"
#define ITEMS(status2)                                                              \
	"{\"errors\":false,\"items\":[{\"create\":{\"_id\":\"1\",\"status\":201}}," \
	"{\"create\":{\"_id\":\"2\",\"status\":" status2 "}}]}"
#define WITH_LENGTH(length, body) "Content-Length: " #length "\r\n\r\n" body
#define GOOD "HTTP/1.1 200 OK\r\n" WITH_LENGTH(98, ITEMS("201"))
#define STATUS(status, body) \
	"HTTP/1.1 " status   \
	" X\r\nContent-Type: application/json\r\nConnection: close\r\n" body
#define ERROR(status, type)                                                 \
	STATUS(status, "\r\n{\"error\":{\"root_cause\":[],\"type\":\"" type \
		       "\",\"reason\":\"" SECRET "\"},\"status\":" status "}")

struct client {
	struct elastic_target target;
	struct elastic *elastic;
	struct bulk_item items[2];
	struct err err;
	long retry_after;
	double seconds;
};

static void client_open(struct client *client, const struct elastic_config *config)
{
	*client = (struct client){ 0 };
	if (elastic_target_init(&client->target, config, &client->err))
		fail_msg("%s", client->err.text);
	client->elastic = elastic_new(&client->target);
}

static void client_close(struct client *client)
{
	elastic_free(client->elastic);
	elastic_target_fini(&client->target);
}

static enum elastic_answer client_post(struct client *client)
{
	static const char docs[] = DOCS;
	const struct slt_text ids[] = { slt_str("1"), slt_str("2") };
	const struct slt_text parts[] = { { docs, 5 },
					  { docs + 5, 0 },
					  { NULL, 0 },
					  { docs + 5, 20 },
					  { docs + 25, sizeof(docs) - 26 } };
	struct timespec before, after;
	enum elastic_answer answer;

	clock_gettime(CLOCK_MONOTONIC, &before);
	answer = elastic_bulk(client->elastic, parts, N_OF(parts), ids, 2, client->items,
			      &client->retry_after, &client->err);
	clock_gettime(CLOCK_MONOTONIC, &after);
	client->seconds = (double)(after.tv_sec - before.tv_sec) +
			  (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	return answer;
}

static void answers(void **state)
{
	static const struct {
		const char *name;
		struct step step;
		enum elastic_answer answer;
		const char *says;
		long retry_after;
	} cases[] = {
		// clang-format off
		{ "good", { GOOD, CLOSE }, ANSWER_ITEMS, NULL, -1 },
		{ "good, to the end of the connection",
		  { STATUS("200", "\r\n" ITEMS("201")), CLOSE },
		  ANSWER_ITEMS, NULL, -1 },
		{ "good, in chunks",
		  { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n62\r\n"
		    ITEMS("201") "\r\n0\r\n\r\n", CLOSE },
		  ANSWER_ITEMS, NULL, -1 },
		// no complete reply
		{ "cut", { "HTTP/1.1 200 OK\r\n" WITH_LENGTH(99, ITEMS("201")), CLOSE },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "cut in chunks",
		  { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n62\r\n"
		    ITEMS("201") "\r\n", CLOSE },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "cut in the head", { "HTTP/1.1 200 OK\r\nContent-Le", CLOSE },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "cut behind 100 Continue",
		  { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 X\r\n", CLOSE },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "reset", { "", RESET }, ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "reset in the reply",
		  { "HTTP/1.1 200 OK\r\nContent-Length: 98\r\n\r\n{", RESET },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "closed without a word", { "", CLOSE },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "not HTTP", { ITEMS("201"), CLOSE },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "silent", { "", HANG }, ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		{ "silent in the reply",
		  { "HTTP/1.1 200 OK\r\nContent-Length: 98\r\n\r\n{", HANG },
		  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
		// complete, and not understood
		{ "cut JSON",
		  { STATUS("200", "\r\n{\"errors\":false,\"items\":["), CLOSE },
		  ANSWER_UNKNOWN, "not understood: it is not a JSON object", -1 },
		{ "other items",
		  { STATUS("200", "\r\n{\"errors\":false,\"items\":[]}"), CLOSE },
		  ANSWER_UNKNOWN, "not understood: it has 0 items, 2 were sent", -1 },
		{ "status text", { STATUS("200", "\r\n" ITEMS("\"" SECRET "\"")), CLOSE },
		  ANSWER_UNKNOWN, "its item 2 has no status", -1 },
		{ "201", { STATUS("201", "\r\n" ITEMS("201")), CLOSE },
		  ANSWER_UNKNOWN, "status 201", -1 },
		{ "202", { STATUS("202", "\r\n" ITEMS("201")), CLOSE },
		  ANSWER_UNKNOWN, "status 202", -1 },
		{ "204", { STATUS("204", "\r\n"), CLOSE },
		  ANSWER_UNKNOWN, "status 204", -1 },
		{ "206", { STATUS("206", "\r\n" ITEMS("201")), CLOSE },
		  ANSWER_UNKNOWN, "status 206", -1 },
		{ "700", { STATUS("700", "\r\n" ITEMS("201")), CLOSE },
		  ANSWER_UNKNOWN, "status 700", -1 },
		// send less, wait
		{ "413", { STATUS("413", "\r\n"), CLOSE },
		  ANSWER_TOO_LARGE, "status 413", -1 },
		{ "417", { STATUS("417", "\r\n"), CLOSE },
		  ANSWER_TOO_LARGE, "status 417", -1 },
		{ "429", { ERROR("429", "rejected_execution_exception"), CLOSE },
		  ANSWER_BUSY, "status 429 (rejected_execution_exception)", -1 },
		{ "429 with Retry-After",
		  { STATUS("429", "Retry-After: 7\r\n\r\n"), CLOSE },
		  ANSWER_BUSY, "status 429", 7 },
		{ "503", { STATUS("503", "Retry-After: 2\r\n\r\n" SECRET), CLOSE },
		  ANSWER_UNAVAILABLE, "status 503", 2 },
		{ "500", { ERROR("500", "x"), CLOSE },
		  ANSWER_UNAVAILABLE, "status 500 (x)", -1 },
		{ "408", { STATUS("408", "\r\n"), CLOSE },
		  ANSWER_UNAVAILABLE, "status 408", -1 },
		{ "403, block", { ERROR("403", "cluster_block_exception"), CLOSE },
		  ANSWER_UNAVAILABLE, "cluster_block_exception", -1 },
		// configuration
		{ "400", { ERROR("400", "illegal_argument_exception"), CLOSE },
		  ANSWER_REFUSED, "status 400 (illegal_argument_exception): ", -1 },
		{ "401", { STATUS("401", "\r\nUnauthorized"), CLOSE },
		  ANSWER_REFUSED, "check ELASTICSEARCH_USERNAME", -1 },
		{ "403", { ERROR("403", "security_exception"), CLOSE },
		  ANSWER_REFUSED, "status 403 (security_exception): not allowed to write", -1 },
		{ "404", { ERROR("404", "index_not_found_exception"), CLOSE },
		  ANSWER_REFUSED, "check ELASTICSEARCH_APP_AUDIT_LOG_INDEX", -1 },
		{ "405", { STATUS("405", "\r\n"), CLOSE },
		  ANSWER_REFUSED, "is that Elasticsearch", -1 },
		{ "406", { STATUS("406", "\r\n{\"error\":\"" SECRET "\"}"), CLOSE },
		  ANSWER_REFUSED, "status 406: is that", -1 },
		{ "301", { STATUS("301", "Location: /elsewhere\r\n\r\n"), CLOSE },
		  ANSWER_REFUSED, "status 301: redirects are not followed", -1 },
		{ "307", { STATUS("307", "Location: /elsewhere\r\n\r\n"), CLOSE },
		  ANSWER_REFUSED, "status 307: redirects are not followed", -1 },
		// clang-format on
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		enum elastic_answer answer;
		struct server *server;
		struct client client;
		struct elastic_config config;
		char hosts[40];

		server = server_start(&cases[i].step, 1);
		snprintf(hosts, sizeof(hosts), "http://127.0.0.1:%u", server->port);
		config = config_of(hosts);
		config.http.user = "u";
		config.http.password = SECRET;
		client_open(&client, &config);
		answer = client_post(&client);
		if (answer != cases[i].answer)
			fail_msg("%s: %d %s", cases[i].name, answer, client.err.text);
		if (cases[i].says) {
			assert_says(&client.err, cases[i].says, cases[i].name);
			assert_int_equal(client.err.status, answer == ANSWER_REFUSED
								    ? EXIT_CONFIG
								    : EXIT_UNAVAILABLE);
		} else {
			assert_int_equal(client.items[0].status, 201);
			assert_int_equal(client.items[1].status, 201);
		}
		assert_int_equal(client.retry_after, cases[i].retry_after);
		assert_true(client.seconds < 2);
		if (cases[i].step.after == HANG)
			assert_true(client.seconds > 0.9);
		client_close(&client);
		server_stop(server);
		assert_int_equal(server->n_requests, 1);
		server_free(server);
	}
}

// A server with a script and a client of it; `change` has the last word on its settings.
struct pair {
	struct server *server;
	struct client client;
	char hosts[80];
};

static void pair_open(struct pair *pair, const struct step *steps, size_t n,
		      void (*change)(struct elastic_config *config))
{
	struct elastic_config config;

	pair->server = server_start(steps, n);
	snprintf(pair->hosts, sizeof(pair->hosts), "http://127.0.0.1:%u",
		 pair->server->port);
	config = config_of(pair->hosts);
	if (change)
		change(&config);
	client_open(&pair->client, &config);
}

static void pair_stop(struct pair *pair)
{
	client_close(&pair->client);
	server_stop(pair->server);
}

static void the_request(void **state)
{
	static const struct step steps[] = { { GOOD, KEEP } };
	struct pair pair;
	const char *request;

	(void)state;
	pair_open(&pair, steps, 1, NULL);
	assert_int_equal(ANSWER_ITEMS, client_post(&pair.client));
	pair_stop(&pair);
	request = buf_str(&pair.server->request);
	assert_non_null(
		strstr(request, "POST /app_audit_log/_bulk?filter_path=errors,items.*."));
	assert_null(strstr(request, "reason"));
	assert_non_null(strstr(request, "\r\nContent-Type: application/x-ndjson\r\n"));
	assert_null(strcasestr(request, "\r\nExpect:"));
	assert_null(strcasestr(request, "\r\nAuthorization:"));
	assert_null(strcasestr(request, "\r\nContent-Encoding:"));
	assert_string_equal(strstr(request, "\r\n\r\n") + 4, DOCS);
	server_free(pair.server);
}

static void with_password(struct elastic_config *config)
{
	config->http.user = "k\xc3\xa4se";
	config->http.password = "a:b";
}

static void with_key(struct elastic_config *config)
{
	config->api_key = "aWQ6a2V5";
}

static void authorization(void **state)
{
	static const struct step steps[] = { { GOOD, KEEP },
					     { STATUS("401", "\r\n"), CLOSE } };
	static const struct {
		void (*change)(struct elastic_config *config);
		const char *header, *says;
	} cases[] = {
		{ with_password, "\r\nAuthorization: Basic a8Okc2U6YTpi\r\n",
		  "_PASSWORD" },
		{ with_key, "\r\nAuthorization: ApiKey aWQ6a2V5\r\n",
		  "ELASTICSEARCH_API_KEY" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct pair pair;

		pair_open(&pair, steps, 2, cases[i].change);
		assert_int_equal(ANSWER_ITEMS, client_post(&pair.client));
		assert_int_equal(ANSWER_REFUSED, client_post(&pair.client));
		assert_says(&pair.client.err, cases[i].says, "401");
		pair_stop(&pair);
		assert_non_null(strstr(buf_str(&pair.server->request), cases[i].header));
		server_free(pair.server);
	}
}

static void with_gzip(struct elastic_config *config)
{
	config->http.compress = true;
}

static void compressed(void **state)
{
	static const struct step steps[] = { { GOOD, KEEP }, { GOOD, KEEP } };
	struct pair pair;
	const char *body;
	z_stream gzip = { 0 };
	char docs[200] = "";

	(void)state;
	pair_open(&pair, steps, 2, with_gzip);
	assert_int_equal(ANSWER_ITEMS, client_post(&pair.client));
	assert_int_equal(ANSWER_ITEMS, client_post(&pair.client));
	pair_stop(&pair);
	assert_non_null(
		strstr(buf_str(&pair.server->request), "\r\nContent-Encoding: gzip\r\n"));
	body = strstr(buf_str(&pair.server->request), "\r\n\r\n") + 4;
	assert_int_equal(Z_OK, inflateInit2(&gzip, 15 + 16));
	gzip.next_in = (Bytef *)(uintptr_t)body;
	gzip.avail_in =
		(uInt)(pair.server->request.ptr + pair.server->request.len - body);
	gzip.next_out = (Bytef *)docs;
	gzip.avail_out = sizeof(docs);
	assert_int_equal(Z_STREAM_END, inflate(&gzip, Z_FINISH));
	assert_int_equal(gzip.avail_in, 0);
	inflateEnd(&gzip);
	assert_string_equal(docs, DOCS);
	server_free(pair.server);
}

// A kept connection that the server closed meanwhile costs nothing but a new one.
static void kept_alive(void **state)
{
	static const struct step steps[] = {
		{ GOOD, KEEP },
		{ GOOD, KEEP },
		{ "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n", KEEP },
		{ GOOD, CLOSE },
		{ GOOD, KEEP },
	};
	struct pair pair;

	(void)state;
	pair_open(&pair, steps, N_OF(steps), NULL);
	for (size_t i = 0; i < N_OF(steps); i++)
		assert_int_equal(i == 2 ? ANSWER_BUSY : ANSWER_ITEMS,
				 client_post(&pair.client));
	pair_stop(&pair);
	assert_int_equal(pair.server->n_requests, 5);
	assert_int_equal(pair.server->n_connections, 2);
	assert_non_null(strstr(buf_str(&pair.server->request), "\r\n\r\n" DOCS));
	server_free(pair.server);
}

// Two hosts: one that nobody listens on, and a server that fails in several ways.
static void fail_over(void **state)
{
	static const struct step steps[] = { { STATUS("503", "\r\n"), CLOSE },
					     { STATUS("429", "\r\n"), CLOSE },
					     { STATUS("200", "\r\n<html>"), CLOSE },
					     { GOOD, KEEP },
					     { GOOD, KEEP } };
	static const enum elastic_answer failures[] = { ANSWER_UNAVAILABLE, ANSWER_BUSY,
							ANSWER_UNKNOWN };
	struct elastic_config config;
	struct server *server;
	struct client client;
	char hosts[80];
	unsigned dead;

	(void)state;
	close(listen_on_loopback(&dead));
	server = server_start(steps, N_OF(steps));
	snprintf(hosts, sizeof(hosts), "http://127.0.0.1:%u,http://127.0.0.1:%u/", dead,
		 server->port);
	config = config_of(hosts);
	client_open(&client, &config);
	for (size_t i = 0; i < N_OF(failures); i++) {
		assert_int_equal(ANSWER_UNAVAILABLE,
				 client_post(&client)); // the dead one
		assert_int_equal(failures[i], client_post(&client));
	}
	assert_int_equal(ANSWER_UNAVAILABLE, client_post(&client)); // the dead one again
	assert_int_equal(ANSWER_ITEMS, client_post(&client));
	assert_int_equal(ANSWER_ITEMS, client_post(&client)); // stays there
	client_close(&client);
	server_stop(server);
	assert_int_equal(server->n_requests, 5);
	server_free(server);
}

static void with_reasons(struct elastic_config *config)
{
	config->reasons = true;
	config->http.timeout = 10;
}

// What no other host and no waiting mends.
static void certificate_file_that_is_none(void **state)
{
	struct server *server = server_start(NULL, 0);
	struct elastic_config config;
	struct client client;
	char hosts[40];

	(void)state;
	snprintf(hosts, sizeof(hosts), "https://127.0.0.1:%u", server->port);
	config = config_of(hosts);
	config.http.ca_cert = "/proc/self/exe";
	client_open(&client, &config);
	assert_int_equal(ANSWER_REFUSED, client_post(&client));
	assert_int_equal(client.err.status, EXIT_CONFIG);
	assert_says(&client.err, "certificate file", "CA");
	client_close(&client);
	server_stop(server);
	server_free(server);
}

// A reply beyond 64 MiB: the same request without reasons.
static void reply_without_end(void **state)
{
	static const struct step steps[] = { { STATUS("200", "\r\n"), FLOOD },
					     { GOOD, KEEP } };
	struct pair pair;

	(void)state;
	pair_open(&pair, steps, 2, with_reasons);
	assert_int_equal(ANSWER_UNKNOWN, client_post(&pair.client));
	assert_says(&pair.client.err, "the reply is longer than 67108864 bytes", "flood");
	assert_non_null(strstr(buf_str(&pair.server->request), "error.reason"));
	assert_int_equal(ANSWER_ITEMS, client_post(&pair.client));
	pair_stop(&pair);
	assert_null(strstr(buf_str(&pair.server->request), "error.reason"));
	server_free(pair.server);
}

// ---- stored documents

#define STORED                                                                                \
	"{\"docs\":[{\"_index\":\"a\",\"_id\":\"1\",\"found\":true,\"_source\":{\"n\":1.0}}," \
	"{\"_index\":\"a\",\"_id\":\"2\",\"found\":false}]}"
#define HITS                                                                \
	"{\"hits\":{\"hits\":[{\"_index\":\"a\",\"_id\":\"2\",\"_source\":" \
	"{\"n\":1.0}}]}}"

static void count_hit(void *arg, size_t i, struct slt_text index, struct slt_text source)
{
	assert_int_equal(i, 1);
	assert_true(slt_is(index, "a") && slt_is(source, "{\"n\":1.0}"));
	++*(int *)arg;
}

static enum elastic_answer client_mget(struct client *client)
{
	struct mget_doc docs[] = { { .index = slt_str("a"), .id = slt_str("1") },
				   { .index = slt_str("a"), .id = slt_str("2") } };
	enum elastic_answer answer = elastic_mget(client->elastic, docs, 2,
						  &client->retry_after, &client->err);

	for (size_t i = 0; i < 2 && answer != ANSWER_ITEMS; i++)
		assert_int_not_equal(docs[i].state, MGET_FOUND);
	if (answer == ANSWER_ITEMS) {
		assert_int_equal(docs[0].state, MGET_FOUND);
		assert_true(slt_is(docs[0].source, "{\"n\":1.0}"));
		assert_int_equal(docs[1].state, MGET_MISSING);
	}
	return answer;
}

static enum elastic_answer client_search(struct client *client)
{
	const struct mget_doc docs[] = { { .id = slt_str("1") }, { .id = slt_str("2") } };
	int hits = 0;
	enum elastic_answer answer = elastic_search(client->elastic, docs, 2, count_hit,
						    &hits, &client->retry_after,
						    &client->err);

	assert_int_equal(hits, answer == ANSWER_ITEMS);
	return answer;
}

// Good replies to the two have another body; all else is the same for both.
static const struct {
	const char *name;
	struct step step;
	enum elastic_answer answer;
	const char *says;
	long retry_after;
} stored_answers[] = {
	// clang-format off
	{ "cut", { "HTTP/1.1 200 OK\r\n" WITH_LENGTH(999, STORED), CLOSE },
	  ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
	{ "reset", { "", RESET }, ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
	{ "silent", { "", HANG }, ANSWER_UNAVAILABLE, "127.0.0.1:", -1 },
	{ "not JSON", { STATUS("200", "\r\n<html>" SECRET "</html>"), CLOSE },
	  ANSWER_UNKNOWN, "the reply is not understood", -1 },
	{ "empty", { STATUS("200", "\r\n"), CLOSE },
	  ANSWER_UNKNOWN, "the reply is not understood", -1 },
	{ "an error in 200",
	  { STATUS("200", "\r\n{\"error\":\"" SECRET "\"}"), CLOSE },
	  ANSWER_UNKNOWN, "the reply is not understood: it has no \"", -1 },
	{ "201", { STATUS("201", "\r\n" STORED), CLOSE },
	  ANSWER_UNKNOWN, "status 201", -1 },
	{ "too long", { STATUS("200", "\r\n"), FLOOD },
	  ANSWER_TOO_LARGE, "the reply is longer than 67108864 bytes", -1 },
	{ "413", { STATUS("413", "\r\n"), CLOSE }, ANSWER_TOO_LARGE, "status 413", -1 },
	{ "429", { ERROR("429", "circuit_breaking_exception"), CLOSE },
	  ANSWER_BUSY, "status 429 (circuit_breaking_exception)", -1 },
	{ "503", { STATUS("503", "Retry-After: 2\r\n\r\n" SECRET), CLOSE },
	  ANSWER_UNAVAILABLE, "status 503", 2 },
	{ "403", { ERROR("403", "security_exception"), CLOSE },
	  ANSWER_REFUSED, "status 403 (security_exception): not allowed to read there: "
	  "grant the user or key the privilege read, or set ON_CONFLICT=trust", -1 },
	{ "403, block", { ERROR("403", "cluster_block_exception"), CLOSE },
	  ANSWER_UNAVAILABLE, "cluster_block_exception", -1 },
	{ "401", { STATUS("401", "\r\n" SECRET), CLOSE },
	  ANSWER_REFUSED, "status 401: it asks for credentials", -1 },
	{ "404", { ERROR("404", "index_not_found_exception"), CLOSE },
	  ANSWER_REFUSED, "status 404 (index_not_found_exception): nothing there: check "
	  "ELASTICSEARCH_APP_AUDIT_LOG_INDEX", -1 },
	{ "400", { ERROR("400", "illegal_argument_exception"), CLOSE },
	  ANSWER_REFUSED, "status 400 (illegal_argument_exception)", -1 },
	// clang-format on
};

static void with_patience(struct elastic_config *config)
{
	config->http.timeout = 10; // a sanitizer takes its time over 64 MiB
}

static void stored_documents(void **state)
{
	static enum elastic_answer (*const asks[])(
		struct client * client) = { client_mget, client_search };

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(stored_answers); i++) {
		size_t at = i / 2;
		const char *name = stored_answers[at].name;
		bool is_flood = stored_answers[at].step.after == FLOOD;
		enum elastic_answer answer;
		struct pair pair;

		pair_open(&pair, &stored_answers[at].step, 1,
			  is_flood ? with_patience : NULL);
		answer = asks[i % 2](&pair.client);
		if (answer != stored_answers[at].answer)
			fail_msg("%s: %d %s", name, answer, pair.client.err.text);
		assert_says(&pair.client.err, stored_answers[at].says, name);
		assert_int_equal(pair.client.err.status, answer == ANSWER_REFUSED
								 ? EXIT_CONFIG
								 : EXIT_UNAVAILABLE);
		assert_int_equal(pair.client.retry_after, stored_answers[at].retry_after);
		pair_stop(&pair);
		server_free(pair.server);
	}
}

static void stored_documents_found(void **state)
{
	static const struct step steps[] = {
		{ "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n", KEEP },
		{ "HTTP/1.1 200 OK\r\n" WITH_LENGTH(107, STORED), KEEP },
		{ "HTTP/1.1 200 OK\r\n" WITH_LENGTH(64, HITS), KEEP },
	};
	struct pair pair;

	(void)state;
	assert_int_equal(strlen(STORED), 107);
	assert_int_equal(strlen(HITS), 64);
	for (size_t n = 2; n <= N_OF(steps); n++) {
		const char *request;

		pair_open(&pair, steps, n, with_key);
		assert_int_equal(ANSWER_BUSY, client_mget(&pair.client));
		assert_int_equal(ANSWER_ITEMS, client_mget(&pair.client));
		if (n == N_OF(steps))
			assert_int_equal(ANSWER_ITEMS, client_search(&pair.client));
		pair_stop(&pair);
		assert_int_equal(pair.server->n_connections, 1);
		request = buf_str(&pair.server->request);
		assert_memory_equal(request,
				    n == 2 ? "POST /app_audit_log/_mget HTTP/1.1\r\n"
					   : "POST /app_audit_log/_search HTTP/1.1\r\n",
				    36);
		assert_non_null(
			strstr(request, "\r\nContent-Type: application/json\r\n"));
		assert_non_null(strstr(request, "\r\nAuthorization: ApiKey "));
		assert_string_equal(
			strstr(request, "\r\n\r\n") + 4,
			n == 2 ? "{\"docs\":[{\"_index\":\"a\",\"_id\":\"1\"},{\"_index\":"
				 "\"a\",\"_id\":\"2\"}]}"
			       : "{\"size\":8,\"query\":{\"ids\":{\"values\":[\"1\",\"2\"]}}"
				 "}");
		server_free(pair.server);
	}
}

// ---- http alone

static void proxies_keep_their_password(void **state)
{
	static const char *const proxies[] = {
		"http://u:" SECRET "@a b",
		"http://u:" SECRET "@[::1",
		"foo://u:" SECRET "@p",
		"http://u:" SECRET "@127.0.0.1:1",
	};
	struct http_config config = { .verify = true, .timeout = 1 };
	struct http_request request = { .method = "GET",
					.url = "http://es.invalid:9200/" };
	struct http_reply reply;
	struct http *http;
	struct err err;

	(void)state;
	http_reply_init(&reply, 1000);
	for (size_t i = 0; i < N_OF(proxies); i++) {
		unsetenv("no_proxy");
		setenv("http_proxy", proxies[i], 1);
		http = http_new(&config, &err);
		assert_non_null(http);
		assert_int_equal(-1, http_send(http, &request, &reply, &err));
		assert_says(&err, "es.invalid:9200: ", proxies[i]);
		http_free(http);
		unsetenv("http_proxy");
		setenv("no_proxy", "*", 1);
	}
	http_reply_fini(&reply);
}

static void urls_that_http_refuses(void **state)
{
	static const char *const urls[] = { "http://u:" SECRET "@es/",
					    "file:///etc/passwd", "http://" SECRET " x/",
					    "" };
	struct http_config config = { .verify = true, .timeout = 1 };
	struct http_reply reply;
	struct err err;
	struct http *http = http_new(&config, &err);

	(void)state;
	assert_non_null(http);
	http_reply_init(&reply, 1000);
	for (size_t i = 0; i < N_OF(urls); i++) {
		struct http_request request = { .method = "GET", .url = urls[i] };

		assert_int_equal(-1, http_send(http, &request, &reply, &err));
		assert_int_equal(err.status, EXIT_CONFIG);
		assert_says(&err, "", urls[i]);
	}
	http_free(http);
	config.timeout = 0;
	assert_null(http_new(&config, &err));
	http_reply_fini(&reply);
}

static void get_and_bounds(void **state)
{
	static const struct step steps[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", KEEP },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901", KEEP },
		{ "HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nab", KEEP },
	};
	struct http_config config = { .verify = true, .timeout = 1 };
	struct http_request request = { .method = "GET" };
	struct http_reply reply;
	struct server *server;
	struct http *http;
	struct err err;
	char url[40];

	(void)state;
	server = server_start(steps, N_OF(steps));
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server->port);
	request.url = url;
	http = http_new(&config, &err);
	assert_non_null(http);
	http_reply_init(&reply, 10);
	assert_int_equal(0, http_send(http, &request, &reply, &err));
	assert_string_equal(buf_str(&reply.body), "123456789");
	assert_int_equal(-1, http_send(http, &request, &reply, &err));
	assert_says(&err, "longer than 10 bytes", "bound");
	assert_int_equal(0, http_send(http, &request, &reply, &err));
	assert_int_equal(reply.status, 404);
	assert_string_equal(buf_str(&reply.body), "ab");
	http_free(http);
	http_reply_fini(&reply);
	server_stop(server);
	assert_memory_equal(server->request.ptr, "GET / HTTP/1.1\r\n", 16);
	server_free(server);
}

// curl reads it in many bites, and would by itself ask with "Expect:" whether it may send it.
static void large_body(void **state)
{
	static const struct step steps[] = { { GOOD, KEEP } };
	static char bytes[3 << 20];
	const struct slt_text parts[] = { { bytes, 1 },
					  { bytes + 1, (1 << 20) + 7 },
					  { bytes + (1 << 20) + 8,
					    sizeof(bytes) - (1 << 20) - 8 } };
	struct http_config config = { .verify = true, .timeout = 10 };
	struct http_request request = { .method = "PUT", .content_type = "text/plain" };
	struct server *server = server_start(steps, 1);
	struct http_reply reply;
	struct http *http;
	struct err err;
	char url[40];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i % 23);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server->port);
	request.url = url;
	request.parts = parts;
	request.n_parts = N_OF(parts);
	http = http_new(&config, &err);
	assert_non_null(http);
	http_reply_init(&reply, 1000);
	assert_int_equal(0, http_send(http, &request, &reply, &err));
	http_free(http);
	http_reply_fini(&reply);
	server_stop(server);
	assert_memory_equal(server->request.ptr, "PUT / HTTP/1.1\r\n", 16);
	assert_null(strcasestr(buf_str(&server->request), "\r\nExpect:"));
	assert_memory_equal(server->request.ptr + server->request.len - sizeof(bytes),
			    bytes, sizeof(bytes));
	server_free(server);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_that_are_right),
		cmocka_unit_test(hosts_that_are_wrong),
		cmocka_unit_test(index_names),
		cmocka_unit_test(bulk_paths),
		cmocka_unit_test(credentials),
		cmocka_unit_test(files_and_scheme),
		cmocka_unit_test(answers),
		cmocka_unit_test(the_request),
		cmocka_unit_test(authorization),
		cmocka_unit_test(compressed),
		cmocka_unit_test(kept_alive),
		cmocka_unit_test(fail_over),
		cmocka_unit_test(certificate_file_that_is_none),
		cmocka_unit_test(reply_without_end),
		cmocka_unit_test(stored_documents),
		cmocka_unit_test(stored_documents_found),
		cmocka_unit_test(proxies_keep_their_password),
		cmocka_unit_test(urls_that_http_refuses),
		cmocka_unit_test(get_and_bounds),
		cmocka_unit_test(large_body),
	};

	setenv("no_proxy", "*", 1); // the server here is on loopback
	return cmocka_run_group_tests(tests, NULL, NULL);
}
