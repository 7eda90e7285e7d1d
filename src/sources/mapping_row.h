/*
 * mapping_row.h
 *	  How errors name a row of a finance table: by its primary key, else by its first columns.
 *
 * What is needed for that is prepared when a mapping is compiled, since in an error there is no looking
 * things up.
 */
#ifndef SP71_MAPPING_ROW_H
#define SP71_MAPPING_ROW_H

#include "sp71_steering.h"

#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/relcache.h"

/* A column by which rows are named. */
typedef struct MappingRowKey
{
	AttrNumber attribute;
	const char *name;
	FmgrInfo output;
} MappingRowKey;

typedef struct MappingRow
{
	TupleTableSlot *slot; /* the row */
	int keys;
	MappingRowKey *key;
} MappingRow;

extern void mapping_row_prepare(MappingRow *row, Relation rel);
extern char *mapping_row_text(const MappingRow *row);

#endif
