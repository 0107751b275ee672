// SPDX-License-Identifier: MIT
// Action lines; replies of real servers read; and every odd reply taken as unknown.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

// ---- action lines

static void action_lines(void **state)
{
	static const struct {
		const char *id, *line;
	} cases[] = {
		{ "1", "{\"create\":{\"_id\":\"1\"}}\n" },
		{ "", "{\"create\":{\"_id\":\"\"}}\n" },
		{ "a\"b\\c", "{\"create\":{\"_id\":\"a\\\"b\\\\c\"}}\n" },
		{ "k\xc3\xa4se", "{\"create\":{\"_id\":\"k\xc3\xa4se\"}}\n" },
		{ "{\"}}", "{\"create\":{\"_id\":\"{\\\"}}\"}}\n" },
	};
	struct buf body;

	(void)state;
	buf_init(&body, 1000);
	for (size_t i = 0; i < N_OF(cases); i++) {
		buf_reset(&body);
		bulk_put_action(&body, slt_str(cases[i].id));
		assert_string_equal(buf_str(&body), cases[i].line);
	}
	buf_reset(&body);
	bulk_put_action(&body, slt_str("a\nb"));
	assert_ptr_equal(strchr(buf_str(&body), '\n'), body.ptr + body.len - 1);
	buf_fini(&body);
}

static void filter_paths(void **state)
{
	(void)state;
	assert_non_null(strstr(bulk_filter_path, "items.*.status,"));
	assert_non_null(strstr(bulk_filter_path, "items.*._id,"));
	assert_null(strstr(bulk_filter_path, "reason")); // law 5, and it has no bounds
	assert_non_null(strstr(bulk_filter_path_reasons, "items.*.error.reason"));
}

// ---- real replies

#define CREATE(members) "{\"create\":{\"_index\":\"audit\"," members "}}"
#define CREATED(id) CREATE("\"_id\":\"" id "\",\"status\":201")
#define FAILED(id, status, type, reason)                                               \
	CREATE("\"_id\":\"" id "\",\"status\":" #status ",\"error\":{\"type\":\"" type \
	       "\",\"reason\":\"" reason "\"}")
#define REPLY(errors, items) "{\"errors\":" errors ",\"items\":[" items "]}"

enum { MAX_ITEMS = 6 };

struct expected {
	int status;
	const char *type, *reason;
	enum bulk_meaning meaning;
	bool failure_store;
};

