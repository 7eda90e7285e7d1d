/*
 * recover_allotments.c
 *	  recover_allotments(): all nodes give back what they do not use, so that the ledger is as they are.
 *
 * Room is missing, lent and not used by anybody, where a transaction that was lent it was rolled back, or its server
 * crashed. It comes back by itself when the node asks, or is asked; this asks all at once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "lending/lending.h"
#include "own.h"

/* The caps of which the ledger has something, in their order. */
#define RECOVER_CAPS "SELECT cap_id FROM steering.lending ORDER BY cap_id"

/* Columns of the result. */
enum
{
	RECOVER_CAP,
	RECOVER_NODE,
	RECOVER_LENT,
	RECOVER_USED,
	RECOVER_COLUMNS
};

PG_FUNCTION_INFO_V1(steering_recover_allotments);

/* Deletes what the ledger has of caps that are dropped. */
static void
recover_forget_dropped(void)
{
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute("DELETE FROM steering.lent WHERE NOT EXISTS"
						   " (SELECT FROM steering.cap WHERE cap.cap_id = lent.cap_id)",
						   0, NULL, NULL, NULL);
	(void) own_spi_execute("DELETE FROM steering.lending WHERE NOT EXISTS"
						   " (SELECT FROM steering.cap WHERE cap.cap_id = lending.cap_id)",
						   0, NULL, NULL, NULL);
	own_spi_end(&spi);
}

/* Puts a row for each node into the result: what it was lent, and what it uses, null where it has not answered. */
static void
recover_report(ReturnSetInfo *into, const Lending *lending, const LendNode *before)
{
	for (int i = 0; i < lending->count; i++)
	{
		const LendNode *node = &lending->nodes[i];
		bool nulls[RECOVER_COLUMNS] = {false, false, !before[i].known, !node->answered};
		Datum values[RECOVER_COLUMNS] = {Int32GetDatum(lending->cap_id),
										 Int32GetDatum(node->node_id)};

		if (before[i].known)
			values[RECOVER_LENT] = amount_to_numeric(before[i].ceiling);
		if (node->answered)
			values[RECOVER_USED] = amount_to_numeric(node->ceiling);
		tuplestore_putvalues(into->setResult, into->setDesc, values, nulls);
	}
}

/* Has all nodes give back what they do not use of a cap. Warns of those that do not answer. */
static void
recover_cap(int32 cap_id, ReturnSetInfo *into)
{
	Lending *lending = lending_lock(cap_id);
	Size size = lending->count * sizeof(LendNode);
	LendNode *before = memcpy(palloc(size + 1), lending->nodes, size);

	lending_ask(lending, LENDING_ASK_ALL);
	if (lending->unanswered == NULL)
		lending_settle(lending);
	else
		ereport(WARNING, (errcode(ERRCODE_STEERING_WARNING),
						  errmsg("what is used of cap %d is not known of all nodes", cap_id),
						  errdetail_internal("%s", lending->unanswered)));
	recover_report(into, lending, before);
}

/* recover_allotments(): of one cap, or of all */
Datum
steering_recover_allotments(PG_FUNCTION_ARGS)
{
	List *caps;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	lending_make_durable();
	if (PG_ARGISNULL(0))
	{
		recover_forget_dropped();
		caps = own_spi_numbers(RECOVER_CAPS, 0, NULL, NULL);
	}
	else
		caps = list_make1_int(PG_GETARG_INT32(0));
	foreach(cell, caps)
	{
		CHECK_FOR_INTERRUPTS();
		recover_cap(lfirst_int(cell), (ReturnSetInfo *) fcinfo->resultinfo);
	}
	PG_RETURN_NULL();
}
