/*
 * stripe_holders.c
 *	  The other transactions that hold stripes of one counter, as far as a role may know.
 *
 * That somebody holds a stripe is for all who may read the cap: a booking of theirs would wait. Who it is, is
 * for who may read every figure, and for who has the rights of the role whose transaction it is. What that
 * does is asked of pg_stat_activity as the caller, which shows to each what it may see.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/array.h"

#include "own.h"
#include "reports/cap_stripe.h"
#include "reports/stripe_holders.h"

/* Tells whether the present role has the rights of the one that a process runs for. */
static bool
stripe_holders_may_know(int pid)
{
	PGPROC *process = BackendPidGetProc(pid);

	return process != NULL && has_privs_of_role(GetUserId(), process->roleId);
}

/* Takes in who holds a stripe. */
static void
stripe_holders_add(StripeHolders *holders, const StripeHolder *holder, bool reads_all)
{
	holders->held++;
	if (holder->pid == 0 && reads_all)
		holders->prepared = list_append_unique_int(holders->prepared, holder->transaction);
	else if (holder->pid != 0 && (reads_all || stripe_holders_may_know(holder->pid)))
		holders->pids = list_append_unique_int(holders->pids, holder->pid);
}

/* Finds who holds the stripes whose rows these are. reads_all: the role may read every figure. */
StripeHolders
stripe_holders_of(const List *rows, bool reads_all)
{
	StripeHolders holders = {.stripes = list_length(rows)};
	ListCell *cell;

	foreach(cell, rows)
	{
		StripeHolder holder = cap_stripe_holder(lfirst(cell));

		CHECK_FOR_INTERRUPTS();
		if (TransactionIdIsValid(holder.transaction) && !holder.is_ours)
			stripe_holders_add(&holders, &holder, reads_all);
	}
	return holders;
}

/* Returns the processes as an array; it is empty where none may be known. */
Datum
stripe_holders_pids(const StripeHolders *holders)
{
	int count = list_length(holders->pids);
	Datum *values = palloc((count + 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		values[i] = Int32GetDatum(list_nth_int(holders->pids, i));
	return PointerGetDatum(
		construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Appends numbers as the text of an array. */
static void
stripe_holders_append(StringInfo query, const List *numbers)
{
	const char *separator = "{";
	ListCell *cell;

	if (numbers == NIL)
		appendStringInfoChar(query, '{');
	foreach(cell, numbers)
	{
		appendStringInfo(query, "%s%u", separator, (unsigned) lfirst_int(cell));
		separator = ",";
	}
	appendStringInfoChar(query, '}');
}

/* Makes the query of processes, and of prepared transactions, which have no number and a name. */
static char *
stripe_holders_query(const StripeHolders *holders)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query,
						   "SELECT process.pid::text, activity.usename::text, activity.state,"
						   " date_trunc('second', activity.xact_start)::text, NULL, process.pid"
						   " FROM unnest('");
	stripe_holders_append(&query, holders->pids);
	appendStringInfoString(&query, "'::integer[]) AS process (pid)"
								   " LEFT JOIN pg_stat_activity AS activity USING (pid)"
								   " UNION ALL SELECT NULL, NULL, NULL, NULL, quote_literal(gid), 0"
								   " FROM pg_prepared_xacts WHERE transaction = ANY ('");
	stripe_holders_append(&query, holders->prepared);
	appendStringInfoString(&query, "'::xid[]) ORDER BY 6");
	return query.data;
}

/* Appends who a row of that query is, and what he does, as far as the row says it. */
static void
stripe_holders_append_one(StringInfo text, uint64 row)
{
	char *values[5];

	for (int i = 0; i < lengthof(values); i++)
		values[i] = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, i + 1);
	if (row > 0)
		appendStringInfoString(text, ", ");
	if (values[4] != NULL)
		appendStringInfo(text, _("prepared transaction %s"), values[4]);
	else
		appendStringInfo(text, _("process %s"), values[0]);
	if (values[1] != NULL)
		appendStringInfo(text, _(" (role \"%s\""), values[1]);
	if (values[2] != NULL)
		appendStringInfo(text, ", %s", values[2]);
	if (values[3] != NULL)
		appendStringInfo(text, _(" since %s"), values[3]);
	if (values[1] != NULL)
		appendStringInfoChar(text, ')');
}

/* Says who holds stripes, and what they do, for a sentence. */
char *
stripe_holders_describe(const StripeHolders *holders)
{
	char *query = stripe_holders_query(holders);
	StringInfoData text;
	int nest_level;

	initStringInfo(&text);
	if (holders->pids != NIL || holders->prepared != NIL)
	{
		nest_level = own_pin_settings();
		SPI_connect();
		if (SPI_execute(query, true, 0) == SPI_OK_SELECT)
			for (uint64 row = 0; row < SPI_processed; row++)
				stripe_holders_append_one(&text, row);
		SPI_finish();
		own_unpin_settings(nest_level);
	}
	if (text.len > 0)
		return text.data;
	return pstrdup(holders->held == 1 ? _("another transaction") : _("other transactions"));
}
