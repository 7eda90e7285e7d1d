/*
 * query_cache.c
 *	  Which queries a table stands in: cached per backend.
 *
 * Queries live in contexts of their own below CacheMemoryContext, and are read when a table of theirs is changed
 * first. An invalidation of a table that was asked for or that a query reads, or of steering.query, makes all of it stale; it is read anew
 * at its next use. What is stale may be running further up the stack, and is freed when it is not.
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "own.h"
#include "queries/query_cache.h"
#include "queries/query_plan.h"
#include "queries/query_store.h"
#include "relcache_call.h"

/* The uses of a table. */
typedef struct QueryCacheEntry
{
	Oid relid; /* hash key */
	List *uses;
} QueryCacheEntry;

static HTAB *query_cache_entries = NULL;
static MemoryContext query_cache_context = NULL; /* of the entries */
static List *query_cache_queries = NIL;          /* BookingQuery, that entries refer to */
static List *query_cache_stale = NIL; /* BookingQuery, to be freed; in CacheMemoryContext */
static bool query_cache_is_stale = false;

/* Tells whether a query that is known reads a table, by indexes of it perhaps. */
static bool
query_cache_reads(Oid relid)
{
	ListCell *cell;

	foreach(cell, query_cache_queries)
	{
		const BookingQuery *query = lfirst(cell);

		if (query->booking_table == relid || booking_query_position(query, relid) >= 0)
			return true;
	}
	return false;
}

/* Notes that what is known may not hold any more; only sets a flag. */
static void
query_cache_relcache_callback(Oid relid)
{
	if (query_cache_entries == NULL)
		return;
	if (relid == InvalidOid || own_was_relation(relid, OWN_QUERY) ||
		hash_search(query_cache_entries, &relid, HASH_FIND, NULL) != NULL ||
		query_cache_reads(relid))
		query_cache_is_stale = true;
}

/* A function was changed: expressions may lead to somebody's code now. Only sets a flag. */
static void
query_cache_syscache_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	query_cache_is_stale = true;
}

/* Registers what keeps the cache true; called once, when the library is loaded. */
void
query_cache_register_callbacks(void)
{
	relcache_call_register(query_cache_relcache_callback);
	CacheRegisterSyscacheCallback(PROCOID, query_cache_syscache_callback, (Datum) 0);
}

/* Frees the queries that are stale and do not run. */
static void
query_cache_sweep(void)
{
	ListCell *cell;

	foreach(cell, query_cache_stale)
	{
		BookingQuery *query = lfirst(cell);

		if (query->in_use > 0)
			continue;
		query_plan_forget(query);
		query_cache_stale = foreach_delete_current(query_cache_stale, cell);
		MemoryContextDelete(GetMemoryChunkContext(query));
	}
}

/* Forgets all entries. */
static void
query_cache_forget(void)
{
	MemoryContext caller = MemoryContextSwitchTo(CacheMemoryContext);

	query_cache_stale = list_concat(query_cache_stale, query_cache_queries);
	MemoryContextSwitchTo(caller);
	query_cache_queries = NIL;
	query_cache_entries = NULL;
	if (query_cache_context != NULL)
		MemoryContextDelete(query_cache_context);
	query_cache_context = NULL;
	query_cache_is_stale = false;
	query_cache_sweep();
}

/* Makes an empty cache. */
static void
query_cache_begin(void)
{
	HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(QueryCacheEntry)};

	query_cache_context = AllocSetContextCreate(CacheMemoryContext, "sp71_steering query cache",
												ALLOCSET_SMALL_SIZES);
	control.hcxt = query_cache_context;
	query_cache_entries =
		hash_create("sp71_steering queries", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Reads a query into a context of its own; NULL: there is none. */
static BookingQuery *
query_cache_load(int32 source_id)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering query", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	BookingQuery *query = query_store_load(source_id);

	MemoryContextSwitchTo(caller);
	if (query == NULL)
	{
		MemoryContextDelete(context);
		return NULL;
	}
	MemoryContextSetParent(context, CacheMemoryContext);
	return query;
}

/* Returns the query of a source, read if it is not known; NULL: there is none. */
static BookingQuery *
query_cache_query(int32 source_id)
{
	MemoryContext caller;
	BookingQuery *query;
	ListCell *cell;

	foreach(cell, query_cache_queries)
		if (((BookingQuery *) lfirst(cell))->source_id == source_id)
			return lfirst(cell);
	query = query_cache_load(source_id);
	if (query == NULL)
		return NULL;
	caller = MemoryContextSwitchTo(query_cache_context);
	query_cache_queries = lappend(query_cache_queries, query);
	MemoryContextSwitchTo(caller);
	return query;
}

/* Notes that a table, or one above it, stands in a query. */
static void
query_cache_add_use(QueryCacheEntry *entry, BookingQuery *query, List *tables)
{
	MemoryContext caller = MemoryContextSwitchTo(query_cache_context);

	for (int i = 0; i < query->tables; i++)
		if (query->table[i].first == i && list_member_oid(tables, query->table[i].relid))
		{
			QueryUse *use = palloc(sizeof(QueryUse));

			use->query = query;
			use->index = i;
			entry->uses = lappend(entry->uses, use);
		}
	MemoryContextSwitchTo(caller);
}

/* Finds out in which queries a table stands. */
static List *
query_cache_build(Oid relid)
{
	List *tables = query_store_above(relid);
	List *sources = query_store_find(tables);
	List *queries = NIL;
	QueryCacheEntry *entry;
	ListCell *cell;
	bool found;

	foreach(cell, sources)
	{
		BookingQuery *query = query_cache_query(lfirst_int(cell));

		if (query != NULL)
			queries = lappend(queries, query);
	}
	entry = hash_search(query_cache_entries, &relid, HASH_ENTER, &found);
	entry->uses = NIL;
	foreach(cell, queries)
		query_cache_add_use(entry, lfirst(cell), tables);
	return entry->uses;
}

/* Returns the queries in which a table, or one above it, stands, in the order of their sources. */
static List *
query_cache_uses(Oid relid)
{
	QueryCacheEntry *entry;

	if (unlikely(query_cache_is_stale))
		query_cache_forget();
	if (unlikely(query_cache_entries == NULL))
		query_cache_begin();
	entry = hash_search(query_cache_entries, &relid, HASH_FIND, NULL);
	return likely(entry != NULL) ? entry->uses : query_cache_build(relid);
}

/*
 * Finds the first query after that of a source in which a table, or one above it, stands; false: there is none. It
 * is good until the next call.
 */
bool
query_cache_next(Relation rel, int32 source_id, QueryUse *use)
{
	ListCell *cell;

	foreach(cell, query_cache_uses(RelationGetRelid(rel)))
	{
		*use = *(QueryUse *) lfirst(cell);
		if (use->query->source_id > source_id)
			return true;
	}
	return false;
}
