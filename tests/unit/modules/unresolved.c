/* SPDX-License-Identifier: MIT */
/* A facade that calls a function which nobody has. Loaded lazily, it would end the process
 * with its first row. */
#include <slt/facade.h>

extern const char *slt_test_nowhere(const void *facade);

static const char *statement(const void *facade)
{
	return slt_test_nowhere(facade);
}

static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)log;
	return slt_refuse(doc, slt_test_nowhere(facade));
}

SLT_FACADE(unresolved) = {
	SLT_FACADE_HEAD,	   .name = "unresolved",
	.version = "1.0",	   .summary = "it cannot be loaded",
	.fetch = statement,	   .message = message,
	.mark_as_sent = statement,
};
