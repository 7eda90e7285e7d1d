/*
 * alias.c
 *	  What values of finance tables mean that are no codes of the registers; see alias.h.
 *
 * A value is looked up in steering.alias when a row with it first comes, and kept in the book of its source: in
 * memory of its own, below that of whoever opened the book. Who opens one sees to it that it is true: the rulebook
 * forgets its books when an alias is changed (with bookings excluded), and who reads bookings back opens one
 * for each reading, under a snapshot of his own.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "own_size.h"
#include "registers/alias.h"
#include "registers/register_node.h"

/* Columns of steering.alias, and of the index that it is read by. */
enum
{
	ALIAS_ID = 1,
	ALIAS_SOURCE,
	ALIAS_KIND,
	ALIAS_VALUE,
	ALIAS_CODE,
	ALIAS_DURING
};

/* What a value means on some days. */
typedef struct AliasMeaning
{
	DateADT first_day; /* DATEVAL_NOBEGIN: always has */
	DateADT end_day;   /* exclusive; DATEVAL_NOEND: for ever */
	const char *code;
} AliasMeaning;

/* A value as it stands in a finance row: not terminated. */
typedef struct AliasKey
{
	AliasKind kind;
	int length;
	const char *value;
} AliasKey;

/* What a value means, on whatever day; what holds for its own source first. */
typedef struct AliasEntry
{
	AliasKey key;
	uint32 hash;
	char status;
	int count;
	AliasMeaning *meanings;
} AliasEntry;

#define SH_PREFIX alias_hash
#define SH_ELEMENT_TYPE AliasEntry
#define SH_KEY_TYPE AliasKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k)                                                                         \
	hash_combine(hash_bytes((const unsigned char *) (k).value, (k).length), (k).kind)
#define SH_EQUAL(tb, a, b)                                                                         \
	((a).kind == (b).kind && (a).length == (b).length &&                                           \
	 memcmp((a).value, (b).value, (a).length) == 0)
#define SH_SCOPE static inline
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"
#include "types/day_range.h"

#define ALIAS_MOST_VALUES 50000 /* with more, a book is begun anew: bounds it to some 10 MB */

struct AliasBook
{
	MemoryContext context; /* of what was read */
	Oid source;
	Snapshot snapshot; /* InvalidSnapshot: the latest, each time */
	alias_hash_hash *values;
};

static const char *const alias_kind_names[] = {
	[ALIAS_OF_SERVICE] = "service",
	[ALIAS_OF_PARTICIPANT] = "participant",
};
StaticAssertDecl(lengthof(alias_kind_names) == ALIAS_KINDS, "a kind of aliases has no name");

/* Tells whether there may be any alias, at the price of a look at the size of the table. */
bool
alias_any(void)
{
	return own_has_relation(OWN_ALIAS) && !own_is_empty(OWN_ALIAS);
}

/* Sets the condition that an alias is one of a source; InvalidOid: of all sources. */
static void
alias_key_source(ScanKey key, Oid source)
{
	if (OidIsValid(source))
		ScanKeyInit(key, ALIAS_SOURCE, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(source));
	else
		ScanKeyEntryInitialize(key, SK_ISNULL | SK_SEARCHNULL, ALIAS_SOURCE, InvalidStrategy,
							   InvalidOid, InvalidOid, InvalidOid, (Datum) 0);
}

/* Sets a condition on a column of text. */
static void
alias_key_text(ScanKey key, AttrNumber column, const char *value, int length)
{
	ScanKeyInit(key, column, BTEqualStrategyNumber, F_TEXTEQ,
				PointerGetDatum(cstring_to_text_with_len(value, length)));
	key->sk_collation = DEFAULT_COLLATION_OID;
}

/* Tells whether a source, or all sources (InvalidOid), have an alias. */
static bool
alias_exists(Relation rel, Snapshot snapshot, Oid source)
{
	ScanKeyData key;
	SysScanDesc scan;
	bool exists;

	alias_key_source(&key, source);
	scan = systable_beginscan(rel, own_relation(OWN_ALIAS_VALUE_IDX), true, snapshot, 1, &key);
	exists = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	return exists;
}

/* Returns the snapshot of a book, or the latest, registered. */
static Snapshot
alias_snapshot(Snapshot snapshot)
{
	return RegisterSnapshot(snapshot == InvalidSnapshot ? GetLatestSnapshot() : snapshot);
}

