/*
 * register_rows.c
 *	  All rows of a register, in memory, while there are few.
 *
 * A session that asks for many entries, or a register that is small, is better off reading all rows at once than
 * one by one with the way up of each. The rows are kept as they are, and looked into when an entry is asked for:
 * what is wrong with one is told to who asks for that one.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own_shape.h"
#include "own_size.h"
#include "registers/register_rows.h"

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
bool
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
