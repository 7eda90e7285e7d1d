/*
 * unit_names.c
 *	  Numbers for the names of units: what volumes and results are counted in. Sums compare them for
 *	  each row that they add.
 *
 * There are as many as there are services and indicators at most, and each is looked up once.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA() in every release */
#include "fmgr.h"
#include "utils/datum.h"

#include "reports/unit_names.h"

struct UnitNames
{
	int count;
	int room;
	Datum *names; /* texts */
};

/* Makes an empty list in the current context. */
UnitNames *
unit_names_create(void)
{
	UnitNames *units = palloc(sizeof(UnitNames));

	units->count = 0;
	units->room = 16;
	units->names = palloc(units->room * sizeof(Datum));
	return units;
}

/* Tells whether two texts are the same, byte by byte. */
static bool
unit_is_same(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/* Returns the number of a name, from 1 on. */
int32
unit_number(UnitNames *units, Datum name)
{
	const text *wanted = DatumGetTextPP(name);

	for (int i = 0; i < units->count; i++)
		if (unit_is_same(wanted, (const text *) DatumGetPointer(units->names[i])))
			return i + 1;
	if (units->count == units->room)
	{
		units->room *= 2;
		units->names = repalloc(units->names, units->room * sizeof(Datum));
	}
	units->names[units->count++] = datumCopy(PointerGetDatum(wanted), false, -1);
	return units->count;
}

/* Returns the name that has a number. */
Datum
unit_name(const UnitNames *units, int32 number)
{
	Assert(number > 0 && number <= units->count);
	return units->names[number - 1];
}
