/*
 * rulebook.c
 *	  Which caps apply to a booking: the structure of registers and caps, cached per backend.
 *
 * Structure is: which entries the registers have, how they hang together, what else their codes are
 * called, which caps stand over which pair of entries, which periods are closed, what is held. It is loaded piece by
 * piece, when a booking first asks, with the latest snapshot; the closed periods, which are few, at once.
 * Where a register is small, or there are few caps, all its rows are read when the first is asked for, and
 * the pieces are made of them. A new cap makes backends forget what it belongs in (rulebook_caps.c); other
 * changes of structure, which are rare, make them forget all. The two come as relcache invalidations of
 * steering.cap and of steering.service.
 *
 * The lock protocol. A booking holds RowExclusiveLock on steering.cap_counter to the end of its
 * transaction (a fast-path lock; rulebook_enter_booking). Whoever changes structure takes
 * ShareRowExclusiveLock on it first (rulebook_exclude_bookings): that waits for all bookings that
 * run, and keeps new ones out until the change is committed. So a booking never runs under two
 * structures, and none slips between a new cap and the counting of what it starts with.
 *
 * What is stale is marked so first, and read after: an invalidation that arrives while something is being
 * read leaves its mark, and a snapshot that is taken after the mark was looked at shows what it is about.
 * So rows that were read at once serve as well as one that is read when it is asked for.
 *
 * The numbers of a cap (limit, ladder) are no structure, see cap_figures.c.
 *
 * Everything lives in one memory context below CacheMemoryContext. When the cache is forgotten while
 * a batch of bookings is being worked off, the memory stays until the transaction ends, since the
 * batch points into it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "own.h"
#include "own_shape.h"
#include "relcache_call.h"
#include "rules/rulebook.h"
#include "rules/rulebook_caps.h"
#include "rules/rulebook_register.h"

/* The aliases of a source. */
typedef struct SourceAliases
{
	Oid relid;
	AliasBook *book; /* NULL: it has none */
} SourceAliases;

/* The cache as a whole; NULL context: nothing is cached. */
typedef struct Rulebook
{
	MemoryContext context;
	RulebookRegister *services;
	RulebookRegister *participants;
	RulebookCaps *caps;
	ClosedDays *closed_days; /* NULL: no period is closed */
	List *held;              /* of HeldScope; NIL: not scaled out, as a rule */
	bool has_aliases;        /* some source may have some */
	List *aliases;           /* of SourceAliases: of the sources that were asked for */
} Rulebook;

static Rulebook rulebook;
static bool rulebook_stale = false;    /* all of it */
static bool rulebook_has_news = false; /* caps were added or revised */
static bool rulebook_changing = false; /* by this transaction, which may roll back */
static int rulebook_readers = 0;       /* batches that point into the cache */

/* Marks everything as stale. */
static void
rulebook_mark_stale(void)
{
	rulebook_stale = true;
	cap_figures_forget();
}

/*
 * Notes what an invalidation says; only sets flags. That of steering.cap stands for caps that were
 * added or revised, that of steering.service for everything else.
 */
static void
rulebook_relcache_callback(Oid relid)
{
	if (relid == InvalidOid || own_was_relation(relid, OWN_SERVICE))
		rulebook_mark_stale();
	if (own_was_relation(relid, OWN_CAP))
	{
		rulebook_has_news = true;
		cap_figures_forget();
	}
}

/* At the end of a transaction no batch is left; what it changed and rolled back is forgotten. */
static void
rulebook_xact_callback(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		if (event != XACT_EVENT_COMMIT && rulebook_changing)
			rulebook_mark_stale();
		rulebook_changing = false;
		rulebook_readers = 0;
	}
}

/* The same for what a subtransaction changed and rolled back. */
static void
rulebook_subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						  void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && rulebook_changing)
		rulebook_mark_stale();
}

