/*
 * mapping_state.h
 *	  What a compiled mapping is made of: for mapping_cache.c, which keeps it, mapping_compile.c, which makes it, and
 *	  mapping_read.c, which reads rows by it.
 */
#ifndef SP71_MAPPING_STATE_H
#define SP71_MAPPING_STATE_H

#include "sp71_steering.h"

#include "executor/executor.h"
#include "mapping/mapping.h"
#include "mapping/mapping_row.h"

/* One mapped column: a plain attribute where it can be, else an expression state. */
typedef struct MappedColumn
{
	bool mapped;
	AttrNumber attribute; /* > 0: read this attribute */
	ExprState *state;
	Oid type; /* base type */
} MappedColumn;

struct Mapping
{
	MemoryContext context; /* holds all of this */
	Source *source;
	ExprContext *econtext;
	Oid amount_type;
	bool as_owner;         /* is to be read in the name of the table's owner */
	bool in_use;           /* a row is being read, or was when an error came */
	MappingColumn column;  /* of the row that is being read, the column */
	MappingRow row;        /* how errors name the row that is being read */
	bool has_row;          /* memory of a row is to be freed */
	int level;             /* of the subtransaction in which that row is being read */
	bool is_broken;        /* an error came at a row: its states cannot be used again */
	MemoryContext renewed; /* holds the states that took the place of such; NULL: there were none */
	AttrNumber attributes; /* the highest attribute that is merely read */
	MappedColumn columns[MAPPING_COLUMNS];
};

/* How many mappings have a row, whose memory is to be freed. */
extern int mapping_rows_kept;

#endif
