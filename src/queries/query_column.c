/*
 * query_column.c
 *	  What the columns of a query of bookings are called, and what they are to the mapping of its booking table.
 */
#include "postgres.h"

#include "queries/booking_query.h"

/* Returns the name of a column that a query puts out. */
const char *
query_column_name(QueryColumn column)
{
	static const char *const names[QUERY_COLUMNS] = {
		[QUERY_SERVICE] = "service",     [QUERY_PARTICIPANT] = "participant",
		[QUERY_BOOKED_ON] = "booked_on", [QUERY_AMOUNT] = "amount",
		[QUERY_VOLUME] = "volume",       [QUERY_REFERENCE] = "reference",
		[QUERY_RELEASES] = "releases",   [QUERY_FINAL] = "final",
		[QUERY_STAGE] = "stage",
	};

	Assert(column >= 0 && column < QUERY_COLUMNS);
	return names[column];
}

/* Returns what a column is of a mapping: the booking table is attached by it. Stage is read as a code is. */
MappingColumn
query_column_mapping(QueryColumn column)
{
	static const MappingColumn mapped[QUERY_COLUMNS] = {
		[QUERY_SERVICE] = MAPPING_SERVICE,     [QUERY_PARTICIPANT] = MAPPING_PARTICIPANT,
		[QUERY_BOOKED_ON] = MAPPING_BOOKED_ON, [QUERY_AMOUNT] = MAPPING_AMOUNT,
		[QUERY_VOLUME] = MAPPING_VOLUME,       [QUERY_REFERENCE] = MAPPING_REFERENCE,
		[QUERY_RELEASES] = MAPPING_RELEASES,   [QUERY_FINAL] = MAPPING_FINAL,
		[QUERY_STAGE] = MAPPING_SERVICE,
	};

	Assert(column >= 0 && column < QUERY_COLUMNS);
	return mapped[column];
}