// As the named server sent them, but for the name of the index. A reason is there because
// it was asked for.
static const struct real {
	const char *server, *reply;
	const char *ids[MAX_ITEMS];
	struct expected items[MAX_ITEMS];
} reals[] = {
	{ "OpenSearch 2.19.6",
	  REPLY("false", CREATED("1") "," CREATED("2")),
	  { "1", "2" },
	  { { 201, "", "", BULK_DELIVERED, false },
	    { 201, "", "", BULK_DELIVERED, false } } },
	{ "OpenSearch 2.19.6",
	  REPLY("true",
		FAILED("1", 409, "version_conflict_engine_exception", "[1]: version conflict, document already exists (current version [1])") "," FAILED(
			"3", 400, "mapper_parsing_exception",
			"failed to parse field [n] of type [long] in document with id "
			"'3'. Preview of field's value: 'x y'") "," FAILED("4", 400,
									   "mapper_parsing_exception",
									   "failed to parse field [n] of type [long] in document with id '4'. "
									   "Preview of field's value: '\\uD800'") "," CREATED("\xc3\xbc\\\"5") "," FAILED("6",
																			  400,
																			  "mapper_parsing_exception",
																			  "failed to parse")),
	  { "1", "3", "4", "\xc3\xbc\"5", "6" },
	  { { 409, "version_conflict_engine_exception",
	      "[1]: version conflict, document already exists (current version [1])",
	      BULK_EXISTS, false },
	    { 400, "mapper_parsing_exception",
	      "failed to parse field [n] of type [long] in document with id '3'. Preview of "
	      "field's value: 'x y'",
	      BULK_REJECTED, false },
	    { 400, "mapper_parsing_exception",
	      "failed to parse field [n] of type [long] in document with id '4'. Preview of "
	      "field's value: '\xef\xbf\xbd'",
	      BULK_REJECTED, false },
	    { 201, "", "", BULK_DELIVERED, false },
	    { 400, "mapper_parsing_exception", "failed to parse", BULK_REJECTED,
	      false } } },
	{ "Elasticsearch 8.8.2",
	  REPLY("true",
		CREATED("77") "," FAILED("77", 409, "version_conflict_engine_exception", "[77]: version conflict, document already exists (current version [1])") "," FAILED(
			"3", 400, "document_parsing_exception",
			"[1:6] failed to parse field [n] of type [long] in document with id '3'. "
			"Preview of field's value: 'x y'")),
	  { "77", "77", "3" },
	  { { 201, "", "", BULK_DELIVERED, false },
	    { 409, "version_conflict_engine_exception",
	      "[77]: version conflict, document already exists (current version [1])",
	      BULK_EXISTS, false },
	    { 400, "document_parsing_exception",
	      "[1:6] failed to parse field [n] of type [long] in document with id '3'. Preview "
	      "of field's value: 'x y'",
	      BULK_REJECTED, false } } },
	{ "both, require_alias",
	  REPLY("true",
		FAILED("1", 404, "index_not_found_exception",
		       "no such index [none] and [require_alias] request flag is [true] "
		       "and [none] is not an alias")),
	  { "1" },
	  { { 404, "index_not_found_exception",
	      "no such index [none] and [require_alias] request flag is [true] and [none] is "
	      "not an alias",
	      BULK_STOP, false } } },
	{ "OpenSearch 2.19.6, disk full",
	  REPLY("true",
		FAILED("92", 429, "cluster_block_exception",
		       "index [audit] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded "
		       "flood-stage watermark, index has read-only-allow-delete block];")),
	  { "92" },
	  { { 429, "cluster_block_exception",
	      "index [audit] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage "
	      "watermark, index has read-only-allow-delete block];",
	      BULK_RETRY, false } } },
	{ "both, index.blocks.write",
	  REPLY("true",
		FAILED("92", 403, "cluster_block_exception",
		       "index [audit] blocked by: [FORBIDDEN/8/index write (api)];")),
	  { "92" },
	  { { 403, "cluster_block_exception",
	      "index [audit] blocked by: [FORBIDDEN/8/index write (api)];", BULK_RETRY,
	      false } } },
	// From here on as documented, not seen.
	{ "Elasticsearch 8.15, failure store",
	  REPLY("false",
		CREATE("\"_id\":\"1\",\"failure_store\":\"used\",\"status\":201") "," CREATE(
			"\"_id\":\"2\",\"failure_store\":\"not_enabled\",\"status\":201")),
	  { "1", "2" },
	  { { 201, "", "", BULK_DELIVERED, true },
	    { 201, "", "", BULK_DELIVERED, false } } },
	{ "members that nobody asked for",
	  "{\"took\":3,\"took\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],\"errors\":true,\"items\":[{\"create\":{\"_index\":\"audit\",\"_id\":"
	  "\"1\",\"status\":500,\"error\":{\"type\":\"null_pointer_exception\",\"reason\":null,"
	  "\"caused_by\":{\"type\":\"x:y\"}}}}]}\n",
	  { "1" },
	  { { 500, "null_pointer_exception", "", BULK_RETRY, false } } },
	{ "no _id",
	  REPLY("false", CREATE("\"status\":200")),
	  { "1" },
	  { { 200, "", "", BULK_DELIVERED, false } } },
};

static size_t ids_of(const struct real *real, struct slt_text *ids)
{
	size_t n = 0;

	for (; n < MAX_ITEMS && real->ids[n]; n++)
		ids[n] = slt_str(real->ids[n]);
	return n;
}

