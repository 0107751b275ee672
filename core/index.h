/* SPDX-License-Identifier: MIT */
/*
 * The index as who sets it up sees it: is it there, with which mapping, and does that fit the
 * one that the facade asks for. For the commands setup and check; one thread.
 */
#ifndef SLT_INDEX_H
#define SLT_INDEX_H

#include "buf.h"
#include "elastic.h"
#include "err.h"
#include "facade.h"

enum index_kind { INDEX_ABSENT, INDEX_PLAIN, INDEX_ALIAS, INDEX_STREAM };

/* Product and version, "not told" when the credentials may not ask for it. */
int index_product(struct elastic *elastic, char *ret, size_t size,
		  struct err *err) MUST_CHECK;

/* How it is to be made. */
enum index_form { AS_INDEX, AS_TEMPLATE, AS_STREAM_TEMPLATE };

/* The request that makes it: body as JSON, for PUT of the path. The mapping is that of the open
 * facade; one without gets the @timestamp. */
int index_put_body(const struct facade *facade, enum index_form form, const char *name,
		   struct buf *ret, struct err *err) MUST_CHECK;
const char *index_path(enum index_form form);

/* What the name stands for at the server. */
int index_find(struct elastic *elastic, enum index_kind *ret, struct err *err) MUST_CHECK;

/* Does it by such a body. Where the server knows no constant_keyword, as keyword, which is said
 * in the log. 1 made, 0 there was a template of that name already. */
int index_make(struct elastic *elastic, enum index_form form, struct slt_text body,
	       struct err *err) MUST_CHECK;

/* Compares the mapping that is there with that of the body; calls `each` with the name of the
 * field, what is expected and what is there, "" for nothing. */
typedef void index_difference_fn(void *arg, const char *field, const char *expected,
				 const char *found);
int index_compare(struct elastic *elastic, enum index_form form, struct slt_text body,
		  index_difference_fn *each, void *arg, struct err *err) MUST_CHECK;

/* Would the index reject this document (the NULL text: none) for the types of its members? Calls
 * `each` with a field, what the index has, and what the document has. */
int index_fits(struct elastic *elastic, struct slt_text document,
	       index_difference_fn *each, void *arg, struct err *err) MUST_CHECK;

#endif
