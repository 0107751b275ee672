// SPDX-License-Identifier: MIT
// The stop flag that SIGINT and SIGTERM set.

#include "stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

static atomic_int requested; /* lock-free: a handler may set it, any thread read it */

static void on_signal(int signal_number)
{
	(void)signal_number;
	requested = 1;
}

void stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool stop_is_requested(void)
{
	return requested != 0;
}

/* In short naps, because only one thread's sleep is interrupted by a signal. */
bool stop_wait(long milliseconds)
{
	while (milliseconds > 0 && !requested) {
		long nap = milliseconds < 100 ? milliseconds : 100;
		struct timespec time = { .tv_nsec = nap * 1000000 };

		nanosleep(&time, NULL);
		milliseconds -= nap;
	}
	return requested != 0;
}
