/*
 * shown.h
 *	  Amounts, days and periods as messages show them.
 */
#ifndef SP71_SHOWN_H
#define SP71_SHOWN_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/date.h"

extern char *amount_shown(int128 sum);
extern char *day_shown(DateADT day);
extern char *month_shown(DateADT day);
extern char *period_shown(DateADT first_day, DateADT end_day);
extern void shown_append_rows(StringInfo text, int64 rows, const char *first_row);

#endif
