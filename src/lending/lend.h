/*
 * lend.h
 *	  How much of a cap the coordinator lends to a node that asks. Pure.
 */
#ifndef SP71_LEND_H
#define SP71_LEND_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "types/ladder.h"

/* What the ledger has of a node. */
typedef struct LendNode
{
	int32 node_id;
	bool known;     /* else it may have any usage */
	Amount ceiling; /* its usage is not above this */
	bool answered;  /* and was exactly this, just now */
} LendNode;

/* A question: usage of one of the nodes is to rise. */
typedef struct LendQuestion
{
	Amount limit; /* of the cap */
	const Ladder *ladder;
	bool as_lent; /* limit and ladder are those by which the ledger's ceilings were lent */
	bool exactly; /* nobody is lent more than is wanted */
	LendNode *nodes;
	int count;
	int asker;   /* which of them */
	Amount used; /* what it uses now, and what it would use */
	Amount wanted;
} LendQuestion;

typedef enum LendResult
{
	LEND_NOTHING, /* it has been lent enough already: the ceiling */
	LEND_CEILING, /* usage of the asker may go up to the ceiling, and crosses no step */
	LEND_ALONE,   /* the asker judges by the ladder, with what the others use */
	LEND_ASK,     /* the others have to be asked first */
	LEND_UNSURE   /* one of them has not answered, and without it nothing can be said */
} LendResult;

/* What the asker gets. */
typedef struct LendRoom
{
	Amount ceiling;
	bool warns;       /* usage stands at a step that warns: of each raise below the ceiling, too */
	Amount elsewhere; /* what the others use together, at most */
} LendRoom;

extern LendResult lend_at_once(const LendQuestion *question, LendRoom *room);
extern LendResult lend_after_asking(const LendQuestion *question, LendRoom *room);

#endif
