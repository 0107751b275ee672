// SPDX-License-Identifier: MIT
// Asking for stored documents: the bodies; replies of real servers read; every odd one unknown.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "mget.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define T(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

enum { MAX_DOCS = 4 };

/* ---------------------------------------------------------------- bodies */

static const struct {
	struct slt_text index, id;
	const char *doc, *value;
} bodies[] = {
	{ T("audit"), T("1"), "{\"_index\":\"audit\",\"_id\":\"1\"}", "\"1\"" },
	{ T("audit"), T(""), "{\"_index\":\"audit\",\"_id\":\"\"}", "\"\"" },
	{ T(".ds-audit-2026.03.01-000001"), T("shop-17"),
	  "{\"_index\":\".ds-audit-2026.03.01-000001\",\"_id\":\"shop-17\"}",
	  "\"shop-17\"" },
	{ T("a"), T("x\"y\\z/\n\x01"),
	  "{\"_index\":\"a\",\"_id\":\"x\\\"y\\\\z/\\n\\u0001\"}",
	  "\"x\\\"y\\\\z/\\n\\u0001\"" },
	{ T("k\xc3\xa4se"), T("\xf0\x9f\x98\x80\"]}"),
	  "{\"_index\":\"k\xc3\xa4se\",\"_id\":\"\xf0\x9f\x98\x80\\\"]}\"}",
	  "\"\xf0\x9f\x98\x80\\\"]}\"" },
};

static void test_bodies(void **state)
{
	struct mget_doc docs[N_OF(bodies)];
	struct buf body, expected;

	(void)state;
	buf_init(&body, 10000);
	buf_init(&expected, 10000);
	buf_puts(&expected, "{\"docs\":[");
	for (size_t i = 0; i < N_OF(bodies); i++) {
		docs[i] = (struct mget_doc){ .index = bodies[i].index,
					     .id = bodies[i].id };
		buf_printf(&expected, "%s%s", i ? "," : "", bodies[i].doc);
	}
	buf_puts(&expected, "]}");
	mget_put_body(&body, docs, N_OF(docs));
	assert_string_equal(buf_str(&body), buf_str(&expected));
	assert_null(json_check((struct slt_text){ body.ptr, body.len }));

	/* the search: whichever index, and not those that have no _id */
	buf_reset(&body);
	buf_reset(&expected);
	docs[0].id = docs[3].id = slt_str(NULL);
	mget_put_search(&body, docs, N_OF(docs));
	buf_printf(&expected, "{\"size\":20,\"query\":{\"ids\":{\"values\":[%s,%s,%s]}}}",
		   bodies[1].value, bodies[2].value, bodies[4].value);
	assert_string_equal(buf_str(&body), buf_str(&expected));
	buf_reset(&body);
	mget_put_search(&body, docs, 1);
	assert_string_equal(buf_str(&body),
			    "{\"size\":4,\"query\":{\"ids\":{\"values\":[]}}}");
	buf_fini(&body);
	buf_fini(&expected);
}

/* ---------------------------------------------------------------- real replies */

#define FOUND(id, source)                                                     \
	"{\"_index\":\"audit\",\"_id\":\"" id                                 \
	"\",\"_version\":1,\"_seq_no\":0,\"_primary_term\":1,\"found\":true," \
	"\"_source\":" source "}"
#define FOUND_ALONE(id)                       \
	"{\"_index\":\"audit\",\"_id\":\"" id \
	"\",\"_version\":1,\"_seq_no\":0,\"_primary_term\":1,\"found\":true}"
#define MISSING(id) "{\"_index\":\"audit\",\"_id\":\"" id "\",\"found\":false}"
#define NO_INDEX(id)                                                                        \
	"{\"_index\":\"none\",\"_id\":\"" id                                                \
	"\",\"error\":{\"root_cause\":[{\"type\":\"index_not_found_exception\","            \
	"\"reason\":\"no such index [none]\",\"index\":\"none\",\"index_uuid\":\"_na_\"}]," \
	"\"type\":\"index_not_found_exception\",\"reason\":\"no such index [none]\","       \
	"\"index\":\"none\",\"index_uuid\":\"_na_\"}}"
#define DOCS(docs) "{\"docs\":[" docs "]}"

/* As OpenSearch 2.19.6 and Elasticsearch 8.8.2 sent them, which differ in nothing but
 * members of errors; but for the name of the index. */
