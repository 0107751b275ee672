// SPDX-License-Identifier: MIT
// Heap memory that is there or ends the process.

#include "mem.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"

static void *must(void *got)
{
	if (!got)
		err_no_memory();
	return got;
}

void *mem_new(size_t n, size_t size)
{
	return must(calloc(n, size));
}

void *mem_grow(void *old, size_t n, size_t size)
{
	return must(reallocarray(old, n, size));
}

char *mem_copy(const char *s)
{
	return must(strdup(s));
}

char *mem_copy_n(const char *s, size_t n)
{
	return must(strndup(s, n));
}
