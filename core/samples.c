// SPDX-License-Identifier: MIT
// Makes rows to try a facade's message with.

#include "samples.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum {
	MAX_BASES = 3, /* good rows that hostile ones are made of */
	HUGE_TEXT = 1 << 20,
	LEVELS = 500,
};

void samples_init(struct samples *samples)
{
	*samples = (struct samples){ .n_cells = 0 };
	arena_init(&samples->arena);
}

void samples_fini(struct samples *samples)
{
	free(samples->list);
	arena_fini(&samples->arena);
}

/* Takes over cells that lie in the arena. */
static void add(struct samples *s, const struct slt_text *cells, const char *what)
{
	s->list = mem_grow(s->list, s->n + 1, sizeof(*s->list));
	s->list[s->n++] = (struct sample){
		.what = arena_copy(&s->arena, what, strlen(what)), .cells = cells
	};
}

static struct slt_text *new_cells(struct samples *s)
{
	return arena_get(&s->arena, (s->n_cells + 1) * sizeof(struct slt_text));
}

static struct slt_text keep(struct samples *s, struct slt_text text)
{
	if (text.ptr)
		text.ptr = arena_copy(&s->arena, text.ptr, text.len);
	return text;
}

void samples_add(struct samples *s, const struct slt_text *cells, size_t n_cells)
{
	struct slt_text *copy;
	char what[32];

	s->n_cells = n_cells;
	copy = new_cells(s);
	for (size_t i = 0; i < n_cells; i++)
		copy[i] = keep(s, cells[i]);
	snprintf(what, sizeof(what), "row %zu", s->n + 1);
	add(s, copy, what);
	s->n_good = s->n;
}

/* ---------------------------------------------------------------- a file */

static struct slt_text cell_of(struct json_object *value)
{
	struct slt_text text = { NULL, 0 };

