/*
 * calendar.c
 *	  Days and months.
 */
#include "postgres.h"

#include "utils/datetime.h"

#include "types/calendar.h"

/* Returns the month of a day, which is finite, and says which day of it that is, from 1. */
int32
calendar_month_and_day(DateADT day, int *day_of_month)
{
	int year;
	int month;

	Assert(!DATE_NOT_FINITE(day));
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, day_of_month);
	return year * MONTHS_PER_YEAR + month - 1;
}

/*
 * Returns the first day of a month. The first month of type date has lost its first days: there it is the
 * first day of all.
 */
DateADT
calendar_first_day(int32 month)
{
	int32 year = month / MONTHS_PER_YEAR;
	int32 month_of_year = month % MONTHS_PER_YEAR;

	/* C divides towards zero, and a year before 0 ends in its December too. */
	if (month_of_year < 0)
	{
		month_of_year += MONTHS_PER_YEAR;
		year--;
	}
	return Max(date2j(year, month_of_year + 1, 1), DATETIME_MIN_JULIAN) - POSTGRES_EPOCH_JDATE;
}
