/*
 * calendar.h
 *	  Days and months. A month is a number, counted as in fiscal_period.h: from January of a year 0.
 */
#ifndef SP71_CALENDAR_H
#define SP71_CALENDAR_H

#include "postgres.h"

#include "utils/date.h"

extern int32 calendar_month_and_day(DateADT day, int *day_of_month);
extern DateADT calendar_first_day(int32 month);

/* Returns the month of a day, which is finite; before the year 0 it is negative. */
static inline int32
calendar_month(DateADT day)
{
	int day_of_month;

	return calendar_month_and_day(day, &day_of_month);
}

/* Tells whether a day, which may be infinite, is the first one of a month. */
static inline bool
calendar_begins_month(DateADT day)
{
	int day_of_month = 0;

	if (!DATE_NOT_FINITE(day))
		(void) calendar_month_and_day(day, &day_of_month);
	return day_of_month == 1;
}

/* Returns the first day of the month of a day, which is finite. */
static inline DateADT
calendar_month_begin(DateADT day)
{
	return calendar_first_day(calendar_month(day));
}

/*
 * Returns the first day of the month after that of a day, which is finite. After the last month of type
 * date that is none: ask IS_VALID_DATE().
 */
static inline DateADT
calendar_month_end(DateADT day)
{
	return calendar_first_day(calendar_month(day) + 1);
}

#endif
