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
#include "reports/query_rows.h"
#include "reports/register_tree.h"

#define COVER_AGREEMENTS_AT_FIRST 256

/* The agreements that hold on some of the days, which are given as days since 2000-01-01. */
#define COVER_QUERY                                                                                 \
	"SELECT agreement_id, service_id, participant_id, lower(during), upper(during),"                \
	" pg_catalog.array_position(ARRAY['lump_sum', 'price_volume', 'base_plus', 'key_share'], form)" \
	" FROM steering.agreement"                                                                      \
	" WHERE during && daterange(date '2000-01-01' + %d, date '2000-01-01' + %d)"

/* The forms, by their place in the query. */
const char *const cover_forms[] = {"lump_sum", "price_volume", "base_plus", "key_share"};

/* Columns of the query. */
enum
{
	AGREEMENT_ID,
	AGREEMENT_SERVICE,
	AGREEMENT_PARTICIPANT,
	AGREEMENT_FIRST_DAY,
	AGREEMENT_END_DAY,
	AGREEMENT_FORM
};

/* Agreements in lists, one for each pair of a service and a participant. */
typedef struct CoverLists
{
	PairIndex *pairs;
	int32 *first; /* of each pair; -1: none */
	int32 pair_room;
	CoverAgreement *list;
	int32 count;
	int32 room;
} CoverLists;

/* The call. */
typedef struct Cover
{
	DateADT first_day;
	DateADT end_day;
	RegisterTree *services;
	RegisterTree *participants;
	CoverLists agreements;
	CoverLists shared;
	DateADT *edges; /* first days of the spans, and the end of the last one */
	int32 edge_count;
	int32 edge_room;
	UsageTotals **totals; /* of each span; NULL: nothing was booked */
	int128 booked;
} Cover;

/* Makes lists without agreements. */
static void
cover_lists_create(CoverLists *lists)
{
	memset(lists, 0, sizeof(CoverLists));
	lists->pairs = pair_index_create();
	lists->room = lists->pair_room = COVER_AGREEMENTS_AT_FIRST;
	lists->list = palloc(lists->room * sizeof(CoverAgreement));
	lists->first = palloc(lists->pair_room * sizeof(int32));
}

/* Adds an agreement to those of a pair. */
static void
cover_lists_add(CoverLists *lists, Pair pair, CoverAgreement agreement)
{
	int32 known = lists->pairs->count;
	int32 number = pair_index_add(lists->pairs, pair);

	if (number == lists->pair_room)
	{
		lists->pair_room *= 2;
		lists->first = repalloc_huge(lists->first, (Size) lists->pair_room * sizeof(int32));
	}
	if (lists->count == lists->room)
	{
		lists->room *= 2;
		lists->list = repalloc_huge(lists->list, (Size) lists->room * sizeof(CoverAgreement));
	}
	agreement.next = number == known ? -1 : lists->first[number];
	lists->first[number] = lists->count;
	lists->list[lists->count++] = agreement;
}

/* Finds the agreement of a pair that holds on a day, or NULL. */
static const CoverAgreement *
cover_lists_find(const CoverLists *lists, Pair pair, DateADT day)
{
	int32 number = pair_index_find(lists->pairs, pair);

	for (int32 i = number < 0 ? -1 : lists->first[number]; i >= 0; i = lists->list[i].next)
		if (lists->list[i].first_day <= day && lists->list[i].end_day > day)
			return &lists->list[i];
	return NULL;
}

/* Notes that a span begins on a day, if that is one of those asked for. */
static void
cover_add_edge(Cover *cover, DateADT day)
{
	if (day < cover->first_day || day >= cover->end_day)
		return;
	if (cover->edge_count == cover->edge_room)
	{
		cover->edge_room = Max(COVER_AGREEMENTS_AT_FIRST, 2 * cover->edge_room);
		cover->edges = cover->edges == NULL
						   ? palloc(cover->edge_room * sizeof(DateADT))
						   : repalloc_huge(cover->edges, (Size) cover->edge_room * sizeof(DateADT));
	}
	cover->edges[cover->edge_count++] = day;
}

