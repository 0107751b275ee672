// SPDX-License-Identifier: MIT
// The last line of the log when a facade crashes.

#include "crash.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

enum { STACK = 64 * 1024 };

static _Thread_local const char *volatile facade_name;
static _Thread_local const char *volatile hook_name;
static _Thread_local void *own_stack;

static const struct {
	int number;
	const char *why;
} signals[] = {
	{ SIGSEGV, " (SIGSEGV)" }, { SIGBUS, " (SIGBUS)" },   { SIGFPE, " (SIGFPE)" },
	{ SIGILL, " (SIGILL)" },   { SIGABRT, " (SIGABRT)" },
};
enum { N_SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static struct sigaction former[N_SIGNALS];

static void report(const char *what, const char *why)
{
	const char *const parts[] = {
		"facade ",
		facade_name,
		what,
		hook_name,
		why,
		(": report it to its author; rows that are not marked "
		 "are sent by the next run"),
		NULL
	};

	log_from_handler(parts);
}

/* Only what is safe in a signal handler. */
static void on_crash(int number, siginfo_t *info, void *context)
{
	(void)context;
	for (size_t i = 0; i < N_SIGNALS; i++) {
		if (signals[i].number != number)
			continue;
		if (facade_name)
			report(" crashed in its ", signals[i].why);
		sigaction(number, &former[i], NULL);
	}
	/* An instruction that fails does so again. A signal that was sent has to be sent again;
	 * it comes when this handler is done. */
	if (info->si_code <= 0)
		raise(number);
}

/* exit() in a hook would look like success. */
static void on_exit_in_hook(void)
{
	if (!facade_name)
		return;
	report(" ended the program in its ", "");
	_exit(EXIT_BUG);
}

void crash_setup(void)
{
	struct sigaction action = { .sa_sigaction = on_crash,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i].number, &action, &former[i]);
	crash_begin_thread();
}

void crash_begin_thread(void)
{
	stack_t stack = { .ss_size = STACK };

	own_stack = mem_new(1, STACK);
	stack.ss_sp = own_stack;
	sigaltstack(&stack, NULL);
	/* The last one registered is the first to run: before those of libraries (OpenSSL), which
	 * take away what the other threads are using. */
	atexit(on_exit_in_hook);
}

void crash_end_thread(void)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	sigaltstack(&none, NULL);
	free(own_stack);
	own_stack = NULL;
}

void crash_enter(const char *facade, const char *hook)
{
	hook_name = hook;
	facade_name = facade;
}

void crash_leave(void)
{
	facade_name = NULL;
}
