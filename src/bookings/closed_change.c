/*
 * closed_change.c
 *	  What is changed in closed periods: collected, netted, and refused unless the period allows it.
 *
 * A closed period fixes what was spent: unlike a cap it refuses what lowers that as well. What is only
 * committed is still to end some day, so it may be released, lowered and carried to a day that is open,
 * and is refused where it is raised. What counts is the net effect per stage, service, participant and
 * day, on amount, volume and, of what was spent, number of bookings. So rows of a closed period may be
 * corrected in what is not booked, or written anew as they were, and moved to another source of the same
 * stage, all within one statement; or, where the caller has chosen check_at = commit, within one
 * transaction. TRUNCATE is no exception: it takes bookings away, whatever other tables go along.
 *
 * What is left to the commit stands among the rows of the transaction, which know of subtransactions.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "bookings/closed_change.h"
#include "ledger/transaction.h"
#include "own.h"
#include "rules/check_at.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "types/shown.h"

static const TransactionRowShape closed_change_shape = TRANSACTION_ROW_SHAPE(ClosedChange);

/* Adds a change of bookings, on a day that is closed, of a source. */
void
closed_change_add(ClosedChanges *changes, const Source *source, int32 service_id,
				  int32 participant_id, DateADT day, const UsageSum *change)
{
	ClosedChange *added;

	if (changes->used == changes->room)
	{
		Size size;

		changes->room = Max(8, 2 * changes->room);
		size = (Size) changes->room * sizeof(ClosedChange);
		changes->list = changes->list == NULL ? MemoryContextAllocHuge(changes->context, size)
											  : repalloc_huge(changes->list, size);
	}
	added = &changes->list[changes->used++];
	memset(&added->row, 0, sizeof(TransactionRow));
	added->key.is_commitment = source->is_commitment;
	added->key.service_id = service_id;
	added->key.participant_id = participant_id;
	added->key.day = day;
	added->change = *change;
	added->relid = source->relid;
}

/*
 * Adds what is stored of a source in closed periods, once before (sign -1) and once after (sign 1) it
 * is written anew. Within own_spi, bookings excluded.
 */
void
closed_change_add_stored(ClosedChanges *changes, const Source *source, int sign)
{
	static const char query[] = "SELECT service_id, participant_id, month, amount, volume, bookings"
								" FROM steering.usage_cell"
								" WHERE source_id = $1 AND service_id <> 0"
								" AND month >= $2 AND month < $3";
	const ClosedDays *days = rulebook_closed_days();
	Oid types[] = {INT4OID, DATEOID, DATEOID};
	Datum values[3];
	uint64 rows;

	/* Cells have months, no days. Periods are closed by whole months. */
	changes->by_month = true;
	if (days == NULL)
		return;
	values[0] = Int32GetDatum(source->source_id);
	values[1] = DateADTGetDatum(days->ranges[0].first_day);
	values[2] = DateADTGetDatum(closed_days_end(days));
	rows = own_spi_execute(query, lengthof(values), types, values, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		DateADT month = DatumGetDateADT(own_spi_column(i, 3, NULL));
		UsageSum change = {
			.amount = (int128) DatumGetAmount(own_spi_column(i, 4, NULL)) * sign,
			.volume = (int128) DatumGetAmount(own_spi_column(i, 5, NULL)) * sign,
			.bookings = DatumGetInt64(own_spi_column(i, 6, NULL)) * sign,
		};

		CHECK_FOR_INTERRUPTS();
		if (closed_days_find(days, month) != NULL)
			closed_change_add(changes, source, DatumGetInt32(own_spi_column(i, 1, NULL)),
							  DatumGetInt32(own_spi_column(i, 2, NULL)), month, &change);
	}
}

/* Orders changes by day, service, participant and stage, commitments first. */
static int
closed_change_compare(const void *a, const void *b)
{
	const ClosedChangeKey *left = &((const ClosedChange *) a)->key;
	const ClosedChangeKey *right = &((const ClosedChange *) b)->key;

	if (left->day != right->day)
		return left->day < right->day ? -1 : 1;
	if (left->service_id != right->service_id)
		return left->service_id < right->service_id ? -1 : 1;
	if (left->participant_id != right->participant_id)
		return left->participant_id < right->participant_id ? -1 : 1;
	return right->is_commitment - left->is_commitment;
}

