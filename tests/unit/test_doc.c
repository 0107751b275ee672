// SPDX-License-Identifier: MIT
// The document writer, through the functions that a facade sees: bytes and reasons.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doc.h"
#include "json.h"

#define T(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
#define N_OF(array) (sizeof(array) / sizeof(*(array)))

#define NO_TIMESTAMP "the document has no @timestamp"
#define TOO_LARGE "the document is too large"

static struct doc doc;
static struct slt_doc *const d = &doc.pub;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	doc_init(&doc);
	buf_init(&out, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_fini(&out);
	return 0;
}

static void begin(void)
{
	buf_reset(&out);
	buf_puts(&out, "before\n");
	doc_begin(&doc, &out);
}

/* Starts with a timestamp, so that only what a case is about can be amiss. */
static void begin_with_timestamp(void)
{
	begin();
	slt_put_boolean(d, "@timestamp", 1);
}

#define STAMP "{\"@timestamp\":true"

static void assert_document(const char *expected)
{
	const char *reason = doc_end(&doc, 0);

	if (reason)
		fail_msg("refused (%s), not %s", reason, expected);
	assert_memory_equal(buf_str(&out), "before\n", 7);
	assert_string_equal(buf_str(&out) + 7, expected);
	assert_null(json_check(slt_str(buf_str(&out) + 7)));
}

static void assert_refused(const char *expected)
{
	const char *reason = doc_end(&doc, 0);

	if (!reason)
		fail_msg("%s, not refused: %s", buf_str(&out), expected);
	assert_string_equal(reason, expected);
	assert_string_equal(buf_str(&out), "before\n");
	assert_false(out.full);
}

static void test_whole_document(void **state)
{
	struct slt_text name[] = { T("Tiina"), T(""), { NULL, 0 }, T("J\xc3\xa4rvinen") };

	(void)state;
	begin();
	slt_put_time(d, "@timestamp", slt_str("2026-10-01 06:00:00.283402+00"));
	slt_begin_object(d, "audit_event");
	slt_put_join(d, "actor", " ", name, N_OF(name));
	slt_put_text(d, "target", slt_str("a \"quoted\"\\\nname"));
	slt_put_text(d, "nothing", slt_str(NULL));
	slt_put_text(d, "", slt_str(""));
	slt_begin_array(d, "list");
	slt_put_number(d, NULL, slt_str("-1.50"));
	slt_put_boolean(d, NULL, 0);
	slt_put_boolean(d, NULL, -1);
	slt_begin_object(d, NULL);
	slt_end(d);
	slt_begin_array(d, NULL);
	slt_end(d);
	slt_put_json(d, NULL, slt_str("[1,\r\n 2]"));
	slt_put_text(d, NULL, slt_str("x"));
	slt_put_time(d, NULL, slt_str(NULL));
	slt_end(d);
	slt_put_members(d, slt_str("{\"m\": 1, \"n\":2}"), NULL);
	slt_end(d);
	slt_put_number(d, "na\"me", slt_str("12345678901234567890"));
	assert_document("{\"@timestamp\":\"2026-10-01T06:00:00.283402+00:00\","
			"\"audit_event\":{\"actor\":\"Tiina J\xc3\xa4rvinen\","
			"\"target\":\"a \\\"quoted\\\"\\\\\\nname\",\"nothing\":null,"
			"\"\":\"\",\"list\":[-1.50,false,true,{},[],[1, 2],\"x\",null],"
			"\"m\": 1,\"n\":2},\"na\\\"me\":12345678901234567890}");
}

