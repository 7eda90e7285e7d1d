/*
 * table_number.h
 *	  steering.table_number: a table as regclass has it, but for reading a name that no table has. That is
 *	  no error there: it becomes a number that is no table's, and the name is kept for whoever stores the
 *	  row (sources/missing_table.c).
 *
 * COPY reads all of a register or nothing, so one table that a dump was restored without would be the
 * end of all sources. The bytes are those of regclass, which earlier versions of the library know.
 */
#ifndef SP71_TABLE_NUMBER_H
#define SP71_TABLE_NUMBER_H

#include "postgres.h"

extern char *table_number_unknown_name(Oid number);

#endif