static const struct {
	const char *reply;
	const char *ids[MAX_DOCS];
	struct {
		enum mget_state state;
		const char *source;
	} docs[MAX_DOCS];
} reals[] = {
	{ DOCS(FOUND("1", "{\"n\": 1.0, \"t\":\"\\u00e4 \xc3\xa4\"}")),
	  { "1" },
	  { { MGET_FOUND, "{\"n\": 1.0, \"t\":\"\\u00e4 \xc3\xa4\"}" } } },
	{ DOCS(FOUND("1", "{}") "," MISSING("2") "," NO_INDEX("3") "," FOUND_ALONE("4")),
	  { "1", "2", "3", "4" },
	  { { MGET_FOUND, "{}" },
	    { MGET_MISSING, NULL },
	    { MGET_UNREADABLE, NULL },
	    { MGET_UNREADABLE, NULL } } },
	/* an _id as the server escapes it */
	{ DOCS(FOUND("x\\\"y\\\\z\\n\\u0001/\xc3\xa4",
		     "{\"_id\":\"2\",\"found\":false}")),
	  { "x\"y\\z\n\x01/\xc3\xa4" },
	  { { MGET_FOUND, "{\"_id\":\"2\",\"found\":false}" } } },
	{ DOCS(FOUND("\\u00e4\\/\\ud83d\\ude00", "{}")),
	  { "\xc3\xa4/\xf0\x9f\x98\x80" },
	  { { MGET_FOUND, "{}" } } },
	{ " { \"docs\" : [ " MISSING("1") " , " FOUND("1", " { } ") " ] } \n",
	  { "1", "1" },
	  { { MGET_MISSING, NULL }, { MGET_FOUND, "{ }" } } },
	/* a source that is none */
	{ DOCS(FOUND("1", "null") "," FOUND("2", "[]") "," FOUND("3", "\"{}\"")),
	  { "1", "2", "3" },
	  { { MGET_UNREADABLE, NULL },
	    { MGET_UNREADABLE, NULL },
	    { MGET_UNREADABLE, NULL } } },
	/* other members, as later versions may add them */
	{ "{\"took\":3,\"docs\":[{\"x\":[{}],\"_source\":{\"a\":[1]},\"found\":true,"
	  "\"_id\":\"1\"}],\"more\":{\"docs\":[]}}",
	  { "1" },
	  { { MGET_FOUND, "{\"a\":[1]}" } } },
	{ DOCS(""), { NULL }, { { MGET_MISSING, NULL } } },
};

static size_t ask_for(const char *const *ids, struct mget_doc *docs)
{
	size_t n = 0;

	for (; n < MAX_DOCS && ids[n]; n++)
		docs[n] = (struct mget_doc){ .index = slt_str("audit"),
					     .id = slt_str(ids[n]) };
	return n;
}

static void test_real_replies(void **state)
{
	(void)state;
	for (size_t r = 0; r < N_OF(reals); r++) {
		struct mget_doc docs[MAX_DOCS];
		size_t n = ask_for(reals[r].ids, docs);
		struct err err;

		if (mget_read_reply(slt_str(reals[r].reply), docs, n, &err))
			fail_msg("%s: %s", reals[r].reply, err.text);
		for (size_t i = 0; i < n; i++) {
			const char *source = reals[r].docs[i].source;

			if (docs[i].state != reals[r].docs[i].state)
				fail_msg("%s: document %zu", reals[r].reply, i);
			if (source)
				assert_true(slt_is(docs[i].source, source));
		}
	}
}

/* On a copy of its exact size, so that a sanitizer sees a read beyond. */
static bool is_unknown(const char *reply, size_t len, const char *const *ids)
{
	struct mget_doc docs[MAX_DOCS];
	size_t n = ask_for(ids, docs);
	struct err err = { .text = "" };
	char *exact = malloc(len ? len : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, reply, len);
	for (size_t i = 0; i < n; i++)
		docs[i].state = MGET_FOUND;
	rc = mget_read_reply((struct slt_text){ exact, len }, docs, n, &err);
	free(exact);
	if (!rc)
		return false;
	assert_int_equal(err.status, EXIT_UNAVAILABLE);
	assert_string_not_equal(err.text, "");
	assert_null(strstr(err.text, "secret"));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(docs[i].state, MGET_UNREADABLE);
	return true;
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t r = 0; r < N_OF(reals); r++) {
		const char *reply = reals[r].reply;
		size_t len = strlen(reply);

		while (reply[len - 1] != '}')
			len--;
		assert_false(is_unknown(reply, len, reals[r].ids));
		while (len--)
			if (!is_unknown(reply, len, reals[r].ids))
				fail_msg("%s: understood at %zu bytes", reply, len);
	}
}

#define ONE FOUND("1", "{}")
#define TWO FOUND("2", "{\"text\":\"secret\"}")
#define DOC(members) "{\"_index\":\"audit\"," members "}"

