// SPDX-License-Identifier: MIT
// The JSON scanner: what it takes and refuses, what it finds, what it writes.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "json.h"
#include "utf8.h"

#define T(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
#define N_OF(array) (sizeof(array) / sizeof(*(array)))

#define INVALID "not valid JSON"
#define NOT_UTF8 "not valid UTF-8"
#define EMPTY "empty text where JSON is expected"
#define BOM "a byte order mark before the JSON text"
#define DEEP "nested more than 1000 levels deep"

/* A copy that ends where its memory ends, so that a read beyond is seen. */
static struct slt_text exact(struct slt_text text)
{
	char *bytes = malloc(text.len ? text.len : 1);

	assert_non_null(bytes);
	if (text.len)
		memcpy(bytes, text.ptr, text.len);
	/* Zero bytes: the only byte there is lies behind the end. */
	return (struct slt_text){ text.len ? bytes : bytes + 1, text.len };
}

static void drop(struct slt_text copy)
{
	free((char *)(uintptr_t)(copy.len ? copy.ptr : copy.ptr - 1));
}

static const char *check_exact(struct slt_text text)
{
	struct slt_text copy = exact(text);
	const char *reason = json_check(copy);

	utf8_is_valid(copy);
	json_is_number(copy);
	drop(copy);
	return reason;
}

/* n times the same text, then the rest. The caller frees ptr. */
static struct slt_text repeat(const char *before, const char *text, size_t n,
			      const char *behind)
{
	size_t len = strlen(text), at = strlen(before);
	char *bytes = malloc(at + n * len + strlen(behind) + 1);

	assert_non_null(bytes);
	memcpy(bytes, before, at);
	for (size_t i = 0; i < n; i++, at += len)
		memcpy(bytes + at, text, len);
	memcpy(bytes + at, behind, strlen(behind) + 1);
	return slt_str(bytes);
}

// clang-format off
static const struct slt_text valid[] = {
	T("{}"), T("[]"), T("[[]]"), T("[{}]"), T("{\"\":0}"), T("\"\""), T("0"), T("-0"),
	T("true"), T("false"), T("null"), T(" [] "), T("\t\r\n {\n}\r\n"), T("[1,2,3]"),
	T("[ 1 , 2 ]"), T("{ \"a\" : 1 , \"b\" : 2 }"), T("{\"a\":{\"b\":{\"c\":[]}}}"),
	T("[null,true,false,0,\"\",{},[]]"), T("[[],[[]],[[[]]]]"),
	T("[{},{\"a\":[]},{}]"),
	/* numbers */
	T("123"), T("-1"), T("1.5"), T("-0.0"), T("1e1"), T("1E1"), T("1e+1"), T("1e-1"),
	T("0e1"), T("0e+1"), T("0.1e00"), T("1.0000000000000000000000000000001"),
	T("123456789012345678901234567890"), T("[1e9999]"), T("[-1e-9999]"), T("10"),
	T("[123.456e78]"), T("[20e1]"), T("[100.000]"),
	/* strings */
	T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), T("\"\\u0000\""), T("\"\\uD834\\uDD1E\""),
	T("\"\\ud800\""), T("\"\\uDC00\""), T("\"\\uDC00\\uD800\""),
	T("\"\\uD800\\uD800\\n\""), T("\"\\uD800abc\""), T("\"\\uaBcD\""),
	T("\"\\\\u12\""), T("\"\x7f\""), T("\" \""), T("\"\xc3\xa4\""),
	T("\"\xe2\x82\xac\""), T("\"\xf0\x9f\x98\x80\""),
	T("\"\xe2\x80\xa8\xe2\x80\xa9\""), T("\"\xef\xbb\xbf\""), T("\"\xef\xbf\xbf\""),
	T("\"\xf4\x8f\xbf\xbf\""), T("\"a/*b*/c\""),
	T("\"0123456789abcdef\\n0123456789\""),
	T("\"\xc3\xa4" "abcdefgh\xc3\xa4" "abcdefghi\xc3\xb6\""),
	/* names */
	T("{\"a\":1,\"a\":2}"), T("{\"\\u0061\":1}"), T("{\"\\u0000\":1}"),
	T("{\"\\ud800\":1}"), T("{\"\xc3\xa4\":1}"), T("{\"a b\":1}"),
};

