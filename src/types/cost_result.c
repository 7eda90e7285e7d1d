/*
 * cost_result.c
 *	  Pairs of cost and result as text, and their order.
 *
 * Calls nothing of the server, so that a fuzzer can link this file with amount.c alone.
 */
#include "postgres.h"

#include "types/cost_result.h"

/*
 * Reads a pair: "1255100.00 / 1000.00". Both sides are amounts. The string is written to on the way,
 * and is as before in the end.
 */
AmountStatus
cost_result_parse(char *string, CostResult *pair)
{
	char *slash = strchr(string, '/');
	AmountStatus cost;
	AmountStatus result;

	if (slash == NULL)
		return AMOUNT_SYNTAX;
	*slash = '\0';
	cost = amount_parse(string, &pair->cost);
	*slash = '/';
	result = amount_parse(slash + 1, &pair->result);
	if (cost == AMOUNT_SYNTAX || result == AMOUNT_SYNTAX)
		return AMOUNT_SYNTAX;
	return cost != AMOUNT_OK ? cost : result;
}

/* Writes a pair into a buffer of COST_RESULT_TEXT_LENGTH bytes. */
void
cost_result_print(const CostResult *pair, char *buffer)
{
	buffer += amount_print(pair->cost, buffer);
	memcpy(buffer, " / ", 3);
	amount_print(pair->result, buffer + 3);
}

/* Compares two numbers. */
static inline int
compare(int128 a, int128 b)
{
	return (a > b) - (a < b);
}

/*
 * Compares two pairs by what a result costs, and those where it costs the same by cost and then by
 * result, so that only equal pairs are equal. A pair without result comes after all that have one.
 *
 * The ratios are compared by multiplying each cost by the other's result: exactly, for a product of
 * two amounts fits in 128 bits.
 */
int
cost_result_compare(const CostResult *a, const CostResult *b)
{
	int order;

	order = (a->result == 0) - (b->result == 0);
	if (order == 0 && a->result != 0)
	{
		order = compare((int128) a->cost * b->result, (int128) b->cost * a->result);
		if ((a->result < 0) != (b->result < 0))
			order = -order;
	}
	if (order == 0)
		order = compare(a->cost, b->cost);
	if (order == 0)
		order = compare(a->result, b->result);
	return order;
}
