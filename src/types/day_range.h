/*
 * day_range.h
 *	  Ranges of days in SQL: a daterange, and day_range, the type of arguments that are one.
 */
#ifndef SP71_DAY_RANGE_H
#define SP71_DAY_RANGE_H

#include "postgres.h"

#include "types/period_range.h"

/* period_range_sql.c */
extern Datum period_range_days(const PeriodRange *range);

#endif