static const struct slt_text invalid[] = {
	/* structure */
	T("["), T("]"), T("{"), T("}"), T("[]]"), T("{}}"), T("[1]x"), T("{} {}"),
	T("1 2"), T("[}"), T("{]"), T("[1}"), T("{\"a\":1]"), T("[,]"), T("[1,]"),
	T("[,1]"), T("[1,,2]"), T("[1 2]"), T("[1:2]"), T("[1"), T("[1,"), T("[\"a\""),
	T("[[]"), T("[{\"a\":[}]"), T("{\"a\"}"), T("{\"a\":}"), T("{\"a\" 1}"),
	T("{\"a\":1,}"), T("{,\"a\":1}"), T("{\"a\":1,,\"b\":2}"), T("{\"a\":1 \"b\":2}"),
	T("{\"a\"::1}"), T("{\"a\":1:2}"), T("{a:1}"), T("{'a':1}"), T("{1:1}"),
	T("{null:1}"), T("{[]:1}"), T("{\"a\":1,\"b\"}"), T("{\"a\":1,2}"), T("{\"a"),
	T("{\"a\""), T("{\"a\":"), T("{\"a\":1"), T("{\"a\":1,"), T("{1}"), T("//\n{}"),
	T("{} // end"), T("[1/**/]"), T("# {}"), T("'a'"), T("a"),
	/* words */
	T("tru"), T("True"), T("truee"), T("nul"), T("nulll"), T("NULL"), T("fals"),
	T("falsy"), T("NaN"), T("Infinity"), T("-Infinity"), T("undefined"),
	/* numbers */
	T("-"), T("+1"), T("01"), T("-01"), T("00"), T("1."), T(".5"), T("-.5"),
	T("1.e1"), T("1e"), T("1e+"), T("1E-"), T("1e1.5"), T("1.2.3"), T("0x10"),
	T("1_000"), T("1,000"), T("--1"), T("- 1"), T("1a"), T("0e"),
	/* a fullwidth digit */
	T("\xef\xbc\x91"),
	/* strings */
	T("\""), T("\"abc"), T("\"abc\\\""), T("\"\\"), T("\"\\x41\""), T("\"\\a\""),
	T("\"\\'\""), T("\"\\U0041\""), T("\"\\0\""), T("\"\\\0\""), T("\"\\u\""),
	T("\"\\u1\""), T("\"\\u12\""), T("\"\\u123\""), T("\"\\u123"), T("\"\\u00g0\""),
	T("\"\\u+123\""), T("\"\\u 123\""), T("\"\\uD834\\u\""), T("\"a\"b\""),
	T("\"a\nb\""), T("\"a\rb\""), T("\"a\tb\""), T("\"a\0b\""), T("\"\x01\""),
	T("\"\x1f\""), T("\"01234567\x1f" "89abcdef\""), T("\"\\\n\""), T("{\"a\nb\":1}"),
	/* what is no white space here, and NUL bytes anywhere */
	T("\0"), T("{}\0"), T("\0{}"), T("[1\0]"), T("\x0b[]"), T("[\x0c]"),
	T("[]\xc2\xa0"), T("\xe2\x80\xa8[]"), T("[\xef\xbb\xbf]"), T("{\xc3\xa4:1}"),
};
// clang-format on

static const struct {
	struct slt_text text;
	const char *reason;
} refused[] = {
	{ { NULL, 0 }, "NULL where JSON text is expected" },
	{ T(""), EMPTY },
	{ T(" "), EMPTY },
	{ T(" \r\n\t"), EMPTY },
	{ T("\xef\xbb\xbf{}"), BOM },
	{ T("\xef\xbb\xbf"), BOM },
	/* encoding: it explains more than a syntax error, wherever it stands */
	{ T("\"\xe4\""), NOT_UTF8 }, /* Latin-1 */
	{ T("{\"a\":\"\xc3\"}"), NOT_UTF8 },
	{ T("{\"\xff\":1}"), NOT_UTF8 },
	{ T("[\xff]"), NOT_UTF8 },
	{ T("{}\x80"), NOT_UTF8 },
	{ T("[1,] \xe4"), NOT_UTF8 },
	{ T("\xff\xfe{\0}\0"), NOT_UTF8 }, /* UTF-16 with its mark */
	{ T("{\0}\0"), INVALID },	   /* and without */
};

static void test_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(valid); i++) {
		const char *reason = check_exact(valid[i]);

		if (reason)
			fail_msg("%.*s: %s", (int)valid[i].len, valid[i].ptr, reason);
	}
}

static void assert_reason(struct slt_text text, const char *expected)
{
	const char *reason = text.ptr ? check_exact(text) : json_check(text);

	if (!reason || strcmp(reason, expected) != 0)
		fail_msg("%.*s: %s, not %s", (int)text.len, text.ptr ? text.ptr : "",
			 reason ? reason : "valid", expected);
}

static void test_invalid(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(invalid); i++)
		assert_reason(invalid[i], INVALID);
	for (size_t i = 0; i < N_OF(refused); i++)
		assert_reason(refused[i].text, refused[i].reason);
}

/* Every byte, at every place of an eight-byte word and beside it. */
static void test_each_byte_in_string(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t i = 0; i < 20; i++) {
			char bytes[] = "\"abcdefghijklmnopqrst\"";
			struct slt_text text = { bytes, sizeof(bytes) - 1 };
			bool is_plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

			bytes[1 + i] = (char)c;
			if (c == '\\')
				is_plain = strchr("bfnrt", bytes[2 + i]) != NULL;
			assert_int_equal(check_exact(text) == NULL, is_plain);
		}
	}
}

