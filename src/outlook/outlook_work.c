/*
 * outlook_work.c
 *	  Earned value (Project Management Institute, Practice Standard for Earned Value Management): what
 *	  the whole work will cost, from what was achieved for the cost so far.
 *
 * AC, PV and EV are as they stood at the end of the last month up to which every result was measured:
 * the data date. In CPI and SPI the budget at completion cancels out.
 */
#include "postgres.h"

#include "outlook/outlook.h"

/* What was achieved, up to a month's end. */
typedef struct EarnedWork
{
	int32 months;
	Amount measured; /* not more than the target */
	Amount target;
	Amount cost; /* AC */
} EarnedWork;

/* Tells whether a budget at completion is known. */
bool
outlook_has_work(const OutlookPlan *plan)
{
	return plan->has_budget || plan->has_agreed;
}

/* Returns the budget at completion: the budget, else agreed cost. Error: 22003. */
Amount
outlook_planned_cost(const OutlookPlan *plan)
{
	return plan->has_budget ? plan->budget : amount_narrow(plan->agreed);
}

/*
 * Finds out what was achieved up to the data date. Only what was measured from the first month on,
 * without a gap, says how much of the target was reached. More than all of it cannot be earned. Where
 * others are booked on below, the cost of the pair itself is a part of what the work cost.
 */
static bool
work_read(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
		  EarnedWork *work)
{
	int32 first = point->period.first_month;
	int32 end = first;
	int128 measured = 0;

	if (pair->is_above || !outlook_has_work(&pair->plan) || !pair->plan.has_target ||
		pair->plan.target <= 0)
		return false;
	for (int32 number = pair->plan.measured; number != 0;
		 number = outlook->measured[number - 1].next)
	{
		const OutlookMeasured *part = &outlook->measured[number - 1];

		if (part->months.first_month != end || part->months.end_month > first + point->known)
			break;
		measured += part->value;
		end = part->months.end_month;
	}
	work->months = end - first;
	work->target = pair->plan.target;
	work->measured = (Amount) Min(measured, work->target);
	work->cost = amount_narrow(outlook_sum(outlook, &pair->actual, first, end));
	return end > first && measured >= 0;
}

/* Returns AC + (BAC - EV): the rest costs what was planned for it. */
static Amount
work_at_budget(const EarnedWork *work, Amount budget)
{
	int128 factors[] = {budget, work->target - work->measured};
	int128 divisor = work->target;

	return amount_add(work->cost, outlook_quotient(factors, lengthof(factors), &divisor, 1));
}

/* Returns BAC / CPI = AC * BAC / EV: the rest costs what was achieved so far did. */
static Amount
work_at_cost_index(const EarnedWork *work)
{
	int128 factors[] = {work->cost, work->target};
	int128 divisor = work->measured;

	return outlook_quotient(factors, lengthof(factors), &divisor, 1);
}

/* Returns AC + (BAC - EV) / (CPI * SPI), where CPI = EV / AC and SPI = EV / PV. */
static Amount
work_at_both_indexes(const EarnedWork *work, const OutlookProfile *planned)
{
	int128 factors[] = {work->cost, work->target - work->measured, work->target, planned->reached};
	int128 divisors[] = {work->measured, work->measured, planned->whole};

	return amount_add(work->cost,
					  outlook_quotient(factors, lengthof(factors), divisors, lengthof(divisors)));
}

/* Computes an estimate at completion. It is unknown where what it divides by is not positive. */
OutlookFigure
outlook_work_expect(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
					OutlookMethod method)
{
	const OutlookPlan *plan = &pair->plan;
	OutlookFigure figure = {.basis = OUTLOOK_OF_DAYS};
	Amount budget;
	EarnedWork work;
	OutlookPoint data_date;
	OutlookProfile planned;

	if (!work_read(outlook, pair, point, &work))
		return figure;
	budget = outlook_planned_cost(plan);
	if (method != OUTLOOK_EAC_BUDGET && (work.measured <= 0 || work.cost <= 0 || budget <= 0))
		return figure;
	data_date = outlook_point_at_month(point->period, work.months);
	planned = outlook_profile(outlook, pair, &data_date);
	figure.is_known = true;
	figure.basis = planned.basis;
	if (method == OUTLOOK_EAC_BUDGET)
		figure.expected = work_at_budget(&work, budget);
	else if (method == OUTLOOK_EAC_CPI)
		figure.expected = work_at_cost_index(&work);
	else
		figure.expected = work_at_both_indexes(&work, &planned);
	return figure;
}
