/*
 * transfer.c
 *	  transfer(): a part of the limit of one cap goes to another one.
 *
 * What is used is not taken: the limit that is lowered passes the check of set_cap(). Nor may what is given be room
 * that is not there: caps above the receiving one must have it, but for those above both, under which nothing
 * changes. None of them is changed. All are locked, in the order of their ids, so what was found holds until commit.
 *
 * Between a cap and one above it there is nothing to transfer: that would change what both allow together.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bookings/expired.h"
#include "call.h"
#include "lifecycle/budget_change.h"
#include "own.h"
#include "rules/rulebook.h"
#include "types/shown.h"

/* Arguments of transfer(), in order. */
enum
{
	TRANSFER_FROM,
	TRANSFER_TO,
	TRANSFER_AMOUNT,
	TRANSFER_REASON
};

/* What a transfer is about. */
typedef struct Transfer
{
	int32 from_cap;
	int32 to_cap;
	Amount amount;
	int32 *above; /* the caps that must have room */
	int above_count;
} Transfer;

PG_FUNCTION_INFO_V1(steering_transfer);

/* Fills in a transfer from the arguments. */
static void
transfer_read(FunctionCallInfo fcinfo, Transfer *transfer, BudgetChange *change)
{
	static const char *const names[] = {"from_cap", "to_cap", "amount", "reason"};

	for (int i = 0; i < lengthof(names); i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
	transfer->from_cap = PG_GETARG_INT32(TRANSFER_FROM);
	transfer->to_cap = PG_GETARG_INT32(TRANSFER_TO);
	transfer->amount = amount_exact_from_numeric(PG_GETARG_DATUM(TRANSFER_AMOUNT), "amount");
	change->kind = "transfer";
	change->reason = budget_change_text(PG_GETARG_DATUM(TRANSFER_REASON), "reason");
	if (transfer->amount <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("amount must be positive: %s", amount_shown(transfer->amount))));
	if (transfer->from_cap == transfer->to_cap)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("from_cap and to_cap must be different caps")));
}

/*
 * Locks all caps that a transfer is about, by their ids, and keeps those that must have room. Bookings are joined,
 * so nobody makes or drops a cap above these meanwhile.
 */
static void
transfer_lock(Transfer *transfer)
{
	static const char query[] =
		"SELECT steering.cap_above($2) EXCEPT SELECT steering.cap_above($1) EXCEPT SELECT $2"
		" UNION SELECT $1 UNION SELECT $2 ORDER BY 1";
	Oid types[] = {INT4OID, INT4OID};
	Datum values[] = {Int32GetDatum(transfer->from_cap), Int32GetDatum(transfer->to_cap)};
	MemoryContext caller = CurrentMemoryContext;
	int count;
	int32 *caps;
	OwnSpi spi;

	rulebook_enter_booking();
	own_spi_begin(&spi);
	count = own_spi_execute(query, lengthof(types), types, values, NULL);
	caps = MemoryContextAlloc(caller, count * sizeof(int32));
	for (int i = 0; i < count; i++)
		caps[i] = DatumGetInt32(own_spi_column(i, 1, NULL));
	own_spi_end(&spi);
	transfer->above = palloc(count * sizeof(int32));
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		budget_change_lock(caps[i]);
		if (caps[i] != transfer->from_cap && caps[i] != transfer->to_cap)
			transfer->above[transfer->above_count++] = caps[i];
	}
}

/* Refuses a transfer between caps that are not of one kind; their days in common are its period. */
static void
transfer_check_caps(const Transfer *transfer, BudgetChange *change)
{
	static const char query[] = "SELECT steering.require_transferable($1, $2)";
	Oid types[] = {INT4OID, INT4OID};
	Datum values[] = {Int32GetDatum(transfer->from_cap), Int32GetDatum(transfer->to_cap)};
	MemoryContext caller = CurrentMemoryContext;
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, lengthof(types), types, values, NULL);
	MemoryContextSwitchTo(caller);
	change->during = PointerGetDatum(PG_DETOAST_DATUM_COPY(own_spi_column(0, 1, NULL)));
	own_spi_end(&spi);
}

/* Refuses a transfer under a cap that has no room for it. The figures are for who may read them. */
static void
transfer_refuse(const CapFigures *figures, Amount blocks_at, Amount used, Amount amount)
{
	bool readable = rulebook_may_read_cap(figures, GetUserId());

	ereport(ERROR,
			(errcode(metric_sqlstate(figures->metric)),
			 errmsg("%s has no room for what is transferred", budget_change_cap_name(figures)),
			 readable ? errdetail("Cap %d (%s to %s) blocks above %s; used %s, transferred %s.",
								  figures->cap_id, day_shown(figures->first_day),
								  day_shown(figures->end_day - 1), amount_shown(blocks_at),
								  amount_shown(used), amount_shown(amount))
					  : 0,
			 errhint("It stands over the cap that receives, and not over the one that gives."),
			 budget_change_fields(figures)));
}

/* Checks that a cap has room for what is transferred. */
static void
transfer_check_room(int32 cap_id, Amount amount)
{
	Amount used;
	const CapFigures *figures = budget_change_figures(cap_id, &used);
	Amount blocks_at;

	if (!ladder_blocks_at(figures->ladder, figures->amount, &blocks_at) ||
		(int128) used + amount <= blocks_at)
		return;
	/* What is reserved and has expired is no usage. A copy, since SQL is run. */
	figures = cap_figures_copy(figures);
	used = amount_clamp(used - expired_under(figures));
	if ((int128) used + amount > blocks_at)
		transfer_refuse(figures, blocks_at, used, amount);
}

/* Returns the line of one of the two caps. */
static BudgetLine
transfer_line(int32 cap_id, Amount mutation)
{
	const CapFigures *figures = budget_change_figures(cap_id, NULL);
	BudgetLine line = {cap_id, mutation, amount_add(figures->amount, mutation)};

	if (line.new_amount < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s has less than what is to be transferred",
							   budget_change_cap_name(figures)),
						rulebook_may_read_cap(figures, GetUserId())
							? errdetail("Its limit is %s.", amount_shown(figures->amount))
							: 0,
						budget_change_fields(figures)));
	return line;
}

/* transfer(from_cap, to_cap, amount, reason) */
Datum
steering_transfer(PG_FUNCTION_ARGS)
{
	Transfer transfer = {0};
	BudgetChange change = {0};
	BudgetLine lines[2];

	transfer_read(fcinfo, &transfer, &change);
	transfer_lock(&transfer);
	transfer_check_caps(&transfer, &change);
	for (int i = 0; i < transfer.above_count; i++)
		transfer_check_room(transfer.above[i], transfer.amount);
	lines[0] = transfer_line(transfer.from_cap, amount_negate(transfer.amount));
	lines[1] = transfer_line(transfer.to_cap, transfer.amount);
	budget_change_begin(&change);
	for (int i = 0; i < lengthof(lines); i++)
		budget_change_revise(&change, &lines[i], false);
	budget_change_end(&change);
	PG_RETURN_INT32(change.amendment_id);
}
