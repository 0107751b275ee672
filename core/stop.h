/* SPDX-License-Identifier: MIT */
/*
 * The stop flag: SIGINT and SIGTERM set it, everybody looks at it between two steps. Any
 * thread.
 */
#ifndef SLT_STOP_H
#define SLT_STOP_H

#include <stdbool.h>

/* Installs the handlers; once, before threads start. */
void stop_on_signals(void);

bool stop_is_requested(void);

/* Sleeps for so many milliseconds, or less when a stop is requested. Returns whether it
 * is. */
bool stop_wait(long milliseconds);

#endif
