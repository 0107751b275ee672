// SPDX-License-Identifier: MIT
// Dies where a test wants it to.

#include "fault.h"

#ifdef FAULT_POINTS

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void fault_point(const char *name)
{
	static atomic_long reached;
	const char *wanted = getenv("SLT_FAULT_POINT");
	size_t n = strlen(name);

	if (!wanted || strncmp(wanted, name, n) != 0 || wanted[n] != ':')
		return;
	if (++reached == atol(wanted + n + 1))
		raise(SIGKILL);
}

#else

typedef int fault_nothing; /* a file must not be empty (ISO C) */

#endif
