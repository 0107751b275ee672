// SPDX-License-Identifier: MIT
// An index that answers at once and keeps nothing.
//
// sink [--latency MILLISECONDS] [--keep FILE] [PORT]
//
// Answers every _bulk request with a 201 for each action, / as OpenSearch does, anything
// else with {}. Takes gzip. With --keep, the path of the first _bulk request is put into
// the file as a line, then each body behind a line with its length, for replay.
// One thread per connection. Prints the port it listens on (loopback only;
// without PORT a free one), and on SIGTERM or SIGINT what it has counted and its own
// processor time.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX_REQUEST = 256 << 20, MAX_HEAD = 16384, READ_AHEAD = 256 << 10 };

struct bytes {
	char *ptr;
	size_t len, cap;
};

struct request {
	char method[8], path[1000];
	size_t head_len, body_len;
	bool wants_continue, ends, is_gzip;
	int refusal; // status, 0: none
};

static atomic_ullong connections, requests, documents, body_bytes;
static long latency_ms;
static FILE *keep;
static pthread_mutex_t keep_mutex = PTHREAD_MUTEX_INITIALIZER;

static void room(struct bytes *b, size_t n)
{
	if (b->cap - b->len >= n)
		return;
	b->cap = b->len + n > 2 * b->cap ? b->len + n : 2 * b->cap;
	b->ptr = realloc(b->ptr, b->cap);
	if (!b->ptr)
		abort();
}

static void put(struct bytes *b, const char *from, size_t n)
{
	room(b, n);
	memcpy(b->ptr + b->len, from, n);
	b->len += n;
}

static void puts_to(struct bytes *b, const char *text)
{
	put(b, text, strlen(text));
}

