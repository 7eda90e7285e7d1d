/*
 * booking_pairs.c
 *	  What rows of the first table of a query come to now, beside what stands of them in its booking table: found, and
 *	  made equal.
 *
 * Pairs are read by the latest snapshot: the caller holds locks by which nobody else changes what is read. Under
 * REPEATABLE READ and above they are read by the snapshot of the transaction as well. Where that sees something else,
 * the transaction cannot know what its rows come to: 40001, as of PostgreSQL's own foreign keys.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/heap_row_write.h"
#include "queries/booking_pairs.h"
#include "queries/pairs_direct.h"
#include "types/name_text.h"

/* Where pairs go. */
typedef struct PairReceiver
{
	DestReceiver receiver; /* first, since PostgreSQL has it for all */
	DifferingPairs differ;
	const BookingQuery *query;
	MemoryContext context;
	bool digests;  /* the sum below is wanted */
	uint64 digest; /* a sum over what all rows come to, in whatever order they came */
	char *match;   /* the name of a match of the row before, where there is more than one */
} PairReceiver;

/* Tells whether both sides of a pair are the same. */
static bool
booking_pairs_are_equal(const PairReceiver *pairs, TupleTableSlot *slot)
{
	int now = query_sql_now(pairs->query);
	int before = query_sql_before(pairs->query);

	for (int i = 0; i < query_sql_values(pairs->query); i++)
	{
		Form_pg_attribute form = TupleDescAttr(pairs->differ.desc, now + i);

		if (slot->tts_isnull[now + i] != slot->tts_isnull[before + i])
			return false;
		if (!slot->tts_isnull[now + i] &&
			!datum_image_eq(slot->tts_values[now + i], slot->tts_values[before + i], form->attbyval,
							form->attlen))
			return false;
	}
	return true;
}

/* Tells whether something is to be written of a pair. */
static bool
booking_pairs_differ(const PairReceiver *pairs, TupleTableSlot *slot)
{
	bool is_now = DatumGetBool(slot->tts_values[query_sql_present(pairs->query)]);
	bool is_before = !slot->tts_isnull[query_sql_tid(pairs->query)];

	if (is_now && is_before)
		return !booking_pairs_are_equal(pairs, slot);
	return is_now || is_before;
}

/* Returns a hash of the bytes of a value. */
static uint64
booking_pairs_hash(Datum value, Form_pg_attribute form)
{
	struct varlena *bytes;

	if (form->attbyval)
		return hash_bytes_extended((unsigned char *) &value, sizeof(Datum), 0);
	if (form->attlen != -1)
		return hash_bytes_extended((unsigned char *) DatumGetPointer(value),
								   datumGetSize(value, false, form->attlen), 0);
	bytes = PG_DETOAST_DATUM_PACKED(value);
	return hash_bytes_extended((unsigned char *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), 0);
}

/* Adds what a row comes to, if it counts, to the digest. */
static void
booking_pairs_digest(PairReceiver *pairs, TupleTableSlot *slot)
{
	uint64 hash = 0;

	if (!DatumGetBool(slot->tts_values[query_sql_present(pairs->query)]))
		return;
	for (int i = 0; i < query_sql_tid(pairs->query); i++)
		hash = hash_combine64(hash, slot->tts_isnull[i]
										? i
										: booking_pairs_hash(slot->tts_values[i],
															 TupleDescAttr(pairs->differ.desc, i)));
	pairs->digest += hash | 1;
}

/* Tells whether both roles that will see an error may read all of a table. */
static bool
booking_pairs_may_read(Oid relid)
{
	return pg_class_aclcheck(relid, GetOuterUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* Raises that a row has a second match, which was promised not to come: 21000. */
static void
booking_pairs_refuse_match(const PairReceiver *pairs, const QueryTable *table, const char *other)
{
	bool may_read = booking_pairs_may_read(table->relid);
	bool in_order = strcmp(pairs->match, other) < 0;

	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("a row of table \"%s\" has more than one match in table \"%s\"",
					name_text_in_message(booking_query_lines(pairs->query)),
					name_text_in_message(table->relid)),
			 may_read ? errdetail("They are %s and %s.", in_order ? pairs->match : other,
								  in_order ? other : pairs->match)
					  : 0,
			 errhint(
				 "It was promised to be one when the query was attached, so that the row is booked "
				 "once.")));
}

