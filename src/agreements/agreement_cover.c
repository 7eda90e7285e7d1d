/*
 * agreement_cover.c
 *	  Which agreement covers what was booked: that of the nearest service, and then of the nearest
 *	  participant.
 *
 * Usage is summed in one pass, for each span of months in which the same agreements hold. Then each pair
 * of a service and a participant looks upwards for the first agreement that holds in the span. What is
 * booked on a group while one below it pays a share by a key is shared cost, and comes after the
 * agreements of the same service. All is in the memory of the call.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "agreements/agreement_cover.h"

#define COVER_ROOM_AT_FIRST 256

/* The first number in the list of each pair; -1: it is empty. */
typedef struct CoverHeads
{
	PairIndex *pairs;
	int32 *first;
	int32 room;
} CoverHeads;

/* That an agreement shares the cost of a group above its participant. */
typedef struct SharedCost
{
	int32 agreement; /* its number */
	int32 next;      /* of the same pair; -1: none */
} SharedCost;

struct AgreementCover
{
	DateADT first_day;
	DateADT end_day;
	RegisterTree *services;
	RegisterTree *participants;
	CoverHeads agreements; /* of each pair */
	Agreement *list;
	int32 count;
	int32 room;
	CoverHeads shared; /* of each pair of a service and a group */
	SharedCost *shared_list;
	int32 shared_count;
	int32 shared_room;
	DateADT *edges; /* first days of the spans */
	int32 edge_count;
	int32 edge_room;
	UsageTotals **totals; /* of each span; NULL: nothing was booked */
	int128 booked;
};

/* Returns an array with room for one more element. */
static void *
cover_make_room(void *array, int32 count, int32 *room, Size size)
{
	if (count < *room)
		return array;
	*room = Max(COVER_ROOM_AT_FIRST, 2 * *room);
	return array == NULL ? palloc(*room * size) : repalloc_huge(array, (Size) *room * size);
}

/* Puts a number before those of a pair; returns the one that was first until now, or -1. */
static int32
cover_heads_put(CoverHeads *heads, Pair pair, int32 number)
{
	int32 known = heads->pairs->count;
	int32 index = pair_index_add(heads->pairs, pair);
	int32 next;

	heads->first = cover_make_room(heads->first, index, &heads->room, sizeof(int32));
	next = index == known ? -1 : heads->first[index];
	heads->first[index] = number;
	return next;
}

/* Returns the first number of a pair, or -1. */
static int32
cover_heads_first(const CoverHeads *heads, Pair pair)
{
	int32 index = pair_index_find(heads->pairs, pair);

	return index < 0 ? -1 : heads->first[index];
}

/* Notes that a span begins on a day, if that is one of those asked for. */
static void
cover_add_edge(AgreementCover *cover, DateADT day)
{
	if (day < cover->first_day || day >= cover->end_day)
		return;
	cover->edges =
		cover_make_room(cover->edges, cover->edge_count, &cover->edge_room, sizeof(DateADT));
	cover->edges[cover->edge_count++] = day;
}

/* Notes that the groups above the participant of an agreement have cost that it shares. */
static void
cover_add_shared_cost(AgreementCover *cover, Pair pair, int32 number)
{
	const TreeEntry *participant = register_tree_find(cover->participants, pair.participant_id);

	for (int i = 1; participant != NULL && i < participant->depth; i++)
	{
		Pair group = {pair.service_id, participant->path[i]};

		cover->shared_list = cover_make_room(cover->shared_list, cover->shared_count,
											 &cover->shared_room, sizeof(SharedCost));
		cover->shared_list[cover->shared_count] =
			(SharedCost){.agreement = number,
						 .next = cover_heads_put(&cover->shared, group, cover->shared_count)};
		cover->shared_count++;
	}
}