static void real_replies(void **state)
{
	(void)state;
	for (size_t r = 0; r < N_OF(reals); r++) {
		struct bulk_item items[MAX_ITEMS];
		struct slt_text ids[MAX_ITEMS];
		size_t n = ids_of(&reals[r], ids);
		struct err err = { 0 };

		if (bulk_read_reply(slt_str(reals[r].reply), ids, n, items, &err))
			fail_msg("%s: %s", reals[r].server, err.text);
		for (size_t i = 0; i < n; i++) {
			const struct expected *e = &reals[r].items[i];

			assert_int_equal(items[i].status, e->status);
			assert_string_equal(items[i].type, e->type);
			assert_string_equal(items[i].reason, e->reason);
			assert_int_equal(items[i].failure_store, e->failure_store);
			assert_int_equal(bulk_meaning(&items[i]), e->meaning);
		}
	}
}

// Is this reply unknown? On a copy of its exact size, so that a sanitizer sees a read beyond.
static bool is_unknown(const char *reply, size_t len, const struct slt_text *ids,
		       size_t n)
{
	struct bulk_item items[MAX_ITEMS];
	struct err err = { .text = "" };
	char *exact = malloc(len ? len : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, reply, len);
	memset(items, 0xff, sizeof(items));
	rc = bulk_read_reply((struct slt_text){ exact, len }, ids, n, items, &err);
	free(exact);
	if (!rc)
		return false;
	assert_int_equal(err.status, EXIT_UNAVAILABLE);
	assert_string_not_equal(err.text, "");
	assert_null(strstr(err.text, "secret"));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bulk_meaning(&items[i]), BULK_UNKNOWN);
	return true;
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t r = 0; r < N_OF(reals); r++) {
		const char *reply = reals[r].reply;
		size_t len = strlen(reply);
		struct slt_text ids[MAX_ITEMS];
		size_t n = ids_of(&reals[r], ids);

		while (len && reply[len - 1] == '\n')
			len--;
		assert_false(is_unknown(reply, len, ids, n));
		while (len--)
			if (!is_unknown(reply, len, ids, n))
				fail_msg("%s: understood at %zu bytes", reals[r].server,
					 len);
	}
}

static void one_byte_more(void **state)
{
	struct slt_text id = slt_str("1");
	char reply[200];
	int len = snprintf(reply, sizeof(reply) - 1, "%s", REPLY("false", CREATED("1")));

	(void)state;
	assert_false(is_unknown(reply, (size_t)len, &id, 1));
	for (int c = 0; c < 256; c++) {
		bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';

		reply[len] = (char)c;
		if (is_unknown(reply, (size_t)len + 1, &id, 1) == space)
			fail_msg("byte %d after the reply", c);
	}
}

// ---- odd replies: two documents were sent, "1" and "2"

#define OK1 CREATED("1")
#define OK2 CREATED("2")
#define BAD2 FAILED("2", 400, "t", "secret")

