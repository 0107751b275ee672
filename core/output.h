/* SPDX-License-Identifier: MIT */
/*
 * Results on stdout: text that stays on its line, and JSON. One thread.
 */
#ifndef SLT_OUTPUT_H
#define SLT_OUTPUT_H

#include <json-c/json.h>
#include <slt/facade.h>

/* Prints a text that may hold anything, control characters as blanks. Returns its
 * characters. */
int output_plain(struct slt_text text);

/* Prints an object over several lines, and releases it. */
void output_json(struct json_object *o);

#endif