static void test_depth(void **state)
{
	static const struct {
		const char *open, *middle, *close, *reason;
		size_t n;
	} cases[] = {
		{ "[", "", "]", NULL, 500 },
		{ "[", "", "]", NULL, 1000 },
		{ "[", "", "]", DEEP, 1001 },
		{ "{\"a\":", "1", "}", NULL, 500 },
		{ "{\"a\":", "1", "}", NULL, 1000 },
		{ "{\"a\":", "1", "}", DEEP, 1001 },
		{ "[{\"a\":", "null", "}]", NULL, 500 },
		{ "[{\"a\":", "[]", "}]", DEEP, 500 },
		{ "[", "", "]", DEEP, 100000 },
		{ "[", "", "", INVALID, 1000 },
		{ "[", "", "", DEEP, 100000 },
		{ "[", "", "}", INVALID, 1000 },
		{ "[],", "[]", "", INVALID, 5 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slt_text close = repeat("", cases[i].close, cases[i].n, "");
		struct slt_text head = repeat("", cases[i].open, cases[i].n,
					      cases[i].middle);
		struct slt_text whole = repeat(head.ptr, "", 0, close.ptr);
		const char *reason = check_exact(whole);

		if (cases[i].reason)
			assert_string_equal(reason, cases[i].reason);
		else
			assert_null(reason);
		free((char *)(uintptr_t)close.ptr);
		free((char *)(uintptr_t)head.ptr);
		free((char *)(uintptr_t)whole.ptr);
	}
}

/* Wide is no deep: the level is left again. */
static void test_wide(void **state)
{
	struct slt_text text = repeat("[", "[{\"a\":[]}],", 5000, "[]]");

	(void)state;
	assert_null(check_exact(text));
	free((char *)(uintptr_t)text.ptr);
}

static void test_long_strings(void **state)
{
	static const char *const units[] = { "x",
					     "\xc3\xa4",
					     "\\n",
					     "\\\"",
					     "\\\\",
					     "\\u00e4",
					     "0123456\xf0\x9f\x98\x80" };

	(void)state;
	for (size_t i = 0; i < N_OF(units); i++) {
		size_t n = 1024 * 1024 / strlen(units[i]) + 1;
		struct slt_text whole = repeat("{\"a\":\"", units[i], n, "\"}");
		struct slt_text cut = { whole.ptr, whole.len - 2 };
		struct slt_text name, value;
		struct json_members members;

		assert_null(check_exact(whole));
		assert_string_equal(check_exact(cut), INVALID);
		json_members_init(&members, whole);
		assert_true(json_members_next(&members, &name, &value));
		assert_int_equal(value.len, n * strlen(units[i]) + 2);
		assert_false(json_members_next(&members, &name, &value));
		free((char *)(uintptr_t)whole.ptr);
	}
}

static const char message[] =
	"{\"audit_event\": {\"date_time\": \"2022-10-13T12:34:56.000Z\", \"n\": "
	"-1.50e+3,\r\n"
	" \"actor\": {\"name\": \"J\xc3\xa4rvinen \\u00e4 \\\"x\\\" \\ud83d\\ude00\"},\n"
	" \"flags\": [true, false, null, [], {}, [[1], [2, 3]]],\n"
	" \"text\": \"\xe2\x82\xac \xf0\x9f\x98\x80 a long plain run of text\"}} ";

static void test_truncated(void **state)
{
	struct slt_text whole = { message, sizeof(message) - 1 };

	(void)state;
	assert_null(check_exact(whole));
	for (size_t n = 0; n < whole.len - 1; n++)
		assert_non_null(check_exact((struct slt_text){ message, n }));
	for (size_t i = 0; i < N_OF(valid); i++)
		for (size_t n = 0; n < valid[i].len; n++)
			check_exact((struct slt_text){ valid[i].ptr, n });
}

static const struct {
	struct slt_text text;
	bool is_valid;
} utf8_cases[] = {
	{ T(""), true },
	{ { NULL, 0 }, true },
	{ T("\0"), true },
	{ T("plain ASCII, more than a word"), true },
	{ T("\x7f"), true },
	{ T("\x80"), false },
	{ T("\xbf"), false },
	{ T("\xc0\x80"), false }, /* overlong NUL */
	{ T("\xc1\xbf"), false },
	{ T("\xc2\x80"), true },
	{ T("\xdf\xbf"), true },
	{ T("\xc2"), false },
	{ T("\xc2\x7f"), false },
	{ T("\xc2\xc0"), false },
	{ T("\xe0\x9f\xbf"), false },
	{ T("\xe0\xa0\x80"), true },
	{ T("\xe0\xa0"), false },
	{ T("\xe0\xa0\x7f"), false },
	{ T("\xec\xbf\xbf"), true },
	{ T("\xed\x9f\xbf"), true },
	{ T("\xed\xa0\x80"), false }, /* surrogates */
	{ T("\xed\xbf\xbf"), false },
	{ T("\xed\xa0\xbd\xed\xb8\x80"), false }, /* CESU-8 */
	{ T("\xee\x80\x80"), true },
	{ T("\xef\xbf\xbe"), true }, /* a noncharacter is a scalar value */
	{ T("\xef\xbf\xbf"), true },
	{ T("\xef\xbb\xbf"), true },
	{ T("\xf0\x8f\xbf\xbf"), false },
	{ T("\xf0\x90\x80\x80"), true },
	{ T("\xf0\x90\x80"), false },
	{ T("\xf0\x90"), false },
	{ T("\xf0"), false },
	{ T("\xf0\x90\x80\x7f"), false },
	{ T("\xf3\xbf\xbf\xbf"), true },
	{ T("\xf4\x8f\xbf\xbf"), true },
	{ T("\xf4\x90\x80\x80"), false },
	{ T("\xf5\x80\x80\x80"), false },
	{ T("\xf8\x88\x80\x80\x80"), false },
	{ T("\xfe"), false },
	{ T("\xff"), false },
	{ T("01234567\xc3\xa4"), true },
	{ T("0123456\xc3\xa4"), true },
	{ T("01234567\xc3"), false },
	{ T("01234567012345\xe2\x82"), false },
	{ T("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xff"), false },
};

static void test_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(utf8_cases); i++) {
		struct slt_text text = utf8_cases[i].text, copy = exact(text), quoted;
		struct buf out;

		if (utf8_is_valid(copy) != utf8_cases[i].is_valid)
			fail_msg("UTF-8 case %zu", i);
		drop(copy);
		/* And the same inside a string. */
		buf_init(&out, 100);
		buf_putc(&out, '"');
		buf_put(&out, text.ptr, text.len);
		buf_putc(&out, '"');
		quoted = (struct slt_text){ out.ptr, out.len };
		if (text.len && *text.ptr)
			assert_int_equal(!check_exact(quoted), utf8_cases[i].is_valid);
		buf_fini(&out);
	}
}