static const char *const odd[] = {
	"",
	" ",
	"null",
	"true",
	"1",
	"\"\"",
	"[]",
	"{}",
	"OK",
	"<html>secret</html>",
	"{\"errors\":false}",
	"{\"items\":[" OK1 "," OK2 "]}",
	"[" REPLY("false", OK1 "," OK2) "]",
	"\xef\xbb\xbf" REPLY("false", OK1 "," OK2),
	REPLY("false", OK1 "," OK2) REPLY("false", OK1 "," OK2),
	"{\"error\":{\"type\":\"x\",\"reason\":\"secret\"},\"status\":500}",
	// errors
	REPLY("null", OK1 "," OK2),
	REPLY("0", OK1 "," OK2),
	REPLY("\"false\"", OK1 "," OK2),
	REPLY("[]", OK1 "," OK2),
	REPLY("True", OK1 "," OK2),
	REPLY("FALSE", OK1 "," OK2),
	REPLY("true", OK1 "," OK2),
	REPLY("false", OK1 "," BAD2),
	// another number of items
	REPLY("false", ""),
	REPLY("false", OK1),
	REPLY("false", OK1 "," OK2 "," OK2),
	"{\"errors\":false,\"items\":null}",
	"{\"errors\":false,\"items\":2}",
	"{\"errors\":false,\"items\":{\"0\":" OK1 ",\"1\":" OK2 "}}",
	REPLY("false", OK1 "," OK2 ","),
	REPLY("false", OK1 "," OK2 ",null"),
	// not exactly one create
	REPLY("false", OK1 ",null"),
	REPLY("false", OK1 ",{}"),
	REPLY("false", OK1 ",[]"),
	REPLY("false", OK1 ",201"),
	REPLY("false", OK1 ",{\"create\":201}"),
	REPLY("false", OK1 ",{\"create\":null}"),
	REPLY("false", OK1 ",{\"create\":[]}"),
	REPLY("false", OK1 ",{\"index\":{\"_id\":\"2\",\"status\":201}}"),
	REPLY("false", OK1 ",{\"Create\":{\"_id\":\"2\",\"status\":201}}"),
	REPLY("false", OK1 ",{\"create\":{\"_id\":\"2\",\"status\":201},\"index\":{}}"),
	// _id
	REPLY("false", OK2 "," OK1),
	REPLY("false", OK1 "," OK1),
	REPLY("false", OK1 "," CREATED("02")),
	REPLY("false", OK1 "," CREATED("2 ")),
	REPLY("false", OK1 "," CREATED("")),
	REPLY("false", OK1 "," CREATED("2\\u0000")),
	REPLY("false", OK1 "," CREATE("\"_id\":2,\"status\":201")),
	REPLY("false", OK1 "," CREATE("\"_id\":null,\"status\":201")),
	// status
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\"")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":\"201\"")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201.0")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":2.01e2")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":true")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":null")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":[201]")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":0")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":99")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":-201")),
	REPLY("true", OK1 "," FAILED("2", 600, "t", "r")),
	REPLY("false",
	      OK1 "," CREATE("\"_id\":\"2\",\"status\":4294967497")), // 201 in 32 bits
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":18446744073709551817")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":0201")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":NaN")),
	// status and error that contradict each other; an error of another shape
	REPLY("true", OK1 "," FAILED("2", 201, "t", "r")),
	REPLY("false", OK1 "," FAILED("2", 201, "t", "r")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201,\"error\":null")),
	REPLY("true", OK1 "," CREATE("\"_id\":\"2\",\"status\":409")),
	REPLY("true", OK1 "," CREATE("\"_id\":\"2\",\"status\":400,\"error\":null")),
	REPLY("true",
	      OK1 "," CREATE("\"_id\":\"2\",\"status\":400,\"error\":\"secret\"")),
	REPLY("true",
	      OK1 "," CREATE("\"_id\":\"2\",\"status\":400,\"error\":{\"type\":7}")),
	REPLY("true",
	      OK1 "," CREATE("\"_id\":\"2\",\"status\":400,\"error\":{\"reason\":{}}")),
	REPLY("false",
	      OK1 "," CREATE("\"_id\":\"2\",\"status\":201,\"failure_store\":true")),
	// a member twice
	"{\"errors\":true,\"errors\":false,\"items\":[" OK1 "," OK2 "]}",
	"{\"errors\":false,\"items\":[],\"items\":[" OK1 "," OK2 "]}",
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":400,\"status\":201")),
	REPLY("false",
	      OK1 "," CREATE("\"_id\":\"2\",\"stat\\u0075s\":400,\"status\":201")),
	REPLY("false", OK1
	      ",{\"create\":{\"status\":400},\"create\":{\"_id\":\"2\",\"status\":201}}"),
	// what is not JSON
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201,\"x\":\"a\nb\"")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201,\"x\":Infinity")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201,\"x\":'a'")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201,\"x\":\"\xff\"")),
	REPLY("false", OK1 "," CREATE("\"_id\":\"2\",\"status\":201,")),
	"/**/" REPLY("false", OK1 "," OK2),
};

static void odd_replies(void **state)
{
	static const char ok[] = REPLY("false", OK1 "," OK2);
	struct slt_text ids[] = { slt_str("1"), slt_str("2") };

	(void)state;
	assert_false(is_unknown(ok, strlen(ok), ids, 2));
	for (size_t i = 0; i < N_OF(odd); i++)
		if (!is_unknown(odd[i], strlen(odd[i]), ids, 2))
			fail_msg("understood: %s", odd[i]);
}

// ---- texts of errors

