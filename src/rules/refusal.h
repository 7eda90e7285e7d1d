/*
 * refusal.h
 *	  The caps that refuse a change: found one by one, told of in one message.
 */
#ifndef SP71_REFUSAL_H
#define SP71_REFUSAL_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "rules/cap_figures.h"

/* What was refused. */
typedef enum RefusalScope
{
	REFUSAL_OF_BOOKINGS,   /* of a statement */
	REFUSAL_OF_COMMAND,    /* what changes usage otherwise: of tables or registers */
	REFUSAL_OF_TRANSACTION /* its net effect, when it commits */
} RefusalScope;

/* A cap that refuses a change of its usage. */
typedef struct Refusal
{
	const CapFigures *figures; /* a copy */
	Amount blocks_at;
	Amount before;
	Amount after;
	int128 net;           /* of the transaction; only of bookings of a statement */
	int128 drawn;         /* what it has drawn of overrides */
	int128 override_room; /* what overrides would let through, which is not enough */
	Oid relid;            /* the table where it happened */
} Refusal;

extern List *refusal_add(List *refusals, const Refusal *refusal);
extern void refusal_raise(const List *refusals, RefusalScope scope);

#endif