/* Looks at a row that was promised to have one match. Those of one row come one after another. */
static void
booking_pairs_check_match(PairReceiver *pairs, TupleTableSlot *slot)
{
	int column = query_sql_matches(pairs->query);
	StringInfoData names;
	const QueryTable *table = NULL;

	if (DatumGetInt64(slot->tts_values[column]) < 2)
		return;
	initStringInfo(&names);
	for (int i = 1; i < pairs->query->tables; i++)
		if (pairs->query->table[i].is_promised)
		{
			table = &pairs->query->table[i];
			column++;
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : "; ",
							 slot->tts_isnull[column]
								 ? "none"
								 : TextDatumGetCString(slot->tts_values[column]));
		}
	if (pairs->match != NULL)
		booking_pairs_refuse_match(pairs, table, names.data);
	pairs->match = MemoryContextStrdup(pairs->context, names.data);
}

/* Begins to receive pairs. */
static void
booking_pairs_startup(DestReceiver *receiver, int operation, TupleDesc desc)
{
	PairReceiver *pairs = (PairReceiver *) receiver;
	MemoryContext caller = MemoryContextSwitchTo(pairs->context);

	pairs->differ.desc = CreateTupleDescCopy(desc);
	MemoryContextSwitchTo(caller);
}

/* Receives a pair. */
static bool
booking_pairs_receive(TupleTableSlot *slot, DestReceiver *receiver)
{
	PairReceiver *pairs = (PairReceiver *) receiver;

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	if (pairs->query->has_promise)
		booking_pairs_check_match(pairs, slot);
	if (pairs->digests)
		booking_pairs_digest(pairs, slot);
	if (!booking_pairs_differ(pairs, slot))
		return true;
	pairs->differ.count++;
	if (pairs->differ.rows != NULL)
		tuplestore_puttupleslot(pairs->differ.rows, slot);
	return true;
}

/* Ends to receive pairs. */
static void
booking_pairs_shutdown(DestReceiver *receiver)
{
}

/* Prepares to receive pairs. */
static PairReceiver *
booking_pairs_begin(const BookingQuery *query, bool digests)
{
	PairReceiver *pairs = palloc0(sizeof(PairReceiver));

	pairs->receiver.receiveSlot = booking_pairs_receive;
	pairs->receiver.rStartup = booking_pairs_startup;
	pairs->receiver.rShutdown = booking_pairs_shutdown;
	pairs->receiver.rDestroy = booking_pairs_shutdown;
	pairs->receiver.mydest = DestNone;
	pairs->query = query;
	pairs->differ.query = query;
	pairs->context = CurrentMemoryContext;
	pairs->digests = digests;
	return pairs;
}

/* Reads the pairs again by the snapshot of the transaction; 40001 where that sees something else. */
static void
booking_pairs_check_snapshot(QueryRun *run, const PairReceiver *pairs)
{
	PairReceiver *again = booking_pairs_begin(run->query, true);

	run->snapshot = GetTransactionSnapshot();
	run->receiver = &again->receiver;
	query_plan_run(run);
	if (again->digest != pairs->digest)
		heap_row_serialization_failure();
}

/* Reads the pairs. */
static void
booking_pairs_read(BookingQuery *query, QueryForm form, int touched, TouchedRows *rows,
				   PairReceiver *pairs)
{
	QueryRun run = {query, form, touched, rows};

	/* What the statement has written so far is to be seen. */
	CommandCounterIncrement();
	run.snapshot = RegisterSnapshot(GetLatestSnapshot());
	run.receiver = &pairs->receiver;
	if (pairs->digests || !pairs_direct_read(query, rows, run.snapshot, run.receiver))
		query_plan_run(&run);
	UnregisterSnapshot(run.snapshot);
	if (pairs->digests)
		booking_pairs_check_snapshot(&run, pairs);
}

/*
 * Makes the rows of the booking table equal to what the query says of the rows that were touched, or of all. Where
 * the difference is booked the caller has entered the rulebook.
 */
void
booking_pairs_follow(BookingQuery *query, QueryForm form, int touched, TouchedRows *rows,
					 PairsBooking booking)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering pairs", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	PairReceiver *pairs = booking_pairs_begin(query, IsolationUsesXactSnapshot());

	pairs->differ.rows = tuplestore_begin_heap(false, false, work_mem);
	booking_pairs_read(query, form, touched, rows, pairs);
	if (pairs->differ.count > 0)
		pairs_write(&pairs->differ, booking);
	tuplestore_end(pairs->differ.rows);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * Counts the rows of the booking table that are not what the query says, or are missing, by the active snapshot.
 */
int64
booking_pairs_count(BookingQuery *query)
{
	PairReceiver *pairs = booking_pairs_begin(query, false);
	QueryRun run = {query, QUERY_OF_ALL};

	run.snapshot = GetActiveSnapshot();
	run.receiver = &pairs->receiver;
	query_plan_run(&run);
	return pairs->differ.count;
}