static void error_texts(void **state)
{
	struct slt_text id = slt_str("1");
	struct bulk_item item;
	char reply[1200], fill[400];
	struct err err;

	(void)state;
	assert_int_equal(
		0, bulk_read_reply(slt_str(REPLY("true",
						 FAILED("1", 400,
							"a\\u001b[31m\\u0000\xc3\xa4z",
							"b\\n\\u001b[31m\xc3\xa4"))),
				   &id, 1, &item, &err));
	assert_string_equal(item.type, "a?[31m???z");
	assert_string_equal(item.reason, "b??[31m\xc3\xa4");

	// Cut between characters: byte 255 would be the middle of one.
	memset(fill, 'x', sizeof(fill));
	snprintf(reply, sizeof(reply),
		 REPLY("true", FAILED("1", 400, "%.120s", "%.254s\xc3\xa4")), fill, fill);
	assert_int_equal(0, bulk_read_reply(slt_str(reply), &id, 1, &item, &err));
	assert_int_equal(strlen(item.type), 95);
	assert_int_equal(strlen(item.reason), 254);
}

static void error_type_of_a_request(void **state)
{
	static const struct {
		const char *reply, *type;
	} cases[] = {
		// OpenSearch 2.19.6 and Elasticsearch 8.8.2
		{ "{\"error\":{\"root_cause\":[{\"type\":\"illegal_argument_exception\","
		  "\"reason\":\"r\"}],\"type\":\"illegal_argument_exception\",\"reason\":\"r\"},"
		  "\"status\":400}",
		  "illegal_argument_exception" },
		{ "{\"error\":\"Content-Type header [text/plain] is not supported\",\"status\":"
		  "406}",
		  "" },
		{ "Unauthorized", "" }, // OpenSearch security
		{ "", "" },
		{ "[]", "" },
		{ "{\"error\":{\"type\":7}}", "" },
		{ "{\"error\":{\"type\":\"a\\nb\"}}", "a?b" },
		{ "{\"error\":{\"type\":\"0123456789012345678901234567890123456789\"}}",
		  "0123456789012345678901234567890" },
		{ "{\"error\":{\"type\":\"x\"}", "" },
	};
	char type[32];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		bulk_error_type(slt_str(cases[i].reply), type, sizeof(type));
		assert_string_equal(type, cases[i].type);
	}
}

static void meanings(void **state)
{
	static const struct {
		int status;
		const char *type;
		enum bulk_meaning meaning;
	} cases[] = {
		{ 200, "", BULK_DELIVERED },
		{ 201, "", BULK_DELIVERED },
		{ 408, "", BULK_RETRY },
		{ 429, "", BULK_RETRY },
		{ 429, "cluster_block_exception", BULK_RETRY },
		{ 500, "", BULK_RETRY },
		{ 503, "unavailable_shards_exception", BULK_RETRY },
		{ 599, "", BULK_RETRY },
		{ 403, "cluster_block_exception", BULK_RETRY },
		{ 403, "cluster_block_exception_", BULK_STOP },
		{ 403, "security_exception", BULK_STOP },
		{ 403, "", BULK_STOP },
		{ 401, "", BULK_STOP },
		{ 404, "index_not_found_exception", BULK_STOP },
		{ 404, "", BULK_REJECTED },
		{ 409, "version_conflict_engine_exception", BULK_EXISTS },
		{ 400, "mapper_parsing_exception", BULK_REJECTED },
		{ 413, "", BULK_REJECTED },
		{ 499, "", BULK_REJECTED },
		{ 0, "", BULK_UNKNOWN },
		{ 100, "", BULK_UNKNOWN },
		{ 199, "", BULK_UNKNOWN },
		{ 202, "", BULK_UNKNOWN },
		{ 204, "", BULK_UNKNOWN },
		{ 301, "", BULK_UNKNOWN },
		{ 399, "", BULK_UNKNOWN },
		{ 600, "", BULK_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct bulk_item item = { .status = cases[i].status };

		strcpy(item.type, cases[i].type);
		if (bulk_meaning(&item) != cases[i].meaning)
			fail_msg("%d %s", item.status, item.type);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(action_lines),
		cmocka_unit_test(filter_paths),
		cmocka_unit_test(real_replies),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(one_byte_more),
		cmocka_unit_test(odd_replies),
		cmocka_unit_test(error_texts),
		cmocka_unit_test(error_type_of_a_request),
		cmocka_unit_test(meanings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
