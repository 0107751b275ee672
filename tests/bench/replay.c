// SPDX-License-Identifier: MIT
// The bare cost of an index: posts bodies that `sink --keep` has kept, as they are.
//
// replay HOST PORT CONNECTIONS FILE
// Each connection has a thread, which posts the next body once the reply to the last one
// is read. Prints the seconds from first to last, requests, documents that the index has
// created (201), and its own processor time.

#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READ_AHEAD = 64 << 10, MAX_CONNECTIONS = 64 };

struct body {
	const char *ptr;
	size_t len;
};

struct reader {
	int fd;
	size_t at, len;
	char buf[READ_AHEAD];
};

static const char *host, *port, *path;
static struct body *bodies;
static size_t n_bodies;
static atomic_size_t next_body, documents;

static void die(const char *what)
{
	fprintf(stderr, "replay: %s\n", what);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// ---- the file: the path in a line, then each body behind a line with its length

static char *read_file(const char *name, size_t *ret_len)
{
	FILE *file = fopen(name, "r");
	struct stat st;
	char *text;

	if (!file || fstat(fileno(file), &st))
		die("cannot read the file");
	*ret_len = (size_t)st.st_size;
	text = malloc(*ret_len + 1);
	if (!text || fread(text, 1, *ret_len, file) != *ret_len)
		die("cannot read the file");
	text[*ret_len] = '\0';
	fclose(file);
	return text;
}

static void find_bodies(char *text, size_t len)
{
	char *at = memchr(text, '\n', len), *end = text + len;
	size_t cap = 0;

	if (!at)
		die("no path in the file");
	*at++ = '\0';
	path = text;
	while (at < end) {
		size_t n = strtoul(at, &at, 10);

		if (*at++ != '\n' || n > (size_t)(end - at))
			die("the file is cut off");
		if (n_bodies == cap) {
			cap = cap ? 2 * cap : 1024;
			bodies = realloc(bodies, cap * sizeof(*bodies));
			if (!bodies)
				abort();
		}
		bodies[n_bodies++] = (struct body){ at, n };
		at += n;
	}
}

// ---- replies

static void fill(struct reader *r)
{
	ssize_t n = recv(r->fd, r->buf, sizeof(r->buf), 0);

	if (n <= 0)
		die("the server closed the connection");
	r->at = 0;
	r->len = (size_t)n;
}

static void read_line(struct reader *r, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (r->at == r->len)
			fill(r);
		c = r->buf[r->at++];
		if (c == '\n')
			break;
		if (c != '\r' && n + 1 < size)
			line[n++] = c;
	}
	line[n] = '\0';
}

// Counts the documents in the next n bytes; `matched` bytes of the sought text came before.
static size_t read_part(struct reader *r, size_t n, size_t matched)
{
	static const char created[] = "\"status\":201";
	size_t found = 0;

	while (n--) {
		char c;

		if (r->at == r->len)
			fill(r);
		c = r->buf[r->at++];
		matched = c == created[matched] ? matched + 1 : c == created[0];
		if (matched == sizeof(created) - 1) {
			found++;
			matched = 0;
		}
	}
	atomic_fetch_add(&documents, found);
	return matched;
}

static void read_reply(struct reader *r)
{
	size_t len = 0, matched = 0;
	bool is_chunked = false;
	char line[1000];

	read_line(r, line, sizeof(line));
	if (strncmp(line, "HTTP/1.1 200", 12) != 0)
		die(line);
	while (read_line(r, line, sizeof(line)), *line) {
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			len = strtoul(line + 15, NULL, 10);
		else if (strncasecmp(line, "Transfer-Encoding:", 18) == 0)
			is_chunked = true;
	}
	if (!is_chunked) {
		read_part(r, len, 0);
		return;
	}
	do {
		read_line(r, line, sizeof(line));
		len = strtoul(line, NULL, 16);
		matched = read_part(r, len, matched);
		read_line(r, line, sizeof(line));
	} while (len);
}

// ---- requests

static int connect_to(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	int fd, on = 1;

	if (getaddrinfo(host, port, &hints, &found))
		die("no such host");
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen))
		die("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	freeaddrinfo(found);
	return fd;
}

static void send_all(int fd, const char *from, size_t n, int flags)
{
	while (n) {
		ssize_t done = send(fd, from, n, MSG_NOSIGNAL | flags);

		if (done <= 0)
			die("the server takes no more");
		from += done;
		n -= (size_t)done;
	}
}

static void *post_bodies(void *arg)
{
	struct reader *r = calloc(1, sizeof(*r));
	size_t i;

	(void)arg;
	if (!r)
		abort();
	r->fd = connect_to();
	while ((i = atomic_fetch_add(&next_body, 1)) < n_bodies) {
		char head[2000];
		int n = snprintf(head, sizeof(head),
				 "POST %s HTTP/1.1\r\nHost: %s:%s\r\n"
				 "Content-Type: application/x-ndjson\r\n"
				 "Content-Length: %zu\r\n\r\n",
				 path, host, port, bodies[i].len);

		if (n >= (int)sizeof(head))
			die("the path is too long");
		send_all(r->fd, head, (size_t)n, MSG_MORE);
		send_all(r->fd, bodies[i].ptr, bodies[i].len, 0);
		read_reply(r);
	}
	close(r->fd);
	free(r);
	return NULL;
}

static double of_timeval(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	pthread_t threads[MAX_CONNECTIONS];
	struct rusage used;
	size_t n, len;
	double began;
	char *text;

	if (argc != 5 || !(n = strtoul(argv[3], NULL, 10)) || n > MAX_CONNECTIONS) {
		fprintf(stderr, "usage: %s HOST PORT CONNECTIONS FILE\n", argv[0]);
		return 64;
	}
	host = argv[1];
	port = argv[2];
	text = read_file(argv[4], &len);
	find_bodies(text, len);
	began = seconds();
	for (size_t i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, post_bodies, NULL))
			abort();
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	began = seconds() - began;
	getrusage(RUSAGE_SELF, &used);
	printf("seconds %.4f requests %zu documents %zu user %.4f system %.4f\n", began,
	       n_bodies, (size_t)documents, of_timeval(used.ru_utime),
	       of_timeval(used.ru_stime));
	free(bodies);
	free(text);
	return 0;
}