/* Every sequence of two bytes, and every code point. */
static void test_utf8_all(void **state)
{
	(void)state;
	for (int a = 0; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			char bytes[2] = { (char)a, (char)b };
			bool is_valid = (a < 0x80 && b < 0x80) ||
					(a >= 0xc2 && a < 0xe0 && (b & 0xc0) == 0x80);

			assert_int_equal(utf8_is_valid((struct slt_text){ bytes, 2 }),
					 is_valid);
		}
	}
	for (int c = 0x800; c <= 0x1fffff; c++) {
		char four[4] = { (char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 63)),
				 (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63)) };
		char three[3] = { (char)(0xe0 | (c >> 12 & 15)), four[2], four[3] };

		assert_int_equal(utf8_is_valid((struct slt_text){ four, 4 }),
				 c >= 0x10000 && c <= 0x10ffff);
		if (c < 0x10000)
			assert_int_equal(utf8_is_valid((struct slt_text){ three, 3 }),
					 c < 0xd800 || c > 0xdfff);
	}
}

struct pair {
	const char *name, *value;
};

static const struct {
	const char *object;
	struct pair pairs[5];
} walks[] = {
	{ "{}", { { NULL, NULL } } },
	{ " { \n } ", { { NULL, NULL } } },
	{ "{\"a\":1}", { { "a", "1" } } },
	{ " {\t\"a\" :\n1 } ", { { "a", "1" } } },
	{ "{\"a\":1,\"b\":\"x\"}", { { "a", "1" }, { "b", "\"x\"" } } },
	{ "{\"a\" : [1, {\"b\":2}] , \"c\" : {\"d\":{}} }",
	  { { "a", "[1, {\"b\":2}]" }, { "c", "{\"d\":{}}" } } },
	{ "{\"a\":\"}\",\"b\":\"\\\"\",\"c\":\"\\\\\",\"d\":\"]\\\\\\\"[\"}",
	  { { "a", "\"}\"" },
	    { "b", "\"\\\"\"" },
	    { "c", "\"\\\\\"" },
	    { "d", "\"]\\\\\\\"[\"" } } },
	{ "{\"a\\\"b\":-1.5e+3 ,\"\\u0061\":true\n,\"\":null}",
	  { { "a\\\"b", "-1.5e+3" }, { "\\u0061", "true" }, { "", "null" } } },
	{ "{\"a\":1,\"a\":2}", { { "a", "1" }, { "a", "2" } } },
	{ "{\"a\":[\"]\",\"[\"],\"b\":[[[]]]}",
	  { { "a", "[\"]\",\"[\"]" }, { "b", "[[[]]]" } } },
};

static void test_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(walks); i++) {
		struct slt_text copy = exact(slt_str(walks[i].object)), name, value;
		const struct pair *pair = walks[i].pairs;
		struct json_members members;

		assert_null(json_check(copy));
		json_members_init(&members, copy);
		for (; pair->name; pair++) {
			assert_true(json_members_next(&members, &name, &value));
			assert_true(slt_is(name, pair->name));
			assert_true(slt_is(value, pair->value));
		}
		assert_false(json_members_next(&members, &name, &value));
		assert_false(json_members_next(&members, &name, &value));
		drop(copy);
	}
}

static const struct {
	const char *array;
	const char *items[5];
} arrays[] = {
	{ "[]", { NULL } },
	{ " [ \n ] ", { NULL } },
	{ "[1]", { "1" } },
	{ " [\t1 ,\n2 ] ", { "1", "2" } },
	{ "[null,true,\"\",-1.5e+3]", { "null", "true", "\"\"", "-1.5e+3" } },
	{ "[[],[[]],{},{\"a\":[1]}]", { "[]", "[[]]", "{}", "{\"a\":[1]}" } },
	{ "[ [ 1 , [ 2 ] ] , { \"a\" : { } } ]", { "[ 1 , [ 2 ] ]", "{ \"a\" : { } }" } },
	{ "[\"]\",\"[\",\"\\\"\",\"\\\\\"]",
	  { "\"]\"", "\"[\"", "\"\\\"\"", "\"\\\\\"" } },
	{ "[\"a,b\",{\"]\":\"}\"},[\",\"]]", { "\"a,b\"", "{\"]\":\"}\"}", "[\",\"]" } },
};

