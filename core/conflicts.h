/* SPDX-License-Identifier: MIT */
/*
 * The commands conflicts and resolve: unsent rows under whose _id the index has another
 * document. They look with a search, which serves an index, an alias and a data stream alike;
 * what was indexed within the last second may not be seen yet. One thread.
 */
#ifndef SLT_CONFLICTS_H
#define SLT_CONFLICTS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "settings.h"

/* Prints the key, the index and the places where the documents differ, never a value, of each
 * such row. *ret_status: done when there is none, else set aside. */
int conflicts_list(const struct settings *settings, bool json,
		   enum exit_status *ret_status, struct err *err) MUST_CHECK;

/* Marks the rows with these keys as sent although the index holds other documents: what a
 * person has decided. A row that is in no conflict is not marked, and told: set aside. */
int conflicts_resolve(const struct settings *settings, char *const *keys, size_t n_keys,
		      enum exit_status *ret_status, struct err *err) MUST_CHECK;

#endif
