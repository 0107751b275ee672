/* SPDX-License-Identifier: MIT */
/*
 * Tries a facade's message: valid documents or literal reasons, whatever the row; the same
 * bytes for the same row, wherever it lies, whenever and in how many threads. The cells lie
 * in read-only memory that ends where a cell ends, so that a message that writes or reads
 * too far crashes: it is called in a process of its own.
 */
#ifndef SLT_TRY_MESSAGE_H
#define SLT_TRY_MESSAGE_H

#include "facade.h"
#include "report.h"
#include "samples.h"

/* The facade is open. `where` begins the names of the checks. */
void try_message(const struct facade *facade, const char *where,
		 const struct samples *samples, struct report *report);

#endif
