/*
 * check_problem.h
 *	  What rows of a dry run would be refused for, other than by a cap: each message once.
 */
#ifndef SP71_CHECK_PROBLEM_H
#define SP71_CHECK_PROBLEM_H

#include "sp71_steering.h"

#include "bookings/check.h"
#include "nodes/execnodes.h"

typedef struct CheckProblems CheckProblems;

extern CheckProblems *check_problems_begin(void);
extern void check_problem_note(CheckProblems *problems, CheckPhase phase, const MappedRow *row,
							   const Booking *booking, int64 bookings, int64 first_row);
extern void check_problems_put(CheckProblems *problems, ReturnSetInfo *result);

#endif
