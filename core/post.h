/* SPDX-License-Identifier: MIT */
/*
 * The third step of a lane: sends the documents of a chunk to the index until each row
 * has a verdict, or it is time to give up. Only what may be sent again is, with the same
 * bytes.
 */
#ifndef SLT_POST_H
#define SLT_POST_H

#include "err.h"

struct lane;

/* Afterwards no row of the chunk is BUILT. -1: the run has to stop (configuration, no
 * progress, interrupted); rows without an answer are LEFT, the others have their
 * verdicts. */
int post(struct lane *lane, struct err *err) MUST_CHECK;

/* Instead of it, when nothing may be sent: all BUILT rows are LEFT. Returns -1. */
int post_nothing(struct lane *lane);

#endif
