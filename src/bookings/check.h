/*
 * check.h
 *	  What the dry runs share: check_booking.c, check_bookings.c.
 */
#ifndef SP71_CHECK_H
#define SP71_CHECK_H

#include "sp71_steering.h"

#include "lib/stringinfo.h"
#include "utils/rel.h"

#include "bookings/booking.h"
#include "nodes/elsewhere.h"
#include "rules/cap_figures.h"
#include "rules/cap_list.h"
#include "rules/closed_days.h"
#include "rules/verdict.h"

/* Columns of what a cap says, which the results of the dry runs begin with. */
enum
{
	CHECK_CAP,
	CHECK_SERVICE,
	CHECK_PARTICIPANT,
	CHECK_METRIC,
	CHECK_AMOUNT,
	CHECK_USED,
	CHECK_AFTER,
	CHECK_BLOCKS_AT,
	CHECK_HEADROOM,
	CHECK_VERDICT,
	CHECK_COLUMNS
};

/* Columns of the result of check_bookings() after these. */
enum
{
	CHECK_BOOKINGS = CHECK_COLUMNS,
	CHECK_SQLSTATE,
	CHECK_PROBLEM,
	CHECK_FIRST_ROW,
	CHECK_BOOKINGS_COLUMNS
};

/* Why rows would be refused, in the order in which a statement would find out. */
typedef enum CheckPhase
{
	CHECK_PHASE_FAULT, /* it is no booking */
	CHECK_PHASE_ORDER, /* the order line that it releases is not there */
	CHECK_PHASE_NO_CAP,
	CHECK_PHASE_CLOSED
} CheckPhase;

/* The counters of the caps that a dry run has to do with. */
typedef struct CheckCounters
{
	Relation rel;
	StringInfoData caps; /* their numbers, as the text of an array without its end */
	const ElsewhereCounters *elsewhere;
} CheckCounters;

extern void check_counters_begin(CheckCounters *counters);
extern void check_counters_add(CheckCounters *counters, int32 cap_id);
extern void check_counters_open(CheckCounters *counters);
extern void check_counters_close(CheckCounters *counters);
extern const ClosedRange *check_closed(const Booking *booking);
extern void check_refuse(CheckPhase phase, const MappedRow *row, const Booking *booking);
extern ErrorData *check_error(CheckPhase phase, BookingFault fault, const MappedRow *row,
							  const Booking *booking);
extern bool check_wants_cap(const Booking *booking, bool budgeted, int128 amount);
extern const CapFigures *check_figures(const CheckCounters *counters, int32 cap_id, Amount *used);
extern Verdict check_judge(const CapFigures *figures, Amount used, Amount after);
extern Verdict check_fill(const CapFigures *figures, Amount used, Amount after, Datum *values,
						  bool *nulls);

#endif
