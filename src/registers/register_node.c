/*
 * register_node.c
 *	  Entries of the registers with the way up to their root, as the latest snapshot shows them.
 *
 * Results are in the caller's memory; rulebook.c caches them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rangetypes.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "own.h"
#include "own_shape.h"
#include "registers/register_node.h"
#include "types/role_reference.h"

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

static const RegisterKind service_register =
	{OWN_SERVICE, OWN_SERVICE_CODE_KEY, OWN_SERVICE_PKEY, 8, 7, 0};
static const RegisterKind participant_register =
	{OWN_PARTICIPANT, OWN_PARTICIPANT_CODE_KEY, OWN_PARTICIPANT_PKEY, 6, 0, 7};

const RegisterKind *const register_of_services = &service_register;
const RegisterKind *const register_of_participants = &participant_register;

#define REGISTER_MAX_DEPTH 10000 /* a longer way up means a cycle */

/* Reads a daterange as first day and end day (exclusive). */
void
register_node_read_range(Datum range, DateADT *first_day, DateADT *end_day)
{
	TypeCacheEntry *type = lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(type, DatumGetRangeTypeP(range), &lower, &upper, &empty);
	*first_day = lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val);
	*end_day = upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val);
}

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

/* Returns the role that the column of readers names; InvalidOid: none. Before 0.3 it was of type regrole. */
static Oid
register_reader(Form_pg_attribute attribute, Datum value)
{
	return attribute->atttypid == REGROLEOID ? DatumGetObjectId(value)
											 : role_reference_role(DatumGetRoleReference(value));
}

/* Reads one row of a register by an index on one column; false when there is none. */
static bool
register_read(const RegisterKind *kind, Relation rel, Snapshot snapshot, OwnRelation index,
			  ScanKey key, RegisterRow *row)
{
	TupleDesc desc = RelationGetDescr(rel);
	SysScanDesc scan = systable_beginscan(rel, own_relation(index), true, snapshot, 1, key);
	HeapTuple tuple = systable_getnext(scan);
	bool found = HeapTupleIsValid(tuple);
	bool isnull;
	Datum value;

	if (found)
	{
		row->id = DatumGetInt32(own_value(tuple, REGISTER_ID, desc));
		row->code = TextDatumGetCString(own_value(tuple, REGISTER_CODE, desc));
		value = heap_getattr(tuple, REGISTER_PARENT, desc, &isnull);
		row->parent = isnull ? NULL : TextDatumGetCString(value);
		register_node_read_range(own_value(tuple, kind->during, desc), &row->first_day,
								 &row->end_day);
		row->require_cap = kind->require_cap != InvalidAttrNumber &&
						   DatumGetBool(own_value(tuple, kind->require_cap, desc));
		row->reader = InvalidOid;
		if (kind->reader != InvalidAttrNumber)
		{
			value = heap_getattr(tuple, kind->reader, desc, &isnull);
			if (!isnull)
				row->reader = register_reader(TupleDescAttr(desc, kind->reader - 1), value);
		}
	}
	systable_endscan(scan);
	return found;
}

/* Reads one row of a register by its code. */
static bool
register_read_code(const RegisterKind *kind, Relation rel, Snapshot snapshot, const char *code,
				   RegisterRow *row)
{
	ScanKeyData key;

	ScanKeyInit(&key, REGISTER_CODE, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(code));
	key.sk_collation = DEFAULT_COLLATION_OID;
	return register_read(kind, rel, snapshot, kind->code_key, &key, row);
}

/* Appends an entry to the way up. */
static void
register_node_append(RegisterNode *node, int *room, const RegisterRow *row)
{
	if (node->depth == REGISTER_MAX_DEPTH)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("the tree above \"%s\" has more than %d levels", node->code,
							   REGISTER_MAX_DEPTH)));
	if (node->depth == *room)
	{
		*room *= 2;
		node->path = repalloc(node->path, *room * sizeof(int32));
		node->readers = repalloc(node->readers, *room * sizeof(Oid));
	}
	node->path[node->depth] = row->id;
	node->readers[node->depth++] = row->reader;
}

/* Makes a node of its own row, with nothing above it. */
static RegisterNode *
register_node_make(const RegisterRow *row, int room)
{
	RegisterNode *node = palloc0(sizeof(RegisterNode));

	node->id = row->id;
	node->code = row->code;
	node->first_day = row->first_day;
	node->end_day = row->end_day;
	node->require_cap = row->require_cap;
	node->path = palloc(room * sizeof(int32));
	node->readers = palloc(room * sizeof(Oid));
	return node;
}

/* Reads an entry and its way up to the root. NULL: no such code. */
RegisterNode *
register_node_load(const RegisterKind *kind, const char *code)
{
	Relation rel = own_open(kind->relation, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	RegisterNode *node = NULL;
	int room = 8;
	RegisterRow row;

	if (register_read_code(kind, rel, snapshot, code, &row))
	{
		node = register_node_make(&row, room);
		do
			register_node_append(node, &room, &row);
		while (row.parent != NULL && register_read_code(kind, rel, snapshot, row.parent, &row));
	}
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return node;
}

/* Copies an entry, so that what was read on the way to it can be left behind. */
RegisterNode *
register_node_copy(const RegisterNode *node)
{
	RegisterNode *copy = palloc(sizeof(RegisterNode));

	*copy = *node;
	copy->code = pstrdup(node->code);
	copy->path =
		memcpy(palloc(node->depth * sizeof(int32)), node->path, node->depth * sizeof(int32));
	copy->readers =
		memcpy(palloc(node->depth * sizeof(Oid)), node->readers, node->depth * sizeof(Oid));
	return copy;
}

/* Returns the id of the entry that a code names, as a snapshot shows it; 0: there is none. */
int32
register_node_id(const RegisterKind *kind, const char *code, Snapshot snapshot)
{
	Relation rel = own_open(kind->relation, AccessShareLock);
	RegisterRow row;
	bool found = register_read_code(kind, rel, snapshot, code, &row);

	table_close(rel, AccessShareLock);
	return found ? row.id : 0;
}

/* Returns the code of an entry of a register, by its id. */
char *
register_node_code(const RegisterKind *kind, int32 id)
{
	Relation rel = own_open(kind->relation, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	RegisterRow row;
	ScanKeyData key;

	ScanKeyInit(&key, REGISTER_ID, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(id));
	if (!register_read(kind, rel, snapshot, kind->primary_key, &key, &row))
		elog(ERROR, "entry %d of register \"%s\" not found", id, RelationGetRelationName(rel));
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return row.code;
}

/* Tells whether an entry is the one with this id or below it. */
bool
register_node_is_below(const RegisterNode *node, int32 id)
{
	for (int i = 0; i < node->depth; i++)
		if (node->path[i] == id)
			return true;
	return false;
}
