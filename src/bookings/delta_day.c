/*
 * delta_day.c
 *	  Whether bookings of one month are netted per day.
 */
#include "postgres.h"

#include "bookings/delta.h"
#include "rules/rulebook.h"

/* Tells whether a day lies in a month and is not its first. */
static bool
delta_day_is_within(DateADT day, DateADT month, DateADT next_month)
{
	return day > month && day < next_month;
}

/* Tells whether it makes a difference on which day a booking falls of the month that begins with the key's day. */
bool
delta_days_differ(const DeltaKey *key, DateADT next_month)
{
	const ClosedDays *closed_days = rulebook_closed_days();
	const List *held = rulebook_held();
	const CapList *caps;

	if (key->service == NULL)
		return false;
	Assert(key->day < next_month);
	if (key->service->require_cap ||
		(closed_days != NULL && closed_days_find(closed_days, key->day) != NULL) ||
		(unlikely(held != NIL) && held_scope_divides(held, key->day, next_month)))
		return true;
	/* A cap that begins or ends within the month applies to some of its days. */
	caps = rulebook_caps(key->service, key->participant);
	for (int i = 0; i < caps->count; i++)
		if (delta_day_is_within(caps->caps[i].first_day, key->day, next_month) ||
			delta_day_is_within(caps->caps[i].end_day, key->day, next_month))
			return true;
	return false;
}
