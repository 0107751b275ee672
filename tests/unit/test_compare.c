// SPDX-License-Identifier: MIT
// Two documents: the same, the same event, or another one; and where they differ.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "compare.h"
#include "json.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A copy that ends where its memory ends, so that a sanitizer sees a read beyond. */
static struct slt_text exact(const char *text)
{
	size_t len = strlen(text);
	char *bytes = malloc(len);

	assert_non_null(bytes);
	memcpy(bytes, text, len);
	return (struct slt_text){ bytes, len };
}

static void drop(struct slt_text copy)
{
	free((char *)(uintptr_t)copy.ptr);
}

static enum likeness compare(const char *ours, const char *stored,
			     const char *const *identity, bool with_more)
{
	struct slt_text one = exact(ours), other = exact(stored);
	enum likeness likeness;

	if (json_check(one) || json_check(other))
		fail_msg("not JSON: %s %s", ours, stored);
	likeness = compare_documents(one, other, identity, with_more);
	drop(one);
	drop(other);
	return likeness;
}

/* ---------------------------------------------------------------- whole documents */

#define IN(value) "{\"a\":" value "}"

static const struct {
	const char *one, *other;
} same[] = {
	{ "{}", "{}" },
	{ "{}", " { \n } " },
	{ IN("1"), "{ \"a\" :\t1\r\n}" },
	/* the order of members, on every level */
	{ "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}" },
	{ "{\"a\":{\"x\":[1],\"y\":{}},\"b\":2}",
	  "{\"b\":2,\"a\":{\"y\":{},\"x\":[1]}}" },
	{ IN("[{\"x\":1,\"y\":2},[]]"), IN("[ {\"y\":2, \"x\":1} , [ ] ]") },
	/* all kinds of values */
	{ IN("[true,false,null,0,\"\",{},[]]"),
	  IN("[ true , false , null , 0 , \"\" , { } , [ ] ]") },
	/* one escape and another, and none */
	{ IN("\"\xc3\xa4\""), IN("\"\\u00e4\"") },
	{ IN("\"\\u00E4\""), IN("\"\\u00e4\"") },
	{ IN("\"\xe2\x82\xac\""), IN("\"\\u20ac\"") },
	{ IN("\"a/b\""), IN("\"a\\/b\"") },
	{ IN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	  IN("\"\\u0022\\u005c\\u002f\\u0008\\u000c\\u000a\\u000d\\u0009\"") },
	{ IN("\"\x7f\""), IN("\"\\u007f\"") },
	{ IN("\"\xc2\x80\xdf\xbf\""), IN("\"\\u0080\\u07ff\"") },
	{ IN("\"\xe0\xa0\x80\xef\xbf\xbf\""), IN("\"\\u0800\\uffff\"") },
	{ IN("\"\xf0\x9f\x98\x80\""), IN("\"\\ud83d\\ude00\"") },
	{ IN("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
	  IN("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"") },
	{ IN("\"\\u0000\""), IN("\"\\u0000\" ") },
	{ IN("\"a\\u0000b\\u00e4\""), IN("\"a\\u0000b\xc3\xa4\"") },
	/* half a pair is what it is */
	{ IN("\"\\ud83d\""), IN("\"\\uD83D\"") },
	{ IN("\"\\ud83dx\\ude00\""), IN("\"\\uD83D\\u0078\\uDE00\"") },
	{ IN("\"\\ude00\\ud83d\""), IN("\"\\uDE00\\uD83D\"") },
	{ IN("\"\\ud83d\\ud83d\\ude00\""), IN("\"\\uD83D\xf0\x9f\x98\x80\"") },
	/* names likewise */
	{ "{\"\xc3\xa4\":1,\"b\":2}", "{\"b\":2,\"\\u00e4\":1}" },
	{ "{\"\":1,\"b\":2}", "{\"b\":2,\"\":1}" },
	{ "{\"\\u0000\":1,\"\":2}", "{\"\":2,\"\\u0000\":1}" },
	{ "{\"a\\\"b\":1,\"c\":2}", "{\"c\":2,\"a\\u0022b\":1}" },
	/* the text of numbers */
	{ IN("[1.0,1e0,-0,123456789012345678901234567890]"),
	  IN("[1.0, 1e0, -0, 123456789012345678901234567890]") },
};

static const struct {
	const char *one, *other;
} different[] = {
	{ IN("1"), IN("2") },
	{ IN("1"), "{\"b\":1}" },
	{ IN("1"), "{\"A\":1}" },
	{ IN("\"1\""), IN("1") },
	{ IN("null"), IN("false") },
	{ IN("null"), IN("\"null\"") },
	{ IN("true"), IN("false") },
	{ IN("0"), IN("false") },
	{ IN("{}"), IN("[]") },
	{ IN("{}"), IN("null") },
	{ IN("[]"), IN("\"\"") },
	/* numbers are compared by their text: what the index gives back is what it got */
	{ IN("1"), IN("1.0") },
	{ IN("1"), IN("1e0") },
	{ IN("1e0"), IN("1E0") },
	{ IN("1.0"), IN("1.00") },
	{ IN("0"), IN("-0") },
	{ IN("9007199254740993"), IN("9007199254740992") },
	{ IN("123456789012345678901234567890"), IN("123456789012345678901234567891") },
	{ IN("12"), IN("1") },
	/* arrays have an order and a length */
	{ IN("[1,2]"), IN("[2,1]") },
	{ IN("[1]"), IN("[1,1]") },
	{ IN("[1,2]"), IN("[1]") },
	{ IN("[]"), IN("[null]") },
	{ IN("[[]]"), IN("[]") },
	{ IN("[[1],[2]]"), IN("[[1,2]]") },
	/* texts */
	{ IN("\"a\""), IN("\"A\"") },
	{ IN("\"a\""), IN("\"a \"") },
	{ IN("\"a\""), IN("\"\"") },
	{ IN("\"ab\""), IN("\"a\"") },
	{ IN("\"\\n\""), IN("\"n\"") },
	{ IN("\"\\\\n\""), IN("\"\\n\"") },
	{ IN("\"\\\\u00e4\""), IN("\"\\u00e4\"") },
	{ IN("\"\\u0000\""), IN("\"\"") },
	{ IN("\"a\\u0000\""), IN("\"a\"") },
	{ IN("\"\\u0000\""), IN("\"0\"") },
	{ IN("\"a\\u0000b\""), IN("\"a\\u0000c\"") },
	{ IN("\"\\u00e4\""), IN("\"a\\u0308\"") }, /* no normal form is applied */
	{ IN("\"\\u00e4\""), IN("\"\xc3\xa5\"") },
	{ IN("\"\\ud83d\""), IN("\"\\ude00\"") },
	{ IN("\"\\ud83d\""), IN("\"\xef\xbf\xbd\"") },
	{ IN("\"\\ud83d\""), IN("\"\\ud83d\\ude00\"") },
	{ IN("\"\\ud83d\\ude00\""), IN("\"\xf0\x9f\x98\x81\"") },
	{ IN("\"\\ud83d\\u0041\""), IN("\"\\ud83dB\"") },
	{ IN("\"\xf0\x9f\x98\x80\""), IN("\"\\uf600\"") },
};

static void assert_likeness(const char *one, const char *other,
			    const char *const *identity, bool with_more,
			    enum likeness expected)
{
	enum likeness likeness = compare(one, other, identity, with_more);

	if (likeness != expected)
		fail_msg("%s and %s%s: %d, not %d", one, other,
			 with_more ? " with more" : "", (int)likeness, (int)expected);
}

static void test_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(same); i++) {
		for (int with_more = 0; with_more < 2; with_more++) {
			assert_likeness(same[i].one, same[i].other, NULL, with_more,
					SAME_DOCUMENT);
			assert_likeness(same[i].other, same[i].one, NULL, with_more,
					SAME_DOCUMENT);
		}
	}
}

static void test_different(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(different); i++) {
		for (int with_more = 0; with_more < 2; with_more++) {
			assert_likeness(different[i].one, different[i].other, NULL,
					with_more, ANOTHER_DOCUMENT);
			assert_likeness(different[i].other, different[i].one, NULL,
					with_more, ANOTHER_DOCUMENT);
		}
	}
}

