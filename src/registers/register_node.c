/*
 * register_node.c
 *	  Entries of the registers with the way up to their root, as the latest snapshot shows them.
 *
 * Results are in the caller's memory; rulebook.c caches them.
 *
 * A session that asks for many entries, or a register that is small, is better off reading all rows at once than
 * one by one with the way up of each. The rows are kept as they are, and looked into when an entry is asked for:
 * what is wrong with one is told to who asks for that one. What is not found there is looked up in the table.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
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

/*
 * Reads a daterange as first day and end day (exclusive). Of the type it takes no more than what dates look like,
 * which is the same for ever; looking that up would take a new session as long as reading some rows.
 */
void
register_node_read_range(Datum range, DateADT *first_day, DateADT *end_day)
{
	TypeCacheEntry element = {.type_id = DATEOID,
							  .typlen = sizeof(DateADT),
							  .typbyval = true,
							  .typalign = TYPALIGN_INT,
							  .typstorage = TYPSTORAGE_PLAIN};
	TypeCacheEntry type = {.type_id = DATERANGEOID, .rngelemtype = &element};
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(&type, DatumGetRangeTypeP(range), &lower, &upper, &empty);
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

/* Reads a row of a register, as far as structure goes. */
static void
register_row_read(const RegisterKind *kind, HeapTuple tuple, TupleDesc desc, RegisterRow *row)
{
	bool isnull;
	Datum value;

	row->id = DatumGetInt32(own_value(tuple, REGISTER_ID, desc));
	row->code = TextDatumGetCString(own_value(tuple, REGISTER_CODE, desc));
	value = heap_getattr(tuple, REGISTER_PARENT, desc, &isnull);
	row->parent = isnull ? NULL : TextDatumGetCString(value);
	register_node_read_range(own_value(tuple, kind->during, desc), &row->first_day, &row->end_day);
	row->require_cap = kind->require_cap != InvalidAttrNumber &&
					   DatumGetBool(own_value(tuple, kind->require_cap, desc));
	row->reader = InvalidOid;
	if (kind->reader == InvalidAttrNumber)
		return;
	value = heap_getattr(tuple, kind->reader, desc, &isnull);
	if (!isnull)
		row->reader = register_reader(TupleDescAttr(desc, kind->reader - 1), value);
}

/* Reads one row of a register by an index on one column; false when there is none. */
static bool
register_read(const RegisterKind *kind, Relation rel, Snapshot snapshot, OwnRelation index,
			  ScanKey key, RegisterRow *row)
{
	SysScanDesc scan = own_begin_scan(rel, index, snapshot, 1, key);
	HeapTuple tuple = systable_getnext(scan);
	bool found = HeapTupleIsValid(tuple);

	if (found)
		register_row_read(kind, tuple, RelationGetDescr(rel), row);
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

/* A row in memory, by its code: a text with a header of one byte, in the row. */
typedef struct RowEntry
{
	const char *code;
	uint32 hash;
	char status;
	HeapTuple tuple;
} RowEntry;

/* Returns the hash of a code in a row. */
static inline uint32
row_code_hash(const char *code)
{
	return hash_bytes((const unsigned char *) VARDATA_SHORT(code),
					  VARSIZE_SHORT(code) - VARHDRSZ_SHORT);
}

#define SH_PREFIX row_hash
#define SH_ELEMENT_TYPE RowEntry
#define SH_KEY_TYPE const char *
#define SH_KEY code
#define SH_HASH_KEY(tb, k) row_code_hash(k)
#define SH_EQUAL(tb, a, b)                                                                         \
	(VARSIZE_SHORT(a) == VARSIZE_SHORT(b) && memcmp(a, b, VARSIZE_SHORT(a)) == 0)
#define SH_SCOPE static inline
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct RegisterRows
{
	const RegisterKind *kind;
	TupleDesc desc;
	row_hash_hash *entries;
};

/* Adds a row, unless its code is not to be had at a glance. */
static void
register_rows_add(RegisterRows *rows, HeapTuple tuple)
{
	bool isnull;
	Datum code;
	bool found;

	tuple = heap_copytuple(tuple);
	code = heap_getattr(tuple, REGISTER_CODE, rows->desc, &isnull);
	if (!isnull && VARATT_IS_SHORT(DatumGetPointer(code)))
		row_hash_insert(rows->entries, DatumGetPointer(code), &found)->tuple = tuple;
}

/* Reads all rows of a register, in a context of their own that is the present one. */
static RegisterRows *
register_rows_read(const RegisterKind *kind, Relation rel)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, snapshot, 0, NULL);
	RegisterRows *rows = palloc(sizeof(RegisterRows));
	HeapTuple tuple;

	rows->kind = kind;
	rows->desc = CreateTupleDescCopy(RelationGetDescr(rel));
	rows->entries = row_hash_create(CurrentMemoryContext, 64, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		register_rows_add(rows, tuple);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return rows;
}

/*
 * Reads all rows of a register into a context below parent; NULL: for so many look-ups, they are too many.
 */
RegisterRows *
register_rows_load(const RegisterKind *kind, MemoryContext parent, int lookups)
{
	Relation rel = own_open(kind->relation, AccessShareLock);
	RegisterRows *rows = NULL;

	if (own_is_worth_reading(rel, lookups))
	{
		MemoryContext context =
			GenerationContextCreate(CurrentMemoryContext, "sp71_steering register",
									ALLOCSET_DEFAULT_SIZES);
		MemoryContext caller = MemoryContextSwitchTo(context);

		rows = register_rows_read(kind, rel);
		MemoryContextSetParent(context, parent);
		MemoryContextSwitchTo(caller);
	}
	table_close(rel, AccessShareLock);
	return rows;
}

/* Finds the row of a code among all; false: it is not there, or cannot be found that way. */
static bool
register_rows_find(const RegisterRows *rows, const char *code, RegisterRow *row)
{
	char key[VARATT_SHORT_MAX];
	Size size = strlen(code) + VARHDRSZ_SHORT;
	RowEntry *entry;

	if (size > VARATT_SHORT_MAX)
		return false;
	SET_VARSIZE_SHORT(key, size);
	memcpy(VARDATA_SHORT(key), code, size - VARHDRSZ_SHORT);
	entry = row_hash_lookup(rows->entries, key);
	if (entry != NULL)
		register_row_read(rows->kind, entry->tuple, rows->desc, row);
	return entry != NULL;
}

/* Where rows are looked for: among those in memory, if any, and else in the table, which is opened then. */
typedef struct RegisterReader
{
	const RegisterKind *kind;
	const RegisterRows *rows;
	Relation rel; /* NULL: not needed until now */
	Snapshot snapshot;
} RegisterReader;

/* Finds the row of a code; false when there is none. */
static bool
register_reader_find(RegisterReader *reader, const char *code, RegisterRow *row)
{
	if (reader->rows != NULL && register_rows_find(reader->rows, code, row))
		return true;
	if (reader->rel == NULL)
	{
		reader->rel = own_open(reader->kind->relation, AccessShareLock);
		reader->snapshot = RegisterSnapshot(GetLatestSnapshot());
	}
	return register_read_code(reader->kind, reader->rel, reader->snapshot, code, row);
}

/* Ends looking for rows. */
static void
register_reader_end(RegisterReader *reader)
{
	if (reader->rel == NULL)
		return;
	UnregisterSnapshot(reader->snapshot);
	table_close(reader->rel, AccessShareLock);
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
		node->codes = repalloc(node->codes, *room * sizeof(char *));
		node->readers = repalloc(node->readers, *room * sizeof(Oid));
	}
	node->path[node->depth] = row->id;
	node->codes[node->depth] = row->code;
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
	node->codes = palloc(room * sizeof(char *));
	node->readers = palloc(room * sizeof(Oid));
	return node;
}

/* Reads an entry and its way up to the root; rows: NULL or what is known. NULL: no such code. */
RegisterNode *
register_node_load(const RegisterKind *kind, const RegisterRows *rows, const char *code)
{
	RegisterReader reader = {.kind = kind, .rows = rows};
	RegisterNode *node = NULL;
	int room = 8;
	RegisterRow row;

	if (register_reader_find(&reader, code, &row))
	{
		node = register_node_make(&row, room);
		do
			register_node_append(node, &room, &row);
		while (row.parent != NULL && register_reader_find(&reader, row.parent, &row));
	}
	register_reader_end(&reader);
	return node;
}

/* Copies an entry, so that what was read on the way to it can be left behind. */
RegisterNode *
register_node_copy(const RegisterNode *node)
{
	RegisterNode *copy = palloc(sizeof(RegisterNode));

	*copy = *node;
	copy->path =
		memcpy(palloc(node->depth * sizeof(int32)), node->path, node->depth * sizeof(int32));
	copy->codes = palloc(node->depth * sizeof(char *));
	for (int i = 0; i < node->depth; i++)
		copy->codes[i] = pstrdup(node->codes[i]);
	copy->code = copy->codes[0];
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