/* Two documents were asked for, "1" and "2". */
static const char *const odd[] = {
	"",
	" ",
	"null",
	"true",
	"2",
	"\"docs\"",
	"[]",
	"{}",
	"OK",
	"<html>secret</html>",
	"[" ONE "," TWO "]",
	"[" DOCS(ONE "," TWO) "]",
	"\xef\xbb\xbf" DOCS(ONE "," TWO),
	DOCS(ONE "," TWO) DOCS(ONE "," TWO),
	DOCS(ONE "," TWO) "x",
	"{\"error\":{\"type\":\"x\",\"reason\":\"secret\"},\"status\":500}",
	"{\"docs\":null}",
	"{\"docs\":{}}",
	"{\"docs\":{\"0\":" ONE ",\"1\":" TWO "}}",
	"{\"docs\":2}",
	"{\"Docs\":[" ONE "," TWO "]}",
	"{\"docs\":[],\"docs\":[" ONE "," TWO "]}",
	/* another number of documents */
	DOCS(""),
	DOCS(ONE),
	DOCS(ONE "," TWO "," TWO),
	DOCS(ONE "," TWO "," FOUND("3", "{}")),
	DOCS(ONE "," TWO ",null"),
	DOCS(ONE "," TWO ","),
	DOCS(ONE ",," TWO),
	/* what is no object */
	DOCS(ONE ",null"),
	DOCS(ONE ",[]"),
	DOCS(ONE ",\"2\""),
	DOCS(ONE ",2"),
	DOCS(ONE ",{}"),
	/* another _id, or none */
	DOCS(TWO "," ONE),
	DOCS(ONE "," ONE),
	DOCS(ONE "," FOUND("02", "{}")),
	DOCS(ONE "," FOUND("2 ", "{}")),
	DOCS(ONE "," FOUND("", "{}")),
	DOCS(ONE "," FOUND("2\\u0000", "{}")),
	DOCS(ONE "," FOUND("secret", "{}")),
	DOCS(ONE "," DOC("\"_id\":2,\"found\":true,\"_source\":{}")),
	DOCS(ONE "," DOC("\"_id\":null,\"found\":true,\"_source\":{}")),
	DOCS(ONE "," DOC("\"_id\":[\"2\"],\"found\":true,\"_source\":{}")),
	DOCS(ONE "," DOC("\"found\":true,\"_source\":{\"_id\":\"2\"}")),
	DOCS(ONE "," DOC("\"_ID\":\"2\",\"found\":true,\"_source\":{}")),
	/* neither found nor missing nor failed */
	DOCS(ONE "," DOC("\"_id\":\"2\"")),
	DOCS(ONE "," DOC("\"_id\":\"2\",\"_source\":{}")),
	DOCS(ONE "," DOC("\"_id\":\"2\",\"found\":null,\"_source\":{}")),
	DOCS(ONE "," DOC("\"_id\":\"2\",\"found\":\"true\",\"_source\":{}")),
	DOCS(ONE "," DOC("\"_id\":\"2\",\"found\":1,\"_source\":{}")),
	DOCS(ONE "," DOC("\"_id\":\"2\",\"found\":[true],\"_source\":{}")),
	/* not JSON */
	DOCS(ONE "," FOUND("2", "{\"a\":NaN}")),
	DOCS(ONE "," FOUND("2", "{\"a\":1,}")),
	DOCS(ONE "," FOUND("2", "{\"a\":\"\xff\"}")),
	DOCS(ONE "," FOUND("2", "{\"a\":\"a\nb\"}")),
	DOCS(ONE "," FOUND("2", "{a:1}")),
	"//\n" DOCS(ONE "," TWO),
};

static void test_odd_replies(void **state)
{
	static const char *const ids[MAX_DOCS] = { "1", "2" };
	static const char ok[] = DOCS(ONE "," TWO);

	(void)state;
	assert_false(is_unknown(ok, strlen(ok), ids));
	for (size_t i = 0; i < N_OF(odd); i++)
		if (!is_unknown(odd[i], strlen(odd[i]), ids))
			fail_msg("understood: %s", odd[i]);
}

/* ---------------------------------------------------------------- searches */

#define HIT(index, id, source)                    \
	"{\"_index\":\"" index "\",\"_id\":\"" id \
	"\",\"_score\":1.0,\"_source\":" source "}"
#define HITS(hits)                                                                           \
	"{\"took\":2,\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,"         \
	"\"skipped\":0,\"failed\":0},\"hits\":{\"total\":{\"value\":2,\"relation\":\"eq\"}," \
	"\"max_score\":1.0,\"hits\":[" hits "]}}"