/* Registers what keeps the cache true; called once, when the library is loaded. */
void
rulebook_register_callbacks(void)
{
	relcache_call_register(rulebook_relcache_callback);
	RegisterXactCallback(rulebook_xact_callback, NULL);
	RegisterSubXactCallback(rulebook_subxact_callback, NULL);
}

/* Forgets the cache; what batches point into stays to the end of the transaction. */
static void
rulebook_forget(void)
{
	MemoryContext context = rulebook.context;

	rulebook.context = NULL;
	if (context != NULL && rulebook_readers == 0)
		MemoryContextDelete(context);
	else if (context != NULL)
		MemoryContextSetParent(context, TopTransactionContext);
}

/* Makes the cache empty. */
static void
rulebook_reset(void)
{
	MemoryContext context;
	ClosedDays *closed_days;

	elog(DEBUG2, "sp71_steering: the rulebook is read anew");
	rulebook_stale = rulebook_has_news = false;
	rulebook_forget();
	context = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering rulebook",
									ALLOCSET_DEFAULT_SIZES);
	closed_days = closed_days_load();
	rulebook.services = rulebook_register_make(context, register_of_services);
	rulebook.participants = rulebook_register_make(context, register_of_participants);
	rulebook.caps = rulebook_caps_make(context);
	rulebook.closed_days = closed_days == NULL ? NULL : closed_days_copy(context, closed_days);
	rulebook.held = held_scope_load(context);
	rulebook.has_aliases = alias_any();
	rulebook.aliases = NIL;
	MemoryContextSetParent(context, CacheMemoryContext);
	rulebook.context = context;
}

/*
 * Brings the cache up to date when caps were added or revised; false: better to forget it. An error on the way
 * leaves no cache, rather than one that has missed the news.
 */
static bool
rulebook_catch_up(void)
{
	MemoryContext context = rulebook.context;
	bool done;

	if (rulebook_readers > 0)
		return false;
	rulebook_has_news = false;
	rulebook.context = NULL;
	MemoryContextSetParent(context, TopTransactionContext);
	done = rulebook_caps_read_news(rulebook.caps);
	MemoryContextSetParent(context, CacheMemoryContext);
	rulebook.context = context;
	return done;
}

/* Brings the cache up to date, or makes an empty one. */
static void
rulebook_refresh(void)
{
	if (likely(rulebook.context != NULL && !rulebook_stale && !rulebook_has_news &&
			   !rulebook_caps_are_too_many(rulebook.caps)))
		return;
	own_check(OWN_CAP);
	if (rulebook.context == NULL || rulebook_stale || rulebook_caps_are_too_many(rulebook.caps) ||
		!rulebook_catch_up())
		rulebook_reset();
}

/* Joins the bookings that run, to the end of the transaction, and brings the cache up to date. */
void
rulebook_enter_booking(void)
{
	PreventCommandIfReadOnly("a change of bookings or caps");
	PreventCommandDuringRecovery("a change of bookings or caps");
	LockRelationOid(own_relation(OWN_CAP_COUNTER), RowExclusiveLock);
	rulebook_refresh();
}

/* Brings the cache up to date for bookings of a statement that has joined before. */
void
rulebook_reenter_booking(void)
{
	rulebook_refresh();
}

/* Brings the cache up to date for a look at it; works on a standby too. */
void
rulebook_enter_reading(void)
{
	LockRelationOid(own_relation(OWN_CAP_COUNTER), AccessShareLock);
	rulebook_refresh();
}

/* Waits for all other bookings to end and keeps new ones out, to the end of the transaction. */
void
rulebook_exclude_bookings(void)
{
	PreventCommandIfReadOnly("a change of bookings or caps");
	PreventCommandDuringRecovery("a change of bookings or caps");
	LockRelationOid(own_relation(OWN_CAP_COUNTER), ShareRowExclusiveLock);
	rulebook_refresh();
}

/* Tells whether this transaction has excluded bookings. */
bool
rulebook_excludes_bookings(void)
{
	Relation counters = table_open(own_relation(OWN_CAP_COUNTER), AccessShareLock);
	bool excluded = CheckRelationLockedByMe(counters, ShareRowExclusiveLock, true);

	table_close(counters, AccessShareLock);
	return excluded;
}