/* Members that only the stored document has: drift, or a pipeline's doing. Members that it
 * lacks: another document. */
static void test_more_members(void **state)
{
	static const struct {
		const char *ours, *stored;
	} cases[] = {
		{ "{}", IN("1") },
		{ IN("1"), "{\"b\":2,\"a\":1}" },
		{ IN("1"), "{\"a\":1,\"b\":{\"c\":[]}}" },
		{ IN("{}"), IN("{\"x\":1}") },
		{ IN("[{\"x\":1},{\"y\":2}]"), IN("[{\"x\":1,\"z\":0},{\"y\":2}]") },
		{ IN("{\"b\":{\"c\":1}}"), IN("{\"b\":{\"c\":1,\"d\":null}}") },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *ours = cases[i].ours, *stored = cases[i].stored;

		assert_likeness(ours, stored, NULL, false, SAME_EVENT);
		assert_likeness(ours, stored, NULL, true, SAME_DOCUMENT);
		assert_likeness(stored, ours, NULL, false, ANOTHER_DOCUMENT);
		assert_likeness(stored, ours, NULL, true, ANOTHER_DOCUMENT);
	}
	assert_likeness("{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", NULL, true,
			ANOTHER_DOCUMENT);
	assert_likeness(IN("[]"), IN("[1]"), NULL, true, ANOTHER_DOCUMENT);
}

