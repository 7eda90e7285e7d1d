/*
 * settled_cost.c
 *	  What agreements cover in the sums that a settlement is made of, in SQL: settled_cost().
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "agreements/agreement_cover.h"
#include "common/hashfn.h"

/* Columns of settled_cost(). */
enum
{
	SETTLED_LINE,
	SETTLED_SERVICE,
	SETTLED_AGREEMENT,
	SETTLED_FIRST_MONTH,
	SETTLED_AMOUNT,
	SETTLED_VOLUME,
	SETTLED_COLUMNS
};

/* Where cost belongs, by the names that lines of a settlement have. */
typedef enum SettledLine
{
	SETTLED_AGREED_COST,
	SETTLED_SHARED_COST,
	SETTLED_OTHER_COST,
	SETTLED_BOOKED_COST,
	SETTLED_LINES /* how many there are */
} SettledLine;

static const char *const settled_lines[SETTLED_LINES] = {"agreed_cost", "shared_cost", "other_cost",
														 "booked_cost"};

/* What cost is added up by: agreement_id, first_month only where the line needs them, else 0. */
typedef struct SettledKey
{
	SettledLine line;
	int32 service_id;
	int32 agreement_id;
	DateADT first_month;
} SettledKey;

typedef struct SettledCost
{
	SettledKey key;
	char status;
	UsageSum sum;
} SettledCost;

#define SH_PREFIX settled
#define SH_ELEMENT_TYPE SettledCost
#define SH_KEY_TYPE SettledKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) &(k), sizeof(SettledKey))
#define SH_EQUAL(tb, a, b) (memcmp(&(a), &(b), sizeof(SettledKey)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Adds what was booked for a pair to where it belongs. */
static void
settled_add(const CoveredUsage *covered, void *context)
{
	const Agreement *agreement = covered->agreement;
	SettledKey key = {SETTLED_OTHER_COST, covered->pair.service_id, 0, 0};
	SettledCost *cost;
	bool found;

	if (agreement != NULL)
	{
		key.service_id = agreement->pair.service_id;
		if (agreement_traits(agreement->terms.form)->owed == OWED_COST_SHARE)
		{
			key.line = SETTLED_SHARED_COST;
			key.first_month = covered->first_month;
		}
		else
		{
			key.line = SETTLED_AGREED_COST;
			key.agreement_id = agreement->agreement_id;
		}
	}
	cost = settled_insert(context, key, &found);
	if (!found)
		memset(&cost->sum, 0, sizeof(UsageSum));
	usage_sum_add(&cost->sum, covered->actual);
}

/* Puts out a sum. */
static void
settled_put(ReturnSetInfo *set, Datum line, const SettledKey *key, const UsageSum *sum)
{
	Datum values[SETTLED_COLUMNS];
	bool nulls[SETTLED_COLUMNS] = {false};

	values[SETTLED_LINE] = line;
	values[SETTLED_SERVICE] = Int32GetDatum(key->service_id);
	values[SETTLED_AGREEMENT] = Int32GetDatum(key->agreement_id);
	values[SETTLED_FIRST_MONTH] = DateADTGetDatum(key->first_month);
	values[SETTLED_AMOUNT] = amount_sum_to_numeric(sum->amount);
	values[SETTLED_VOLUME] = amount_sum_to_numeric(sum->volume);
	nulls[SETTLED_SERVICE] = key->line == SETTLED_BOOKED_COST;
	nulls[SETTLED_AGREEMENT] = key->line != SETTLED_AGREED_COST;
	nulls[SETTLED_FIRST_MONTH] = key->line != SETTLED_SHARED_COST;
	nulls[SETTLED_VOLUME] = key->line == SETTLED_BOOKED_COST;
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_settled_cost);

/* settled_cost(first_day date, end_day date) */
Datum
steering_settled_cost(PG_FUNCTION_ARGS)
{
	settled_hash *costs = settled_create(CurrentMemoryContext, 1024, NULL);
	SettledKey all = {SETTLED_BOOKED_COST, 0, 0, 0};
	UsageSum booked = {0, 0, 0};
	settled_iterator iterator;
	AgreementCover *cover;
	SettledCost *cost;
	Datum lines[SETTLED_LINES];
	ReturnSetInfo *set;

	InitMaterializedSRF(fcinfo, 0);
	set = (ReturnSetInfo *) fcinfo->resultinfo;
	for (int i = 0; i < SETTLED_LINES; i++)
		lines[i] = CStringGetTextDatum(settled_lines[i]);
	cover = agreement_cover_read(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1));
	if (cover != NULL)
	{
		agreement_cover_visit(cover, settled_add, costs);
		booked.amount = agreement_cover_booked(cover);
	}
	settled_put(set, lines[all.line], &all, &booked);
	settled_start_iterate(costs, &iterator);
	while ((cost = settled_iterate(costs, &iterator)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		settled_put(set, lines[cost->key.line], &cost->key, &cost->sum);
	}
	return (Datum) 0;
}
