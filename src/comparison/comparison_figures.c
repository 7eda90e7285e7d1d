/*
 * comparison_figures.c
 *	  What follows from cost, agreements, budget and results: ratios, variances, signals.
 *
 * Pure arithmetic on sums. The ratio of a sum is the ratio of the sums, never a mean of ratios.
 */
#include "postgres.h"

#include "comparison/comparison_figures.h"
#include "types/share.h"

/* Takes a price into the range of prices of a sum. */
void
agreed_sum_add_price(AgreedSum *sum, Amount price)
{
	sum->lowest_price = sum->has_price ? Min(sum->lowest_price, price) : price;
	sum->highest_price = sum->has_price ? Max(sum->highest_price, price) : price;
	sum->has_price = true;
}

/* Adds what was agreed. */
void
agreed_sum_add(AgreedSum *sum, const AgreedSum *other)
{
	if (other->count == 0)
		return;
	sum->count += other->count;
	sum->has_volume |= other->has_volume;
	sum->is_too_large |= other->is_too_large;
	sum->cost += other->cost;
	sum->volume += other->volume;
	sum->priced_cost += other->priced_cost;
	sum->priced_volume += other->priced_volume;
	sum->covered += other->covered;
	sum->covered_volume += other->covered_volume;
	sum->flexible += other->flexible;
	if (other->has_price)
	{
		agreed_sum_add_price(sum, other->lowest_price);
		agreed_sum_add_price(sum, other->highest_price);
	}
}

/* Adds results, if they are of the same kind and add up at all. */
void
result_sum_add(ResultSum *sum, const ResultSum *other)
{
	if (!other->is_known)
		return;
	if (!sum->is_known)
	{
		*sum = *other;
		return;
	}
	sum->is_mixed |= other->is_mixed || !sum->is_additive || !other->is_additive ||
					 sum->direction != other->direction || sum->unit != other->unit;
	sum->is_complete &= other->is_complete;
	sum->has_target |= other->has_target;
	sum->has_measured |= other->has_measured;
	sum->has_compared |= other->has_compared;
	sum->target += other->target;
	sum->measured += other->measured;
	sum->compared += other->compared;
	sum->compared_target += other->compared_target;
}

/*
 * Divides two sums of amounts, rounded half away from zero to four decimals; false: by zero, or what comes of it is
 * more than an amount.
 */
bool
figures_ratio(int128 dividend, int128 divisor, Amount *ratio)
{
	int128 quotient;

	if (divisor == 0)
		return false;
	if (divisor < 0)
	{
		dividend = -dividend;
		divisor = -divisor;
	}
	quotient = share_round(dividend * AMOUNT_SCALE, divisor);
	if (!amount_fits(quotient))
		return false;
	*ratio = (Amount) quotient;
	return true;
}

/* The price agreed per unit: the one price, or the mean by contracted volume of several. */
bool
figures_agreed_price(const AgreedSum *agreed, Amount *price)
{
	if (!agreed->has_price)
		return false;
	*price = agreed->lowest_price;
	return agreed->lowest_price == agreed->highest_price ||
		   figures_ratio(agreed->priced_cost, agreed->priced_volume, price);
}

/* What was measured as a percentage of the target, in 1/100 percent; false when either is missing. */
bool
figures_attainment(const ResultSum *result, int128 *hundredths)
{
	if (!result->has_compared || !amount_fits(result->compared) ||
		!amount_fits(result->compared_target))
		return false;
	*hundredths = indicator_attainment((Amount) result->compared, (Amount) result->compared_target,
									   result->direction);
	return true;
}

/* What the use of the budget says. A budget of zero that is not used says nothing. */
static Signal
signal_of_budget(const BudgetSum *budget, const SignalLimits *limits)
{
	int128 used = budget->used * 100 * AMOUNT_SCALE;

	if (!budget->is_known || (budget->amount == 0 && budget->used == 0))
		return SIGNAL_NONE;
	if (used > budget->amount * limits->budget_red)
		return SIGNAL_RED;
	return used >= budget->amount * limits->budget_amber ? SIGNAL_AMBER : SIGNAL_GREEN;
}

/* What the result says. */
static Signal
signal_of_result(const ResultSum *result, const SignalLimits *limits)
{
	int128 attainment;

	if (!figures_attainment(result, &attainment))
		return SIGNAL_NONE;
	attainment *= AMOUNT_SCALE / 100;
	if (attainment < limits->attainment_red)
		return SIGNAL_RED;
	return attainment < limits->attainment_amber ? SIGNAL_AMBER : SIGNAL_GREEN;
}

/* The worse of what the budget and the result say; there may be no result. */
Signal
figures_signal(const BudgetSum *budget, const ResultSum *result, const SignalLimits *limits)
{
	Signal of_budget = signal_of_budget(budget, limits);
	Signal of_result = result == NULL ? SIGNAL_NONE : signal_of_result(result, limits);

	return Max(of_budget, of_result);
}
