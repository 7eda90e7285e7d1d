/*
 * reason.c
 *	  One thing that speaks for or against a booking: a row of why_refused().
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "reports/reason.h"
#include "types/amount.h"

/* Begins a row, of which nothing is known but the code of the reason. */
void
reason_begin(Reason *reason, const char *code)
{
	memset(reason->nulls, true, sizeof(reason->nulls));
	reason_set_text(reason, REASON_CODE, code);
}

/* Sets a column. */
void
reason_set(Reason *reason, ReasonColumn column, Datum value)
{
	reason->values[column] = value;
	reason->nulls[column] = false;
}

/* Sets a column of text; NULL: null. */
void
reason_set_text(Reason *reason, ReasonColumn column, const char *text)
{
	if (text != NULL)
		reason_set(reason, column, CStringGetTextDatum(text));
}

/* Sets a column of money or volume. */
void
reason_set_amount(Reason *reason, ReasonColumn column, int128 sum)
{
	reason_set(reason, column, amount_sum_to_numeric(sum));
}

/* Puts a row into the result. */
void
reason_put(ReturnSetInfo *result, Reason *reason)
{
	tuplestore_putvalues(result->setResult, result->setDesc, reason->values, reason->nulls);
}
