// SPDX-License-Identifier: MIT
// Runs a command and writes what it used into a file: measure FILE COMMAND...
//
// One line: wall, user and system seconds, peak memory in KiB. A program of its own: a
// process starts with the peak of the one that forked it, which for Python is 15 MiB.

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double of_timeval(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	double began = seconds();
	struct rusage used;
	FILE *file;
	pid_t pid;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: %s FILE COMMAND...\n", argv[0]);
		return 64;
	}
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
		perror("measure");
		return 70;
	}
	began = seconds() - began;
	file = fopen(argv[1], "w");
	if (!file ||
	    fprintf(file, "%.4f %.4f %.4f %ld\n", began, of_timeval(used.ru_utime),
		    of_timeval(used.ru_stime), used.ru_maxrss) < 0 ||
	    fclose(file)) {
		perror(argv[1]);
		return 70;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
