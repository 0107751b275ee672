/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: the entry point's type, and a check that ends the process. */
#ifndef SLT_FUZZ_H
#define SLT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Holds in release builds, too; the input is then kept by the fuzzer. */
#define HOLDS(condition)                                                        \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, \
				__LINE__, #condition);                          \
			abort();                                                \
		}                                                               \
	} while (0)

#endif