static void test_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(arrays); i++) {
		struct slt_text copy = exact(slt_str(arrays[i].array)), value;
		const char *const *item = arrays[i].items;
		struct json_members items;

		assert_null(json_check(copy));
		json_items_init(&items, copy);
		for (; *item; item++) {
			assert_true(json_items_next(&items, &value));
			assert_true(slt_is(value, *item));
		}
		assert_false(json_items_next(&items, &value));
		assert_false(json_items_next(&items, &value));
		drop(copy);
	}
}

/* An invalid array has an end, too. */
static void test_items_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(arrays); i++) {
		for (size_t n = 0; n < strlen(arrays[i].array); n++) {
			struct slt_text part = { arrays[i].array, n }, value;
			struct slt_text copy = exact(part);
			struct json_members items;
			size_t found = 0;

			json_items_init(&items, copy);
			while (json_items_next(&items, &value))
				assert_true(++found <= n);
			drop(copy);
		}
	}
}

static void test_get(void **state)
{
	static const struct {
		struct slt_text text;
		const char *name, *value; /* NULL: none */
	} cases[] = {
		{ T("{}"), "a", NULL },
		{ T("{\"a\":1}"), "a", "1" },
		{ T(" { \"a\" : { \"b\" : 2 } } "), "a", "{ \"b\" : 2 }" },
		{ T("{\"a\":1}"), "A", NULL },
		{ T("{\"a\":1}"), "", NULL },
		{ T("{\"\":1}"), "", "1" },
		{ T("{\"ab\":1,\"a\":2}"), "a", "2" },
		{ T("{\"a\":null}"), "a", "null" },
		{ T("{\"a\":1,\"a\":2}"), "a", "1" }, /* the first */
		{ T("{\"\\u0061\":1,\"a\":2}"), "a", "1" },
		{ T("{\"\\u00e4\":1}"), "\xc3\xa4", "1" },
		{ T("{\"b\":{\"a\":1}}"), "a", NULL }, /* not within another */
		{ T("{\"b\":\"\\\"a\\\":1\",\"c\":[\"a\"]}"), "a", NULL },
		{ T("[{\"a\":1}]"), "a", NULL },
		{ T("\"a\""), "a", NULL },
		{ T("1"), "a", NULL },
		{ T("null"), "a", NULL },
		{ { NULL, 0 }, "a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slt_text text = cases[i].text, value;

		if (text.ptr)
			text = exact(text);
		value = json_get(text, cases[i].name);
		if (slt_is_null(value) != !cases[i].value ||
		    (cases[i].value && !slt_is(value, cases[i].value)))
			fail_msg("case %zu: %.*s", i, (int)value.len,
				 value.ptr ? value.ptr : "");
		if (text.ptr)
			drop(text);
	}
}

#define FIFTY "12345678901234567890123456789012345678901234567890"
#define LONG255 FIFTY FIFTY FIFTY FIFTY FIFTY "12345"

/* RFC 6901, through members of objects. */
static void test_follow(void **state)
{
	static const char document[] =
		"{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3,"
		" \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8,"
		" \"o\": {\"\": {\"p\": null}, \"a/b\": {\"~1\": \"deep\"}},"
		" \"\\u00e4\": 9, \"" LONG255 "\": 10, \"" LONG255
		"6\": 11, \"twice\": 1,"
		" \"twice\": 2}";
	static const struct {
		const char *pointer, *value; /* NULL: none */
	} cases[] = {
		{ "", document },
		{ "/", "0" },
		{ "/foo", "[\"bar\", \"baz\"]" },
		{ "/foo/0", NULL }, /* not through arrays */
		{ "/a~1b", "1" },
		{ "/a/b", NULL },
		{ "/c%d", "2" },
		{ "/e^f", "3" },
		{ "/g|h", "4" },
		{ "/i\\j", "5" },
		{ "/k\"l", "6" },
		{ "/ ", "7" },
		{ "/m~0n", "8" },
		{ "/m~n", "8" },
		{ "/m~01n", NULL },
		{ "/o//p", "null" },
		{ "/o/p", NULL },
		{ "/o/", "{\"p\": null}" },
		{ "/o/a~1b/~01", "\"deep\"" },
		{ "/o/a~1b/~01/x", NULL },
		{ "/nothing", NULL },
		{ "/nothing/at/all", NULL },
		{ "/Foo", NULL },
		{ "/\xc3\xa4", "9" },
		{ "/twice", "1" },
		{ "/" LONG255, "10" },
		/* longer ones are not found, not even as shorter ones */
		{ "/" LONG255 "6", NULL },
		{ "/" LONG255 "67", NULL },
		{ "/" LONG255 LONG255, NULL },
		{ "/o/" LONG255 "6/p", NULL },
	};
	struct slt_text text = exact((struct slt_text)T(document)), value;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		value = json_follow(text, cases[i].pointer);
		if (slt_is_null(value) != !cases[i].value ||
		    (cases[i].value && !slt_is(value, cases[i].value)))
			fail_msg("%s: %.*s", cases[i].pointer, (int)value.len,
				 value.ptr ? value.ptr : "");
	}
	drop(text);
	assert_true(slt_is_null(json_follow(slt_str(NULL), "/a")));
	assert_true(slt_is_null(json_follow(slt_str("[1]"), "/0")));
	assert_true(slt_is_null(json_follow(slt_str("\"a\""), "/a")));
}

