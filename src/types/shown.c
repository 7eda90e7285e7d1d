/*
 * shown.c
 *	  Amounts, days, periods and numbers of rows as messages show them. Amounts and days are the same whatever the
 *	  settings of a session are, in each language.
 *
 * The texts are made in the caller's memory. Codes are shown by code.c.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

#include "types/amount.h"
#include "types/calendar.h"
#include "types/fiscal_period.h"
#include "types/shown.h"

/*
 * Prints an amount, or a sum that may be more than one holds, as people write money: two decimals, up to
 * four where they count.
 */
char *
amount_shown(int128 sum)
{
	char *digits = DatumGetCString(DirectFunctionCall1(numeric_out, amount_sum_to_numeric(sum)));
	int length = strlen(digits);

	for (int i = 0; i < AMOUNT_DECIMALS - 2 && digits[length - 1] == '0'; i++)
		digits[--length] = '\0';
	return digits;
}

/* Prints a day in ISO form, whatever DateStyle says. */
char *
day_shown(DateADT day)
{
	char buffer[MAXDATELEN + 1];
	struct pg_tm tm = {0};

	if (DATE_NOT_FINITE(day))
		return pstrdup(DATE_IS_NOBEGIN(day) ? "-infinity" : "infinity");
	j2date(day + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	EncodeDateOnly(&tm, USE_ISO_DATES, buffer);
	return pstrdup(buffer);
}

/* Prints the month of a day, which is finite, in ISO form. */
char *
month_shown(DateADT day)
{
	char *text = day_shown(day);
	char *last_hyphen = strrchr(text, '-');

	return psprintf("%.*s%s", (int) (last_hyphen - text), text, last_hyphen + strlen("-01"));
}

/* Prints a range of days as the year, quarter or month that it is; NULL: it is none. */
static char *
period_shown_by_name(DateADT first_day, DateADT end_day)
{
	int32 first_month = calendar_month(first_day);
	int32 end_month = calendar_month(end_day);

	if (!calendar_begins_month(first_day) || !calendar_begins_month(end_day))
		return NULL;
	for (FiscalPeriodUnit unit = FISCAL_PERIOD_YEAR; unit <= FISCAL_PERIOD_MONTH; unit++)
	{
		FiscalPeriod period;
		char buffer[FISCAL_PERIOD_TEXT_LENGTH];

		if (!fiscal_period_of_month(first_month, unit, &period) ||
			fiscal_period_first_month(period) != first_month ||
			fiscal_period_end_month(period) != end_month)
			continue;
		fiscal_period_print(period, buffer);
		return pstrdup(buffer);
	}
	return NULL;
}

/* Prints a range of finite days: in the notation of a year, quarter or month, or as its first and last day. */
char *
period_shown(DateADT first_day, DateADT end_day)
{
	char *name = period_shown_by_name(first_day, end_day);

	if (name != NULL)
		return name;
	return psprintf(_("%s to %s"), day_shown(first_day), day_shown(end_day - 1));
}

/* Appends how many rows there are, and which the first of them is (NULL: that is not known). */
void
shown_append_rows(StringInfo text, int64 rows, const char *first_row)
{
	appendStringInfo(text, dngettext(TEXTDOMAIN, "%lld row", "%lld rows", (unsigned long) rows),
					 (long long) rows);
	if (first_row != NULL)
		appendStringInfo(text, rows == 1 ? ", %s" : _(", the first %s"), first_row);
}
