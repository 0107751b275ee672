/* SPDX-License-Identifier: MIT */
/*
 * Tries a facade's statements on a scratch database that holds its table with some unsent
 * rows: what is fetched, marked and cleared, in one transaction that is rolled back. The rows
 * become samples for message. One thread.
 */
#ifndef SLT_TRY_DATABASE_H
#define SLT_TRY_DATABASE_H

#include "db/db.h"
#include "facade.h"
#include "report.h"
#include "samples.h"

/* The facade is open for this database. `where` begins the names of the checks. */
void try_database(const struct facade *facade, struct db *db, const char *where,
		  struct samples *samples, struct report *report);

#endif
