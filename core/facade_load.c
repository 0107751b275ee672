// SPDX-License-Identifier: MIT
// Finds, checks and loads a facade.

#include "facade.h"

#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <ltdl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "mem.h"

/* ---------------------------------------------------------------- finding the file */

enum { MAX_NAME = 128 };

/* MY_TABLE -> my_table */
static int module_name(const char *type, char *ret, size_t size, struct err *err)
{
	size_t n = strlen(type);

	if (!n || n >= size || !isalpha((unsigned char)type[0]))
		goto wrong;
	for (size_t i = 0; i <= n; i++) {
		if (type[i] && !isalnum((unsigned char)type[i]) && type[i] != '_')
			goto wrong;
		ret[i] = (char)tolower((unsigned char)type[i]);
	}
	return 0;
wrong:
	return err_set(
		err, EXIT_CONFIG,
		"AUDIT_LOGGER_TYPE is \"%s\": the name of a facade is expected, a letter "
		"and then letters, digits and underscores",
		type);
}

/* Whoever can write a facade, or its folder, can make us run anything. */
static int check_owner(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, EXIT_CONFIG, "%s: %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(
			err, EXIT_CONFIG,
			"%s belongs to user %u: a facade and its folder must belong to "
			"root or to the user that runs it",
			path, (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, EXIT_CONFIG,
			       "%s can be written by others (mode %04o): chmod go-w it",
			       path, (unsigned)st.st_mode & 07777u);
	return 0;
}

/* The n-th folder of the search, or NULL after the last: SLT_FACADE_PATH, then our
 * own. */
static char *folder(const char *path, size_t n)
{
	while (*path) {
		size_t len = strcspn(path, ":");

		if (len && n-- == 0) {
			char *c = mem_copy_n(path, len);

			return c;
		}
		path += len;
		path += *path == ':';
	}
	return n == 0 ? mem_copy(SLT_FACADE_DIR) : NULL;
}

static int check_file(const char *file, struct err *err)
{
	char *slash = strrchr(file, '/');
	char *dir = mem_copy_n(file, (size_t)(slash - file));
	int result;

	result = check_owner(file, err) < 0 || check_owner(*dir ? dir : "/", err) < 0 ? -1
										      : 0;
	free(dir);
	return result;
}

/* The first folder that has the file decides; a bad one there is an error, not a reason
 * to look further. */
static int find_file(const char *module, const char *path, char **ret, struct err *err)
{
	char file[PATH_MAX];
	char *dir;
	bool found;
	int number;

	for (size_t i = 0; (dir = folder(path, i)); i++) {
		if (*dir != '/') {
			err_set(err, EXIT_CONFIG,
				"SLT_FACADE_PATH: \"%s\" is not an absolute folder", dir);
			free(dir);
			return -1;
		}
		snprintf(file, sizeof(file), "%s/%s.so", dir, module);
		*ret = realpath(file, NULL);
		number = errno;
		found = *ret != NULL;
		/* a link is only as good as the folder that it stands in */
		if (found && check_owner(dir, err) < 0) {
			free(*ret);
			free(dir);
			return -1;
		}
		free(dir);
		if (found)
			return 0;
		if (number != ENOENT)
			return err_set(err, EXIT_CONFIG, "%s: %s", file,
				       strerror(number));
	}
	return err_set(
		err, EXIT_CONFIG,
		"no facade %s.so in %s%s%s: install it, or correct AUDIT_LOGGER_TYPE or "
		"SLT_FACADE_PATH",
		module, path, *path ? ":" : "", SLT_FACADE_DIR);
}

/* ---------------------------------------------------------------- loading it */

/* libltdl opens lazily and says "file not found" for everything, so the dynamic linker is
 * asked first: its error is the message, and an unresolved function is found now. */
static const void *open_module(const char *path, const char *module, struct err *err)
{
	static bool initialised;
	lt_dladvise advise;
	lt_dlhandle handle;
	const void *symbol, *loaded;

	crash_enter(module, "initialisation");
	loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	crash_leave();
	if (!loaded) {
		err_set(err, EXIT_CONFIG, "cannot load the facade: %s", dlerror());
		return NULL;
	}
	if (!initialised && lt_dlinit() != 0) {
		err_set(err, EXIT_BUG, "libltdl: %s", lt_dlerror());
		return NULL;
	}
	initialised = true;
	lt_dladvise_init(&advise);
	lt_dladvise_local(&advise);
	lt_dladvise_resident(&advise);
	handle = lt_dlopenadvise(path, advise);
	lt_dladvise_destroy(&advise);
	if (!handle) {
		err_set(err, EXIT_CONFIG, "%s: %s", path, lt_dlerror());
		return NULL;
	}
	symbol = lt_dlsym(handle, "slt_facade");
	if (!symbol)
		err_set(err, EXIT_CONFIG,
			"%s: no facade in it: a symbol made by SLT_FACADE(<name of the file>) "
			"is expected",
			path);
	return symbol;
}

/* What a module of ABI 1.0 has at least. */
#define LEAST_SIZE (offsetof(struct slt_facade, mark_as_sent) + sizeof(void (*)(void)))

