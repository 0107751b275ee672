/* SPDX-License-Identifier: MIT */
/* The command preview: the documents that send would write, on stdout. Changes nothing,
 * takes no lock, needs no search server. */
#ifndef SLT_PREVIEW_H
#define SLT_PREVIEW_H

#include "err.h"
#include "settings.h"

/* limit: rows, -1: as many as send would. Refused rows are told in the log. 0:
 * *ret_status is EXIT_DONE or EXIT_SET_ASIDE. */
int preview(const struct settings *settings, long limit, enum exit_status *ret_status,
	    struct err *err) MUST_CHECK;

#endif
