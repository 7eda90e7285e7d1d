/*
 * indicator.c
 *	  What is measured against a target: attainment.
 */
#include "sp71_steering.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "results/indicator.h"
#include "types/share.h"

#define ATTAINED INT64CONST(10000) /* 100 percent */
#define ATTAINMENT_DECIMALS 2

static const char *const direction_names[] = {
	[DIRECTION_HIGHER] = "higher",
	[DIRECTION_LOWER] = "lower",
};

/* Reads a direction; false if the word is none. */
bool
direction_parse(const char *string, Direction *result)
{
	for (int i = 0; i < lengthof(direction_names); i++)
		if (strcmp(string, direction_names[i]) == 0)
		{
			*result = (Direction) i;
			return true;
		}
	return false;
}

/* Returns the word for a direction. */
const char *
direction_name(Direction direction)
{
	return direction_names[direction];
}

/*
 * Returns how far a target is attained: 100 percent, and for each percent of the target that was
 * measured in the good direction beyond it one more, in the other one less.
 *
 * A target of zero has no percents: as good is 100 percent, and anything worse is 0.
 */
int128
indicator_attainment(Amount measured, Amount target, Direction direction)
{
	int128 beyond =
		direction == DIRECTION_HIGHER ? (int128) measured - target : (int128) target - measured;
	int128 size = target < 0 ? -(int128) target : target;

	if (size == 0)
		return beyond >= 0 ? ATTAINED : 0;
	return share_round(ATTAINED * (size + beyond), size);
}

/* Converts hundredths to a numeric of two decimals; by way of text if they are beyond an int64. */
Datum
attainment_to_numeric(int128 attainment)
{
	static const int64 half = INT64CONST(1000000000000000000);
	int128 size = attainment < 0 ? -attainment : attainment;
	char *string;

	if (attainment == (int64) attainment)
		return NumericGetDatum(int64_div_fast_to_numeric((int64) attainment, ATTAINMENT_DECIMALS));
	string = psprintf("%s%lld%018llde-%d", attainment < 0 ? "-" : "", (long long) (size / half),
					  (long long) (size % half), ATTAINMENT_DECIMALS);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(string), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}
