/*
 * amendment.c
 *	  amend(): a budget is changed as a whole, by an amendment with its number, kind and lines.
 *
 * A line says by how much a limit changes and what it then is; that both agree with the limit as it is shows that
 * who decided it knew that. So the caps are locked first, in the order of their ids, and then looked at. All
 * lines are done, or none.
 *
 * amend_by() is for other acts, which change one cap by an amount whatever its limit is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "call.h"
#include "lifecycle/budget_change.h"
#include "own.h"
#include "rules/rulebook.h"
#include "types/day_range.h"
#include "types/shown.h"

/* Arguments of amend(), in order. */
enum
{
	AMEND_PERIOD,
	AMEND_NUMBER,
	AMEND_KIND,
	AMEND_LINES,
	AMEND_REASON,
	AMEND_DOCUMENT
};

/* Arguments of amend_by(), in order. */
enum
{
	AMEND_BY_DURING,
	AMEND_BY_NUMBER,
	AMEND_BY_CAP,
	AMEND_BY_MUTATION,
	AMEND_BY_REASON,
	AMEND_BY_DOCUMENT
};

/* What an amendment adds to the limits of each metric. */
typedef int128 AmendmentSums[METRIC_COUNT];

PG_FUNCTION_INFO_V1(steering_amend);
PG_FUNCTION_INFO_V1(steering_amend_by);

extern Datum steering_period_range(PG_FUNCTION_ARGS);

/* Checks the kind of an amendment. */
static char *
amendment_check_kind(Datum given)
{
	static const char *const kinds[] = {"policy", "neutral", "reserve", "technical"};
	char *kind = TextDatumGetCString(given);

	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return kind;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("kind must be \"policy\", \"neutral\", \"reserve\" or \"technical\": \"%s\"",
					kind)));
}

/* Refuses an amendment of a period that is over. Before caps are waited for, and after: midnight may have come. */
static void
amendment_check_day(Datum during)
{
	static const char query[] = "SELECT steering.require_amendable($1, steering.decision_day())";
	Oid types[] = {DATERANGEOID};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, lengthof(types), types, &during, NULL);
	own_spi_end(&spi);
}

/* Refuses a line of a cap with days outside the period. */
static void
amendment_check_period(const CapFigures *figures, Datum during)
{
	DateADT first_day;
	DateADT end_day;

	day_range_read(during, &first_day, &end_day);
	if (figures->first_day < first_day || figures->end_day > end_day)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is not within period %s", budget_change_cap_name(figures),
							   period_shown(first_day, end_day)),
						errdetail("It has the days from %s to %s.", day_shown(figures->first_day),
								  day_shown(figures->end_day - 1)),
						budget_change_fields(figures)));
}

/* Refuses a line that does not say what it comes to. */
static void
amendment_check_line(const BudgetLine *line, const CapFigures *figures)
{
	int128 comes_to = (int128) figures->amount + line->mutation;
	bool readable = rulebook_may_read_cap(figures, GetUserId());

	if (comes_to == line->new_amount)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("new amount of %s is not its present amount with the mutation",
					budget_change_cap_name(figures)),
			 readable ? errdetail("Present amount %s, mutation %s: new amount %s, not %s.",
								  amount_shown(figures->amount), amount_shown(line->mutation),
								  amount_shown(comes_to), amount_shown(line->new_amount))
					  : 0,
			 budget_change_fields(figures)));
}

/* Locks the caps of the lines, in their order. */
static void
amendment_lock(const BudgetLine *lines, int count)
{
	rulebook_enter_booking();
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		budget_change_lock(lines[i].cap_id);
	}
}

/* Checks the lines against their caps, which are locked, and adds up what they come to. */
static void
amendment_check_lines(const BudgetLine *lines, int count, Datum during, AmendmentSums sums)
{
	for (int i = 0; i < count; i++)
	{
		const CapFigures *figures = budget_change_figures(lines[i].cap_id, NULL);

		amendment_check_period(figures, during);
		amendment_check_line(&lines[i], figures);
		sums[figures->metric] += lines[i].mutation;
	}
}

/* Refuses an amendment that is called neutral and is not. */
static void
amendment_check_neutral(const AmendmentSums sums)
{
	for (int metric = 0; metric < METRIC_COUNT; metric++)
		if (sums[metric] != 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("mutations of a neutral amendment add up to %s, not to nothing",
								   amount_shown(sums[metric])),
							errdetail("They are those of %s caps.", metric_name(metric))));
}

