/*
 * usage_wanted.c
 *	  The participants that a page is about, while it is made.
 *
 * They narrow which rows reports give, so that a page of one participant need not compute those of others, and no figure in
 * them. Outside of pages all are wanted.
 */
#include "postgres.h"

#include "fmgr.h"

#include "reports/usage_between.h"

static const Bitmapset *usage_wanted = NULL; /* NULL: all */

/* Says which participants are wanted from now on, NULL: all. Returns which were. */
const Bitmapset *
usage_want(const Bitmapset *participants)
{
	const Bitmapset *before = usage_wanted;

	usage_wanted = participants;
	return before;
}

/* Tells whether rows of a participant are wanted. */
bool
usage_is_wanted(int32 participant_id)
{
	return usage_wanted == NULL || bms_is_member(participant_id, usage_wanted);
}

/* Takes those that are not wanted out of participants. */
Bitmapset *
usage_leave_wanted(Bitmapset *participants)
{
	return usage_wanted == NULL ? participants : bms_int_members(participants, usage_wanted);
}

PG_FUNCTION_INFO_V1(steering_is_wanted);

/* is_wanted(participant_id integer) */
Datum
steering_is_wanted(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_ARGISNULL(0) || usage_is_wanted(PG_GETARG_INT32(0)));
}
