// SPDX-License-Identifier: MIT
// The file of --env-file: what is taken means the same to docker and to systemd.

#include "fuzz.h"

#include <ctype.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "envfile.h"
#include "settings.h"

static void check_entry(const struct env_entry *entry)
{
	size_t n = strlen(entry->value);

	HOLDS(*entry->name && !strpbrk(entry->name, " \t\r\n=#'\"\\"));
	HOLDS(!strpbrk(entry->value, "\n\\'\""));
	HOLDS(!n || (!isspace((unsigned char)entry->value[0]) &&
		     !isspace((unsigned char)entry->value[n - 1])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env_entry *entries = NULL;
	struct err err = { .text = "" };
	char path[64];
	size_t n = 0;
	int fd = memfd_create("env", 0);

	HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (envfile_read(path, &entries, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			check_entry(&entries[i]);
	else
		HOLDS(*err.text && memchr(err.text, '\0', sizeof(err.text)));
	envfile_free(entries, n);
	close(fd);
	return 0;
}
