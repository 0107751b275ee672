/* SPDX-License-Identifier: MIT */
/*
 * Places where a test can let the program die. Only a program that was configured with
 * --enable-fault-points has them, and only while SLT_FAULT_POINT is set:
 *
 *	SLT_FAULT_POINT=posted:3	SIGKILL when "posted" is reached the third time
 *
 * Elsewhere a fault point is no code at all. Any thread.
 */
#ifndef SLT_FAULT_H
#define SLT_FAULT_H

#ifdef FAULT_POINTS
void fault_point(const char *name);
#else
#define fault_point(name) ((void)0)
#endif

#endif
