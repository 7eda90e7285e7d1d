/*
 * outlook_choice.c
 *	  Chooses the method of an outlook by evidence, and says why.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "outlook/outlook_choice.h"

/* Tells whether one method was less off than another one. */
static bool
choice_is_better(const OutlookError *errors, OutlookMethod method, OutlookMethod than)
{
	return errors[method].distance < errors[than].distance;
}

/*
 * Puts the methods in order: least error first, and of equal ones the simpler one. Only those take
 * part that had a figure wherever another one had.
 */
static void
choice_order(MethodChoice *choice)
{
	const OutlookError *errors = choice->errors;

	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
	{
		int place = choice->count;

		if (errors[method].count < errors[OUTLOOK_RUN_RATE].count)
			continue;
		for (; place > 0 && choice_is_better(errors, method, choice->methods[place - 1]); place--)
			choice->methods[place] = choice->methods[place - 1];
		choice->methods[place] = method;
		choice->count++;
	}
}

/* Says what the error of each method was. */
static void
choice_explain(MethodChoice *choice)
{
	int years = choice->years;

	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
	{
		bool isnull;
		Datum percentage = outlook_percentage(choice->errors[method].distance,
											  choice->errors[method].actual, &isnull);
		char text[AMOUNT_TEXT_LENGTH];

		if (isnull)
		{
			choice->reasons[method] = "no evidence";
			continue;
		}
		amount_print(DatumGetAmount(percentage), text);
		choice->reasons[method] =
			psprintf("error %s%% over %d earlier %s", text, years, years == 1 ? "year" : "years");
	}
}

/*
 * Chooses by evidence: how far each method was off in earlier whole years, at the end of as many
 * months as are known now. In the first month of a period that is its end.
 */
void
choice_make(MethodChoice *choice, Outlook *outlook, const OutlookPoint *point)
{
	PeriodRange years[YEARS_AT_MOST];
	int back = OUTLOOK_EARLIER_MONTHS / point->step;
	PeriodRange first = {point->period.first_month - back * point->step,
						 point->period.end_month - back * point->step};
	int count = outlook_list_years(outlook, first, back, years);

	choice->count = 0;
	for (int i = 0; i < count; i++)
	{
		outlook_read_plan(outlook, years[i], true);
		outlook_test(outlook, years[i], Max(point->known, 1), choice->errors);
	}
	choice->years = count;
	choice_order(choice);
	choice_explain(choice);
}

/* Says in each reason which period it is, if nobody asked for that. */
void
choice_name_period(MethodChoice *choice, const OutlookPeriod *period)
{
	int32 first = period->months.first_month;
	int32 end = period->months.end_month;
	char *name;

	if (period->source == NULL)
		return;
	name = psprintf("period [%04d-%02d-01,%04d-%02d-01) of %s", first / 12, first % 12 + 1,
					end / 12, end % 12 + 1, period->source);
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
		choice->reasons[method] =
			choice->is_asked ? name : psprintf("%s; %s", choice->reasons[method], name);
}

/*
 * Tells whether a method that was chosen, not asked for, says nothing of a pair: days that brought
 * nothing, or less, are not multiplied by days to come.
 */
static bool
choice_is_idle(const MethodChoice *choice, OutlookMethod method, const OutlookStart *start)
{
	return method == OUTLOOK_RUN_RATE && !choice->is_asked &&
		   (start->actual <= 0 || start->is_over);
}

/* Finds the first method that has a figure; if none has, the first. */
OutlookFigure
choice_expect(const MethodChoice *choice, const Outlook *outlook, const OutlookPair *pair,
			  const OutlookPoint *point, OutlookStart *start, OutlookMethod *method)
{
	for (int i = 0; i < choice->count; i++)
	{
		OutlookFigure figure;

		*method = choice->methods[i];
		if (choice_is_idle(choice, *method, start))
			continue;
		figure = outlook_expect(outlook, pair, point, start, *method);
		if (figure.is_known)
			return figure;
	}
	*method = choice->methods[0];
	return (OutlookFigure){.is_known = false};
}
