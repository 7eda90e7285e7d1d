/*
 * day_range.h
 *	  Ranges of days in SQL: a daterange, and day_range, the type of arguments that are one; read as two days.
 */
#ifndef SP71_DAY_RANGE_H
#define SP71_DAY_RANGE_H

#include "postgres.h"

#include "types/period_range.h"
#include "utils/date.h"

/* period_range_sql.c */
extern Datum period_range_days(const PeriodRange *range);

/* day_range.c */
extern void day_range_read(Datum range, DateADT *first_day, DateADT *end_day);

#endif