static const struct {
	const char *in, *utc; /* utc NULL: refused */
} times[] = {
	/* as PostgreSQL, MySQL, SQLite and Django print them */
	{ "2026-10-01 06:00:00.283402+00", "2026-10-01T06:00:00.283402" },
	{ "2026-10-01 06:00:00+00", "2026-10-01T06:00:00" },
	{ "2026-10-01 06:00:00.5+00", "2026-10-01T06:00:00.500000" },
	{ "2026-10-01 06:00:00.283402", "2026-10-01T06:00:00.283402" },
	{ "2026-10-01 06:00:00", "2026-10-01T06:00:00" },
	{ "2026-10-01T06:00:00.283Z", "2026-10-01T06:00:00.283000" },
	{ "2026-10-01T06:00:00.123456789Z", "2026-10-01T06:00:00.123456789" },
	{ "2026-10-01 06:00:00.000000", "2026-10-01T06:00:00" },
	{ "2026-10-01 06:00:00.0Z", "2026-10-01T06:00:00" },
	{ "2026-10-01 06:00:00.100000", "2026-10-01T06:00:00.100000" },
	{ "2026-10-01 06:00:00.000001", "2026-10-01T06:00:00.000001" },
	/* offsets */
	{ "2026-10-01 09:00:00+03", "2026-10-01T06:00:00" },
	{ "2026-10-01 09:00:00+03:00", "2026-10-01T06:00:00" },
	{ "2026-10-01 11:30:00+0530", "2026-10-01T06:00:00" },
	{ "2026-10-01 11:45:00.250+05:45", "2026-10-01T06:00:00.250000" },
	{ "2026-10-01 02:30:00-03:30", "2026-10-01T06:00:00" },
	{ "1915-01-01 01:39:49+01:39:49",
	  "1915-01-01T00:00:00" }, /* Helsinki's mean time */
	{ "1883-11-18 12:03:58-04:56:02", "1883-11-18T17:00:00" },
	{ "1883-11-18 12:03:58-0456:02", "1883-11-18T17:00:00" },
	{ "2026-10-01 06:00:00-00:00", "2026-10-01T06:00:00" },
	{ "2026-10-01 00:00:00+23:59:59", "2026-09-30T00:00:01" },
	/* over midnight, months, leap days, years */
	{ "2026-10-01 01:30:00+03", "2026-09-30T22:30:00" },
	{ "2026-03-01 01:00:00+02", "2026-02-28T23:00:00" },
	{ "2024-03-01 01:00:00+02", "2024-02-29T23:00:00" },
	{ "2000-03-01 01:00:00+02", "2000-02-29T23:00:00" },
	{ "1900-03-01 01:00:00+02", "1900-02-28T23:00:00" },
	{ "2024-02-28 23:00:00-02", "2024-02-29T01:00:00" },
	{ "2023-02-28 23:00:00-02", "2023-03-01T01:00:00" },
	{ "2026-01-01 00:30:00.75+01", "2025-12-31T23:30:00.750000" },
	{ "2025-12-31 23:30:00-01", "2026-01-01T00:30:00" },
	{ "2026-04-30 23:59:59-00:00:01", "2026-05-01T00:00:00" },
	{ "2024-02-29 12:00:00", "2024-02-29T12:00:00" },
	{ "0000-02-29 00:00:00", "0000-02-29T00:00:00" },
	{ "0001-01-01 00:00:00+00", "0001-01-01T00:00:00" },
	{ "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999" },
	{ "0000-01-01 00:00:00+01", NULL },
	{ "9999-12-31 23:59:59-01", NULL },
	{ "10000-01-01 00:00:00", NULL },
	/* out of range */
	{ "2026-00-01 00:00:00", NULL },
	{ "2026-13-01 00:00:00", NULL },
	{ "2026-01-00 00:00:00", NULL },
	{ "2026-01-32 00:00:00", NULL },
	{ "2026-04-31 00:00:00", NULL },
	{ "2026-02-29 00:00:00", NULL },
	{ "1900-02-29 00:00:00", NULL },
	{ "2024-02-30 00:00:00", NULL },
	{ "2026-01-01 24:00:00", NULL },
	{ "2026-01-01 00:60:00", NULL },
	{ "2016-12-31 23:59:60", NULL }, /* a leap second */
	{ "2016-12-31 23:59:61", NULL },
	{ "2026-01-01 00:00:00+24", NULL },
	{ "2026-01-01 00:00:00+01:60", NULL },
	{ "2026-01-01 00:00:00+01:00:60", NULL },
	{ "0000-00-00 00:00:00", NULL }, /* MySQL's zero date */
	/* of another form */
	{ "", NULL },
	{ "infinity", NULL },
	{ "-infinity", NULL },
	{ "now", NULL },
	{ "2026-10-01", NULL },
	{ "2026-10-01 06", NULL },
	{ "2026-10-01 06:00", NULL },
	{ "2026-10-01 06:00Z", NULL },
	{ "2026-10-01t06:00:00", NULL },
	{ "2026-10-01  06:00:00", NULL },
	{ "2026-10-0106:00:00", NULL },
	{ "20261001T060000Z", NULL },
	{ "2026/10/01 06:00:00", NULL },
	{ "01.10.2026 06:00:00", NULL },
	{ "2026-1-1 06:00:00", NULL },
	{ "26-10-01 06:00:00", NULL },
	{ " 2026-10-01 06:00:00", NULL },
	{ "2026-10-01 06:00:00 ", NULL },
	{ "2026-10-01 06:00:00 Z", NULL },
	{ "2026-10-01 06:00:00z", NULL },
	{ "2026-10-01 06:00:00ZZ", NULL },
	{ "2026-10-01 06:00:00.", NULL },
	{ "2026-10-01 06:00:00.Z", NULL },
	{ "2026-10-01 06:00:00,5", NULL },
	{ "2026-10-01 06:00:00.1234567890", NULL },
	{ "2026-10-01 06:00:00.5.5", NULL },
	{ "2026-10-01 06:00:00+", NULL },
	{ "2026-10-01 06:00:00+3", NULL },
	{ "2026-10-01 06:00:00+030", NULL },
	{ "2026-10-01 06:00:00+03:", NULL },
	{ "2026-10-01 06:00:00+03:0", NULL },
	{ "2026-10-01 06:00:00+03:00:", NULL },
	{ "2026-10-01 06:00:00+030000", NULL },
	{ "2026-10-01 06:00:00+03:00:00:00", NULL },
	{ "2026-10-01 06:00:00+03:00Z", NULL },
	{ "2026-10-01 06:00:00 Europe/Helsinki", NULL },
	{ "0044-03-15 12:00:00+00 BC", NULL },
	{ "-0044-03-15 12:00:00", NULL },
	{ "+2026-10-01 06:00:00", NULL },
	{ "2026-10-01 -6:00:00", NULL },
	{ "1664539200", NULL },
};

