/* SPDX-License-Identifier: MIT */
/* A facade that needs a function which nobody has. */
#include <slt/facade.h>

extern const char *slt_test_nowhere(const void *facade);

static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)log;
	return slt_refuse(doc, slt_test_nowhere(facade));
}

SLT_FACADE(unresolved) = {
	SLT_FACADE_HEAD,
	.name = "unresolved",
	.version = "1.0",
	.summary = "it cannot be loaded",
	.fetch = slt_test_nowhere,
	.message = message,
	.mark_as_sent = slt_test_nowhere,
};
