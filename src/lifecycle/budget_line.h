/*
 * budget_line.h
 *	  By how much a limit is changed: one line of an act that changes several.
 */
#ifndef SP71_BUDGET_LINE_H
#define SP71_BUDGET_LINE_H

#include "sp71_steering.h"

#include "utils/jsonb.h"

#include "types/amount.h"

typedef struct BudgetLine
{
	int32 cap_id;
	Amount mutation;   /* not 0 */
	Amount new_amount; /* not negative */
} BudgetLine;

extern BudgetLine *budget_lines_read(Jsonb *lines, int *count);

#endif