static void test_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(times); i++) {
		size_t len = strlen(times[i].in);
		char *copy = malloc(len + 1), expected[100];

		assert_non_null(copy);
		memcpy(copy + 1, times[i].in, len); /* ends where its memory ends */
		begin();
		slt_put_time(d, "@timestamp", (struct slt_text){ copy + 1, len });
		snprintf(expected, sizeof(expected), "{\"@timestamp\":\"%s+00:00\"}",
			 times[i].utc ? times[i].utc : "");
		if (!times[i].utc && !doc.reason)
			fail_msg("%s was taken", times[i].in);
		if (times[i].utc)
			assert_document(expected);
		else
			assert_refused("not a time");
		free(copy);
	}
	begin_with_timestamp();
	slt_put_time(d, "a", (struct slt_text)T("2026-10-01 06:00:00\0"));
	assert_refused("not a time");
}

/* Every beginning of a time: read to its end, not beyond. */
static void test_time_cut(void **state)
{
	static const char whole[] = "2026-10-01 06:00:00.123456+05:30:15";

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy + 1, whole, n);
		begin_with_timestamp();
		slt_put_time(d, "a", (struct slt_text){ copy + 1, n });
		/* What is whole at 19, 21 .. 26 (fraction), 29, 32 (offset). */
		assert_int_equal(!doc_end(&doc, 0),
				 n == 19 || (n >= 21 && n <= 26) || n == 29 || n == 32);
		free(copy);
	}
}

