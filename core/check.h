/* SPDX-License-Identifier: MIT */
/*
 * The command check: looks at everything that a run needs, one line for each, and says what to do
 * where something is wrong. Changes nothing.
 */
#ifndef SLT_CHECK_H
#define SLT_CHECK_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"

/* Of settings that could not be loaded it says what is wrong, and looks at nothing else. The exit
 * status: EXIT_DONE, EXIT_SET_ASIDE with warnings; with failures EXIT_CONFIG, or EXIT_UNAVAILABLE
 * when all of them are of that kind. */
enum exit_status check(const struct settings *settings, bool json);

#endif
