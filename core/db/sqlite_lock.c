// SPDX-License-Identifier: MIT
// SQLite's run lock, a lock on a file beside the database, which says who holds it; and the turns
// of the lanes to write.

#include "sqlite.h"
#include "../retry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* <database>-<table>.slt-lock: letters, digits, "_" and "-" as they are. */
static int lock_path(const char *file, const char *table, char *ret, size_t size,
		     struct err *err)
{
	int n = snprintf(ret, size, "%s-", file);

	for (const char *c = table; *c && n > 0 && (size_t)n < size; c++) {
		unsigned char byte = (unsigned char)*c;
		bool plain = (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
			     (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');

		n += snprintf(ret + n, size - (size_t)n, plain ? "%c" : "%%%02X", byte);
	}
	if (n > 0 && (size_t)n < size)
		n += snprintf(ret + n, size - (size_t)n, ".slt-lock");
	if (n < 0 || (size_t)n >= size)
		return err_set(err, EXIT_CONFIG,
			       "SQLite: the path of the database is too long");
	return 0;
}

static void read_holder(int fd, struct db_holder *ret)
{
	char text[256], host[100];
	long long since;
	long pid;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	ret->seconds = -1;
	if (sscanf(text, "%ld %lld %99s", &pid, &since, host) != 3) {
		/* it has the lock and not yet written who it is, or the disk is full */
		snprintf(ret->who, sizeof(ret->who), "another process");
		return;
	}
	snprintf(ret->who, sizeof(ret->who), "pid %ld on %s", pid, host);
	if (since <= time(NULL))
		ret->seconds = (long)(time(NULL) - since);
}

static void write_holder(int fd)
{
	char text[160], host[100] = "";
	int n;

	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		snprintf(host, sizeof(host), "localhost");
	n = snprintf(text, sizeof(text), "%ld %lld %s\n", (long)getpid(),
		     (long long)time(NULL), host);
	/* Who it is, is a courtesy: the lock stands without. */
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
		return;
}

/* Made by root by hand, it must not shut out the account that runs every day: it belongs
 * to whom the database belongs to. SQLite does the same with its journal. */
static int open_lock(const char *file, const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0)
		return err_set(err, EXIT_CONFIG, "SQLite: lock file \"%s\": %s%s", path,
			       strerror(errno),
			       errno == EACCES
				       ? "; run as its owner, or remove it while no "
					 "run is active"
				       : "");
	/* Nothing else may stand under that name: it would be truncated and given
	 * away. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
		close(fd);
		return err_set(err, EXIT_CONFIG,
			       "SQLite: lock file \"%s\": an ordinary file "
			       "with one name is expected",
			       path);
	}
	if (geteuid() == 0 && stat(file, &st) == 0 &&
	    fchown(fd, st.st_uid, st.st_gid) < 0)
		return fd; /* a courtesy, too */
	return fd;
}

/* A lock of the open file description: one connection of this process keeps out another,
 * and the end of the process gives it up. The file stays: to remove it would take it from
 * under a run that has opened it and does not hold it yet. */
int sqlite_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
		struct err *err)
{
	struct sqlite *lite = (struct sqlite *)db;
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const char *file = sqlite_file(lite);
	char path[PATH_MAX];
	int fd, number;

	if (!*file) /* in memory: nobody else can see it */
		return 1;
	if (lock_path(file, table->name, path, sizeof(path), err) < 0)
		return -1;
	fd = open_lock(file, path, err);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0) {
		write_holder(fd);
		lite->lock_fd = fd;
		return 1;
	}
	number = errno;
	if (number == EAGAIN || number == EACCES)
		read_holder(fd, ret);
	else
		err_set(err, EXIT_CONFIG, "SQLite: lock file \"%s\": %s", path,
			strerror(number));
	close(fd);
	return number == EAGAIN || number == EACCES ? 0 : -1;
}

bool sqlite_alive(struct db *db)
{
	(void)db;
	return true;
}

/* ---------------------------------------------------------------- turns */

/* A file has one writer at a time, and SQLite lets the others sleep and look again. Lanes of one
 * process take turns instead. A thread that has its turn and begins on another connection,
 * too, goes on without one. */
static pthread_mutex_t turn;

static void init_turn(void)
{
	pthread_mutexattr_t kind;

	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&turn, &kind);
	pthread_mutexattr_destroy(&kind);
}

void sqlite_take_turn(struct sqlite *lite)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_turn);
	if (!lite->has_turn)
		lite->has_turn = pthread_mutex_lock(&turn) == 0;
}

void sqlite_pass_turn(struct sqlite *lite)
{
	if (lite->has_turn)
		pthread_mutex_unlock(&turn);
	lite->has_turn = false;
}

/* Who waits for the file looks again now and then, up to ten times a second, and nobody hands
 * it over: transactions that follow each other at once kept applications waiting for more than
 * a second. So the file is left alone for half as long as it was taken. */
void sqlite_leave_alone(const struct sqlite *lite)
{
	static const double MAX_PAUSE = 0.05;
	double pause = (clock_seconds() - lite->began) / 2;

	if (!lite->has_turn)
		return;
	if (pause > MAX_PAUSE)
		pause = MAX_PAUSE;
	nanosleep(&(struct timespec){ 0, (long)(pause * 1e9) }, NULL);
}