static bool write_all(int fd, const char *from, size_t n)
{
	while (n) {
		ssize_t done = send(fd, from, n, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		from += done;
		n -= (size_t)done;
	}
	return true;
}

// ---- requests

// The value of a header line "Name: value", or NULL when the line is another's.
static const char *header(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static void read_header(const char *line, struct request *r)
{
	const char *value;

	if ((value = header(line, "Content-Length"))) {
		r->body_len = strtoul(value, NULL, 10);
		if (r->body_len > MAX_REQUEST)
			r->refusal = 413;
	} else if (header(line, "Transfer-Encoding")) {
		r->refusal = 411;
	} else if ((value = header(line, "Content-Encoding"))) {
		r->is_gzip = strncasecmp(value, "gzip", 4) == 0;
		if (!r->is_gzip)
			r->refusal = 415;
	} else if (header(line, "Expect")) {
		r->wants_continue = true;
	} else if ((value = header(line, "Connection"))) {
		r->ends = strncasecmp(value, "close", 5) == 0;
	}
}

// 1 a whole head, 0 not yet, -1 none. Ends it with a NUL byte.
static int read_head(struct bytes *in, struct request *r)
{
	char *end = in->len ? memmem(in->ptr, in->len, "\r\n\r\n", 4) : NULL;
	const char *line;

	*r = (struct request){ 0 };
	if (!end)
		return in->len > MAX_HEAD ? -1 : 0;
	end[2] = '\0';
	r->head_len = (size_t)(end + 4 - in->ptr);
	if (sscanf(in->ptr, "%7s %999s", r->method, r->path) != 2)
		return -1;
	for (line = strstr(in->ptr, "\r\n"); line && line[2];
	     line = strstr(line + 2, "\r\n"))
		read_header(line + 2, r);
	return 1;
}

static bool receive(int fd, struct bytes *in)
{
	ssize_t n;

	room(in, READ_AHEAD);
	n = recv(fd, in->ptr + in->len, in->cap - in->len, 0);
	if (n <= 0)
		return false;
	in->len += (size_t)n;
	return true;
}

// ---- answers

// The end of a JSON string that begins at `at`, behind its quote; NULL when it has none.
static const char *string_end(const char *at, const char *end)
{
	for (; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at : NULL;
}

// Every action line is followed by a document. False: the body is none of _bulk.
static bool answer_bulk(const struct request *r, const char *at, size_t len,
			struct bytes *out)
{
	static const char action[] = "{\"create\":", id_name[] = "\"_id\":\"";
	const char *end = at + len, *index = r->path + 1;
	size_t index_len = strcspn(index, "/?");
	unsigned long long n = 0;

	puts_to(out, "{\"errors\":false,\"items\":[");
	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *document = line ? line + 1 : end, *id, *id_end;

		line = memchr(document, '\n', (size_t)(end - document));
		if (!line || (size_t)(document - at) < sizeof(action) ||
		    memcmp(at, action, sizeof(action) - 1) != 0)
			return false;
		id = memmem(at, (size_t)(document - at), id_name, sizeof(id_name) - 1);
		id_end = id ? string_end(id += sizeof(id_name) - 1, document) : NULL;
		if (!id_end)
			return false;
		puts_to(out, n++ ? ",{\"create\":{\"_index\":\""
				 : "{\"create\":{\"_index\":\"");
		put(out, index, index_len);
		puts_to(out, "\",\"_id\":\"");
		put(out, id, (size_t)(id_end - id));
		puts_to(out, "\",\"status\":201}}");
		at = line + 1;
	}
	puts_to(out, "]}");
	atomic_fetch_add(&documents, n);
	return true;
}

static bool is_bulk(const struct request *r)
{
	size_t n = strcspn(r->path, "?");

	return n >= 6 && strncmp(r->path + n - 6, "/_bulk", 6) == 0;
}

static void keep_body(const struct request *r, const char *body, size_t len)
{
	pthread_mutex_lock(&keep_mutex);
	if ((ftell(keep) == 0 && fprintf(keep, "%s\n", r->path) < 0) ||
	    fprintf(keep, "%zu\n", len) < 0 || fwrite(body, 1, len, keep) != len)
		abort();
	pthread_mutex_unlock(&keep_mutex);
}

static bool unpack(const char *from, size_t n, struct bytes *to)
{
	z_stream gzip = { .next_in = (Bytef *)from, .avail_in = (uInt)n };
	int code = inflateInit2(&gzip, 15 + 16);

	to->len = 0;
	while (code == Z_OK && to->len <= MAX_REQUEST) {
		room(to, READ_AHEAD);
		gzip.next_out = (Bytef *)to->ptr + to->len;
		gzip.avail_out = READ_AHEAD;
		code = inflate(&gzip, Z_NO_FLUSH);
		to->len += READ_AHEAD - gzip.avail_out;
	}
	inflateEnd(&gzip);
	return code == Z_STREAM_END;
}

static int answer(const struct request *r, const char *body, struct bytes *plain,
		  struct bytes *out)
{
	size_t len = r->body_len;

	out->len = 0;
	if (r->is_gzip) {
		if (!unpack(body, len, plain))
			return 400;
		body = plain->ptr;
		len = plain->len;
	}
	if (is_bulk(r)) {
		if (keep)
			keep_body(r, body, len);
		if (answer_bulk(r, body, len, out))
			return 200;
		out->len = 0;
		puts_to(out, "{\"error\":{\"type\":\"parse_exception\"},\"status\":400}");
		return 400;
	}
	if (strcmp(r->path, "/") == 0)
		puts_to(out, "{\"version\":{\"distribution\":\"opensearch\","
			     "\"number\":\"2.19.6\"}}");
	else
		puts_to(out, "{}");
	return 200;
}

static void wait_latency(void)
{
	struct timespec pause = { latency_ms / 1000, latency_ms % 1000 * 1000000 };

	if (latency_ms)
		nanosleep(&pause, NULL);
}

static bool reply(int fd, const struct request *r, int status, const struct bytes *body)
{
	char head[200];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n%s\r\n",
			 status, status == 200 ? "OK" : "Refused", body->len,
			 r->ends || r->refusal ? "Connection: close\r\n" : "");
	bool is_head = strcmp(r->method, "HEAD") == 0;

	wait_latency();
	atomic_fetch_add(&requests, 1);
	atomic_fetch_add(&body_bytes, r->body_len);
	return write_all(fd, head, (size_t)n) &&
	       (is_head || write_all(fd, body->ptr, body->len)) && !r->ends &&
	       !r->refusal;
}

// Whether another request may follow.
static bool serve_one(int fd, struct bytes *in, struct bytes *plain, struct bytes *out)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct request r;
	size_t whole;
	int got;

	while ((got = read_head(in, &r)) == 0)
		if (!receive(fd, in))
			return false;
	if (got < 0)
		return false;
	if (r.refusal) {
		out->len = 0;
		return reply(fd, &r, r.refusal, out);
	}
	if (r.wants_continue && !write_all(fd, go_on, sizeof(go_on) - 1))
		return false;
	whole = r.head_len + r.body_len;
	if (in->cap < whole)
		room(in, whole - in->len);
	while (in->len < whole) {
		ssize_t n = recv(fd, in->ptr + in->len, in->cap - in->len, 0);

		if (n <= 0)
			return false;
		in->len += (size_t)n;
	}
	got = reply(fd, &r, answer(&r, in->ptr + r.head_len, plain, out), out);
	in->len -= whole;
	memmove(in->ptr, in->ptr + whole, in->len);
	return got;
}

static void *serve(void *arg)
{
	struct bytes in = { 0 }, plain = { 0 }, out = { 0 };
	int fd = (int)(intptr_t)arg;

	room(&out, 1);
	atomic_fetch_add(&connections, 1);
	while (serve_one(fd, &in, &plain, &out))
		;
	close(fd);
	free(in.ptr);
	free(plain.ptr);
	free(out.ptr);
	return NULL;
}

// ---- the program

static void *accept_all(void *arg)
{
	int listener = (int)(intptr_t)arg, on = 1;
	pthread_t thread;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(thread);
	}
	return NULL;
}

static int listen_on(unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&address, &len)) {
		perror("sink");
		exit(1);
	}
	printf("port %d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static double of_timeval(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage used;
	pthread_t thread;
	sigset_t ends;
	int at = 1, got;

	for (; at + 1 < argc; at += 2) {
		if (!strcmp(argv[at], "--latency"))
			latency_ms = strtol(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--keep") || !(keep = fopen(argv[at + 1], "w")))
			return 64;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	got = listen_on(at < argc ? (unsigned short)strtoul(argv[at], NULL, 10) : 0);
	if (pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)got))
		abort();
	sigwait(&ends, &got);
	getrusage(RUSAGE_SELF, &used);
	if (keep && fclose(keep))
		abort();
	printf("connections %llu requests %llu documents %llu bytes %llu", connections,
	       requests, documents, body_bytes);
	printf(" user %.4f system %.4f\n", of_timeval(used.ru_utime),
	       of_timeval(used.ru_stime));
	return 0;
}
