/*
 * elsewhere.h
 *	  What other nodes hold: asked for where reports over all nodes are made, which is on the coordinator.
 */
#ifndef SP71_ELSEWHERE_H
#define SP71_ELSEWHERE_H

#include "sp71_steering.h"

#include "types/usage.h"
#include "utils/date.h"

/* What stands for a source in figures of other nodes, whose sources have numbers of their own. */
#define ELSEWHERE_ACTUAL (-1)
#define ELSEWHERE_COMMITTED (-2)

/* What one other node has counted under a cap. */
typedef struct ElsewhereCounter
{
	int32 cap_id;
	int32 participant_id; /* of the cap */
	Amount used;
} ElsewhereCounter;

/* What was booked on one other node. */
typedef struct ElsewhereCell
{
	char *source; /* NULL: of all sources of the stage */
	bool is_commitment;
	int32 service_id;
	int32 participant_id;
	DateADT month;
	Usage usage;
} ElsewhereCell;

/* A booking on one other node. */
typedef struct ElsewhereBooking
{
	char *source; /* its table, and the node */
	char *stage;
	int32 service_id;
	int32 participant_id;
	DateADT booked_on;
	Amount amount;
	Amount volume;
} ElsewhereBooking;

/* Gets bookings one after another; their texts are gone after the call. */
typedef void (*ElsewhereVisitor)(const ElsewhereBooking *booking, void *context);

/* Gets what bookings drew of overrides of a participant's caps: the columns of override_use_elsewhere(), gone after the call. */
typedef void (*ElsewhereDrawVisitor)(int32 participant_id, Datum *draw, void *context);

#define ELSEWHERE_DRAW_COLUMNS 8

/* Figures of all other nodes: of each node by itself, in no order. */
typedef struct ElsewhereCounters
{
	uint64 count;
	ElsewhereCounter *list;
} ElsewhereCounters;

typedef struct ElsewhereCells
{
	uint64 count;
	ElsewhereCell *list;
} ElsewhereCells;

/*
 * Of a node: what bookings there have drawn of overrides, as one JSON array "answer". What a node granted itself, before it was
 * one, is none of the coordinator's.
 */
#define ELSEWHERE_DRAWN                                                                            \
	"SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(drawn)), '[]') AS answer"            \
	" FROM steering.override_use AS drawn WHERE NOT EXISTS (SELECT FROM steering.override_grant"   \
	" WHERE override_grant.override_id OPERATOR(pg_catalog.=) drawn.override_id)"

extern bool elsewhere_is_shown(void);
extern const char *elsewhere_cells_here(void);
extern ElsewhereCounters *elsewhere_counters(const char *caps);
extern ElsewhereCells *elsewhere_cells(DateADT first_month, DateADT end_month);
extern ElsewhereCells *elsewhere_cells_by_source(void);
extern ElsewhereCells *elsewhere_days(DateADT first_day, DateADT end_day);
extern void elsewhere_visit_bookings(ElsewhereVisitor visit, void *context);
extern void elsewhere_visit_draws(ElsewhereDrawVisitor visit, void *context);
extern int128 elsewhere_used(const ElsewhereCounters *counters, int32 cap_id);

#endif
