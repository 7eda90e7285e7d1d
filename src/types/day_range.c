/*
 * day_range.c
 *	  Ranges of days as a first day and an end day.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "types/day_range.h"

/*
 * Reads a daterange as first day and end day (exclusive). Of the type it takes no more than what dates look like,
 * which is the same for ever; looking that up would take a new session as long as reading some rows.
 */
void
day_range_read(Datum range, DateADT *first_day, DateADT *end_day)
{
	TypeCacheEntry element = {.type_id = DATEOID,
							  .typlen = sizeof(DateADT),
							  .typbyval = true,
							  .typalign = TYPALIGN_INT,
							  .typstorage = TYPSTORAGE_PLAIN};
	TypeCacheEntry type = {.type_id = DATERANGEOID, .rngelemtype = &element};
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(&type, DatumGetRangeTypeP(range), &lower, &upper, &empty);
	*first_day = lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val);
	*end_day = upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val);
}
