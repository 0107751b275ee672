// SPDX-License-Identifier: MIT
// The program as a facade sees it from open and check.

#include "host.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "facade.h"
#include "log.h"

static struct host *of(const struct slt_host *pub)
{
	return (struct host *)(void *)(uintptr_t)pub;
}

/* The first failure is the one that is told. */
static void vfail(struct host *host, enum exit_status status, const char *format,
		  va_list ap)
{
	if (!host->failed)
		err_vset(&host->err, status, format, ap);
	host->failed = true;
}

static void fail(struct host *host, enum exit_status status, const char *format, ...)
	PRINTF_LIKE(3, 4);
static void fail(struct host *host, enum exit_status status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfail(host, status, format, ap);
	va_end(ap);
}

static const char *get_setting(const struct slt_host *pub, const char *name)
{
	struct host *host = of(pub);
	const char *value = facade_setting(host->facade, name);

	if (!value)
		fail(host, EXIT_CONFIG,
		     "it asks for the setting %s, which it does not declare", name);
	return value;
}

static enum slt_dialect get_dialect(const struct slt_host *pub)
{
	return of(pub)->dialect->id;
}

/* "table", "schema.table" or "{$SETTING}" that holds one of these. */
static int read_table(struct host *host, const char *text, struct db_table *ret)
{
	char name[128];
	const char *dot;
	size_t n = strlen(text);

	if (n > 3 && strncmp(text, "{$", 2) == 0 && text[n - 1] == '}') {
		snprintf(name, sizeof(name), "%.*s", (int)(n - 3), text + 2);
		text = get_setting(&host->pub, name);
		if (!text)
			return -1;
	}
	dot = strchr(text, '.');
	*ret = (struct db_table){ 0 };
	if (dot)
		snprintf(ret->schema, sizeof(ret->schema), "%.*s", (int)(dot - text),
			 text);
	snprintf(ret->name, sizeof(ret->name), "%s", dot ? dot + 1 : text);
	return 0;
}

static const char *get_column(const struct slt_host *pub, const char *table,
			      const char *column)
{
	struct host *host = of(pub);
	struct db_table name;
	struct err err;
	char type[256];
	int found;

	if (!host->db)
		return "";
	if (read_table(host, table, &name) < 0)
		return NULL;
	found = db_column(host->db, &name, column, type, sizeof(type), &err);
	if (found < 0)
		fail(host, err.status, "%s", err.text);
	return found == 1 ? arena_copy(&host->arena, type, strlen(type)) : NULL;
}

static void write_log(const struct slt_host *pub, enum slt_level level,
		      const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (level <= SLT_WARNING && of(pub)->warn)
		of(pub)->warn(of(pub)->warn_arg, text);
	else
		log_write((enum log_level)level, "facade %s: %s", of(pub)->facade->module,
			  text);
}

static void *set_failure(const struct slt_host *pub, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfail(of(pub), EXIT_CONFIG, format, ap);
	va_end(ap);
	return NULL;
}

void host_init(struct host *host, const struct facade *facade,
	       const struct dialect *dialect, struct db *db)
{
	*host = (struct host){
		.pub = {
			.size = sizeof(struct slt_host),
			.setting = get_setting,
			.dialect = get_dialect,
			.column = get_column,
			.log = write_log,
			.fail = set_failure,
		},
		.facade = facade,
		.dialect = dialect,
		.db = db,
	};
	arena_init(&host->arena);
}

void host_fini(struct host *host)
{
	arena_fini(&host->arena);
}

bool host_failed(const struct host *host, bool hook_failed, struct err *err)
{
	if (host->failed)
		*err = host->err;
	else if (hook_failed)
		err_set(err, EXIT_CONFIG, "it cannot be opened and does not say why");
	return host->failed || hook_failed;
}
