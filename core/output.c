// SPDX-License-Identifier: MIT
// Prints results on stdout.

#include "output.h"

#include <stdio.h>

int output_plain(struct slt_text text)
{
	int n = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		putchar(c < 0x20 || c == 0x7f ? ' ' : c);
		n += (c & 0xc0) != 0x80;
	}
	return n;
}

void output_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}