static const struct {
	struct slt_text one, other;
	bool same;
} texts[] = {
	{ T(""), T(""), true },
	{ T(""), T("a"), false },
	{ T("a"), T("a"), true },
	{ T("a"), T("b"), false },
	{ T("a"), T("ab"), false },
	{ T("\\u0061"), T("a"), true },
	{ T("\\u0061"), T("\\u0061"), true },
	{ T("\\u0061b"), T("a"), false },
	{ T("\\\\u0061"), T("\\u0061"), false },
	{ T("\\\\"), T("\\u005c"), true },
	{ T("\\\"\\/\\b\\f\\n\\r\\t"), T("\\u0022/\\u0008\\u000c\\u000a\\u000d\\u0009"),
	  true },
	{ T("\\/"), T("/"), true },
	{ T("\\n"), T("n"), false },
	{ T("\\u00e4"), T("\xc3\xa4"), true },
	{ T("\\u00E4"), T("\\u00e4"), true },
	{ T("\xc3\xa4"), T("\xc3\xa5"), false },
	{ T("\\u20ac"), T("\xe2\x82\xac"), true },
	{ T("\\ud83d\\ude00"), T("\xf0\x9f\x98\x80"), true },
	{ T("\\ud83d\\ude00"), T("\\uD83D\\uDE00"), true },
	{ T("\\ud83d\\ude01"), T("\xf0\x9f\x98\x80"), false },
	{ T("\\udbff\\udfff"), T("\xf4\x8f\xbf\xbf"), true },
	/* no C string could hold these */
	{ T("\\u0000"), T(""), false },
	{ T("\\u0000"), T("\\u0000"), true },
	{ T("\\u0000\\u0061"), T("\\u0000a"), true },
	{ T("\\u0000a"), T("\\u0000b"), false },
	{ T("\\u0000"), T("\\u0000\\u0000"), false },
	{ T("\\ud83d"), T("\\uD83D"), true },
	{ T("\\ude00"), T("\\uDE00"), true },
	{ T("\\ud83d"), T("\\ude00"), false },
	{ T("\\ud83d"), T("\xef\xbf\xbd"), false },
	{ T("\\ud83d"), T("?"), false },
	{ T("\\ud83d\\u0061"), T("\\ud83da"), true },
	{ T("\\ud83d\\n"), T("\\ud83d\\u000a"), true },
	{ T("\\ud83d\\ud83d\\ude00"), T("\\ud83d\xf0\x9f\x98\x80"), true },
	{ T("\\ude00\\ud83d"), T("\\ud83d\\ude00"), false },
	{ T("\\ud83d\\ude00\\ude00"), T("\xf0\x9f\x98\x80\\uDE00"), true },
};

static void test_same_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		struct slt_text one = exact(texts[i].one), other = exact(texts[i].other);

		if (json_same_text(one, other) != texts[i].same ||
		    json_same_text(other, one) != texts[i].same)
			fail_msg("%.*s and %.*s", (int)one.len, one.ptr, (int)other.len,
				 other.ptr);
		assert_true(json_same_text(one, one));
		drop(one);
		drop(other);
	}
}

/* Whatever a string is written as: raw where it may be, or every UTF-16 unit escaped. */
static void test_same_text_of_each_character(void **state)
{
	(void)state;
	for (unsigned long c = 0x20; c <= 0x10ffff; c++) {
		char utf8[4], escaped[16], next[16];
		struct slt_text raw = { utf8, 0 };

		if (c == '"' || c == '\\' || (c >= 0xd800 && c <= 0xdfff))
			continue;
		raw.len = utf8_encode(c, utf8);
		if (c < 0x10000) {
			snprintf(escaped, sizeof(escaped), "\\u%04lx", c);
			snprintf(next, sizeof(next), "\\u%04lx", c ^ 1);
		} else {
			snprintf(escaped, sizeof(escaped), "\\u%04lx\\u%04lx",
				 0xd800 + ((c - 0x10000) >> 10),
				 0xdc00 + ((c - 0x10000) & 0x3ff));
			snprintf(next, sizeof(next), "\\u%04lx\\u%04lx",
				 0xd800 + ((c - 0x10000) >> 10),
				 0xdc00 + (((c - 0x10000) & 0x3ff) ^ 1));
		}
		if (!json_same_text(raw, slt_str(escaped)) ||
		    json_same_text(raw, slt_str(next)))
			fail_msg("U+%04lX", c);
	}
}

