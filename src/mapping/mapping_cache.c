/*
 * mapping_cache.c
 *	  Which compiled mapping a relation has: cached per backend.
 *
 * A cache entry says which mapping a relation has, or that it has none. It lives in a child of
 * CacheMemoryContext, is built aside and attached when complete. Invalidation (of the relation, of
 * steering.source, or of a function) only sets a flag; the entry is built anew at its next use.
 * A mapping that is replaced may still be in use further up the stack, so it dies with the
 * transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "mapping/mapping_state.h"
#include "own.h"
#include "relcache_call.h"

typedef struct MappingEntry
{
	Oid relid; /* hash key */
	bool valid;
	Mapping *mapping; /* NULL: belongs to no source */
} MappingEntry;

static HTAB *mapping_entries = NULL;
static uint64 mapping_invalidations = 0; /* tells whether one arrived during a build */
static bool mapping_plans_are_stale = false;

/* Marks all entries as stale. */
static void
mapping_invalidate_all(void)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		entry->valid = false;
}

/* Marks what an invalidated relation makes stale; only sets flags. */
static void
mapping_relcache_callback(Oid relid)
{
	MappingEntry *entry;

	mapping_invalidations++;
	if (mapping_entries == NULL)
		return;
	entry = relid == InvalidOid ? NULL : hash_search(mapping_entries, &relid, HASH_FIND, NULL);
	if (entry != NULL)
		entry->valid = false;
	else if (relid == InvalidOid || own_was_relation(relid, OWN_SOURCE))
	{
		mapping_invalidate_all();
		mapping_plans_are_stale = true;
	}
}

/* A function was changed: expressions may have been inlined. Only sets flags. */
static void
mapping_syscache_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	mapping_invalidations++;
	if (mapping_entries != NULL)
		mapping_invalidate_all();
}

/* Frees the rows that an error has kept from mapping_release_row(): at the end of a transaction nobody reads. */
static void
mapping_xact_callback(XactEvent event, void *arg)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	if (likely(mapping_rows_kept == 0) || event == XACT_EVENT_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		return;
	if (mapping_entries == NULL)
	{
		mapping_rows_kept = 0; /* of one that is not in the cache */
		return;
	}
	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		if (entry->mapping != NULL)
			mapping_release_row(entry->mapping);
	mapping_rows_kept = 0;
}

/*
 * After an error that ends a subtransaction nobody reads the rows any more that were being read in it. A
 * function in the middle of its work cannot be called anew, so the states go; who still points to the
 * mapping, such as a batch of the statement, goes on with it.
 */
static void
mapping_subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						 void *arg)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	if (likely(mapping_rows_kept == 0) || event != SUBXACT_EVENT_ABORT_SUB ||
		mapping_entries == NULL)
		return;
	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		Mapping *mapping = entry->mapping;

		if (mapping == NULL || !mapping->has_row ||
			mapping->level < GetCurrentTransactionNestLevel())
			continue;
		mapping_release_row(mapping);
		/* Only what was left in the middle of an expression is of no more use. */
		mapping->is_broken = mapping->in_use;
		mapping->in_use = false;
		if (mapping->is_broken && mapping->renewed != NULL)
			MemoryContextDelete(mapping->renewed);
		if (mapping->is_broken)
			mapping->renewed = NULL;
	}
}

/* Registers what keeps the cache true and small; called once, when the library is loaded. */
void
mapping_register_callbacks(void)
{
	RegisterXactCallback(mapping_xact_callback, NULL);
	RegisterSubXactCallback(mapping_subxact_callback, NULL);
	relcache_call_register(mapping_relcache_callback);
	CacheRegisterSyscacheCallback(PROCOID, mapping_syscache_callback, (Datum) 0);
	mapping_row_register_callbacks();
}

/* Finds or makes the cache entry of a relation. */
static MappingEntry *
mapping_entry(Oid relid)
{
	MappingEntry *entry;
	bool found;

	if (mapping_entries == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(MappingEntry)};

		control.hcxt = CacheMemoryContext;
		mapping_entries = hash_create("sp71_steering mappings", 64, &control,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(mapping_entries, &relid, HASH_ENTER, &found);
	if (!found)
	{
		entry->valid = false;
		entry->mapping = NULL;
	}
	return entry;
}

/*
 * Lets go of the entries that are stale: of tables that may be gone by now. Their mappings may be in
 * use further up the stack, so they die with the transaction.
 */
static void
mapping_sweep(void)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (entry->valid)
			continue;
		if (entry->mapping != NULL)
		{
			elog(DEBUG2, "mapping of relation %u is stale", entry->relid);
			MemoryContextSetParent(entry->mapping->context, TopTransactionContext);
		}
		hash_search(mapping_entries, &entry->relid, HASH_REMOVE, NULL);
	}
}

/*
 * Has the functions that mappings and queries call make their plans anew, once after each change of a source, here or in
 * another session, and after its rollback. PostgreSQL does not do so by itself where an immutable function
 * was computed when the plan was made, or an attribute of a composite value lies within another.
 */
void
mapping_refresh_plans(void)
{
	if (!mapping_plans_are_stale)
		return;
	mapping_plans_are_stale = false;
	elog(DEBUG2, "a source was changed: plans of functions are made anew");
	ResetPlanCache();
}

/* Builds the mapping of a relation and attaches it to the cache. */
static Mapping *
mapping_build(Relation rel)
{
	Oid relid = RelationGetRelid(rel);
	uint64 seen = mapping_invalidations;
	Source *source = source_of_tree(relid);
	Mapping *mapping = NULL;
	MappingEntry *entry;

	mapping_refresh_plans();
	if (source != NULL)
		mapping = mapping_compile(rel, source, CacheMemoryContext);

	mapping_sweep();
	entry = mapping_entry(relid);
	entry->mapping = mapping;
	/* Where an invalidation came while it was made, it serves this call, and the next makes another. */
	entry->valid = (seen == mapping_invalidations);
	return mapping;
}

/* Makes the states of a broken mapping anew, in its place; false: the relation belongs to no source now. */
static bool
mapping_renew(Mapping *mapping, Relation rel)
{
	Source *source = source_of_tree(RelationGetRelid(rel));
	Mapping old = *mapping;
	Mapping *fresh;

	if (source == NULL || source->source_id != old.source->source_id)
		return false;
	Assert(old.renewed == NULL && !old.has_row);
	fresh = mapping_compile(rel, source, old.context);
	*mapping = *fresh;
	mapping->context = old.context;
	mapping->source = old.source;
	mapping->renewed = fresh->context;
	return true;
}

/* Returns the compiled mapping of a relation that belongs to a source, else NULL. */
Mapping *
mapping_of(Relation rel)
{
	MappingEntry *entry = mapping_entry(RelationGetRelid(rel));
	Mapping *mapping = entry->mapping;

	if (unlikely(mapping != NULL && mapping->is_broken && entry->valid) &&
		mapping_renew(mapping, rel))
		return mapping;

	/* A function in the middle of its work cannot be called anew. */
	if (mapping != NULL && (mapping->in_use || mapping->is_broken))
		entry->valid = false;
	if (likely(entry->valid))
		return entry->mapping;
	return mapping_build(rel);
}

/* Returns the source that a mapping belongs to. */
const Source *
mapping_source(const Mapping *mapping)
{
	return mapping->source;
}

/* Makes all backends read steering.source again when this transaction commits. */
void
mapping_invalidate(void)
{
	CacheInvalidateRelcacheByRelid(own_relation(OWN_SOURCE));
}