/* Takes in an agreement; of one that shares cost, also that the groups above have shared cost. */
static void
cover_read_agreement(const TupleTableSlot *row, void *context)
{
	Cover *cover = context;
	Pair pair = {DatumGetInt32(row->tts_values[AGREEMENT_SERVICE]),
				 DatumGetInt32(row->tts_values[AGREEMENT_PARTICIPANT])};
	CoverAgreement agreement = {
		.agreement_id = DatumGetInt32(row->tts_values[AGREEMENT_ID]),
		.service_id = pair.service_id,
		.form = DatumGetInt32(row->tts_values[AGREEMENT_FORM]) - 1,
		.first_day = DatumGetDateADT(row->tts_values[AGREEMENT_FIRST_DAY]),
		.end_day = DatumGetDateADT(row->tts_values[AGREEMENT_END_DAY]),
	};
	const TreeEntry *participant;

	cover_lists_add(&cover->agreements, pair, agreement);
	if (agreement.first_day > cover->first_day)
		cover_add_edge(cover, agreement.first_day);
	cover_add_edge(cover, agreement.end_day);
	participant = register_tree_find(cover->participants, pair.participant_id);
	if (agreement.form != COVER_KEY_SHARE || participant == NULL)
		return;
	agreement.agreement_id = 0;
	for (int i = 1; i < participant->depth; i++)
		cover_lists_add(&cover->shared, (Pair){pair.service_id, participant->path[i]}, agreement);
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
cover_make_spans(Cover *cover)
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

/* Returns the number of the span that a month is in. */
static int32
cover_span(const Cover *cover, DateADT month)
{
	int32 low = 0;
	int32 high = cover->edge_count - 1;

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
	Cover *cover = context;
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

/* Finds what covers the bookings of a pair on a day; NULL: nothing does. */
static const CoverAgreement *
cover_find(const Cover *cover, Pair pair, DateADT day)
{
	const TreeEntry *service = register_tree_find(cover->services, pair.service_id);
	const TreeEntry *participant = register_tree_find(cover->participants, pair.participant_id);
	const CoverAgreement *found = NULL;

	if (service == NULL || participant == NULL)
		return NULL;
	for (int i = 0; i < service->depth && found == NULL; i++)
	{
		int32 service_id = service->path[i];

		for (int j = 0; j < participant->depth && found == NULL; j++)
			found =
				cover_lists_find(&cover->agreements, (Pair){service_id, participant->path[j]}, day);
		if (found == NULL)
			found = cover_lists_find(&cover->shared, (Pair){service_id, pair.participant_id}, day);
	}
	return found;
}

/* Hands over what was booked in a span, unless it comes to nothing. */
static void
cover_visit_span(const Cover *cover, int32 span, CoverVisitor visit, void *context)
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
		covered.agreement = cover_find(cover, covered.pair, covered.first_month);
		visit(&covered, context);
	}
}

/*
 * Visits what was booked as actual in the months from first_day until before end_day, with the agreement
 * that covers it. Returns what was booked in all, added up before any of it was looked up.
 */
int128
cover_visit(DateADT first_day, DateADT end_day, CoverVisitor visit, void *context)
{
	Cover cover = {.first_day = first_day, .end_day = end_day};

	if (first_day >= end_day)
		return 0;
	cover.services = register_tree_of_services(unit_names_create());
	cover.participants = register_tree_of_participants();
	cover_lists_create(&cover.agreements);
	cover_lists_create(&cover.shared);
	query_visit_rows(psprintf(COVER_QUERY, first_day, end_day), cover_read_agreement, &cover);
	cover_make_spans(&cover);
	usage_visit(first_day, end_day, usage_readable_participants(), cover_sum_parts, &cover);
	for (int32 span = 0; span < cover.edge_count; span++)
		cover_visit_span(&cover, span, visit, context);
	return cover.booked;
}