/* ---------------------------------------------------------------- identity */

#define MAX_PATHS 4
#define LONG_NAME                                                                      \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345" \
	"6789"
#define VERY_LONG LONG_NAME LONG_NAME LONG_NAME

static const struct {
	const char *identity[MAX_PATHS];
	const char *ours, *stored;
	enum likeness likeness, with_more;
} events[] = {
	/* the same there, another elsewhere */
	{ { "/a" }, "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", SAME_EVENT, SAME_EVENT },
	{ { "/a" }, "{\"a\":1,\"b\":2}", "{\"a\":1}", SAME_EVENT, SAME_EVENT },
	{ { "/a" }, "{\"a\":1}", "{\"a\":1,\"b\":2}", SAME_EVENT, SAME_DOCUMENT },
	{ { "/a" },
	  "{\"a\":1,\"b\":2}",
	  "{\"a\":2,\"b\":2}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	{ { "/a" },
	  "{\"b\":1,\"a\":1}",
	  "{\"a\":1,\"b\":1}",
	  SAME_DOCUMENT,
	  SAME_DOCUMENT },
	{ { "/a" },
	  "{\"a\":\"\\u00e4\",\"b\":1}",
	  "{\"a\":\"\xc3\xa4\",\"b\":2}",
	  SAME_EVENT,
	  SAME_EVENT },
	{ { "/a" },
	  "{\"a\":1,\"b\":1}",
	  "{\"a\":1.0,\"b\":1}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	/* none at all: any two documents are the same event */
	{ { NULL }, "{\"a\":1}", "{\"b\":2}", SAME_EVENT, SAME_EVENT },
	/* every path counts */
	{ { "/a", "/b/c" },
	  "{\"a\":1,\"b\":{\"c\":1,\"d\":1}}",
	  "{\"b\":{\"d\":2,\"c\":1},\"a\":1}",
	  SAME_EVENT,
	  SAME_EVENT },
	{ { "/a", "/b/c" },
	  "{\"a\":1,\"b\":{\"c\":1}}",
	  "{\"a\":1,\"b\":{\"c\":2}}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	/* what both lack is equal, what one lacks is not */
	{ { "/a", "/x" },
	  "{\"a\":1,\"b\":1}",
	  "{\"a\":1,\"b\":2}",
	  SAME_EVENT,
	  SAME_EVENT },
	{ { "/x/y" }, "{\"x\":{\"z\":1}}", "{\"x\":{\"z\":2}}", SAME_EVENT, SAME_EVENT },
	{ { "/x/y" }, "{\"x\":1,\"b\":1}", "{\"b\":2}", SAME_EVENT, SAME_EVENT },
	{ { "/x" }, "{\"x\":1}", "{\"y\":1}", ANOTHER_DOCUMENT, ANOTHER_DOCUMENT },
	{ { "/x" }, "{\"y\":1}", "{\"x\":1}", ANOTHER_DOCUMENT, ANOTHER_DOCUMENT },
	{ { "/x" }, "{\"x\":null}", "{\"y\":1}", ANOTHER_DOCUMENT, ANOTHER_DOCUMENT },
	{ { "/x/y" },
	  "{\"x\":{\"y\":1}}",
	  "{\"x\":{}}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	{ { "/x/y" },
	  "{\"x\":{\"y\":1}}",
	  "{\"x\":[1]}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	/* a path to an object: its members count, and more of them as everywhere */
	{ { "/a" },
	  "{\"a\":{\"x\":1},\"b\":1}",
	  "{\"a\":{\"x\":1,\"y\":2},\"b\":2}",
	  ANOTHER_DOCUMENT,
	  SAME_EVENT },
	{ { "" }, "{\"a\":1}", "{\"a\":1,\"b\":2}", ANOTHER_DOCUMENT, SAME_DOCUMENT },
	/* escapes of pointers, and of names */
	{ { "/a~1b", "/m~0n" },
	  "{\"a/b\":1,\"m~n\":2,\"z\":1}",
	  "{\"a/b\":1,\"m~n\":2,\"z\":2}",
	  SAME_EVENT,
	  SAME_EVENT },
	{ { "/a~1b" },
	  "{\"a/b\":1,\"z\":1}",
	  "{\"a\\/b\":2,\"z\":1}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	{ { "/m~0n" },
	  "{\"m~n\":1,\"z\":1}",
	  "{\"m~n\":2,\"z\":1}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	{ { "/~01" },
	  "{\"~1\":1,\"/\":1}",
	  "{\"~1\":2,\"/\":1}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	{ { "/~01" },
	  "{\"~1\":1,\"/\":1}",
	  "{\"~1\":1,\"/\":2}",
	  SAME_EVENT,
	  SAME_EVENT },
	{ { "/\xc3\xa4/" },
	  "{\"\\u00e4\":{\"\":1},\"z\":1}",
	  "{\"\xc3\xa4\":{\"\":2},\"z\":1}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
	{ { "/" }, "{\"\":1,\"z\":1}", "{\"\":1,\"z\":2}", SAME_EVENT, SAME_EVENT },
	{ { "/" VERY_LONG },
	  "{\"" VERY_LONG "\":1,\"z\":1}",
	  "{\"" VERY_LONG "\":2,\"z\":1}",
	  ANOTHER_DOCUMENT,
	  ANOTHER_DOCUMENT },
};

static void test_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(events); i++) {
		assert_likeness(events[i].ours, events[i].stored, events[i].identity,
				false, events[i].likeness);
		assert_likeness(events[i].ours, events[i].stored, events[i].identity,
				true, events[i].with_more);
	}
}

/* ---------------------------------------------------------------- where they differ */

static void collect(void *arg, const char *pointer)
{
	struct buf *found = arg;

	assert_true(strlen(pointer) < 256);
	buf_printf(found, "%s ", pointer);
}

/* Each with a space behind it. */
static const struct {
	const char *ours, *stored, *pointers, *with_more;
} differences[] = {
	{ "{}", "{}", "", "" },
	{ "{\"a\":1,\"b\":2}", "{\"b\":2, \"a\":1}", "", "" },
	{ IN("1"), IN("2"), "/a ", "/a " },
	{ IN("1"), IN("1.0"), "/a ", "/a " },
	{ IN("\"secret\""), IN("\"another\""), "/a ", "/a " },
	{ IN("1"), "{}", "/a ", "/a " },
	{ "{}", IN("1"), "/a ", "" },
	{ "{\"a\":1,\"b\":2}", "{\"c\":3,\"a\":2}", "/a /b /c ", "/a /b " },
	{ "{\"b\":1,\"a\":2}", "{\"a\":1,\"b\":2}", "/b /a ", "/b /a " },
	/* the whole value where its kind is another */
	{ IN("{\"x\":1}"), IN("[1]"), "/a ", "/a " },
	{ IN("{\"x\":1}"), IN("null"), "/a ", "/a " },
	/* nested */
	{ IN("{\"x\":{\"y\":1,\"z\":2},\"w\":3}"),
	  IN("{\"x\":{\"y\":2,\"z\":2},\"v\":3}"), "/a/x/y /a/w /a/v ", "/a/x/y /a/w " },
	/* arrays: from where one of them ends on, once */
	{ IN("[1,2,3]"), IN("[1,5,3]"), "/a/1 ", "/a/1 " },
	{ IN("[1,2,3]"), IN("[0,2,4]"), "/a/0 /a/2 ", "/a/0 /a/2 " },
	{ IN("[1]"), IN("[1,2,3]"), "/a/1 ", "/a/1 " },
	{ IN("[1,2,3]"), IN("[]"), "/a/0 ", "/a/0 " },
	{ IN("[[1,[2]],{\"x\":[3]}]"), IN("[[1,[0]],{\"x\":[4]}]"), "/a/0/1/0 /a/1/x/0 ",
	  "/a/0/1/0 /a/1/x/0 " },
	{ "[1]", "[2]", "/0 ", "/0 " },
	{ "{}", "[]", " ", " " },
	/* names with what a pointer escapes */
	{ "{\"a/b\":1,\"m~n\":1,\"\":1}", "{\"a/b\":2,\"m~n\":2,\"\":2}",
	  "/a~1b /m~0n / ", "/a~1b /m~0n / " },
	{ "{\"\xc3\xa4\":{\"b\":1}}", "{\"\xc3\xa4\":{\"b\":2}}", "/\xc3\xa4/b ",
	  "/\xc3\xa4/b " },
	/* too long: cut before the first element that does not fit */
	{ "{\"" VERY_LONG "\":{\"b\":1}}", "{\"" VERY_LONG "\":{\"b\":2}}", " ", " " },
	{ "{\"x\":{\"" VERY_LONG "\":{\"b\":{\"c\":1}}},\"y\":1}",
	  "{\"y\":2,\"x\":{\"" VERY_LONG "\":{\"b\":{\"c\":2}}}}", "/x /y ", "/x /y " },
	{ "{\"" LONG_NAME "\":{\"" LONG_NAME "\":{\"" LONG_NAME "\":{\"a\":1},\"b\":1}}}",
	  "{\"" LONG_NAME "\":{\"" LONG_NAME "\":{\"" LONG_NAME "\":{\"a\":2},\"b\":2}}}",
	  "/" LONG_NAME "/" LONG_NAME " /" LONG_NAME "/" LONG_NAME "/b ",
	  "/" LONG_NAME "/" LONG_NAME " /" LONG_NAME "/" LONG_NAME "/b " },
};

static void test_differences(void **state)
{
	struct buf found;

	(void)state;
	buf_init(&found, 4000);
	for (size_t i = 0; i < N_OF(differences); i++) {
		struct slt_text ours = exact(differences[i].ours);
		struct slt_text stored = exact(differences[i].stored);

		assert_true(!json_check(ours) && !json_check(stored));
		for (int with_more = 0; with_more < 2; with_more++) {
			buf_reset(&found);
			compare_each_difference(ours, stored, with_more, collect, &found);
			assert_string_equal(buf_str(&found),
					    with_more ? differences[i].with_more
						      : differences[i].pointers);
		}
		drop(ours);
		drop(stored);
	}
	buf_fini(&found);
}

/* ---------------------------------------------------------------- large and deep */

/* {"a":[{"a":[… innermost …]}]}, so many levels. */
static char *nest(size_t levels, const char *innermost)
{
	struct buf text;

	buf_init(&text, 20 * levels + 1000);
	for (size_t i = 0; i < levels; i++)
		buf_puts(&text, i % 2 ? "[" : "{\"a\":");
	buf_puts(&text, innermost);
	for (size_t i = levels; i-- > 0;)
		buf_puts(&text, i % 2 ? "]" : "}");
	return (char *)(uintptr_t)buf_str(&text);
}

static void test_deep(void **state)
{
	static const char *const identity[] = { "/a", NULL };
	char *one = nest(900, "{\"x\":1,\"y\":2}"),
	     *same_one = nest(900, "{\"y\":2,\"x\":1}");
	char *other = nest(900, "{\"x\":1,\"y\":3}"),
	     *more = nest(900, "{\"y\":2,\"x\":1,\"z\":1}");
	struct buf found;

	(void)state;
	assert_likeness(one, same_one, NULL, false, SAME_DOCUMENT);
	assert_likeness(one, other, NULL, true, ANOTHER_DOCUMENT);
	assert_likeness(one, more, NULL, false, SAME_EVENT);
	assert_likeness(one, other, identity, false, ANOTHER_DOCUMENT);
	assert_likeness(one, more, identity, true, SAME_DOCUMENT);
	buf_init(&found, 2000);
	compare_each_difference(slt_str(one), slt_str(other), false, collect, &found);
	/* 4 bytes for two levels, until no more go in */
	assert_in_range(found.len, 245, 256);
	assert_memory_equal(found.ptr, "/a/0/a/0/a", 10);
	buf_fini(&found);
	free(one);
	free(same_one);
	free(other);
	free(more);
}

/* {"name0":0,"name1":1,…} from one number to another; the value of 0 is given. */
static char *count(int from, int to, const char *zero)
{
	int step = from < to ? 1 : -1;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (int i = from; i != to + step; i += step) {
		buf_printf(&text, i == from ? "{\"name%d\":" : ",\"name%d\":", i);
		if (i)
			buf_printf(&text, "%d", i);
		else
			buf_puts(&text, zero);
	}
	buf_putc(&text, '}');
	return (char *)(uintptr_t)buf_str(&text);
}

static void test_wide(void **state)
{
	char *one = count(0, 4999, "\"x\""), *reverse = count(4999, 0, "\"x\"");

	(void)state;
	assert_likeness(one, reverse, NULL, false, SAME_DOCUMENT);
	free(one);
	free(reverse);
}

static void test_one_of_many(void **state)
{
	char *one = count(0, 999, "1"), *reverse = count(999, 0, "1");
	char *other = count(999, 0, "2"), *less = count(999, 1, "");
	struct buf found;

	(void)state;
	assert_likeness(one, reverse, NULL, true, SAME_DOCUMENT);
	assert_likeness(one, other, NULL, false, ANOTHER_DOCUMENT);
	assert_likeness(less, one, NULL, false, SAME_EVENT);
	assert_likeness(less, one, NULL, true, SAME_DOCUMENT);
	assert_likeness(one, less, NULL, true, ANOTHER_DOCUMENT);
	buf_init(&found, 1000);
	compare_each_difference(slt_str(one), slt_str(other), false, collect, &found);
	compare_each_difference(slt_str(one), slt_str(less), false, collect, &found);
	compare_each_difference(slt_str(less), slt_str(one), false, collect, &found);
	assert_string_equal(buf_str(&found), "/name0 /name0 /name0 ");
	buf_fini(&found);
	free(one);
	free(reverse);
	free(other);
	free(less);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),	     cmocka_unit_test(test_different),
		cmocka_unit_test(test_more_members), cmocka_unit_test(test_identity),
		cmocka_unit_test(test_differences),  cmocka_unit_test(test_deep),
		cmocka_unit_test(test_wide),	     cmocka_unit_test(test_one_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
