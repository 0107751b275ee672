/* SPDX-License-Identifier: MIT */
/*
 * Heap memory that is there or ends the process (err_no_memory): nobody has to check. What is
 * returned is the caller's, for free(). Any thread.
 */
#ifndef SLT_MEM_H
#define SLT_MEM_H

#include <stddef.h>

/* n objects of this size, zeroed. */
void *mem_new(size_t n, size_t size);

/* realloc to n objects of this size; old may be NULL. */
void *mem_grow(void *old, size_t n, size_t size);

/* Copies as C strings: all of s, or its first n bytes. */
char *mem_copy(const char *s);
char *mem_copy_n(const char *s, size_t n);

#endif