static void on_hit(void *arg, size_t i, struct slt_text index, struct slt_text source)
{
	buf_printf(arg, "%zu %.*s %.*s;", i, (int)index.len, index.ptr, (int)source.len,
		   source.ptr);
}

static const struct {
	const char *reply, *hits; /* NULL: not understood */
} searches[] = {
	{ HITS(""), "" },
	{ HITS(HIT("audit", "1", "{\"a\":1.0}")), "0 audit {\"a\":1.0};" },
	/* whatever their order; of an alias, one _id in two indexes */
	{ HITS(HIT("b", "2", "{}") "," HIT("a", "1", "{}") "," HIT("a", "2",
								   "{\"x\":{}}")),
	  "2 b {};0 a {};2 a {\"x\":{}};" },
	{ HITS(HIT("a", "\\u0031", "{}")), "0 a {};" },
	{ "{\"hits\":{\"hits\":[]}}", "" },
	/* not asked for, or a row that has no _id */
	{ HITS(HIT("a", "3", "{}")), NULL },
	{ HITS(HIT("a", "", "{}")), NULL },
	{ HITS(HIT("a", "1", "{}") "," HIT("a", "secret", "{}")), NULL },
	/* no _source, no _index, no _id */
	{ HITS("{\"_index\":\"a\",\"_id\":\"1\",\"_score\":1.0}"), NULL },
	{ HITS(HIT("a", "1", "null")), NULL },
	{ HITS(HIT("a", "1", "[]")), NULL },
	{ HITS("{\"_id\":\"1\",\"_source\":{}}"), NULL },
	{ HITS("{\"_index\":7,\"_id\":\"1\",\"_source\":{}}"), NULL },
	{ HITS("{\"_index\":\"a\",\"_source\":{}}"), NULL },
	{ HITS("{\"_index\":\"a\",\"_id\":1,\"_source\":{}}"), NULL },
	{ HITS("{}"), NULL },
	{ HITS("null"), NULL },
	{ HITS("[]"), NULL },
	{ HITS("\"1\""), NULL },
	/* another shape */
	{ "", NULL },
	{ "null", NULL },
	{ "[]", NULL },
	{ "{}", NULL },
	{ "<html>secret</html>", NULL },
	{ "{\"hits\":[]}", NULL },
	{ "{\"hits\":{}}", NULL },
	{ "{\"hits\":{\"hits\":null}}", NULL },
	{ "{\"hits\":{\"hits\":{}}}", NULL },
	{ "{\"docs\":[]}", NULL },
	{ HITS("") "x", NULL },
	{ HITS(HIT("a", "1", "{\"a\":01}")), NULL },
};

static void test_searches(void **state)
{
	const struct mget_doc docs[] = { { .id = slt_str("1") },
					 { .id = slt_str(NULL) },
					 { .id = slt_str("2") } };
	struct buf found;

	(void)state;
	buf_init(&found, 1000);
	for (size_t i = 0; i < N_OF(searches); i++) {
		struct err err = { .text = "" };
		int rc;

		buf_reset(&found);
		rc = mget_read_search(slt_str(searches[i].reply), docs, N_OF(docs),
				      on_hit, &found, &err);
		if (rc != (searches[i].hits ? 0 : -1))
			fail_msg("%s: %d %s", searches[i].reply, rc, err.text);
		if (searches[i].hits) {
			assert_string_equal(buf_str(&found), searches[i].hits);
			continue;
		}
		assert_int_equal(err.status, EXIT_UNAVAILABLE);
		assert_string_not_equal(err.text, "");
		assert_null(strstr(err.text, "secret"));
	}
	buf_fini(&found);
}

static void ignore(void *arg, size_t i, struct slt_text index, struct slt_text source)
{
	(void)arg;
	assert_true(i < 2);
	assert_true(index.len && source.len);
}

static void test_searches_cut(void **state)
{
	static const char reply[] =
		HITS(HIT("a", "1", "{\"a\":\"}]\"}") "," HIT("b", "2", "{}"));
	const struct mget_doc docs[] = { { .id = slt_str("1") }, { .id = slt_str("2") } };
	size_t len = sizeof(reply) - 1;
	struct err err;

	(void)state;
	assert_int_equal(0, mget_read_search((struct slt_text){ reply, len }, docs, 2,
					     ignore, NULL, &err));
	while (len--) {
		char *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, reply, len);
		if (!mget_read_search((struct slt_text){ exact, len }, docs, 2, ignore,
				      NULL, &err))
			fail_msg("understood at %zu bytes", len);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),	     cmocka_unit_test(test_real_replies),
		cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_odd_replies),
		cmocka_unit_test(test_searches),     cmocka_unit_test(test_searches_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
