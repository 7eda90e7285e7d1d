/*
 * closed_change.h
 *	  What is changed in closed periods: collected, netted, and refused unless the period allows it.
 */
#ifndef SP71_CLOSED_CHANGE_H
#define SP71_CLOSED_CHANGE_H

#include "sp71_steering.h"

#include "bookings/judge.h"
#include "ledger/transaction_rows.h"
#include "mapping/mapping.h"
#include "types/usage.h"

/* What is netted. */
typedef struct ClosedChangeKey
{
	int32 is_commitment;
	int32 service_id;
	int32 participant_id;
	DateADT day;
} ClosedChangeKey;

/* A change of bookings in a closed period. */
typedef struct ClosedChange
{
	TransactionRow row; /* among those of the transaction, which are judged when it commits */
	ClosedChangeKey key;
	Oid relid; /* a finance table that it came from */
	UsageSum change;
} ClosedChange;

/* Those of a statement. Begins as {.context = where the list is to live}. */
typedef struct ClosedChanges
{
	MemoryContext context;
	bool by_month; /* of stored usage, which knows no days: their day is the first of the month */
	ClosedChange *list;
	int used;
	int room;
} ClosedChanges;

extern void closed_change_add(ClosedChanges *changes, const Source *source, int32 service_id,
							  int32 participant_id, DateADT day, const UsageSum *change);
extern void closed_change_add_stored(ClosedChanges *changes, const Source *source, int sign);
extern void closed_change_judge(ClosedChanges *changes, JudgeWhen when);
extern void closed_change_judge_at_commit(void);

#endif
