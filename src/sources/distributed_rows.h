/*
 * distributed_rows.h
 *	  Booking the rows of a distributed table on the coordinator, before its nodes count them.
 */
#ifndef SP71_DISTRIBUTED_ROWS_H
#define SP71_DISTRIBUTED_ROWS_H

#include "bookings/judge.h"
#include "mapping/source.h"

extern void distributed_rows_book(const Source *source, JudgeWhen when);

#endif