	if (json_object_is_type(value, json_type_string)) {
		text.ptr = json_object_get_string(value);
		text.len = (size_t)json_object_get_string_len(value);
	} else if (value) {
		text = slt_str(json_object_to_json_string_ext(
			value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	return text;
}

static int add_row(struct samples *s, const char *file, size_t number,
		   struct json_object *row, struct err *err)
{
	struct slt_text *cells;
	size_t n;

	if (!json_object_is_type(row, json_type_array))
		return err_set(err, EXIT_CONFIG,
			       "%s: row %zu: an array of cells is expected", file,
			       number);
	n = json_object_array_length(row);
	if (!n)
		return err_set(err, EXIT_CONFIG, "%s: row %zu has no cells", file,
			       number);
	if (s->n && n != s->n_cells)
		return err_set(err, EXIT_CONFIG,
			       "%s: row %zu has %zu cells, the rows before have %zu",
			       file, number, n, s->n_cells);
	cells = mem_new(n + 1, sizeof(*cells));
	for (size_t i = 0; i < n; i++)
		cells[i] = cell_of(json_object_array_get_idx(row, i));
	samples_add(s, cells, n);
	free(cells);
	return 0;
}

int samples_read(struct samples *s, const char *file, struct err *err)
{
	struct json_object *rows = json_object_from_file(file);
	int result = 0;

	if (!json_object_is_type(rows, json_type_array) ||
	    !json_object_array_length(rows))
		result = err_set(
			err, EXIT_CONFIG,
			"%s: a JSON array of rows is expected, each an array of cells in "
			"the order of the SELECT list%s%s",
			file, rows ? "" : "; ", rows ? "" : json_util_get_last_err());
	for (size_t i = 0; result == 0 && i < json_object_array_length(rows); i++)
		result = add_row(s, file, i + 1, json_object_array_get_idx(rows, i), err);
	json_object_put(rows);
	return result;
}

/* ---------------------------------------------------------------- made up */

void samples_make_up(struct samples *s, size_t n_cells, size_t key_at, size_t time_at)
{
	static const char *const others[] = { "some text", "{\"a\": {\"b\": 1}}", "1" };
	struct slt_text *cells = mem_new(n_cells + 1, sizeof(*cells));

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		for (size_t j = 0; j < n_cells; j++)
			cells[j] = slt_str(j == key_at ? "1"
					   : j == time_at
						   ? "2026-10-01 06:00:00.283402+00"
						   : others[i]);
		samples_add(s, cells, n_cells);
	}
	free(cells);
	s->n_good = 0;
}

#define BYTES(s)                 \
	{                        \
		s, sizeof(s) - 1 \
	}

static const struct {
	const char *what;
	struct slt_text text;
} hostile[] = {
	{ "NULL", { NULL, 0 } },
	{ "empty", BYTES("") },
	{ "a blank", BYTES(" ") },
	{ "a letter", BYTES("x") },
	{ "0", BYTES("0") },
	{ "a negative number", BYTES("-0.50e-3") },
	{ "a number out of all ranges", BYTES("1e999999") },
	{ "NaN", BYTES("NaN") },
	{ "t", BYTES("t") },
	{ "false", BYTES("false") },
	{ "a time", BYTES("2026-10-01 06:00:00.283402+02") },
	{ "a date", BYTES("2026-10-01") },
	{ "no possible time", BYTES("0000-00-00 00:00:00") },
	{ "infinity", BYTES("infinity") },
	{ "JSON null", BYTES("null") },
	{ "a JSON array", BYTES("[1, [2], {\"a\": null}]") },
	{ "an empty JSON object", BYTES("{}") },
	{ "a JSON object over several lines",
	  BYTES("{\"a\" :\r\n {\"b\": 2.50, \"c\": \"\\u0000\\ud800\"}}\n") },
	{ "a JSON object with a @timestamp",
	  BYTES("{\"@timestamp\": \"2026-10-01T06:00:00Z\", \"a\": 1}") },
	{ "half of a JSON object", BYTES("{\"a\": ") },
	{ "two JSON objects", BYTES("{}{}") },
	{ "an object after a byte order mark", BYTES("\xef\xbb\xbf{}") },
	{ "invalid UTF-8", BYTES("\xff\xfe\x80") },
	{ "a JSON string of invalid UTF-8", BYTES("\"\xed\xa0\x80\"") },
	{ "text with a NUL byte", BYTES("a\0b") },
	{ "control characters", BYTES("\x01\x1f\x7f\t\r\n\"\\/'%s%n") },
	{ "letters of four bytes", BYTES("\xf0\x9f\x9a\xb2\xe2\x80\xa8") },
};

/* All of it filled with one byte, but for a start and an end. */
static struct slt_text filled(struct samples *s, const char *head, char byte, size_t n,
			      const char *tail)
{
	size_t head_len = strlen(head), tail_len = strlen(tail);
	char *bytes = arena_get(&s->arena, head_len + n + tail_len);

	memcpy(bytes, head, head_len);
	memset(bytes + head_len, byte, n);
	memcpy(bytes + head_len + n, tail, tail_len);
	return (struct slt_text){ bytes, head_len + n + tail_len };
}

static struct slt_text nested(struct samples *s)
{
	struct slt_text text = filled(s, "", '[', LEVELS, "");
	char *bytes = arena_get(&s->arena, 2 * LEVELS);

	memcpy(bytes, text.ptr, LEVELS);
	memset(bytes + LEVELS, ']', LEVELS);
	return (struct slt_text){ bytes, 2 * LEVELS };
}

/* The value in each cell by itself, and in all of them. */
static void spread(struct samples *s, size_t base, const char *name, struct slt_text text)
{
	const struct sample of = s->list[base];
	struct slt_text *cells;
	char what[128];

	for (size_t i = 0; i <= s->n_cells; i++) {
		cells = new_cells(s);
		for (size_t j = 0; j < s->n_cells; j++)
			cells[j] = i == j || i == s->n_cells ? text : of.cells[j];
		if (i < s->n_cells)
			snprintf(what, sizeof(what), "%s, cell %zu is %s", of.what, i,
				 name);
		else
			snprintf(what, sizeof(what), "%s, each cell is %s", of.what,
				 name);
		add(s, cells, what);
	}
}

void samples_add_hostile(struct samples *s)
{
	const struct slt_text deep = nested(s), huge = filled(s, "", 'x', HUGE_TEXT, ""),
			      json = filled(s, "{\"a\":\"", 'x', HUGE_TEXT, "\"}");
	size_t n_bases = s->n < MAX_BASES ? s->n : MAX_BASES;

	for (size_t base = 0; base < n_bases; base++) {
		for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
			spread(s, base, hostile[i].what, hostile[i].text);
		spread(s, base, "nested 500 levels deep", deep);
		spread(s, base, "a text of 1 MiB", huge);
		spread(s, base, "a JSON object of 1 MiB", json);
	}
}