static const struct {
	const char *object, *except, *expected, *reason;
} member_cases[] = {
	{ "{}", NULL, STAMP "}", NULL },
	{ " { } ", "x", STAMP "}", NULL },
	{ "{\"a\":1}", NULL, STAMP ",\"a\":1}", NULL },
	{ "{\"a\":1}", "a", STAMP "}", NULL },
	{ "{ \"a\" : 1.50 ,\n\t\"b\":\r\n\"x\\n\" }", NULL,
	  STAMP ",\"a\" : 1.50,\"b\":\"x\\n\"}", NULL },
	{ "{\"a\":1,\"b\":2,\"c\":3}", "a", STAMP ",\"b\":2,\"c\":3}", NULL },
	{ "{\"a\":1,\"b\":2,\"c\":3}", "b", STAMP ",\"a\":1,\"c\":3}", NULL },
	{ "{\"a\":1,\"b\":2,\"c\":3}", "c", STAMP ",\"a\":1,\"b\":2}", NULL },
	{ "{\"a\":1,\"b\":2,\"a\":3}", "a", STAMP ",\"b\":2}", NULL },
	{ "{\"a\":1,\"a\":3}", NULL, STAMP ",\"a\":1,\"a\":3}", NULL },
	{ "{\"\\u0061\":1,\"A\":2,\"aa\":3}", "a", STAMP ",\"A\":2,\"aa\":3}", NULL },
	{ "{\"b\":{\"a\":[\n1,\n{\"a\":2}\n]}}", "a",
	  STAMP ",\"b\":{\"a\":[1,{\"a\":2}]}}", NULL },
	{ "{\"\\u00e4\\u0000\\ud800\":\"\\u0000\\ud800\"}", NULL,
	  STAMP ",\"\\u00e4\\u0000\\ud800\":\"\\u0000\\ud800\"}", NULL },
	{ "{\"n\":123456789012345678901234567890.10e+05}", "x",
	  STAMP ",\"n\":123456789012345678901234567890.10e+05}", NULL },
	{ "[]", NULL, NULL, "not a JSON object" },
	{ "null", NULL, NULL, "not a JSON object" },
	{ "\"{}\"", NULL, NULL, "not a JSON object" },
	{ "{\"a\":1,}", NULL, NULL, "not valid JSON" },
	{ "{\"a\":NaN}", NULL, NULL, "not valid JSON" },
	{ "{\"a\":\"\n\"}", NULL, NULL, "not valid JSON" },
	{ "{\"a\":\"\xe4\"}", NULL, NULL, "not valid UTF-8" },
	{ "\xef\xbb\xbf{}", NULL, NULL, "a byte order mark before the JSON text" },
	{ "", NULL, NULL, "empty text where JSON is expected" },
	{ NULL, NULL, NULL, "NULL where JSON text is expected" },
};

static void test_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(member_cases); i++) {
		begin_with_timestamp();
		slt_put_members(d, slt_str(member_cases[i].object),
				member_cases[i].except);
		if (member_cases[i].reason)
			assert_refused(member_cases[i].reason);
		else
			assert_document(member_cases[i].expected);
	}
	/* After members of others, and before. */
	begin();
	slt_put_members(d, slt_str("{\"@timestamp\":0}"), NULL);
	slt_begin_object(d, "o");
	slt_put_members(d, slt_str("{}"), NULL);
	slt_put_members(d, slt_str("{\"a\":1}"), NULL);
	slt_put_members(d, slt_str("{\"b\":2}"), NULL);
	slt_put_boolean(d, "c", 1);
	slt_end(d);
	assert_document("{\"@timestamp\":0,\"o\":{\"a\":1,\"b\":2,\"c\":true}}");
}

