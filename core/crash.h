/* SPDX-License-Identifier: MIT */
/*
 * Names the facade that crashes. A facade is somebody else's code in our process: while one of
 * its hooks runs, the thread says so here, and when the process then dies of a signal, the
 * last line of the log names facade and hook. The signal does what it would have done (a core
 * dump, a sanitizer's report). A hook that calls exit() is named, too; the status is then
 * EXIT_BUG. Any thread.
 */
#ifndef SLT_CRASH_H
#define SLT_CRASH_H

/* Once, after the format of the log is set, and before there are threads. */
void crash_setup(void);

/* Gives the calling thread a stack for the report of an overflow of its own. */
void crash_begin_thread(void);
void crash_end_thread(void);

/* A hook of a facade is called, and has returned. Borrows both texts. Not nested. */
void crash_enter(const char *facade, const char *hook);
void crash_leave(void);

#endif