/* Makes a book empty. */
static void
alias_book_clear(AliasBook *book)
{
	MemoryContextReset(book->context);
	book->values = alias_hash_create(book->context, 64, NULL);
}

/*
 * Opens the book of a source; NULL: it has no alias, nor have all sources. A snapshot must stay as long as
 * the book; without one it is read with the latest.
 */
AliasBook *
alias_book_open(MemoryContext parent, Oid source, Snapshot snapshot)
{
	AliasBook *book = NULL;
	Relation rel;
	Snapshot registered;

	if (!own_has_relation(OWN_ALIAS))
		return NULL;
	rel = own_open(OWN_ALIAS, AccessShareLock);
	registered = alias_snapshot(snapshot);
	if (alias_exists(rel, registered, source) || alias_exists(rel, registered, InvalidOid))
	{
		book = MemoryContextAlloc(parent, sizeof(AliasBook));
		book->context =
			AllocSetContextCreate(parent, "sp71_steering aliases", ALLOCSET_DEFAULT_SIZES);
		book->source = source;
		book->snapshot = snapshot;
		alias_book_clear(book);
	}
	UnregisterSnapshot(registered);
	table_close(rel, AccessShareLock);
	return book;
}

/* Adds what a value means by the aliases of a source, or of all sources, to an entry of a book. */
static void
alias_collect(AliasBook *book, AliasEntry *entry, Relation rel, Snapshot snapshot, Oid source)
{
	const char *kind = alias_kind_names[entry->key.kind];
	TupleDesc desc = RelationGetDescr(rel);
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple tuple;

	alias_key_source(&keys[0], source);
	alias_key_text(&keys[1], ALIAS_KIND, kind, strlen(kind));
	alias_key_text(&keys[2], ALIAS_VALUE, entry->key.value, entry->key.length);
	scan = systable_beginscan(rel, own_relation(OWN_ALIAS_VALUE_IDX), true, snapshot, 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		MemoryContext caller = MemoryContextSwitchTo(book->context);
		AliasMeaning *meaning;

		entry->meanings = entry->count == 0 ? palloc(sizeof(AliasMeaning))
											: repalloc(entry->meanings,
													   (entry->count + 1) * sizeof(AliasMeaning));
		meaning = &entry->meanings[entry->count++];
		day_range_read(own_value(tuple, ALIAS_DURING, desc), &meaning->first_day,
					   &meaning->end_day);
		meaning->code = TextDatumGetCString(own_value(tuple, ALIAS_CODE, desc));
		MemoryContextSwitchTo(caller);
	}
	systable_endscan(scan);
}

/* Reads what a value means into an entry that is not in the book yet. */
static void
alias_read(AliasBook *book, AliasEntry *entry)
{
	Relation rel = own_open(OWN_ALIAS, AccessShareLock);
	Snapshot snapshot = alias_snapshot(book->snapshot);

	alias_collect(book, entry, rel, snapshot, book->source);
	alias_collect(book, entry, rel, snapshot, InvalidOid);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
}

/* Puts into a book what a value means, be it nothing. */
static const AliasEntry *
alias_book_add(AliasBook *book, AliasKey key)
{
	AliasEntry read = {.key = key};
	AliasEntry *entry;
	bool found;

	if (book->values->members >= ALIAS_MOST_VALUES)
		alias_book_clear(book);
	alias_read(book, &read);
	key.value = memcpy(MemoryContextAlloc(book->context, key.length + 1), key.value, key.length);
	entry = alias_hash_insert(book->values, key, &found);
	Assert(!found);
	entry->count = read.count;
	entry->meanings = read.meanings;
	return entry;
}

/*
 * Returns the code that a value stands for by an alias, good until the next call; NULL: by none. A row
 * without a day (DATEVAL_NOBEGIN) is no booking anyhow: any alias of the value will do.
 */
const char *
alias_book_code(AliasBook *book, AliasKind kind, const char *value, int length, DateADT day)
{
	AliasKey key = {kind, length, value};
	const AliasEntry *entry = alias_hash_lookup(book->values, key);

	if (unlikely(entry == NULL))
		entry = alias_book_add(book, key);
	for (int i = 0; i < entry->count; i++)
		if (DATE_NOT_FINITE(day) ||
			(day >= entry->meanings[i].first_day && day < entry->meanings[i].end_day))
			return entry->meanings[i].code;
	return NULL;
}
