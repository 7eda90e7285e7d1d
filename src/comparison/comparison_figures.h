/*
 * comparison_figures.h
 *	  What follows from cost, agreements, budget and results: ratios, variances, signals. Pure.
 */
#ifndef SP71_COMPARISON_FIGURES_H
#define SP71_COMPARISON_FIGURES_H

#include "sp71_steering.h"

#include "comparison/comparison.h"

typedef enum Signal
{
	SIGNAL_NONE,
	SIGNAL_GREEN,
	SIGNAL_AMBER,
	SIGNAL_RED
} Signal;

/* From where on a signal is amber or red, as percentages with four decimals. */
typedef struct SignalLimits
{
	Amount budget_amber;     /* used, from here on */
	Amount budget_red;       /* above this */
	Amount attainment_amber; /* below this */
	Amount attainment_red;
} SignalLimits;

extern void agreed_sum_add(AgreedSum *sum, const AgreedSum *other);
extern void agreed_sum_add_price(AgreedSum *sum, Amount price);
extern void result_sum_add(ResultSum *sum, const ResultSum *other);

extern bool figures_ratio(int128 dividend, int128 divisor, Amount *ratio);
extern bool figures_agreed_price(const AgreedSum *agreed, Amount *price);
extern bool figures_attainment(const ResultSum *result, int128 *hundredths);
extern Signal figures_signal(const BudgetSum *budget, const ResultSum *result,
							 const SignalLimits *limits);

#endif
