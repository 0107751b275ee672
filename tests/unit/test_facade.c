// SPDX-License-Identifier: MIT
// Finding, loading, opening facades, good and bad; the documents of the two shipped.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dburl.h"
#include "doc.h"
#include "facade.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A folder with two folders for modules. */
static char root[64], first[96], second[96];
static struct err err;

/* ---------------------------------------------------------------- files */

static const char *in(const char *folder, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *path, const void *bytes, size_t n, mode_t mode)
{
	int fd;

	unlink(path); /* it may be loaded */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(close(fd), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Copies a module of the build to folder/name. Each copy is a module of its own. */
static void install(const char *built, const char *folder, const char *name)
{
	static char bytes[4 << 20];
	const char *build = getenv("SLT_BUILD");
	char path[512];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", build ? build : ".", built);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing: run \"make check\"", path);
	n = fread(bytes, 1, sizeof(bytes), file);
	assert_in_range(n, 1, sizeof(bytes) - 1);
	fclose(file);
	write_file(in(folder, name), bytes, n, 0644);
}

#define VARIANTS "tests/unit/modules/.libs/variants.so"
#define UNRESOLVED "tests/unit/modules/.libs/unresolved.so"

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/slt-test-facade-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(first, sizeof(first), "%s/first", root);
	snprintf(second, sizeof(second), "%s/second", root);
	return mkdir(first, 0755) < 0 || mkdir(second, 0755) < 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

/* ---------------------------------------------------------------- what is expected */

/* In patterns @ is the root folder, ^ the program's own; * at the end: anything. */
static void fill_in(char *ret, size_t size, const char *pattern)
{
	size_t n = 0;

	for (const char *c = pattern; *c && n < size - 1; c++) {
		if (*c == '@' || *c == '^')
			n += (size_t)snprintf(ret + n, size - n, "%s",
					      *c == '@' ? root : SLT_FACADE_DIR);
		else
			ret[n++] = *c;
	}
	ret[n < size ? n : size - 1] = '\0';
}

static void assert_error(const char *pattern)
{
	char expected[1024];
	size_t n;

	fill_in(expected, sizeof(expected), pattern);
	n = strlen(expected);
	if (n && expected[n - 1] == '*') {
		if (strncmp(err.text, expected, n - 1) != 0 || strlen(err.text) < n)
			fail_msg("%s\n   is not %s", err.text, expected);
		return;
	}
	assert_string_equal(err.text, expected);
	assert_int_equal(err.status, EXIT_CONFIG);
}

static struct facade *load(const char *type, const char *path_pattern)
{
	struct facade *facade = NULL;
	char path[512];

	fill_in(path, sizeof(path), path_pattern);
	if (facade_load(type, path, &facade, &err) < 0)
		fail_msg("%s in %s: %s", type, path, err.text);
	return facade;
}

static void assert_not_loaded(const char *type, const char *path_pattern,
			      const char *error)
{
	struct facade *facade = NULL;
	char path[512];

	fill_in(path, sizeof(path), path_pattern);
	err = (struct err){ 0 };
	if (facade_load(type, path, &facade, &err) == 0)
		fail_msg("%s in %s was loaded from %s", type, path, facade->path);
	assert_null(facade);
	assert_error(error);
}

static void assert_loaded_from(const char *type, const char *path_pattern,
			       const char *file)
{
	struct facade *facade = load(type, path_pattern);
	char expected[256];

	fill_in(expected, sizeof(expected), file);
	assert_string_equal(facade->path, expected);
	facade_free(facade);
}

/* ---------------------------------------------------------------- names */

#define NO_NAME(type)                                                             \
	"AUDIT_LOGGER_TYPE is \"" type "\": the name of a facade is expected, a " \
	"letter and then letters, digits and underscores"
#define HUNDRED                                              \
	"a123456789b123456789c123456789d123456789e123456789" \
	"f123456789g123456789h123456789i123456789j123456789"

static const struct {
	const char *type, *error;
} names[] = {
	{ "", NO_NAME("") },
	{ " GOOD", NO_NAME(" GOOD") },
	{ "GOOD ", NO_NAME("GOOD ") },
	{ "GOOD\n", NO_NAME("GOOD\n") },
	{ "1GOOD", NO_NAME("1GOOD") },
	{ "_GOOD", NO_NAME("_GOOD") },
	{ "GO-OD", NO_NAME("GO-OD") },
	{ "good.so", NO_NAME("good.so") },
	{ ".", NO_NAME(".") },
	{ "..", NO_NAME("..") },
	{ "../first/good", NO_NAME("../first/good") },
	{ "/etc/passwd", NO_NAME("/etc/passwd") },
	{ "first/good", NO_NAME("first/good") },
	{ "GÖÖD", NO_NAME("GÖÖD") },
	{ "GOOD%s%n", NO_NAME("GOOD%s%n") },
	{ HUNDRED "abcdefghijklmnopqrstuvwxyzab",
	  NO_NAME(HUNDRED "abcdefghijklmnopqrstuvwxyzab") },
	{ "NOWHERE",
	  "no facade nowhere.so in @/first:^: install it, or correct AUDIT_LOGGER_TYPE "
	  "or SLT_FACADE_PATH" },
};

static void test_names(void **state)
{
	(void)state;
	install(VARIANTS, first, "good.so");
	for (size_t i = 0; i < N_OF(names); i++)
		assert_not_loaded(names[i].type, "@/first", names[i].error);
	assert_not_loaded(
		"NOWHERE", "",
		"no facade nowhere.so in ^: install it, or correct AUDIT_LOGGER_TYPE or "
		"SLT_FACADE_PATH");
	assert_loaded_from("GOOD", "@/first", "@/first/good.so");
	assert_loaded_from("Good", "@/first", "@/first/good.so");
	assert_loaded_from("good", "@/first", "@/first/good.so");
}

/* ------------------------------------------------------------- where it is looked for */

static void test_search(void **state)
{
	(void)state;
	install(VARIANTS, second, "good.so");
	assert_loaded_from("GOOD", "@/first:@/second", "@/second/good.so");
	assert_loaded_from("GOOD", "::@/nowhere::@/second:", "@/second/good.so");
	assert_loaded_from("GOOD", "@/first/../second/", "@/second/good.so");
	install(VARIANTS, first, "good.so");
	assert_loaded_from("GOOD", "@/first:@/second", "@/first/good.so");
	assert_loaded_from("GOOD", "@/second:@/first", "@/second/good.so");
	/* the first folder that has the file decides, also when the file is bad */
	install(VARIANTS, second, "plain.so");
	write_file(in(first, "plain.so"), "", 0, 0644);
	assert_not_loaded("PLAIN", "@/first:@/second",
			  "cannot load the facade: @/first/plain.so: *");
	assert_not_loaded("GOOD", "first",
			  "SLT_FACADE_PATH: \"first\" is not an absolute folder");
	assert_not_loaded("GOOD", "./first:@/second",
			  "SLT_FACADE_PATH: \"./first\" is not an absolute folder");
	assert_not_loaded("GOOD", ".",
			  "SLT_FACADE_PATH: \".\" is not an absolute folder");
	write_file(in(root, "file"), "", 0, 0644);
	assert_not_loaded("GOOD", "@/file:@/second", "@/file/good.so: Not a directory");
}

static void test_links(void **state)
{
	(void)state;
	install(VARIANTS, second, "good.so");
	assert_int_equal(symlink("../second/good.so", in(first, "good.so")), 0);
	assert_loaded_from("GOOD", "@/first", "@/second/good.so");
	assert_int_equal(symlink("../second/good.so", in(first, "plain.so")), 0);
	assert_not_loaded(
		"PLAIN", "@/first",
		"@/second/good.so: its name is \"good\", \"plain\" is expected");
	/* what is checked is what is loaded */
	assert_int_equal(chmod(in(second, "good.so"), 0646), 0);
	assert_not_loaded(
		"GOOD", "@/first",
		"@/second/good.so can be written by others (mode 0646): chmod go-w it");
	assert_int_equal(chmod(in(second, "good.so"), 0644), 0);
	assert_int_equal(chmod(second, 0777), 0);
	assert_not_loaded("GOOD", "@/first",
			  "@/second can be written by others (mode 0777): chmod go-w it");
	assert_int_equal(chmod(second, 0755), 0);
	/* and where the link stands: whoever can write there decides what we load */
	assert_int_equal(chmod(first, 0777), 0);
	assert_not_loaded("GOOD", "@/first",
			  "@/first can be written by others (mode 0777): chmod go-w it");
	assert_int_equal(chmod(first, 0755), 0);
	assert_int_equal(symlink("loop.so", in(first, "loop.so")), 0);
	assert_not_loaded("LOOP", "@/first:@/second",
			  "@/first/loop.so: Too many levels of symbolic links");
}

/* ---------------------------------------------------------------- who may write there */

static const struct {
	mode_t file, folder;
	const char *error; /* NULL: it is loaded */
} modes[] = {
	{ 0644, 0755, NULL },
	{ 0444, 0555, NULL },
	{ 0600, 0700, NULL },
	{ 0755, 0755, NULL },
	{ 0664, 0755,
	  "@/first/good.so can be written by others (mode 0664): chmod go-w it" },
	{ 0646, 0755,
	  "@/first/good.so can be written by others (mode 0646): chmod go-w it" },
	{ 0666, 0777, "@/first*" },
	{ 0644, 0775, "@/first can be written by others (mode 0775): chmod go-w it" },
	{ 0644, 0757, "@/first can be written by others (mode 0757): chmod go-w it" },
	{ 0644, 01777, "@/first can be written by others (mode 1777): chmod go-w it" },
};

static void test_permissions(void **state)
{
	(void)state;
	install(VARIANTS, first, "good.so");
	install(VARIANTS, second, "good.so");
	for (size_t i = 0; i < N_OF(modes); i++) {
		assert_int_equal(chmod(in(first, "good.so"), modes[i].file), 0);
		assert_int_equal(chmod(first, modes[i].folder), 0);
		if (modes[i].error)
			assert_not_loaded("GOOD", "@/first:@/second", modes[i].error);
		else
			assert_loaded_from("GOOD", "@/first:@/second", "@/first/good.so");
	}
	assert_int_equal(chmod(first, 0755), 0);
	assert_int_equal(chmod(in(first, "good.so"), 0644), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(in(first, "good.so"), 1, 1), 0);
	assert_not_loaded(
		"GOOD", "@/first:@/second",
		"@/first/good.so belongs to user 1: a facade and its folder must belong "
		"to root or to the user that runs it");
	assert_int_equal(chown(in(first, "good.so"), 0, 1), 0);
	assert_int_equal(chown(first, 1, 0), 0);
	assert_not_loaded(
		"GOOD", "@/first:@/second",
		"@/first belongs to user 1: a facade and its folder must belong to root "
		"or to the user that runs it");
	assert_int_equal(chown(first, 0, 0), 0);
}

/* ---------------------------------------------------------------- the gate */

static const struct {
	const char *name, *error; /* error: after "<file>: " */
} gate[] = {
	{ "other_major", "it is built for facade ABI 2, this program has 1: rebuild it" },
	{ "future_minor",
	  "it needs facade ABI 1.1, this program has 1.0: a newer program is needed" },
	{ "too_small", "its struct slt_facade has 80 bytes, at least 88 are expected" },
	{ "small_settings",
	  "its struct slt_setting has 8 bytes, at least 32 are expected" },
	{ "wrong_name", "its name is \"right_name\", \"wrong_name\" is expected" },
	{ "no_name", "name, version or summary is missing" },
	{ "no_version", "name, version or summary is missing" },
	{ "no_summary", "name, version or summary is missing" },
	{ "no_fetch", "the hook fetch is missing" },
	{ "no_message", "the hook message is missing" },
	{ "no_mark", "the hook mark_as_sent is missing" },
	{ "no_symbol",
	  "no facade in it: a symbol made by SLT_FACADE(<name of the file>) is expected" },
};

static void test_gate(void **state)
{
	char file[64], error[256];

	(void)state;
	for (size_t i = 0; i < N_OF(gate); i++) {
		if (sizeof(void *) != 8 && strstr(gate[i].error, "bytes"))
			continue;
		snprintf(file, sizeof(file), "%s.so", gate[i].name);
		install(VARIANTS, first, file);
		snprintf(error, sizeof(error), "@/first/%s: %s", file, gate[i].error);
		assert_not_loaded(gate[i].name, "@/first", error);
	}
}

/* ---------------------------------------------------------------- this very file */

static void assert_file_not_loaded(const char *pattern, const char *error)
{
	struct facade *facade = NULL;
	char path[512];

	fill_in(path, sizeof(path), pattern);
	err = (struct err){ 0 };
	if (facade_load_file(path, &facade, &err) == 0)
		fail_msg("%s was loaded", path);
	assert_null(facade);
	assert_error(error);
	assert_int_equal(err.status, EXIT_CONFIG);
}

static void assert_file_loaded(const char *pattern, const char *file)
{
	struct facade *facade = NULL;
	char path[512], expected[256];

	fill_in(path, sizeof(path), pattern);
	fill_in(expected, sizeof(expected), file);
	if (facade_load_file(path, &facade, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	assert_string_equal(facade->path, expected);
	assert_string_equal(facade->module, "good");
	facade_free(facade);
}

#define NO_MODULE(file) file ": the file of a facade is expected, such as my_table.so"

static void test_file(void **state)
{
	char before[512];

	(void)state;
	install(VARIANTS, first, "good.so");
	assert_file_loaded("@/first/good.so", "@/first/good.so");
	assert_file_loaded("@/second/../first//good.so", "@/first/good.so");
	/* its author's, who has just built it */
	assert_int_equal(chmod(in(first, "good.so"), 0666), 0);
	assert_int_equal(chmod(first, 0777), 0);
	assert_file_loaded("@/first/good.so", "@/first/good.so");
	assert_int_equal(chmod(first, 0755), 0);
	/* also by a name without a folder, which the dynamic linker would look for elsewhere */
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(first), 0);
	assert_file_loaded("good.so", "@/first/good.so");
	assert_file_loaded("./good.so", "@/first/good.so");
	assert_int_equal(chdir(before), 0);
	assert_int_equal(symlink("../first/good.so", in(second, "good.so")), 0);
	assert_file_loaded("@/second/good.so", "@/first/good.so");
	/* the name of the link is that of the facade */
	assert_int_equal(symlink("../first/good.so", in(second, "plain.so")), 0);
	assert_file_not_loaded(
		"@/second/plain.so",
		"@/first/good.so: its name is \"good\", \"plain\" is expected");
}

static void test_file_not_loaded(void **state)
{
	char file[256], error[512];

	(void)state;
	assert_file_not_loaded("@/first/good.so",
			       "@/first/good.so: No such file or directory");
	install(VARIANTS, first, "good");
	assert_file_not_loaded("@/first/good", NO_MODULE("@/first/good"));
	assert_file_not_loaded("@/first", NO_MODULE("@/first"));
	assert_file_not_loaded("@/first/", NO_MODULE("@/first/"));
	assert_file_not_loaded("@/first/.so", NO_MODULE("@/first/.so"));
	assert_file_not_loaded("@/first/good.so/", NO_MODULE("@/first/good.so/"));
	assert_file_not_loaded("@/first/good.so.1", NO_MODULE("@/first/good.so.1"));
	assert_file_not_loaded("GOOD", NO_MODULE("GOOD"));
	assert_file_not_loaded("", NO_MODULE(""));
	snprintf(file, sizeof(file), "@/first/%0128d.so", 0);
	snprintf(error, sizeof(error), NO_MODULE("%s"), file);
	assert_file_not_loaded(file, error);
	/* the name of the file says which symbol counts, in the very letters */
	install(VARIANTS, first, "renamed.so");
	assert_file_not_loaded(
		"@/first/renamed.so",
		"@/first/renamed.so: no facade in it: a symbol made by SLT_FACADE(<name of "
		"the file>) is expected");
	install(VARIANTS, first, "GOOD.so");
	assert_file_not_loaded("@/first/GOOD.so", "@/first/GOOD.so: no facade in it: *");
	install(VARIANTS, first, "wrong_name.so");
	assert_file_not_loaded("@/first/wrong_name.so",
			       "@/first/wrong_name.so: its name is \"right_name\", "
			       "\"wrong_name\" is expected");
	install(VARIANTS, first, "other_major.so");
	assert_file_not_loaded("@/first/other_major.so",
			       "@/first/other_major.so: it is built for facade ABI 2, "
			       "this program has 1: rebuild it");
	write_file(in(first, "garbage.so"), "garbage", 7, 0644);
	assert_file_not_loaded("@/first/garbage.so",
			       "cannot load the facade: @/first/garbage.so: *");
}

/* What the dynamic linker refuses it says itself. */
static void test_not_loadable(void **state)
{
	static const char garbage[8192] = "#!/bin/sh\nthis is no module\n";
	static const char *const whole = "cannot load the facade: @/first/garbage.so: *";

	(void)state;
	write_file(in(first, "garbage.so"), garbage, 7, 0755);
	assert_not_loaded("GARBAGE", "@/first", whole);
	write_file(in(first, "garbage.so"), garbage, sizeof(garbage), 0755);
	assert_not_loaded("GARBAGE", "@/first", whole);
	assert_non_null(strstr(err.text, "ELF"));
	unlink(in(first, "garbage.so"));
	assert_int_equal(mkdir(in(first, "garbage.so"), 0755), 0);
	assert_not_loaded("GARBAGE", "@/first", whole);
	assert_int_equal(rmdir(in(first, "garbage.so")), 0);
	install(UNRESOLVED, first, "unresolved.so");
	assert_not_loaded("UNRESOLVED", "@/first",
			  "cannot load the facade: @/first/unresolved.so: *");
	assert_non_null(strstr(err.text, "slt_test_nowhere"));
}

/* ---------------------------------------------------------------- a good one */

/* A number that a loaded module of the tests counts. */
static int ask_module(const struct facade *facade, const char *name)
{
	void *module = dlopen(facade->path, RTLD_NOW | RTLD_NOLOAD);
	int (*const *symbol)(void);

	assert_non_null(module);
	symbol = (int (*const *)(void))dlsym(module, name);
	assert_non_null(symbol);
	dlclose(module);
	return (*symbol)();
}

static int open_facade(struct facade *facade, struct db *db)
{
	struct settings settings;
	int result;

	if (settings_load(&settings, NULL, &err) < 0)
		fail_msg("%s", err.text);
	result = facade_open(facade, &settings, dialect_get(SLT_SQLITE), db, &err);
	settings_fini(&settings);
	return result;
}

static void test_good(void **state)
{
	struct facade *facade, *again;

	(void)state;
	install(VARIANTS, first, "good.so");
	facade = load("GOOD", "@/first");
	assert_string_equal(facade->module, "good");
	assert_string_equal(facade->hooks.version, "1.0");
	assert_string_equal(facade->hooks.identity[0], "/@timestamp");
	assert_int_equal(facade->n_settings, 3);
	assert_string_equal(facade->settings[0].declared.help, "table of mine");
	assert_true(facade->settings[2].declared.secret);
	assert_null(facade_setting(facade, "MY_TABLE")); /* not before it is open */
	assert_null(facade->hooks.mapping);
	facade_close(facade); /* does no harm */
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(open_facade(facade, NULL), 0);
		assert_string_equal(facade_setting(facade, "MY_TABLE"), "my_events");
		assert_string_equal(facade_setting(facade, "MY_NOTHING"), "");
		assert_null(facade_setting(facade, "DATABASE_URL"));
		assert_non_null(facade->fetch);
		assert_non_null(facade->mark_as_sent);
		assert_non_null(facade->mark_as_unsent);
		assert_non_null(facade->clear);
		assert_int_equal(ask_module(facade, "slt_test_calls"), i);
		assert_int_equal(ask_module(facade, "slt_test_closes"), i - 1);
		facade_close(facade);
		facade_close(facade);
		assert_int_equal(ask_module(facade, "slt_test_closes"), i);
		assert_null(facade->fetch);
		assert_null(facade_setting(facade, "MY_TABLE"));
	}
	/* a facade is never unloaded */
	again = load("GOOD", "@/first");
	assert_int_equal(ask_module(again, "slt_test_calls"), 3);
	assert_int_equal(open_facade(facade, NULL), 0);
	facade_free(facade); /* closes */
	assert_int_equal(ask_module(again, "slt_test_closes"), 4);
	assert_int_equal(ask_module(again, "slt_test_sees_core"), 0);
	facade_free(again);
	facade_free(NULL);
}

/* Another size than ours: what it lacks is not there, what is its own we do not see. */
static void test_sizes(void **state)
{
	static const char *const modules[] = { "plain", "smaller", "larger",
					       "larger_settings" };
	struct facade *facade;
	char file[64];

	(void)state;
	for (size_t i = 0; i < N_OF(modules); i++) {
		snprintf(file, sizeof(file), "%s.so", modules[i]);
		install(VARIANTS, first, file);
		facade = load(modules[i], "@/first");
		assert_int_equal(open_facade(facade, NULL), 0);
		assert_string_equal(facade_setting(facade, "MY_TABLE"), "my_events");
		assert_null(facade->clear);
		assert_int_equal(facade->n_settings, i == 3 ? 2 : 3);
		assert_true(!facade->state == (i != 2));
		facade_free(facade);
	}
}

/* ---------------------------------------------------------------- opening */

static const struct {
	const char *name, *error;
	int closes;
} opens[] = {
	{ "open_says", "facade open_says: no table my_events: apply the migrations", 0 },
	{ "open_mute", "facade open_mute: it cannot be opened and does not say why", 0 },
	{ "undeclared",
	  "facade undeclared: it asks for the setting DATABASE_URL, which it does not "
	  "declare",
	  1 },
	{ "no_statement", "facade no_statement: its fetch gives no statement", 1 },
	{ "no_clear", "facade no_clear: its clear gives no statement", 1 },
	{ "unknown_brace",
	  "facade unknown_brace: its statement mark_as_sent: at position 14, "
	  "\"{set_ture sent} WHERE {keys id}\": no brace of that name",
	  1 },
	{ "bad_unsent",
	  "facade bad_unsent: its statement mark_as_unsent: at position 8, "
	  "\"{key id}, what FROM {$MY_TABLE} WHERE {u\": this brace cannot stand in this "
	  "statement",
	  1 },
	{ "bad_clear",
	  "facade bad_clear: its statement clear: at position 24, "
	  "\"{set_true sent} WHERE {keys id} AND NOT \": this brace cannot stand in this "
	  "statement",
	  1 },
};

static void test_not_opened(void **state)
{
	struct facade *facade;
	char file[64];

	(void)state;
	for (size_t i = 0; i < N_OF(opens); i++) {
		snprintf(file, sizeof(file), "%s.so", opens[i].name);
		install(VARIANTS, first, file);
		facade = load(opens[i].name, "@/first");
		assert_int_equal(open_facade(facade, NULL), -1);
		assert_error(opens[i].error);
		/* all is given back: what open returned goes to close, once */
		assert_int_equal(ask_module(facade, "slt_test_closes"), opens[i].closes);
		assert_false(facade->is_open);
		assert_null(facade->fetch);
		assert_null(facade->mark_as_sent);
		facade_free(facade);
		assert_int_equal(unlink(in(first, file)), 0);
	}
}

static void test_settings(void **state)
{
	struct facade *facade;

	(void)state;
	install(VARIANTS, first, "good.so");
	facade = load("GOOD", "@/first");
	setenv("MY_TABLE", "app.events", 1);
	setenv("MY_SECRET", "s3cret", 1);
	assert_int_equal(open_facade(facade, NULL), 0);
	assert_string_equal(facade_setting(facade, "MY_TABLE"), "app.events");
	assert_int_equal(facade->settings[0].source, FROM_ENVIRONMENT);
	assert_int_equal(facade->settings[1].source, FROM_DEFAULT);
	assert_string_equal(facade_setting(facade, "MY_SECRET"), "s3cret");
	facade_close(facade);
	setenv("MY_TABLE", "a.b.c", 1);
	assert_int_equal(open_facade(facade, NULL), -1);
	assert_error(
		"facade good: its statement fetch: MY_TABLE is \"a.b.c\": the name of a table is "
		"expected, or schema.table");
	unsetenv("MY_TABLE");
	setenv("MY_SECRET", "s3cret\xff", 1);
	assert_int_equal(open_facade(facade, NULL), -1);
	assert_error("facade good: MY_SECRET: text in UTF-8 is expected");
	setenv("MY_SECRET", "", 1);
	setenv("MY_SECRET_FILE", "/nonexistent", 1);
	assert_int_equal(open_facade(facade, NULL), -1);
	assert_error(
		"facade good: both MY_SECRET and MY_SECRET_FILE are set: leave out one of them");
	unsetenv("MY_SECRET");
	unsetenv("MY_SECRET_FILE");
	facade_free(facade);
}

/* Without open: config shows them. */
static void test_settings_alone(void **state)
{
	struct settings settings;
	struct facade *facade;

	(void)state;
	install(VARIANTS, first, "good.so");
	facade = load("GOOD", "@/first");
	assert_int_equal(settings_load(&settings, NULL, &err), 0);
	setenv("MY_TABLE", "app.events", 1);
	assert_int_equal(facade_read_settings(facade, &settings, &err), 0);
	assert_string_equal(facade_setting(facade, "MY_TABLE"), "app.events");
	assert_string_equal(facade_setting(facade, "MY_NOTHING"), "");
	assert_null(facade->state);
	setenv("MY_TABLE", "other", 1);
	assert_int_equal(open_facade(facade, NULL), 0);
	assert_string_equal(facade_setting(facade, "MY_TABLE"), "other");
	facade_close(facade);
	setenv("MY_SECRET_FILE", "/nonexistent", 1);
	assert_int_equal(facade_read_settings(facade, &settings, &err), -1);
	assert_error("facade good: MY_SECRET_FILE: cannot read /nonexistent: *");
	assert_null(facade_setting(facade, "MY_TABLE"));
	unsetenv("MY_SECRET_FILE");
	assert_int_equal(facade_read_settings(facade, &settings, &err), 0);
	unsetenv("MY_TABLE");
	facade_free(facade); /* with its values */
	settings_fini(&settings);
}

/* ---------------------------------------------------------------- what open may ask */

static void assert_told(struct db *db, const char *expected)
{
	struct facade *facade = load("ASKS", "@/first");

	assert_int_equal(open_facade(facade, db), -1);
	assert_error(expected);
	facade_free(facade);
}

static void test_host(void **state)
{
	struct facade *facade;
	struct dburl url;
	struct db *db;
	long long n;

	(void)state;
	install(VARIANTS, first, "asks.so");
	install(VARIANTS, first, "asks_undeclared.so");
	assert_told(NULL,
		    "facade asks: dialect 3: , , , , "); /* all is there, of no type */
	assert_int_equal(dburl_parse("sqlite://:memory:", &url, &err), 0);
	if (db_open(&url, DB_WRITE, &db, &err) < 0) {
		dburl_fini(&url);
		print_message("%s\n", err.text);
		skip();
	}
	dburl_fini(&url);
	assert_int_equal(
		db_exec(db,
			"CREATE TABLE my_events(id INTEGER, what VARCHAR(20), at DateTime)",
			NULL, 0, &n, &err),
		0);
	assert_told(db, "facade asks: dialect 3: datetime, datetime, varchar(20), -, -");
	setenv("MY_TABLE", "main.my_events", 1);
	assert_told(db, "facade asks: dialect 3: datetime, datetime, varchar(20), -, -");
	setenv("MY_TABLE", "elsewhere.my_events", 1);
	assert_told(db, "facade asks: SQLite: unknown database 'elsewhere'");
	unsetenv("MY_TABLE");
	facade = load("ASKS_UNDECLARED", "@/first");
	assert_int_equal(open_facade(facade, db), -1);
	assert_error(
		"facade asks_undeclared: it asks for the setting NO_SETTING, which it does not "
		"declare");
	assert_int_equal(ask_module(facade, "slt_test_closes"), 1);
	facade_free(facade);
	db_close(db);
}

/* ---------------------------------------------------------------- listing */

static void list(void *arg, const char *type)
{
	char *text = arg;

	strcat(strcat(text, type), " ");
}

static void test_each(void **state)
{
	char path[512], text[512] = "", own[512] = "";

	(void)state;
	write_file(in(first, "b_second.so"), "", 0, 0644);
	write_file(in(first, "a.so"), "", 0, 0644);
	write_file(in(first, "a.la"), "", 0, 0644);
	write_file(in(first, ".so"), "", 0, 0644);
	write_file(in(first, "README"), "", 0, 0644);
	write_file(in(second, "a.so"), "", 0, 0644);
	write_file(in(second, "z.so"), "", 0, 0644);
	facade_each("", list,
		    own); /* what is installed on this machine, most likely nothing */
	fill_in(path, sizeof(path), "@/second:@/nowhere:@/first");
	facade_each(path, list, text);
	if (!*own)
		assert_string_equal(text, "A B_SECOND Z ");
	else
		assert_int_equal(strncmp(text, "A B_SECOND ", 11), 0);
}

/* ---------------------------------------------------------------- the shipped ones */

enum { MAX_CELLS = 9 };

struct sample {
	const char *cells[MAX_CELLS]; /* NULL: SQL NULL */
	const char *document, *reason;
};

#define EVENT "{\"audit_event\": {\"date_time\": \"2022-10-13T12:34:56.000Z\"}}"

static const struct sample single_column[] = {
	{ { "1", NULL, EVENT },
	  "{\"@timestamp\":\"2022-10-13T12:34:56.000Z\","
	  "\"audit_event\": {\"date_time\": \"2022-10-13T12:34:56.000Z\"}}",
	  NULL },
	/* numbers, order and escapes stay; a time of any kind that the index may judge */
	{ { "1", NULL,
	    " {\"z\":1.50,\"a\":[1e2, 12345678901234567890],\"u\":\"\\u00e9\\/\",\n"
	    "\"audit_event\":{\"date_time\":1665664496.5}}\n" },
	  "{\"@timestamp\":1665664496.5,\"z\":1.50,\"a\":[1e2, 12345678901234567890],"
	  "\"u\":\"\\u00e9\\/\",\"audit_event\":{\"date_time\":1665664496.5}}",
	  NULL },
	/* a timestamp of its own gives way */
	{ { "1", NULL,
	    "{\"@timestamp\":\"old\",\"audit_event\":{\"date_time\":\"new\"},"
	    "\"\\u0040timestamp\":1}" },
	  "{\"@timestamp\":\"new\",\"audit_event\":{\"date_time\":\"new\"}}",
	  NULL },
	{ { "1", NULL, NULL }, NULL, "the message is NULL" },
	{ { "1", NULL, "" }, NULL, "*" },
	{ { "1", NULL, "not JSON" }, NULL, "*" },
	{ { "1", NULL, "[]" }, NULL, "*" },
	{ { "1", NULL, "\"text\"" }, NULL, "*" },
	{ { "1", NULL, EVENT EVENT }, NULL, "*" },
	{ { "1", NULL, "{\"audit_event\":{\"date_time\":\"\xff\"}}" }, NULL, "*" },
	{ { "1", NULL, "{}" }, NULL, "no DATE_TIME_FIELD in DATE_TIME_PARENT_FIELD" },
	{ { "1", NULL, "{\"date_time\":\"x\"}" },
	  NULL,
	  "no DATE_TIME_FIELD in DATE_TIME_PARENT_FIELD" },
	{ { "1", NULL, "{\"audit_event\":[{\"date_time\":1}]}" },
	  NULL,
	  "no DATE_TIME_FIELD in DATE_TIME_PARENT_FIELD" },
	{ { "1", NULL, "{\"audit_event\":{\"date_time\":null}}" },
	  NULL,
	  "the time in the message is null" },
	{ { "1", NULL, "{\"audit_event\":{\"date_time\":true}}" },
	  NULL,
	  "the time in the message is a boolean" },
	{ { "1", NULL, "{\"audit_event\":{\"date_time\":{}}}" },
	  NULL,
	  "the time in the message is an object" },
	{ { "1", NULL, "{\"audit_event\":{\"date_time\":[1]}}" },
	  NULL,
	  "the time in the message is an array" },
};

/* With DATE_TIME_PARENT_FIELD set but empty, and DATE_TIME_FIELD=at. */
static const struct sample single_column_root[] = {
	{ { "1", NULL, "{\"at\":\"2026\",\"b\":{}}" },
	  "{\"@timestamp\":\"2026\",\"at\":\"2026\",\"b\":{}}",
	  NULL },
	{ { "1", NULL, EVENT }, NULL, "no DATE_TIME_FIELD in DATE_TIME_PARENT_FIELD" },
};

#define DJANGO(time, actor, operation, target, message)                           \
	"{\"@timestamp\":\"" time "\",\"audit_event\":{\"actor\":\"" actor "\","  \
	"\"date_time\":\"" time "\",\"operation\":\"" operation "\","             \
	"\"origin\":\"shöp\",\"target\":" target ",\"environment\":\"te\\\"st\"," \
	"\"message\":" message "}}"

static const struct sample django[] = {
	{ { "1", "2026-10-01 06:00:00.283402+00", "0", "Order 5",
	    "{\"a\": [\"None\", \"1\"]}", "Ada", "Lovelace", "ada@example.com" },
	  DJANGO("2026-10-01T06:00:00.283402+00:00", "Ada Lovelace", "create",
		 "\"Order 5\"", "\"{\\\"a\\\": [\\\"None\\\", \\\"1\\\"]}\""),
	  NULL },
	{ { "1", "2026-10-01 06:00:00", "1", "", "", "", "Lovelace ", "ada@example.com" },
	  DJANGO("2026-10-01T06:00:00+00:00", "Lovelace", "update", "\"\"", "\"\""),
	  NULL },
	{ { "1", "2026-10-01 06:00:00", "2", NULL, NULL, "", "\xc2\xa0",
	    "ada@example.com" },
	  DJANGO("2026-10-01T06:00:00+00:00", "ada@example.com", "delete", "null",
		 "null"),
	  NULL },
	{ { "1", "2026-10-01 06:00:00", "3", "line\nbreak", NULL, NULL, NULL, NULL },
	  DJANGO("2026-10-01T06:00:00+00:00", "unknown", "access", "\"line\\nbreak\"",
		 "null"),
	  NULL },
	{ { "1", "2026-10-01 06:00:00", "3", "", NULL, "", "", "", "{}" },
	  DJANGO("2026-10-01T06:00:00+00:00", "unknown", "access", "\"\"", "\"{}\""),
	  NULL },
	{ { "1", "2026-10-01 06:00:00", "4", "", "", "", "", "" },
	  NULL,
	  "the action is not one of 0, 1, 2 and 3" },
	{ { "1", "2026-10-01 06:00:00", NULL, "", "", "", "", "" },
	  NULL,
	  "the action is not one of 0, 1, 2 and 3" },
	{ { "1", NULL, "0", "", "", "", "", "" }, NULL, "*" },
	{ { "1", "yesterday", "0", "", "", "", "", "" }, NULL, "*" },
	{ { "1", "2026-10-01 06:00:00", "0", "\xff", "", "", "", "" }, NULL, "*" },
};

static void assert_sample(const struct facade *facade, const struct sample *sample)
{
	struct slt_text cells[MAX_CELLS];
	struct slt_row row = { .size = sizeof(row),
			       .n_cells = MAX_CELLS,
			       .cells = cells };
	const char *reason;
	struct buf out;
	struct doc doc;

	for (size_t i = 0; i < MAX_CELLS; i++)
		cells[i] = slt_str(sample->cells[i]);
	buf_init(&out, 1 << 20);
	doc_init(&doc);
	doc_begin(&doc, &out);
	reason = doc_end(&doc, facade->hooks.message(facade->state, &row, &doc.pub));
	if (sample->document) {
		if (reason)
			fail_msg("%s: %s", sample->document, reason);
		assert_string_equal(buf_str(&out), sample->document);
	} else {
		if (!reason)
			fail_msg("not refused: %s", buf_str(&out));
		assert_int_equal(out.len, 0);
		if (*sample->reason != '*')
			assert_string_equal(reason, sample->reason);
	}
	buf_fini(&out);
}

static void assert_samples(struct facade *facade, const struct sample *samples, size_t n)
{
	if (open_facade(facade, NULL) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		assert_sample(facade, &samples[i]);
	facade_close(facade);
}

static void test_single_column_json(void **state)
{
	struct facade *facade;

	(void)state;
	install("plugins/.libs/single_column_json.so", first, "single_column_json.so");
	facade = load("SINGLE_COLUMN_JSON", "@/first");
	assert_samples(facade, single_column, N_OF(single_column));
	setenv("DATE_TIME_PARENT_FIELD", "", 1);
	setenv("DATE_TIME_FIELD", "at", 1);
	assert_samples(facade, single_column_root, N_OF(single_column_root));
	setenv("DATE_TIME_FIELD", "", 1);
	assert_int_equal(open_facade(facade, NULL), -1);
	assert_error(
		"facade single_column_json: DATE_TIME_FIELD is empty: name the member of the "
		"message that holds the time");
	unsetenv("DATE_TIME_FIELD");
	unsetenv("DATE_TIME_PARENT_FIELD");
	facade_free(facade);
}

static void test_django_auditlog(void **state)
{
	struct facade *facade;

	(void)state;
	install("plugins/.libs/django_auditlog.so", first, "django_auditlog.so");
	facade = load("DJANGO_AUDITLOG", "@/first");
	setenv("AUDIT_LOG_ORIGIN", "shöp", 1);
	setenv("AUDIT_LOG_ENVIRONMENT", "te\"st", 1);
	assert_samples(facade, django, N_OF(django));
	unsetenv("AUDIT_LOG_ORIGIN");
	unsetenv("AUDIT_LOG_ENVIRONMENT");
	facade_free(facade);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_search),
		TEST(test_links),
		TEST(test_permissions),
		TEST(test_gate),
		TEST(test_file),
		TEST(test_file_not_loaded),
		TEST(test_not_loadable),
		TEST(test_good),
		TEST(test_sizes),
		TEST(test_not_opened),
		TEST(test_settings),
		TEST(test_settings_alone),
		TEST(test_host),
		TEST(test_each),
		TEST(test_single_column_json),
		TEST(test_django_auditlog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
