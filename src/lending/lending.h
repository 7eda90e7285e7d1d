/*
 * lending.h
 *	  The coordinator's ledger: how much of each cap is lent to each node.
 */
#ifndef SP71_LENDING_H
#define SP71_LENDING_H

#include "sp71_steering.h"

#include "lending/lend.h"
#include "nodes/pg_list.h"

/* What the ledger has of a cap, locked. In the memory of whoever locked it. */
typedef struct Lending
{
	int32 cap_id;
	int32 revision; /* of the cap's limit and ladder */
	Amount limit;
	const Ladder *ladder;
	bool as_lent;    /* all was lent by that revision */
	bool failed;     /* a node was busy a while ago */
	bool doubted;    /* again and again: nobody is lent more than is wanted */
	int64 changed;   /* by which change entries moved last */
	List *rows;      /* of all nodes: NodeRow, in the order of their numbers */
	LendNode *nodes; /* the same nodes */
	int count;
	List *calls;      /* made last: NodeCall */
	char *unanswered; /* which nodes did not answer, and why; NULL: all did that were asked */
} Lending;

#define LENDING_ASK_ALL (-1)

extern void lending_make_durable(void);
extern void lending_limit_waiting(int part);
extern Lending *lending_lock(int32 cap_id);
extern int lending_find(const Lending *lending, int32 node_id);
extern void lending_write(const Lending *lending, int node, bool known, Amount ceiling);
extern void lending_settle(Lending *lending);
extern void lending_doubt(Lending *lending);
extern void lending_forget(List *cap_ids);
extern int128 lending_known(const Lending *lending, int32 node_id);

/* lending_ask.c */
extern void lending_ask(Lending *lending, int but);
extern void lending_ask_again(Lending *lending, int asker);
extern void lending_stop_alone(Lending *lending, int32 node_id);
extern void lending_stop(Lending *lending, int32 node_id);

#endif
