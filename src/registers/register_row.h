/*
 * register_row.h
 *	  Rows of the registers, as far as structure goes: for who makes entries of them.
 */
#ifndef SP71_REGISTER_ROW_H
#define SP71_REGISTER_ROW_H

#include "sp71_steering.h"

#include "access/attnum.h"
#include "access/htup.h"
#include "access/skey.h"
#include "access/tupdesc.h"
#include "own.h"
#include "registers/register_kind.h"
#include "utils/date.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* What differs between the two registers. */
struct RegisterKind
{
	OwnRelation relation;
	OwnRelation code_key;
	OwnRelation primary_key;
	AttrNumber during;
	AttrNumber require_cap; /* or InvalidAttrNumber */
	AttrNumber reader;      /* or InvalidAttrNumber */
};

/* Columns that both registers begin with. */
enum
{
	REGISTER_ID = 1,
	REGISTER_CODE,
	REGISTER_PARENT
};

/* A row of a register, as far as structure goes. */
typedef struct RegisterRow
{
	int32 id;
	char *code;
	char *parent; /* code, or NULL at a root */
	DateADT first_day;
	DateADT end_day;
	bool require_cap;
	Oid reader;
} RegisterRow;

extern void register_row_read(const RegisterKind *kind, HeapTuple tuple, TupleDesc desc,
							  RegisterRow *row);
extern bool register_row_by(const RegisterKind *kind, Relation rel, Snapshot snapshot,
							OwnRelation index, ScanKey key, RegisterRow *row);
extern bool register_row_by_code(const RegisterKind *kind, Relation rel, Snapshot snapshot,
								 const char *code, RegisterRow *row);

#endif