/* The gate: nothing of the module is used before it has passed. */
static int check_abi(const struct slt_facade *f, const char *module, struct err *err)
{
	if (f->abi_major != SLT_ABI_MAJOR)
		return err_set(
			err, EXIT_CONFIG,
			"it is built for facade ABI %u, this program has %d: rebuild it",
			f->abi_major, SLT_ABI_MAJOR);
	if (f->abi_minor > SLT_ABI_MINOR)
		return err_set(
			err, EXIT_CONFIG,
			"it needs facade ABI %u.%u, this program has %d.%d: a newer "
			"program is needed",
			f->abi_major, f->abi_minor, SLT_ABI_MAJOR, SLT_ABI_MINOR);
	if (f->size < LEAST_SIZE)
		return err_set(
			err, EXIT_CONFIG,
			"its struct slt_facade has %zu bytes, at least %zu are expected",
			f->size, LEAST_SIZE);
	if (f->settings && f->setting_size < sizeof(struct slt_setting))
		return err_set(
			err, EXIT_CONFIG,
			"its struct slt_setting has %zu bytes, at least %zu are expected",
			f->setting_size, sizeof(struct slt_setting));
	if (!f->name || !f->version || !f->summary)
		return err_set(err, EXIT_CONFIG, "name, version or summary is missing");
	if (strcmp(f->name, module) != 0)
		return err_set(err, EXIT_CONFIG, "its name is \"%s\", \"%s\" is expected",
			       f->name, module);
	if (!f->fetch || !f->message || !f->mark_as_sent)
		return err_set(err, EXIT_CONFIG, "the hook %s is missing",
			       !f->fetch     ? "fetch"
			       : !f->message ? "message"
					     : "mark_as_sent");
	return 0;
}

/* Settings are walked by the module's own idea of their size. */
static void copy_settings(struct facade *facade)
{
	const char *at = (const char *)facade->hooks.settings;
	const struct slt_setting *s;

	for (; at; at += facade->hooks.setting_size) {
		s = (const struct slt_setting *)(const void *)at;
		if (!s->name)
			break;
		facade->settings = mem_grow(facade->settings, facade->n_settings + 1,
					    sizeof(*facade->settings));
		facade->settings[facade->n_settings++] =
			(struct facade_setting){ .declared = *s };
	}
}

/* The facade in a file that may be loaded; takes over the file's name, which is resolved. */
static int load(char *file, const char *module, struct facade **ret, struct err *err)
{
	const struct slt_facade *exported = open_module(file, module, err);
	struct facade *facade;

	if (!exported) {
		free(file);
		return -1;
	}
	if (check_abi(exported, module, err) < 0) {
		err_context(err, "%s", file);
		free(file);
		return -1;
	}
	facade = mem_new(1, sizeof(*facade));
	memcpy(&facade->hooks, exported,
	       exported->size < sizeof(facade->hooks) ? exported->size
						      : sizeof(facade->hooks));
	facade->module = mem_copy(module);
	facade->path = file;
	copy_settings(facade);
	*ret = facade;
	return 0;
}

int facade_load(const char *type, const char *path, struct facade **ret, struct err *err)
{
	char module[MAX_NAME];
	char *file = NULL;

	if (module_name(type, module, sizeof(module), err) < 0 ||
	    find_file(module, path, &file, err) < 0)
		return -1;
	if (check_file(file, err) < 0) {
		free(file);
		return -1;
	}
	return load(file, module, ret, err);
}

int facade_load_file(const char *path, struct facade **ret, struct err *err)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base);
	char module[MAX_NAME], *file;

	if (n < 4 || n - 3 >= sizeof(module) || strcmp(base + n - 3, ".so") != 0)
		return err_set(
			err, EXIT_CONFIG,
			"%s: the file of a facade is expected, such as my_table.so",
			path);
	snprintf(module, sizeof(module), "%.*s", (int)(n - 3), base);
	file = realpath(path, NULL);
	if (!file)
		return err_set(err, EXIT_CONFIG, "%s: %s", path, strerror(errno));
	return load(file, module, ret, err);
}

/* ---------------------------------------------------------------- listing */

struct names {
	char **list;
	size_t n;
};

static void add_name(struct names *names, const char *file)
{
	size_t len = strlen(file);
	char *name;

	if (len < 4 || strcmp(file + len - 3, ".so") != 0)
		return;
	name = mem_copy_n(file, len - 3);
	names->list = mem_grow(names->list, names->n + 1, sizeof(*names->list));
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	names->list[names->n++] = name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void facade_each(const char *path, facade_each_fn *each, void *arg)
{
	struct names names = { 0 };
	struct dirent *entry;
	char *dir;

	for (size_t i = 0; (dir = folder(path, i)); i++) {
		DIR *d = opendir(dir);

		while (d && (entry = readdir(d)))
			add_name(&names, entry->d_name);
		if (d)
			closedir(d);
		free(dir);
	}
	if (names.n)
		qsort(names.list, names.n, sizeof(*names.list), by_name);
	for (size_t i = 0; i < names.n; i++) {
		if (!i || strcmp(names.list[i - 1], names.list[i]) != 0)
			each(arg, names.list[i]);
	}
	for (size_t i = 0; i < names.n; i++)
		free(names.list[i]);
	free(names.list);
}
