// SPDX-License-Identifier: MIT
// DATABASE_URL: whatever it is, it is read or refused, and no password gets into an error.

#include "fuzz.h"

#include <string.h>

#include "dburl.h"

#define CANARY "c4n4ry"

static void read_url(const char *text)
{
	struct dburl url = { 0 };
	struct err err = { .text = "" };

	if (dburl_parse(text, &url, &err) == 0) {
		HOLDS(!strcmp(url.driver, "postgresql") || !strcmp(url.driver, "mysql") ||
		      !strcmp(url.driver, "sqlite"));
		HOLDS(url.n_options <= DBURL_MAX_OPTIONS);
		for (size_t i = 0; i < url.n_options; i++)
			HOLDS(dburl_option(&url, url.options[i].name));
	} else {
		HOLDS(*err.text && memchr(err.text, '\0', sizeof(err.text)));
		HOLDS(!strstr(err.text, CANARY));
	}
	dburl_fini(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const around[][2] = {
		{ "", "" },
		{ "postgres://user:" CANARY, "@host/name" },
		{ "mysql://user:", CANARY "@host:3306/name?charset=utf8mb4" },
		{ "postgres://user:" CANARY "@", "/name?sslmode=require" },
	};
	char *text = malloc(size + 128);

	HOLDS(text);
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		size_t head = strlen(around[i][0]);

		memcpy(text, around[i][0], head);
		memcpy(text + head, data, size);
		strcpy(text + head + size, around[i][1]);
		read_url(text);
	}
	free(text);
	return 0;
}