/* Members at the root, with an @timestamp or not. */
static void test_timestamp(void **state)
{
	static const struct {
		const char *members;
		bool is_there;
	} cases[] = {
		{ "{}", false },
		{ "{\"@timestamp\":1}", true },
		{ "{\"@timestamp\":\"x\"}", true },
		{ "{\"@timestamp\":false}", true },
		{ "{\"@timestamp\":null}", false },
		{ "{\"@timestamp\": null }", false },
		{ "{\"\\u0040timestamp\":\"x\"}", true },
		{ "{\"\\u0040timestamp\":null}", false },
		{ "{\"@timestamp\":null,\"@timestamp\":1}", true },
		{ "{\"@timestamp\":1,\"@timestamp\":null}", false },
		{ "{\"a\":{\"@timestamp\":1}}", false },
		{ "{\"@timestamps\":1,\"@Timestamp\":1,\"@timestam\":1}", false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		begin();
		slt_put_members(d, slt_str(cases[i].members), NULL);
		if (cases[i].is_there)
			assert_null(doc_end(&doc, 0));
		else
			assert_refused(NO_TIMESTAMP);
		begin();
		slt_put_members(d, slt_str(cases[i].members), "@timestamp");
		assert_refused(NO_TIMESTAMP);
	}
}

static void put_null_text(void)
{
	slt_put_text(d, "@timestamp", slt_str(NULL));
}

static void put_null_time(void)
{
	slt_put_time(d, "@timestamp", slt_str(NULL));
}

static void put_null_number(void)
{
	slt_put_number(d, "@timestamp", slt_str(NULL));
}

static void put_null_json(void)
{
	slt_put_json(d, "@timestamp", slt_str(NULL));
}

static void put_json_null(void)
{
	slt_put_json(d, "@timestamp", slt_str(" null "));
}

static void put_inner(void)
{
	slt_begin_object(d, "a");
	slt_put_boolean(d, "@timestamp", 1);
	slt_end(d);
}

static void test_no_timestamp(void **state)
{
	static void (*const puts[])(void) = { put_null_text,   put_null_time,
					      put_null_number, put_null_json,
					      put_json_null,   put_inner };

	(void)state;
	begin();
	assert_refused(NO_TIMESTAMP);
	for (size_t i = 0; i < N_OF(puts); i++) {
		begin();
		puts[i]();
		assert_refused(NO_TIMESTAMP);
	}
	begin();
	slt_begin_object(d, "@timestamp");
	slt_end(d);
	assert_document("{\"@timestamp\":{}}"); /* the index judges */
}

static void test_text(void **state)
{
	static const struct {
		struct slt_text text;
		const char *reason;
	} cases[] = {
		{ T("a\0b"), "a NUL byte in a text" },
		{ T("\0"), "a NUL byte in a text" },
		{ T("\xe4"), "not valid UTF-8" },
		{ T("abcdefghijkl\xed\xa0\x80"), "not valid UTF-8" },
		{ T("\xc3"), "not valid UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slt_text parts[] = { T("good"), cases[i].text };

		begin_with_timestamp();
		slt_put_text(d, "a", cases[i].text);
		assert_refused(cases[i].reason);
		begin_with_timestamp();
		slt_put_join(d, "a", ",", parts, 2);
		assert_refused(cases[i].reason);
	}
	begin_with_timestamp();
	slt_put_text(d, "a", slt_str("\xef\xbb\xbf\x01\x7f"));
	assert_document(STAMP ",\"a\":\"\xef\xbb\xbf\\u0001\x7f\"}");
}

static void test_join(void **state)
{
	static const struct slt_text none = { NULL, 0 }, empty = T(""), a = T("a"),
				     b = T("\"b");
	const struct slt_text parts[] = { none, a, empty, b, none };

	(void)state;
	begin_with_timestamp();
	slt_put_join(d, "all", " \"\n", parts, N_OF(parts));
	slt_put_join(d, "one", ", ", parts, 3);
	slt_put_join(d, "none", ", ", parts, 1);
	slt_put_join(d, "zero", ", ", NULL, 0);
	slt_put_join(d, "bare", "", parts, N_OF(parts));
	slt_put_join(d, "without", NULL, parts, N_OF(parts));
	assert_document(STAMP
			",\"all\":\"a \\\"\\n\\\"b\",\"one\":\"a\",\"none\":\"\","
			"\"zero\":\"\",\"bare\":\"a\\\"b\",\"without\":\"a\\\"b\"}");
	begin_with_timestamp();
	slt_put_join(d, "a", "\xff", parts, N_OF(parts));
	assert_refused("not valid UTF-8");
}

static void test_number(void **state)
{
	static const char *const bad[] = { "",	   "1.",    ".5", "+1",	 "01",
					   "NaN",  " 1",    "1 ", "1,5", "Infinity",
					   "true", "\"1\"", "t" };

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		begin_with_timestamp();
		slt_put_number(d, "a", slt_str(bad[i]));
		assert_refused("not a number");
	}
	begin_with_timestamp();
	slt_put_number(d, "a", slt_str("-0.00E-7"));
	slt_put_number(d, "b", slt_str(NULL));
	assert_document(STAMP ",\"a\":-0.00E-7,\"b\":null}");
}

static void test_json(void **state)
{
	(void)state;
	begin_with_timestamp();
	slt_put_json(d, "a", slt_str("{\"x\":\r\n[1.0,\"\\n\"]}\n"));
	slt_put_json(d, "b", slt_str("1E5"));
	slt_put_json(d, "c", slt_str(NULL));
	assert_document(STAMP ",\"a\":{\"x\":[1.0,\"\\n\"]},\"b\":1E5,\"c\":null}");
	begin_with_timestamp();
	slt_put_json(d, "a", slt_str("1 2"));
	assert_refused("not valid JSON");
	begin_with_timestamp();
	slt_put_json(d, "a", slt_str(""));
	assert_refused("empty text where JSON is expected");
}

static void test_find(void **state)
{
	static const char object[] =
		"{\"a\": {\"b\": [1, 2] }, \"\\u0063\":\"x\", \"d\":1,"
		" \"n\":null, \"d\": 2 , \"\":0}";
	struct slt_text text = slt_str(object), a;

	(void)state;
	begin_with_timestamp();
	a = slt_find(d, text, "a");
	assert_true(slt_is(a, "{\"b\": [1, 2] }"));
	assert_ptr_equal(a.ptr, object + 6);
	assert_true(slt_is(slt_find(d, a, "b"), "[1, 2]"));
	assert_true(slt_is(slt_find(d, text, "c"), "\"x\""));
	assert_true(slt_is(slt_find(d, text, "d"), "2"));
	assert_true(slt_is(slt_find(d, text, "n"), "null"));
	assert_true(slt_is(slt_find(d, text, ""), "0"));
	assert_true(slt_is_null(slt_find(d, text, "b")));
	assert_true(slt_is_null(slt_find(d, text, "\\u0063")));
	assert_true(slt_is_null(slt_find(d, text, NULL)));
	assert_true(slt_is_null(slt_find(d, slt_str(NULL), "a")));
	assert_true(slt_is_null(slt_find(d, slt_str("[{\"a\":1}]"), "a")));
	assert_true(slt_is_null(slt_find(d, slt_str("\"a\""), "a")));
	assert_true(slt_is_null(slt_find(d, slt_str(" null"), "a")));
	slt_put_json(d, "found", a);
	slt_put_members(d, a, NULL);
	assert_document(STAMP ",\"found\":{\"b\": [1, 2] },\"b\": [1, 2]}");
	begin_with_timestamp();
	assert_true(slt_is_null(slt_find(d, slt_str("{\"a\":1"), "a")));
	assert_true(slt_is_null(slt_find(d, text, "a"))); /* errors stick */
	assert_refused("not valid JSON");
	begin_with_timestamp();
	slt_find(d, slt_str(""), "a");
	assert_refused("empty text where JSON is expected");
}

/* What was found valid is not looked at again for this row, but is for the next one. The
 * only way to see it from outside is to break the text meanwhile. */
static void test_checked_once(void **state)
{
	char bytes[] = "{\"a\":{\"b\":1}, \"c\":[true]}";
	struct slt_text text = slt_str(bytes), a;
	char *last = strchr(bytes, '\0') - 1;

	(void)state;
	begin_with_timestamp();
	a = slt_find(d, text, "a");
	*last = '\n'; /* nor does a line break get through */
	for (unsigned i = 0; i < 10; i++)
		slt_find(d, text, "c");
	slt_put_json(d, "x", text);
	assert_null(doc_end(&doc, 0));
	assert_string_equal(buf_str(&out),
			    "before\n" STAMP ",\"x\":{\"a\":{\"b\":1}, \"c\":[true]}");
	begin_with_timestamp();
	slt_find(d, text, "a");
	assert_refused("not valid JSON");
	/* The value found is known to be valid; the same place with another length is
	 * not. */
	*last = '}';
	begin_with_timestamp();
	slt_find(d, text, "a");
	slt_put_json(d, "x", (struct slt_text){ a.ptr, a.len - 1 });
	assert_refused("not valid JSON");
}

/* More texts than are remembered. */
static void test_many_texts(void **state)
{
	static const char *const texts[] = { "{\"a\":0}", "{\"a\":1}", "{\"a\":2}",
					     "{\"a\":3}", "{\"a\":4}", "{\"a\":5}",
					     "{\"a\":6}" };

	(void)state;
	begin_with_timestamp();
	for (size_t i = 0; i < 1000; i++) {
		size_t n = i * i % N_OF(texts);
		struct slt_text found = slt_find(d, slt_str(texts[n]), "a");

		assert_int_equal(found.len, 1);
		assert_int_equal(*found.ptr, '0' + (int)n);
	}
	assert_document(STAMP "}");
}

static void put_name_in_array(void)
{
	slt_begin_array(d, "a");
	slt_put_boolean(d, "b", 1);
}

static void put_no_name(void)
{
	slt_put_text(d, NULL, slt_str("x"));
}

static void begin_no_name(void)
{
	slt_begin_object(d, NULL);
}

static void put_no_name_after_array(void)
{
	slt_begin_array(d, "a");
	slt_end(d);
	slt_put_boolean(d, NULL, 1);
}

static void put_members_in_array(void)
{
	slt_begin_array(d, "a");
	slt_put_members(d, slt_str("{\"a\":1}"), NULL);
}

static void end_root(void)
{
	slt_end(d);
}

static void end_too_often(void)
{
	slt_begin_array(d, "a");
	slt_end(d);
	slt_end(d);
	slt_put_boolean(d, "b", 1);
}

static void leave_object(void)
{
	slt_begin_array(d, "a");
	slt_begin_object(d, NULL);
}

static void leave_array(void)
{
	slt_begin_object(d, "a");
	slt_begin_array(d, "b");
	slt_put_boolean(d, NULL, 1);
}

static void put_bad_name(void)
{
	slt_put_boolean(d, "a\xff", 1);
}

static void begin_bad_name(void)
{
	slt_begin_array(d, "\xed\xa0\x80");
}

static void open_too_many(void)
{
	for (unsigned i = 0; i < DOC_MAX_DEPTH; i++)
		slt_begin_object(d, "a");
}

static void refuse_twice(void)
{
	slt_begin_object(d, "a");
	assert_int_equal(slt_refuse(d, "the first reason"), -1);
	assert_int_equal(slt_refuse(d, "the second"), -1);
	slt_put_number(d, "a", slt_str("x"));
	slt_put_members(d, slt_str("x"), NULL);
	slt_end(d);
	slt_end(d);
	slt_end(d);
}

static void refuse_without_reason(void)
{
	slt_refuse(d, NULL);
}

static void test_misuse(void **state)
{
	static const struct {
		void (*put)(void);
		const char *reason;
		bool whatever_the_row;
	} cases[] = {
		{ put_name_in_array, "the facade gave a name to an element of an array",
		  true },
		{ put_no_name, "the facade gave no name to a member of an object", true },
		{ begin_no_name, "the facade gave no name to a member of an object",
		  true },
		{ put_no_name_after_array,
		  "the facade gave no name to a member of an object", true },
		{ put_members_in_array, "the facade put members into an array", true },
		{ end_root, "the facade ended more objects or arrays than it began",
		  true },
		{ end_too_often, "the facade ended more objects or arrays than it began",
		  true },
		{ leave_object, "the facade left an object open", true },
		{ leave_array, "the facade left an array open", true },
		/* names and depth may be the row's */
		{ put_bad_name, "the facade gave a name that is not valid UTF-8", false },
		{ begin_bad_name, "the facade gave a name that is not valid UTF-8",
		  false },
		{ open_too_many,
		  "the facade opened more than 64 objects and arrays at once", false },
		{ refuse_twice, "the first reason", false },
		{ refuse_without_reason, "refused by the facade", false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		begin_with_timestamp();
		cases[i].put();
		assert_refused(cases[i].reason);
		assert_int_equal(doc.is_misused, cases[i].whatever_the_row);
		/* And the next row is none the worse. */
		begin_with_timestamp();
		assert_false(doc.is_misused);
		assert_document(STAMP "}");
	}
	/* after a reason of its own it may leave everything as it is */
	begin_with_timestamp();
	slt_begin_array(d, "a");
	slt_refuse(d, "no");
	put_name_in_array();
	assert_refused("no");
	assert_false(doc.is_misused);
}

static void test_result(void **state)
{
	(void)state;
	begin_with_timestamp();
	assert_string_equal(doc_end(&doc, -1), "refused by the facade");
	assert_string_equal(buf_str(&out), "before\n");
	begin_with_timestamp();
	assert_string_equal(doc_end(&doc, 1), "refused by the facade");
	begin_with_timestamp();
	assert_string_equal(doc_end(&doc, slt_refuse(d, "no")), "no");
	assert_string_equal(buf_str(&out), "before\n");
}

static void test_deep(void **state)
{
	(void)state;
	begin_with_timestamp();
	slt_begin_array(d, "a");
	for (unsigned i = 2; i < DOC_MAX_DEPTH; i++)
		slt_begin_array(d, NULL);
	slt_put_boolean(d, NULL, 0);
	for (unsigned i = 1; i < DOC_MAX_DEPTH; i++)
		slt_end(d);
	slt_put_boolean(d, "b", 0);
	assert_null(doc_end(&doc, 0));
	assert_null(json_check((struct slt_text){ out.ptr + 7, out.len - 7 }));
	assert_int_equal(out.ptr[7 + strlen(STAMP ",\"a\":") + 62], '[');
	assert_int_equal(out.ptr[7 + strlen(STAMP ",\"a\":") + 63], 'f');
}

/* At every maximum, a document is whole or not there. */
static void test_too_large(void **state)
{
	static const char whole[] = "{\"a\":\"some text\",\"b\":[1],\"c\":{\"d\":null},"
				    "\"@timestamp\":\"2026-10-01T06:00:00+00:00\"}";
	const char *reason;
	struct buf small;

	(void)state;
	for (size_t max = 2; max < sizeof(whole) + 10; max++) {
		buf_init(&small, max);
		buf_puts(&small, "x\n");
		doc_begin(&doc, &small);
		slt_put_text(d, "a", slt_str("some text"));
		slt_begin_array(d, "b");
		slt_put_number(d, NULL, slt_str("1"));
		slt_end(d);
		slt_put_members(d, slt_str("{\"c\":{\"d\":null}}"), NULL);
		slt_put_time(d, "@timestamp", slt_str("2026-10-01 06:00:00"));
		reason = doc_end(&doc, 0);
		if (max < sizeof(whole) - 1 + 2) {
			assert_string_equal(reason, TOO_LARGE);
			assert_string_equal(buf_str(&small), "x\n");
			assert_false(small.full);
		} else {
			assert_null(reason);
			assert_string_equal(buf_str(&small) + 2, whole);
		}
		buf_fini(&small);
	}
}

/* One after another in one buffer, as in the body of a request. */
static void test_several(void **state)
{
	(void)state;
	buf_reset(&out);
	for (unsigned i = 0; i < 4; i++) {
		doc_begin(&doc, &out);
		slt_put_number(d, "n", slt_str(i == 1 ? "x" : "7"));
		slt_put_boolean(d, "@timestamp", 1);
		if (!doc_end(&doc, i == 2 ? -1 : 0))
			buf_putc(&out, '\n');
	}
	assert_string_equal(buf_str(&out), "{\"n\":7,\"@timestamp\":true}\n"
					   "{\"n\":7,\"@timestamp\":true}\n");
}

static void test_table(void **state)
{
	(void)state;
	assert_int_equal(d->size, sizeof(struct slt_doc));
	/* No member of the table was forgotten. */
	for (size_t at = sizeof(size_t); at < sizeof(struct slt_doc);
	     at += sizeof(void *)) {
		void *function;

		memcpy(&function, (char *)d + at, sizeof(function));
		assert_non_null(function);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_document),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_cut),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_timestamp),
		cmocka_unit_test(test_no_timestamp),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_checked_once),
		cmocka_unit_test(test_many_texts),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
