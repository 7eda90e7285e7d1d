/*
 * pending.h
 *	  What a transaction changed of counters and usage cells, and what of that is still to be written.
 */
#ifndef SP71_PENDING_H
#define SP71_PENDING_H

#include "sp71_steering.h"

#include "ledger/stripes.h"
#include "rules/zone.h"
#include "types/usage.h"

/*
 * A counter or usage cell that the transaction changed, or a change of its in a closed period.
 *
 * The first change of a counter writes one of its stripes, which locks that; later ones only add here.
 * Usage cells and changes in closed periods are never held. What a transaction changes may be more than
 * an amount holds: from the most to the least that there is.
 */
typedef struct PendingRow
{
	StripesKey key;
	int saved_level; /* the subtransaction since whose start it is saved */
	UsageSum change; /* not written yet; not of counters */

	/* of counters only */
	bool held; /* a stripe is locked, and described by what follows */
	int32 stripe;
	int32 depth;
	ItemPointerData tid;
	Amount used;    /* what the stripe holds with all changes */
	Amount written; /* what of that stands in the table */
	int32 revision;
	bool calm;            /* no step acts as long as the stripe stays within its zone */
	Zone zone;            /* a share of the counter's, or all of it */
	int128 net;           /* what the transaction changed in all */
	CommandId statement;  /* that changed it last */
	int128 statement_net; /* net before that statement */
	bool judge_at_commit;
	Oid relid; /* the finance table that is judged for */
} PendingRow;

extern void pending_register_callbacks(void);

extern CommandId pending_statement(void);
extern PendingRow *pending_row(const StripesKey *key);
extern PendingRow *pending_find(const StripesKey *key);
extern void pending_touch(PendingRow *row);
extern const PendingRow *pending_next_unwritten(int *position);
extern UsageSum pending_unwritten(const PendingRow *row);
extern void pending_flush(void);
extern void pending_settle(int32 cap_id);
extern void pending_rebase(int32 cap_id, int128 change, bool judged);
extern void pending_exclude_bookings(void);

extern void pending_notify(const char *payload);

#endif