/* Tells whether this transaction has changed what the cache is made of, and may yet roll that back. */
bool
rulebook_is_changing(void)
{
	return rulebook_changing;
}

/* Makes every backend forget its cache when this transaction commits, and this one at once. */
void
rulebook_invalidate(void)
{
	CacheInvalidateRelcacheByRelid(own_relation(OWN_SERVICE));
	rulebook_stale = rulebook_changing = true;
}

/* Tells every backend that a cap was added, with a higher id than all before, or revised. */
void
rulebook_announce_cap(void)
{
	CacheInvalidateRelcacheByRelid(own_relation(OWN_CAP));
	rulebook_has_news = rulebook_changing = true;
}

/* Keeps what the cache returns alive until rulebook_unpin(), or the end of the transaction. */
void
rulebook_pin(void)
{
	rulebook_readers++;
}

/* Undoes rulebook_pin(). */
void
rulebook_unpin(void)
{
	Assert(rulebook_readers > 0);
	rulebook_readers--;
}

/* Returns the service with this code, or NULL. Unknown codes are not cached. */
const RegisterNode *
rulebook_service(const char *code, int length)
{
	return rulebook_register_find(rulebook.services, code, length);
}

/* Returns the participant with this code, or NULL. */
const RegisterNode *
rulebook_participant(const char *code, int length)
{
	return rulebook_register_find(rulebook.participants, code, length);
}

/* Returns the caps over a service and a participant, of all dates, ordered by id. */
const CapList *
rulebook_caps(const RegisterNode *service, const RegisterNode *participant)
{
	return rulebook_caps_find(rulebook.caps, service, participant);
}

/* Returns the closed periods; NULL: there are none. */
const ClosedDays *
rulebook_closed_days(void)
{
	return rulebook.closed_days;
}

/* Returns what must not be raised before acts of the coordinator are over. */
List *
rulebook_held(void)
{
	return rulebook.held;
}

/* Has nothing of that held here any more: all these acts are over, which they are for ever. */
void
rulebook_end_held(const List *scopes)
{
	if (rulebook.held == scopes)
		rulebook.held = NIL;
}

/* Finds the aliases of a source, in the cache or else in their table. */
static AliasBook *
rulebook_find_aliases(Oid source)
{
	SourceAliases *aliases;
	MemoryContext caller;
	ListCell *cell;

	foreach(cell, rulebook.aliases)
		if (((SourceAliases *) lfirst(cell))->relid == source)
			return ((SourceAliases *) lfirst(cell))->book;
	caller = MemoryContextSwitchTo(rulebook.context);
	aliases = palloc(sizeof(SourceAliases));
	aliases->relid = source;
	aliases->book = alias_book_open(rulebook.context, source, InvalidSnapshot);
	rulebook.aliases = lappend(rulebook.aliases, aliases);
	MemoryContextSwitchTo(caller);
	return aliases->book;
}

/* Returns the aliases that hold for rows of a source; NULL: there are none. */
AliasBook *
rulebook_aliases(Oid source)
{
	return likely(!rulebook.has_aliases) ? NULL : rulebook_find_aliases(source);
}

/*
 * Tells whether a role may see the figures of a participant, by its code: it may read steering.cap, or
 * has the rights of the reader of the participant or of one above it.
 */
bool
rulebook_may_read(const char *participant, Oid role)
{
	const RegisterNode *node;

	if (pg_class_aclcheck(own_relation(OWN_CAP), role, ACL_SELECT) == ACLCHECK_OK)
		return true;
	rulebook_refresh();
	node = rulebook_participant(participant, strlen(participant));
	for (int i = 0; node != NULL && i < node->depth; i++)
		if (OidIsValid(node->readers[i]) && has_privs_of_role(role, node->readers[i]))
			return true;
	return false;
}
