/*
 * budget_change.h
 *	  Acts that change the limits of several caps: how they are done and recorded.
 */
#ifndef SP71_BUDGET_CHANGE_H
#define SP71_BUDGET_CHANGE_H

#include "sp71_steering.h"

#include "lifecycle/budget_line.h"
#include "rules/cap_figures.h"

/* An act, by what is recorded of it. */
typedef struct BudgetChange
{
	int32 amendment_id;
	const char *kind;
	Datum during;       /* the period; a daterange */
	const char *number; /* NULL: it has none */
	const char *reason;
	const char *document; /* NULL: none */
} BudgetChange;

extern char *budget_change_text(Datum given, const char *name);
extern void budget_change_lock(int32 cap_id);
extern const CapFigures *budget_change_figures(int32 cap_id, Amount *used);
extern char *budget_change_cap_name(const CapFigures *figures);
extern int budget_change_fields(const CapFigures *figures);
extern void budget_change_begin(BudgetChange *change);
extern void budget_change_revise(const BudgetChange *change, const BudgetLine *line,
								 bool accept_overrun);
extern void budget_change_record(const BudgetChange *change, int32 cap_id, int64 event_id,
								 Amount mutation);
extern void budget_change_end(const BudgetChange *change);

#endif