static void test_name_is(void **state)
{
	static const struct {
		struct slt_text raw;
		const char *name;
		bool is;
	} cases[] = {
		{ T("a"), "a", true },
		{ T(""), "", true },
		{ T("a"), "", false },
		{ T(""), "a", false },
		{ T("a"), "b", false },
		{ T("a"), "ab", false },
		{ T("ab"), "a", false },
		{ T("A"), "a", false },
		{ T("@timestamp"), "@timestamp", true },
		{ T("\\u0040timestamp"), "@timestamp", true },
		{ T("@times\\u0074amp"), "@timestamp", true },
		{ T("@timestam\\u0070"), "@timestamp", true },
		{ T("@timestamp\\u0000"), "@timestamp", false },
		{ T("\\u0000"), "", false },
		{ T("a\\u0000b"), "a", false },
		{ T("\\\"\\\\\\/\\b\\f\\n\\r\\t"), "\"\\/\b\f\n\r\t", true },
		{ T("a\\\\b"), "a\\b", true },
		{ T("a\\\\b"), "a\\\\b", false },
		{ T("\\\\u0061"), "\\u0061", true },
		{ T("\\u0061"), "\\u0061", false },
		{ T("\\u00e4"), "\xc3\xa4", true },
		{ T("\\u00E4"), "\xc3\xa4", true },
		{ T("\xc3\xa4"), "\xc3\xa4", true },
		{ T("\\u20AC"), "\xe2\x82\xac", true },
		{ T("\\uD83D\\uDE00"), "\xf0\x9f\x98\x80", true },
		{ T("\\ud83d\\ude00x"), "\xf0\x9f\x98\x80x", true },
		{ T("\\udbff\\udfff"), "\xf4\x8f\xbf\xbf", true },
		{ T("\\ud83d"), "\xed\xa0\xbd", false },
		{ T("\\ude00"), "\xed\xb8\x80", false },
		{ T("\\ud83dx"), "\xef\xbf\xbdx", false },
		{ T("\\ud83d\\n"), "\xf0\x9f\x98\x80", false },
		/* no halves of one character, whatever the sum of the two would be */
		{ T("\\ud83d\\u0061"), "\xf0\x91\xa1\xa1", false },
		{ T("\\ud83dabcdef"), "\xf0\x91\x9f\xbf", false },
		{ T("\\u00e4"), "\xc3", false },
		{ T("\\u00e4"), "", false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slt_text copy = exact(cases[i].raw);

		if (json_name_is(copy, cases[i].name) != cases[i].is)
			fail_msg("%.*s and %s", (int)copy.len, copy.ptr, cases[i].name);
		drop(copy);
	}
}

static void test_kind(void **state)
{
	static const struct {
		const char *text;
		enum json_kind kind;
	} cases[] = {
		{ "{}", JSON_OBJECT },	 { " \r\n\t[]", JSON_ARRAY },
		{ "\"\"", JSON_STRING }, { "-1", JSON_NUMBER },
		{ " 0 ", JSON_NUMBER },	 { "true", JSON_TRUE },
		{ "false", JSON_FALSE }, { " null ", JSON_NULL },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_int_equal(json_kind(slt_str(cases[i].text)), cases[i].kind);
}

static void test_is_number(void **state)
{
	static const char *const good[] = { "0",   "-0",   "7",	     "10",    "-12.50",
					    "1e5", "1E-5", "0.0e+0", "1e+20", "3.14159" };
	static const char *const bad[] = { "",	  " 1",	   "1 ",  "+1",
					   "01",  "1.",	   ".1",  "1e",
					   "-",	  "NaN",   "1,5", "Infinity",
					   "1\n", "1e+",   "0x1", "-Infinity",
					   "--1", "\"1\"", "[1]", "1.5.2" };

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++)
		assert_true(json_is_number(slt_str(good[i])));
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(json_is_number(slt_str(bad[i])));
	assert_false(json_is_number(slt_str(NULL)));
	assert_false(json_is_number((struct slt_text)T("1\0")));
}

static void test_put_string(void **state)
{
	static const struct {
		struct slt_text text;
		const char *json;
	} cases[] = {
		{ T(""), "\"\"" },
		{ T("plain"), "\"plain\"" },
		{ T("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"" },
		{ T("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
		{ T("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"" },
		{ T("a\0b"), "\"a\\u0000b\"" },
		{ T("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
		  "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ T("\xc3\xa4\n\xc3\xa4\"01234567\"89"),
		  "\"\xc3\xa4\\n\xc3\xa4\\\"01234567\\\"89\"" },
		{ T("\xe2\x80\xa8</script>"), "\"\xe2\x80\xa8</script>\"" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slt_text copy = exact(cases[i].text);

		buf_reset(&out);
		json_put_string(&out, copy);
		assert_string_equal(buf_str(&out), cases[i].json);
		assert_null(json_check((struct slt_text){ out.ptr, out.len }));
		drop(copy);
	}
	buf_reset(&out);
	json_put_escaped(&out, slt_str("say \"hello\""));
	json_put_escaped(&out, slt_str(NULL));
	assert_string_equal(buf_str(&out), "say \\\"hello\\\"");
	buf_fini(&out);
}

static void test_put_text(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "" },
		{ "{\"a\": 1.0}", "{\"a\": 1.0}" },
		{ "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "{  \"a\": 1,  \"b\": 2}" },
		{ "\r\n[\r\n1,\r2]\n\r", "[1,2]" },
		{ "\n\n\n", "" },
		{ "[1,\r\r2,\n\n3]", "[1,2,3]" },
		{ "\"\\n\\r\"", "\"\\n\\r\"" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slt_text copy = exact(slt_str(cases[i].text));

		buf_reset(&out);
		json_put_text(&out, copy);
		assert_string_equal(buf_str(&out), cases[i].json);
		drop(copy);
	}
	buf_fini(&out);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* One or two changes: a byte replaced, taken out, put in, a piece repeated, the end cut.
 */
static size_t mutate(char *bytes, size_t len, uint64_t *seed)
{
	static const char tasty[] =
		"{}[]\",:\\ \n\r\tue0123456789.-+Etfn\x01\x1f\x7f\x80\xc3\xa4\xff";

	for (uint64_t n = 1 + next_random(seed) % 2; n; n--) {
		size_t at = len ? (size_t)(next_random(seed) % len) : 0;
		char c = tasty[next_random(seed) % sizeof(tasty)];
		size_t piece = (size_t)(next_random(seed) % 20);

		switch (next_random(seed) % 8) {
		case 0: len = at; break;
		case 1:
			piece = piece < len - at ? piece : len - at;
			memmove(bytes + at + piece, bytes + at, len - at);
			len += piece;
			break;
		case 2:
		case 3:
			memmove(bytes + at + 1, bytes + at, len - at);
			bytes[at] = c;
			len++;
			break;
		case 4:
			if (len)
				memmove(bytes + at, bytes + at + 1, --len - at);
			break;
		default:
			if (len)
				bytes[at] = c;
		}
	}
	return len;
}

static bool json_c_takes(struct json_tokener *tokener, struct slt_text text)
{
	struct json_object *object;
	enum json_tokener_error error;

	json_tokener_reset(tokener);
	object = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue) { /* a number ends with its text */
		object = json_tokener_parse_ex(tokener, "", 1);
		error = json_tokener_get_error(tokener);
	}
	json_object_put(object);
	return error == json_tokener_success;
}

/* What holds for every valid text: written on one line it stays valid, and the members of
 * an object are valid, to their last byte. */
static void assert_consistent(struct slt_text text, struct buf *out)
{
	struct slt_text name, value;
	struct json_members members;
	unsigned n = 0;

	buf_reset(out);
	json_put_text(out, text);
	assert_null(json_check((struct slt_text){ out->ptr, out->len }));
	assert_null(memchr(out->ptr, '\n', out->len));
	assert_null(memchr(out->ptr, '\r', out->len));
	if (json_kind(text) != JSON_OBJECT)
		return;
	buf_reset(out);
	buf_putc(out, '{');
	json_members_init(&members, text);
	for (; json_members_next(&members, &name, &value); n++) {
		assert_null(json_check((struct slt_text){ name.ptr - 1, name.len + 2 }));
		assert_null(json_check(value));
		if (n)
			buf_putc(out, ',');
		buf_put(out, name.ptr - 1, name.len + 2);
		buf_putc(out, ':');
		buf_put(out, value.ptr, value.len);
	}
	buf_putc(out, '}');
	assert_null(json_check((struct slt_text){ out->ptr, out->len }));
	while (members.at < members.end && strchr(" \t\r\n", *members.at))
		members.at++;
	assert_int_equal(*members.at, '}');
}

static void test_differs_from_json_c(void **state)
{
	static const struct slt_text sources[] = {
		T(message),
		T("{\"a\":{\"b\":[1,-2.5e3,0,\"\\u00e4\\ud83d\\ude00\",true]},\"c\":"
		  "null}"),
		T("[\"\xc3\xa4\xe2\x82\xac\",{\"x\":[[],{}]},"
		  "123456789012345678901234567890]"),
		T("{\"id\": 7, \"s\": \"\\\\\\\"\\/\", \"e\": [ ], \"o\": { } , "
		  "\"t\":false}"),
		T("[[[[1,2],3],4],{\"a\":{\"a\":{\"a\":1e-7}}}]"),
	};
	struct json_tokener *tokener = json_tokener_new_ex(1100);
	unsigned n_valid = 0, n_looser = 0;
	uint64_t seed = 20221013;
	struct buf out;

	(void)state;
	assert_non_null(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	buf_init(&out, 10000);
	for (unsigned i = 0; i < 20000; i++) {
		struct slt_text source = sources[i % N_OF(sources)], copy;
		char bytes[1000];

		memcpy(bytes, source.ptr, source.len);
		source = (struct slt_text){ bytes, mutate(bytes, source.len, &seed) };
		copy = exact(source);
		if (!json_check(copy)) {
			n_valid++;
			if (!json_c_takes(tokener, copy))
				fail_msg("json-c refuses %.*s: %s", (int)copy.len,
					 copy.ptr,
					 json_tokener_error_desc(
						 json_tokener_get_error(tokener)));
			assert_consistent(copy, &out);
		} else {
			n_looser += json_c_takes(tokener, copy);
		}
		drop(copy);
	}
	/* A quarter or so stays valid; when it is none, the mutations test nothing. */
	assert_true(n_valid > 2000);
	assert_true(n_looser > 0);
	buf_fini(&out);
	json_tokener_free(tokener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_each_byte_in_string),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_all),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_items_cut),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_same_text),
		cmocka_unit_test(test_same_text_of_each_character),
		cmocka_unit_test(test_name_is),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_is_number),
		cmocka_unit_test(test_put_string),
		cmocka_unit_test(test_put_text),
		cmocka_unit_test(test_differs_from_json_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
