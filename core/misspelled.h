/* SPDX-License-Identifier: MIT */
/*
 * Variables that nobody reads because their names are not quite those of settings, such as
 * ELASTICSEARCH_HSOT. One thread.
 */
#ifndef SLT_MISSPELLED_H
#define SLT_MISSPELLED_H

#include <slt/facade.h>

#include "settings.h"

/* Told of a variable and of the setting that is probably meant. */
typedef void misspelled_fn(void *arg, const char *name, const char *meant);

/* Looks at the environment and at the file of the settings. Only a setting that has no value can
 * be meant. of_facade: a facade's own settings, or NULL. */
void misspelled_find(const struct settings *settings, const struct slt_setting *of_facade,
		     misspelled_fn *tell, void *arg);

#endif
