/*
 * mapping_row.h
 *	  How errors name a row of a finance table: by its primary key, else by its first columns.
 *
 * What is needed for that is prepared when a mapping is compiled, and anew when another role uses it, since
 * nothing can be looked up while an error is raised. A role is shown the values of the columns that it may
 * read.
 */
#ifndef SP71_MAPPING_ROW_H
#define SP71_MAPPING_ROW_H

#include "sp71_steering.h"

#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/relcache.h"

/* A column by which rows are named. */
typedef struct MappingRowKey
{
	AttrNumber attribute;
	const char *name;
	FmgrInfo output;
	bool is_shown; /* to the roles */
} MappingRowKey;

typedef struct MappingRow
{
	TupleTableSlot *slot; /* the row */
	int keys;
	MappingRowKey *key;
	Oid role;      /* which runs the statement */
	Oid session;   /* which sent it, and will see the error */
	uint64 rights; /* as of when it is known what they may read */
} MappingRow;

extern uint64 mapping_row_rights;

extern void mapping_row_prepare(MappingRow *row, Relation rel);
extern void mapping_row_show(MappingRow *row, Relation rel);
extern void mapping_row_register_callbacks(void);
extern char *mapping_row_text(const MappingRow *row);

/* Tells whether it is known which columns the present roles may see. */
static inline bool
mapping_row_is_known(const MappingRow *row)
{
	return row->role == GetUserId() && row->session == GetOuterUserId() &&
		   row->rights == mapping_row_rights;
}

#endif