/* Fills in what is recorded of an amendment, from the arguments. */
static void
amendment_read(FunctionCallInfo fcinfo, BudgetChange *change)
{
	static const char *const names[] = {"period", "number", "kind", "lines", "reason"};

	for (int i = 0; i < lengthof(names); i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
	change->during = DirectFunctionCall1(steering_period_range, PG_GETARG_DATUM(AMEND_PERIOD));
	change->number = budget_change_text(PG_GETARG_DATUM(AMEND_NUMBER), names[AMEND_NUMBER]);
	change->kind = amendment_check_kind(PG_GETARG_DATUM(AMEND_KIND));
	change->reason = budget_change_text(PG_GETARG_DATUM(AMEND_REASON), names[AMEND_REASON]);
	if (!PG_ARGISNULL(AMEND_DOCUMENT))
		change->document = budget_change_text(PG_GETARG_DATUM(AMEND_DOCUMENT), "document");
}

/* amend(period, number, kind, lines, reason, document) */
Datum
steering_amend(PG_FUNCTION_ARGS)
{
	BudgetChange change = {0};
	AmendmentSums sums = {0};
	BudgetLine *lines;
	int count;

	amendment_read(fcinfo, &change);
	lines = budget_lines_read(PG_GETARG_JSONB_P(AMEND_LINES), &count);
	amendment_check_day(change.during);
	amendment_lock(lines, count);
	amendment_check_day(change.during);
	amendment_check_lines(lines, count, change.during, sums);
	if (strcmp(change.kind, "neutral") == 0)
		amendment_check_neutral(sums);
	budget_change_begin(&change);
	for (int i = 0; i < count; i++)
		budget_change_revise(&change, &lines[i], false);
	budget_change_end(&change);
	PG_RETURN_INT32(change.amendment_id);
}

/* Returns the line by which a cap, which is locked, changes by an amount. */
static BudgetLine
amend_by_line(int32 cap_id, Amount mutation, Datum during)
{
	const CapFigures *figures = budget_change_figures(cap_id, NULL);
	BudgetLine line = {.cap_id = cap_id, .mutation = mutation};

	amendment_check_period(figures, during);
	if (pg_add_s64_overflow(figures->amount, mutation, &line.new_amount) || line.new_amount < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("new amount of %s is not one that a limit can have",
							   budget_change_cap_name(figures)),
						errdetail("The mutation is %s.", amount_shown(mutation)),
						budget_change_fields(figures)));
	return line;
}

/* Fills in what is recorded of an amendment of one cap, from the arguments. */
static void
amend_by_read(FunctionCallInfo fcinfo, BudgetChange *change)
{
	static const char *const names[] = {"period", "number", "cap", "mutation", "reason"};

	for (int i = 0; i < lengthof(names); i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
	change->kind = "policy";
	change->during = PG_GETARG_DATUM(AMEND_BY_DURING);
	change->number = budget_change_text(PG_GETARG_DATUM(AMEND_BY_NUMBER), names[AMEND_BY_NUMBER]);
	change->reason = budget_change_text(PG_GETARG_DATUM(AMEND_BY_REASON), names[AMEND_BY_REASON]);
	if (!PG_ARGISNULL(AMEND_BY_DOCUMENT))
		change->document = budget_change_text(PG_GETARG_DATUM(AMEND_BY_DOCUMENT), "document");
}

/* amend_by(period, number, cap, mutation, reason, document): an amendment that another act makes. */
Datum
steering_amend_by(PG_FUNCTION_ARGS)
{
	BudgetChange change = {0};
	int32 cap_id = PG_GETARG_INT32(AMEND_BY_CAP);
	BudgetLine line;

	amend_by_read(fcinfo, &change);
	amendment_check_day(change.during);
	rulebook_enter_booking();
	budget_change_lock(cap_id);
	amendment_check_day(change.during);
	line = amend_by_line(cap_id,
						 amount_exact_from_numeric(PG_GETARG_DATUM(AMEND_BY_MUTATION), "amount"),
						 change.during);
	budget_change_begin(&change);
	budget_change_revise(&change, &line, false);
	budget_change_end(&change);
	PG_RETURN_INT32(change.amendment_id);
}