/*
 * Tells whether a closed period allows a change: one that nets to zero, and of commitments one that raises
 * neither amount nor volume. Objects of earlier versions report released commitments as changed bookings, so
 * under these commitments are fixed too.
 */
static bool
closed_change_is_allowed(const ClosedChangeKey *key, const UsageSum *change)
{
	if (usage_sum_is_zero(change))
		return true;
	return key->is_commitment && change->amount <= 0 && change->volume <= 0 &&
		   own_has_relation(OWN_COMMITMENT_PROBLEM);
}

/* Refuses a change. A closed period that is open again, as may be at commit, refuses nothing. */
static void
closed_change_refuse(const ClosedChangeKey *key, const UsageSum *change, Oid relid, bool by_month,
					 bool at_commit)
{
	const ClosedDays *days = rulebook_closed_days();
	const ClosedRange *closed = days == NULL ? NULL : closed_days_find(days, key->day);

	if (closed != NULL)
		message_closed(*closed, register_node_code(register_of_services, key->service_id),
					   register_node_code(register_of_participants, key->participant_id),
					   by_month ? psprintf(_("in %s"), month_shown(key->day))
								: psprintf(_("on %s"), day_shown(key->day)),
					   key->is_commitment != 0, change, relid, at_commit, !by_month && !at_commit);
}

/* Adds a change to what is judged when the transaction commits. */
static void
closed_change_put_off(const ClosedChange *closed)
{
	TransactionRows *rows = transaction_rows_of(TRANSACTION_CLOSED_CHANGES, &closed_change_shape);
	bool made;
	ClosedChange *put_off = transaction_rows_get(rows, &closed->key, &made);

	usage_sum_add(&put_off->change, &closed->change);
	put_off->relid = closed->relid;
}

/*
 * Judges what a statement changes in closed periods: 23S74 where they do not allow it. What they allow of a
 * booking is noted, since a transaction that is judged at commit may raise again what it has lowered.
 *
 * A cap that is to be overrun knowingly (JUDGE_ACCEPTING) has no say in this. What comes from another node
 * (JUDGE_ARRIVED, JUDGE_MOVED) was spent there.
 */
void
closed_change_judge(ClosedChanges *changes, JudgeWhen when)
{
	bool booking = judge_is_booking(when);
	ClosedChange *list = changes->list;
	int last = 0;

	if (when == JUDGE_ARRIVED || when == JUDGE_MOVED)
		return;
	if (changes->used > 1)
		qsort(list, changes->used, sizeof(ClosedChange), closed_change_compare);
	for (int i = 0; i < changes->used; i = last)
	{
		CHECK_FOR_INTERRUPTS();
		for (last = i + 1;
			 last < changes->used && closed_change_compare(&list[i], &list[last]) == 0; last++)
			usage_sum_add(&list[i].change, &list[last].change);
		if (usage_sum_is_zero(&list[i].change))
			continue;
		if ((!booking || !check_at_is_commit()) &&
			!closed_change_is_allowed(&list[i].key, &list[i].change))
			closed_change_refuse(&list[i].key, &list[i].change, list[i].relid, changes->by_month,
								 false);
		/* Also where it is allowed now: what lowers it here may make room for a raise that comes later. */
		if (booking)
			closed_change_put_off(&list[i]);
	}
}

/* Judges what the transaction has changed in closed periods: 23S74 where they do not allow it. */
void
closed_change_judge_at_commit(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_CLOSED_CHANGES);
	int count = transaction_rows_count(rows);

	for (int i = 0; i < count; i++)
	{
		const ClosedChange *closed = transaction_rows_at(rows, i);

		CHECK_FOR_INTERRUPTS();
		if (closed_change_is_allowed(&closed->key, &closed->change))
			continue;
		rulebook_enter_booking();
		closed_change_refuse(&closed->key, &closed->change, closed->relid, false, true);
	}
}
