/*
 * cap_stripe.c
 *	  Who holds the stripes of a counter, as their rows tell.
 *
 * Whoever changes or locks a stripe holds it to the end of the transaction. The row says which transaction,
 * and the server which process runs that; a prepared one has none. Nothing is locked or waited for, so
 * what is told may be over a moment later.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/subtrans.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/tuplestore.h"

#include "ledger/counter_row.h"
#include "ledger/heap_row_list.h"
#include "own.h"
#include "own_shape.h"
#include "reports/cap_stripe.h"

/* Columns of the result. */
enum
{
	CAP_STRIPE_CAP,
	CAP_STRIPE_STRIPE,
	CAP_STRIPE_USED,
	CAP_STRIPE_FLOOR,
	CAP_STRIPE_CEILING,
	CAP_STRIPE_DEPTH,
	CAP_STRIPE_HOLDER,
	CAP_STRIPE_HELD_BY,
	CAP_STRIPE_COLUMNS
};

/* Returns the one of several lockers of a row that is not over, or an invalid one. */
static TransactionId
cap_stripe_member(MultiXactId lockers, bool only_locked)
{
	MultiXactMember *members;
	int count = GetMultiXactIdMembers(lockers, &members, false, only_locked);

	for (int i = 0; i < count; i++)
		if (TransactionIdIsInProgress(members[i].xid))
			return members[i].xid;
	return InvalidTransactionId;
}

/* Returns the transaction or subtransaction that a row says is changing or locking it, if it is not over. */
static TransactionId
cap_stripe_locker(HeapTupleHeader header)
{
	TransactionId xmax = HeapTupleHeaderGetRawXmax(header);

	if (header->t_infomask & HEAP_XMAX_INVALID || HEAP_LOCKED_UPGRADED(header->t_infomask))
		return InvalidTransactionId;
	if (header->t_infomask & HEAP_XMAX_IS_MULTI)
		return cap_stripe_member(xmax, HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask));
	return TransactionIdIsInProgress(xmax) ? xmax : InvalidTransactionId;
}

/* Tells who holds a stripe, by its newest committed version or that of the present transaction. */
StripeHolder
cap_stripe_holder(HeapTuple tuple)
{
	TransactionId locker = cap_stripe_locker(tuple->t_data);
	StripeHolder holder = {InvalidTransactionId};

	if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		locker = GetTopTransactionIdIfAny();
	if (!TransactionIdIsValid(locker))
		return holder;
	holder.is_ours = TransactionIdIsCurrentTransactionId(locker);
	holder.transaction =
		holder.is_ours ? GetTopTransactionIdIfAny() : SubTransGetTopmostTransaction(locker);
	holder.pid = holder.is_ours ? MyProcPid : BackendXidGetPid(holder.transaction);

	/* One without a process is prepared, or has ended since. */
	if (holder.pid == 0 && !TransactionIdIsInProgress(holder.transaction))
		holder.transaction = InvalidTransactionId;
	return holder;
}

/* Puts out one stripe. */
static void
cap_stripe_put(ReturnSetInfo *result, HeapTuple tuple)
{
	const CounterForm *form = COUNTER_FORM(tuple);
	StripeHolder holder = cap_stripe_holder(tuple);
	bool nulls[CAP_STRIPE_COLUMNS] = {false};
	Datum values[] = {
		[CAP_STRIPE_CAP] = Int32GetDatum(form->cap_id),
		[CAP_STRIPE_STRIPE] = Int32GetDatum(form->stripe),
		[CAP_STRIPE_USED] = AmountGetDatum(form->used),
		[CAP_STRIPE_FLOOR] = AmountGetDatum(form->zone.floor),
		[CAP_STRIPE_CEILING] = AmountGetDatum(form->zone.ceiling),
		[CAP_STRIPE_DEPTH] = Int32GetDatum(form->depth),
		[CAP_STRIPE_HOLDER] = TransactionIdGetDatum(holder.transaction),
		[CAP_STRIPE_HELD_BY] = Int32GetDatum(holder.pid),
	};

	nulls[CAP_STRIPE_HOLDER] = !TransactionIdIsValid(holder.transaction);
	nulls[CAP_STRIPE_HELD_BY] = nulls[CAP_STRIPE_HOLDER] || holder.pid == 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_cap_stripe_scan);

/* cap_stripe_scan(): the stripes of all counters, for who may read every figure. */
Datum
steering_cap_stripe_scan(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation counters;
	HeapKey all;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (pg_class_aclcheck(own_relation(OWN_CAP), GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return (Datum) 0;
	counters = own_open(OWN_CAP_COUNTER, AccessShareLock);
	all = counter_key(counters, 0);
	all.nkeys = 0;
	foreach(cell, heap_row_list(&all))
	{
		CHECK_FOR_INTERRUPTS();
		cap_stripe_put(result, lfirst(cell));
	}
	table_close(counters, AccessShareLock);
	return (Datum) 0;
}
