/* SPDX-License-Identifier: MIT */
/*
 * What --help says: one table of the commands, from which both the list of all of them and
 * the help of each come. The manual, the shell's completion and the options that main reads
 * are compared with it by tests/docs.sh and tests/completion.sh. Read only: any thread.
 */
#ifndef SLT_USAGE_H
#define SLT_USAGE_H

/* On stdout: the commands, the options that stand before them, the exit statuses. */
void usage_print(void);

/* On stdout: what this command does, its options, exit statuses and an example. A name that
 * is no command's prints nothing. */
void usage_print_command(const char *name);

#endif
