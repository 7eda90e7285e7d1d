/*
 * bookings_column.h
 *	  The columns of a query of bookings: of which types they may be, and what their values mean.
 *
 * They are, by place: service, participant, booked_on, amount, volume, releases, final; all after the third may be
 * missing, and are zero or nothing then. They are of the types that attach() takes, or text, of which most files are made.
 */
#ifndef SP71_BOOKINGS_COLUMN_H
#define SP71_BOOKINGS_COLUMN_H

#include "sp71_steering.h"

#include "access/tupdesc.h"
#include "mapping/mapping.h"

#define BOOKINGS_COLUMNS 7 /* at most */

/* The types of a query's columns, without domains. */
typedef struct BookingsColumns
{
	int count;
	Oid types[BOOKINGS_COLUMNS];
	Oid amount_type; /* of ours */
} BookingsColumns;

extern MappingColumn bookings_column_mapping(int place);
extern void bookings_columns_check(BookingsColumns *columns, TupleDesc desc);
extern void bookings_column_read(const BookingsColumns *columns, int place, Datum value,
								 MappedRow *row);

#endif
