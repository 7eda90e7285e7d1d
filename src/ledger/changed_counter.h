/*
 * changed_counter.h
 *	  What the transaction has changed of the counters of caps, and which of their stripes it holds.
 */
#ifndef SP71_CHANGED_COUNTER_H
#define SP71_CHANGED_COUNTER_H

#include "sp71_steering.h"

#include "ledger/counter_row.h"
#include "ledger/transaction_rows.h"

/*
 * A counter that the transaction has changed. The first change writes one of its stripes, which locks that;
 * later ones only add here. What a transaction changes may be twice what an amount holds: from its highest to
 * its lowest.
 */
typedef struct ChangedCounter
{
	TransactionRow row;
	int32 key;    /* the cap */
	bool held;    /* a stripe is locked, and described by what follows */
	bool in_zone; /* no step acts as long as the stripe stays within its zone */
	bool judge_at_commit;
	bool judge_with_outer; /* when the outermost statement ends, or else at commit */
	int32 stripe;
	int32 depth;
	int32 revision;
	ItemPointerData tid;
	TransactionId
		writer; /* of the whole counter's row that the first change was made to; or invalid */
	Oid relid;  /* the finance table that is judged for, at commit */
	CommandId statement;    /* that changed it last; InvalidCommandId: none */
	Amount used;            /* what the stripe holds with all changes */
	Amount written;         /* what of that stands in the table */
	Zone zone;              /* a share of the counter's, or all of it */
	int128 net;             /* what the transaction changed in all */
	int128 statement_net;   /* net before that statement */
	int128 drawn;           /* what bookings that net is of have drawn of overrides */
	int128 statement_drawn; /* drawn before that statement */
	int128 outer_net;       /* net before the outermost statement that has changed it */
	int128 outer_drawn;     /* drawn before that statement */
	uint32 outer;           /* which that was; 0: none */
} ChangedCounter;

extern ChangedCounter *changed_counter_get(int32 cap_id);
extern ChangedCounter *changed_counter_find(int32 cap_id);
extern void changed_counter_touch(ChangedCounter *changed);
extern void changed_counter_enter_statement(ChangedCounter *changed);
extern void changed_counter_hold(ChangedCounter *changed, HeapTuple tuple);
extern void changed_counter_mark_judged(int32 cap_id);
extern void changed_counter_leave_out(int32 cap_id, int128 change);
extern void changed_counter_note_drawn(int32 cap_id, int128 drawn);
extern int128 changed_counter_drawn(int32 cap_id);
extern void changed_counter_note_recount(int32 cap_id, int128 change, bool judged);
extern void changed_counter_note_moved(int32 cap_id, int128 change);
extern bool changed_counter_any_waits(void);
extern void changed_counter_judge_at_commit(int32 cap_id, Oid relid);
extern void changed_counter_judge_with_outer(int32 cap_id, Oid relid);
extern List *changed_counter_take_judged(void);
extern List *changed_counter_take_outer(void);
extern const ChangedCounter *changed_counter_next_unwritten(int *position);
extern void changed_counter_write_all(void);
extern void changed_counter_let_go(void);

/* Returns what of a counter does not stand in its table. */
static inline int128
changed_counter_unwritten(const ChangedCounter *changed)
{
	return changed != NULL && changed->held ? (int128) changed->used - changed->written : 0;
}

#endif
