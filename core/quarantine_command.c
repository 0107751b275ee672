// SPDX-License-Identifier: MIT
// The command quarantine: lists rows that are set aside, and lets them back in.

#include "quarantine_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "json.h"
#include "log.h"
#include "quarantine.h"
#include "session.h"
#include "utf8.h"

/* The columns of quarantine_each. */
enum { KEY, SEEN, FIRST_SEEN, LAST_SEEN, STATUS, ERROR_TYPE, RELEASED };

struct inspection {
	struct session session;
	struct quarantine quarantine;
};

static int open_quarantine(struct inspection *i, const struct settings *settings,
			   enum db_access access, struct err *err)
{
	*i = (struct inspection){ .quarantine.table = NULL };
	if (!*settings_text(settings, SET_QUARANTINE_TABLE))
		return err_set(err, EXIT_CONFIG,
			       "QUARANTINE_TABLE is not set: there is no quarantine");
	if (session_open(&i->session, settings, access, err) < 0)
		return -1;
	return quarantine_open(&i->quarantine, settings, &i->session.plan, i->session.db,
			       err);
}

static void close_quarantine(struct inspection *i)
{
	quarantine_fini(&i->quarantine);
	session_close(&i->session);
}

/* ---------------------------------------------------------------- list */

struct lines {
	struct buf out;
	bool json;
	unsigned long long n;
};

/* A key on one line, and no control characters on a terminal; bytes that are no text are
 * spelt out. */
static void put_key(struct buf *out, struct slt_text key)
{
	bool valid = utf8_is_valid(key);

	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.ptr[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !valid))
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
}

static void put_json_key(struct buf *out, struct slt_text key)
{
	struct buf spelt;

	if (utf8_is_valid(key)) {
		json_put_string(out, key);
		return;
	}
	buf_init(&spelt, 5 * QUARANTINE_MAX_KEY);
	put_key(&spelt, key);
	json_put_string(out, slt_str(buf_str(&spelt)));
	buf_fini(&spelt);
}

/* To the second: what databases add to it is noise here. */
static void put_time(struct buf *out, struct slt_text time)
{
	char text[INSTANT_SIZE];
	struct instant instant;

	if (!instant_read(time, &instant)) {
		buf_put(out, time.ptr, time.len);
		return;
	}
	instant.fraction.len = 0;
	buf_put(out, text, instant_write(&instant, text));
}

static bool is_released(const struct db_row *row)
{
	return slt_is(row->cells[RELEASED], "t") || slt_is(row->cells[RELEASED], "1");
}

static void put_line(struct buf *out, const struct db_row *row)
{
	const struct slt_text *cells = row->cells;

	put_key(out, cells[KEY]);
	buf_printf(out, "\t%.*s\t", (int)cells[SEEN].len, cells[SEEN].ptr);
	put_time(out, cells[FIRST_SEEN]);
	buf_putc(out, '\t');
	put_time(out, cells[LAST_SEEN]);
	buf_printf(out, "\t%.*s\t%.*s%s\n", (int)cells[STATUS].len, cells[STATUS].ptr,
		   (int)cells[ERROR_TYPE].len, cells[ERROR_TYPE].ptr,
		   is_released(row) ? "\treleased" : "");
}

static void put_object(struct buf *out, const struct db_row *row, bool is_first)
{
	const struct slt_text *cells = row->cells;

	buf_puts(out, is_first ? "\n  {\"key\": " : ",\n  {\"key\": ");
	put_json_key(out, cells[KEY]);
	buf_printf(out, ", \"seen\": %.*s, \"first_seen\": \"", (int)cells[SEEN].len,
		   cells[SEEN].ptr);
	put_time(out, cells[FIRST_SEEN]);
	buf_puts(out, "\", \"last_seen\": \"");
	put_time(out, cells[LAST_SEEN]);
	buf_printf(out, "\", \"status\": %.*s, \"error_type\": ", (int)cells[STATUS].len,
		   cells[STATUS].ptr);
	json_put_string(out, cells[ERROR_TYPE]);
	buf_printf(out, ", \"released\": %s}", is_released(row) ? "true" : "false");
}

static int print_entry(void *arg, const struct db_row *row)
{
	struct lines *lines = arg;

	buf_reset(&lines->out);
	if (lines->json)
		put_object(&lines->out, row, lines->n == 0);
	else
		put_line(&lines->out, row);
	lines->n++;
	fwrite(lines->out.ptr, 1, lines->out.len, stdout);
	return ferror(stdout) != 0;
}

int quarantine_list(const struct settings *settings, bool json, struct err *err)
{
	struct lines lines = { .json = json };
	struct inspection i;
	int result = open_quarantine(&i, settings, DB_READ, err);

	buf_init(&lines.out, 1 << 20);
	if (result == 0) {
		if (json)
			fputs("[", stdout);
		result = quarantine_each(&i.quarantine, i.session.db, print_entry, &lines,
					 err);
		if (json)
			fputs(lines.n ? "\n]\n" : "]\n", stdout);
		else if (result == 0 && !lines.n)
			log_notice("no row of %s is in the quarantine",
				   i.quarantine.log_table);
	}
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		result = err_set(err, EXIT_EARLY, "cannot write to stdout: %s",
				 strerror(errno));
	buf_fini(&lines.out);
	close_quarantine(&i);
	return result;
}

/* ---------------------------------------------------------------- retry */

static int release_each(const struct inspection *i, char *const *keys, size_t n,
			long long *ret_released, size_t *ret_unknown, struct err *err)
{
	for (size_t k = 0; k < n; k++) {
		long long touched;

		if (quarantine_release(&i->quarantine, i->session.db, keys[k], &touched,
				       err) < 0)
			return -1;
		*ret_released += touched;
		if (touched)
			continue;
		log_warning("row %s: not in the quarantine of %s", keys[k],
			    i->quarantine.log_table);
		++*ret_unknown;
	}
	return 0;
}

static int release(const struct inspection *i, char *const *keys, size_t n,
		   long long *ret_released, size_t *ret_unknown, struct err *err)
{
	struct db *db = i->session.db;

	if (db_begin(db, err) < 0)
		return -1;
	if (n ? release_each(i, keys, n, ret_released, ret_unknown, err) < 0
	      : quarantine_release(&i->quarantine, db, NULL, ret_released, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

int quarantine_retry(const struct settings *settings, char *const *keys, size_t n,
		     enum exit_status *ret_status, struct err *err)
{
	struct inspection i;
	long long released = 0;
	size_t unknown = 0;
	int result = open_quarantine(&i, settings, DB_WRITE, err);

	if (result == 0)
		result = release(&i, keys, n, &released, &unknown, err);
	if (result == 0) {
		log_notice("released %lld: the next send takes them", released);
		*ret_status = unknown ? EXIT_SET_ASIDE : EXIT_DONE;
	}
	close_quarantine(&i);
	return result;
}
