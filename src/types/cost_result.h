/*
 * cost_result.h
 *	  What something cost and what was achieved for it, as a pair: parser, printer, order.
 *	  Knows nothing of fmgr, tables or the rest of the extension, but amounts.
 */
#ifndef SP71_COST_RESULT_H
#define SP71_COST_RESULT_H

#include "types/amount.h"

/* 16 bytes without padding: equal pairs are equal byte by byte. */
typedef struct CostResult
{
	Amount cost;
	Amount result;
} CostResult;

#define COST_RESULT_TEXT_LENGTH (2 * AMOUNT_TEXT_LENGTH + 3)

#define CostResultPGetDatum(p) PointerGetDatum(p)
#define DatumGetCostResultP(d) ((CostResult *) DatumGetPointer(d))
#define PG_GETARG_COST_RESULT_P(n) DatumGetCostResultP(PG_GETARG_DATUM(n))
#define PG_RETURN_COST_RESULT_P(p) return CostResultPGetDatum(p)

extern AmountStatus cost_result_parse(char *string, CostResult *pair);
extern void cost_result_print(const CostResult *pair, char *buffer);
extern int cost_result_compare(const CostResult *a, const CostResult *b);

#endif