/* Takes in an agreement. */
static void
cover_add(const Agreement *agreement, void *context)
{
	AgreementCover *cover = context;
	int32 number = cover->count;

	cover->list = cover_make_room(cover->list, number, &cover->room, sizeof(Agreement));
	cover->list[number] = *agreement;
	cover->list[number].next = cover_heads_put(&cover->agreements, agreement->pair, number);
	cover->count++;
	if (agreement->first_day > cover->first_day)
		cover_add_edge(cover, agreement->first_day);
	cover_add_edge(cover, agreement->end_day);
	if (agreement_traits(agreement->terms.form)->owed == OWED_COST_SHARE)
		cover_add_shared_cost(cover, agreement->pair, number);
}

/* Orders days. */
static int
cover_compare_days(const void *a, const void *b)
{
	DateADT left = *(const DateADT *) a;
	DateADT right = *(const DateADT *) b;

	return (left > right) - (left < right);
}

/* Cuts the days asked for into spans in which the same agreements hold. */
static void
cover_make_spans(AgreementCover *cover)
{
	int32 count = 0;

	cover_add_edge(cover, cover->first_day);
	qsort(cover->edges, cover->edge_count, sizeof(DateADT), cover_compare_days);
	for (int32 i = 0; i < cover->edge_count; i++)
		if (i == 0 || cover->edges[i] != cover->edges[count - 1])
			cover->edges[count++] = cover->edges[i];
	cover->edge_count = count;
	cover->totals = palloc0(count * sizeof(UsageTotals *));
}

/*
 * Reads the agreements that hold on days from first_day until before end_day, of which there is at least
 * one. Both begin a month.
 */
AgreementCover *
agreement_cover_create(DateADT first_day, DateADT end_day, RegisterTree *services,
					   RegisterTree *participants)
{
	AgreementCover *cover = palloc0(sizeof(AgreementCover));

	Assert(first_day < end_day);
	cover->first_day = first_day;
	cover->end_day = end_day;
	cover->services = services;
	cover->participants = participants;
	cover->agreements.pairs = pair_index_create();
	cover->shared.pairs = pair_index_create();
	agreement_visit(first_day, end_day, cover_add, cover);
	cover_make_spans(cover);
	return cover;
}

/* Returns the agreements as an array; those of a pair are linked by their numbers in it. */
const Agreement *
agreement_cover_list(const AgreementCover *cover, int32 *count)
{
	*count = cover->count;
	return cover->list;
}

/* Returns the number of the span that a month is in. */
static int32
cover_span(const AgreementCover *cover, DateADT month)
{
	int32 low = 0;
	int32 high = cover->edge_count - 1;

	Assert(month >= cover->first_day && month < cover->end_day);
	while (low < high)
	{
		int32 middle = low + (high - low + 1) / 2;

		if (cover->edges[middle] <= month)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Adds parts of usage cells to the sums of their spans. */
static void
cover_sum_parts(const UsagePart *parts, int count, void *context)
{
	AgreementCover *cover = context;
	int last;

	for (int i = 0; i < count; i++)
		if (!parts[i].is_commitment)
			cover->booked += parts[i].usage.amount;
	for (int i = 0; i < count; i = last)
	{
		int32 span = cover_span(cover, parts[i].month);

		for (last = i + 1; last < count && cover_span(cover, parts[last].month) == span; last++)
			;
		if (cover->totals[span] == NULL)
			cover->totals[span] = usage_totals_create();
		usage_sum_parts(&parts[i], last - i, cover->totals[span]);
	}
}

/* Adds the sums of a span to those of all of them. */
static void
cover_add_span(const UsageTotals *span, UsageTotals *totals)
{
	for (int32 i = 0; span != NULL && i < span->count; i++)
	{
		UsageTotal *total = &totals->list[usage_total_of(totals, span->list[i].pair)];

		CHECK_FOR_INTERRUPTS();
		usage_sum_add(&total->actual, &span->list[i].actual);
		usage_sum_add(&total->committed, &span->list[i].committed);
	}
}

/*
 * Reads what was booked for participants. Sums over all months, with commitments, are added to totals,
 * unless that is NULL. Where no agreement begins or ends within these months, they are the only sums.
 */
void
agreement_cover_read_usage(AgreementCover *cover, const Bitmapset *participants,
						   UsageTotals *totals)
{
	if (cover->edge_count == 1)
		cover->totals[0] = totals;
	usage_visit(cover->first_day, cover->end_day, participants, cover_sum_parts, cover);
	for (int32 span = 0; totals != NULL && cover->edge_count > 1 && span < cover->edge_count;
		 span++)
		cover_add_span(cover->totals[span], totals);
}

/*
 * Reads the agreements that hold on days from first_day until before end_day, and what the caller may read
 * of what was booked on these; NULL: there is no such day.
 */
AgreementCover *
agreement_cover_read(DateADT first_day, DateADT end_day)
{
	RegisterTree *services;
	RegisterTree *participants;
	AgreementCover *cover;

	if (first_day >= end_day)
		return NULL;
	services = register_tree_of_services(unit_names_create());
	participants = register_tree_of_participants();
	cover = agreement_cover_create(first_day, end_day, services, participants);
	agreement_cover_read_usage(cover, usage_readable_participants(), NULL);
	return cover;
}

/* Returns what was booked as actual in all, added up before any of it was looked up. */
int128
agreement_cover_booked(const AgreementCover *cover)
{
	return cover->booked;
}

/* Finds the agreement of a pair itself that holds on a day, or NULL. */
static const Agreement *
cover_find_agreement(const AgreementCover *cover, Pair pair, DateADT day)
{
	for (int32 i = cover_heads_first(&cover->agreements, pair); i >= 0; i = cover->list[i].next)
		if (cover->list[i].first_day <= day && cover->list[i].end_day > day)
			return &cover->list[i];
	return NULL;
}

/* Finds an agreement that shares the cost of a group on a day, or NULL. */
static const Agreement *
cover_find_shared(const AgreementCover *cover, Pair pair, DateADT day)
{
	for (int32 i = cover_heads_first(&cover->shared, pair); i >= 0; i = cover->shared_list[i].next)
	{
		const Agreement *agreement = &cover->list[cover->shared_list[i].agreement];

		if (agreement->first_day <= day && agreement->end_day > day)
			return agreement;
	}
	return NULL;
}

/* Finds what covers the bookings of a pair in its months. */
static void
cover_find(const AgreementCover *cover, CoveredUsage *covered)
{
	Pair pair = covered->pair;
	const TreeEntry *service = register_tree_find(cover->services, pair.service_id);
	const TreeEntry *participant = register_tree_find(cover->participants, pair.participant_id);
	const Agreement *found = NULL;

	covered->is_shared_from_below = false;
	for (int i = 0; participant != NULL && service != NULL && i < service->depth && !found; i++)
	{
		int32 service_id = service->path[i];

		for (int j = 0; j < participant->depth && found == NULL; j++)
			found = cover_find_agreement(cover, (Pair){service_id, participant->path[j]},
										 covered->first_month);
		if (found != NULL)
			break;
		found =
			cover_find_shared(cover, (Pair){service_id, pair.participant_id}, covered->first_month);
		covered->is_shared_from_below = found != NULL;
	}
	covered->agreement = found;
}

/* Hands over what was booked in a span, unless it comes to nothing. */
static void
cover_visit_span(const AgreementCover *cover, int32 span, CoverVisitor visit, void *context)
{
	const UsageTotals *totals = cover->totals[span];
	CoveredUsage covered = {.first_month = cover->edges[span],
							.end_month = span + 1 < cover->edge_count ? cover->edges[span + 1]
																	  : cover->end_day};

	for (int32 i = 0; totals != NULL && i < totals->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		covered.pair = totals->list[i].pair;
		covered.actual = &totals->list[i].actual;
		if (covered.actual->amount == 0 && covered.actual->volume == 0)
			continue;
		cover_find(cover, &covered);
		visit(&covered, context);
	}
}

/* Visits what was booked as actual, with the agreement that covers it. */
void
agreement_cover_visit(const AgreementCover *cover, CoverVisitor visit, void *context)
{
	for (int32 span = 0; span < cover->edge_count; span++)
		cover_visit_span(cover, span, visit, context);
}
