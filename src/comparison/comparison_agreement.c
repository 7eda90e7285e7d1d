/*
 * comparison_agreement.c
 *	  What was agreed, and the bookings that it covers.
 *
 * An agreement covers the bookings of its service and all below it, of its participant and all below
 * it, month by month, except those that a nearer agreement covers: of the nearest service, and then
 * of the nearest participant. All agreements take part in that, also those that the caller may not
 * read. What is booked on a group while one below it pays a share by a key is shared cost, and is
 * under no other agreement of that service or one above.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA() in every release */
#include "fmgr.h"
#include "miscadmin.h"

#include "comparison/comparison_figures.h"
#include "registers/register_node.h"
#include "reports/query_rows.h"
#include "types/calendar.h"
#include "types/share.h"

#define CENT (AMOUNT_SCALE / 100)

/* The columns that are read, in this order. */
#define AGREEMENT_QUERY                                                                            \
	"SELECT service_id, participant_id, during, form, base, volume, price, agreed_cost"            \
	" FROM steering.agreement"

enum
{
	AGREEMENT_SERVICE,
	AGREEMENT_PARTICIPANT,
	AGREEMENT_DURING,
	AGREEMENT_FORM,
	AGREEMENT_BASE,
	AGREEMENT_VOLUME,
	AGREEMENT_PRICE,
	AGREEMENT_COST
};

typedef enum AgreementForm
{
	AGREEMENT_LUMP_SUM,
	AGREEMENT_PRICE_VOLUME,
	AGREEMENT_BASE_PLUS,
	AGREEMENT_KEY_SHARE
} AgreementForm;

/* An agreement, as far as it is within the period. */
typedef struct Agreement
{
	AgreementForm form;
	bool is_shared_cost; /* of somebody below: only stands in the way of others */
	bool has_volume;
	DateADT first_day;
	DateADT end_day;
	Amount base;
	Amount volume;
	Amount price;
	Amount cost;
	int128 covered;
	int128 covered_volume;
	int32 next; /* of the same pair */
} Agreement;

/* Agreements, and lists of them that cover a pair, each ending with 0. All by number from 1 on. */
struct AgreementList
{
	Agreement *list;
	int32 count;
	int32 room;
	int32 *covers;
	int32 covers_count;
	int32 covers_room;
	bool change_within; /* one begins or ends within the period */
};

/* Returns a form by its name: their first letters differ. */
static AgreementForm
agreement_form(Datum name)
{
	switch (*VARDATA_ANY(DatumGetTextPP(name)))
	{
		case 'l':
			return AGREEMENT_LUMP_SUM;
		case 'p':
			return AGREEMENT_PRICE_VOLUME;
		case 'b':
			return AGREEMENT_BASE_PLUS;
		default:
			return AGREEMENT_KEY_SHARE;
	}
}

/* Adds an agreement to those of a pair. */
static ComparisonPair *
agreement_add(Comparison *comparison, Pair pair, const Agreement *agreement)
{
	AgreementList *agreements = comparison->agreements;
	int32 index = usage_total_of(comparison->usage, pair);
	ComparisonPair *entry = comparison_pair(comparison, index);

	if (agreements->count == agreements->room)
	{
		agreements->room *= 2;
		agreements->list =
			repalloc_huge(agreements->list, (Size) agreements->room * sizeof(Agreement));
	}
	agreements->list[agreements->count] = *agreement;
	agreements->list[agreements->count].next = entry->agreements;
	entry->agreements = ++agreements->count;
	return entry;
}

/* Notes that what is booked on the groups above a participant is cost that it shares. */
static void
agreement_add_shared_cost(Comparison *comparison, Pair pair, const Agreement *agreement)
{
	const TreeEntry *participant =
		register_tree_find(comparison->participants, pair.participant_id);
	Agreement shared = *agreement;

	shared.is_shared_cost = true;
	for (int i = 1; participant != NULL && i < participant->depth; i++)
		(void) agreement_add(comparison, (Pair){pair.service_id, participant->path[i]}, &shared);
}

/* Returns a term of an agreement: the share of its months in the period. */
static Amount
agreement_share(const TupleTableSlot *row, int column, PeriodRange whole, PeriodRange part,
				int64 unit)
{
	if (row->tts_isnull[column])
		return 0;
	return share_of_months(DatumGetAmount(row->tts_values[column]), whole, part, unit);
}

/* Takes in a row of steering.agreement. */
static void
agreement_read_row(const TupleTableSlot *row, void *context)
{
	Comparison *comparison = context;
	Pair pair = {DatumGetInt32(row->tts_values[AGREEMENT_SERVICE]),
				 DatumGetInt32(row->tts_values[AGREEMENT_PARTICIPANT])};
	Agreement agreement = {0};
	PeriodRange whole;
	DateADT first_day;
	DateADT end_day;

	register_node_read_range(query_value(row, AGREEMENT_DURING), &first_day, &end_day);
	if (first_day >= comparison->end_day || end_day <= comparison->first_day)
		return;
	whole.first_month = calendar_month(first_day);
	whole.end_month = calendar_month(end_day);
	agreement.form = agreement_form(query_value(row, AGREEMENT_FORM));
	agreement.first_day = Max(first_day, comparison->first_day);
	agreement.end_day = Min(end_day, comparison->end_day);
	agreement.base = agreement_share(row, AGREEMENT_BASE, whole, comparison->months, CENT);
	agreement.volume = agreement_share(row, AGREEMENT_VOLUME, whole, comparison->months, 1);
	agreement.cost = agreement_share(row, AGREEMENT_COST, whole, comparison->months, CENT);
	agreement.has_volume = !row->tts_isnull[AGREEMENT_VOLUME];
	if (!row->tts_isnull[AGREEMENT_PRICE])
		agreement.price = DatumGetAmount(row->tts_values[AGREEMENT_PRICE]);
	if (agreement.first_day != comparison->first_day || agreement.end_day != comparison->end_day)
		comparison->agreements->change_within = true;
	agreement_add(comparison, pair, &agreement)->has_agreement = true;
	if (agreement.form == AGREEMENT_KEY_SHARE)
		agreement_add_shared_cost(comparison, pair, &agreement);
}

/* Reads the agreements that have a month in the period. */
void
comparison_read_agreements(Comparison *comparison)
{
	AgreementList *agreements = palloc0(sizeof(AgreementList));

	agreements->room = agreements->covers_room = 256;
	agreements->list = palloc(agreements->room * sizeof(Agreement));
	agreements->covers = palloc(agreements->covers_room * sizeof(int32));
	comparison->agreements = agreements;
	query_visit_rows(AGREEMENT_QUERY, agreement_read_row, comparison);
}

/* Puts a number at the end of the list of covers that is being made. */
static void
cover_append(AgreementList *agreements, int32 number)
{
	if (agreements->covers_count == agreements->covers_room)
	{
		agreements->covers_room *= 2;
		agreements->covers =
			repalloc_huge(agreements->covers, (Size) agreements->covers_room * sizeof(int32));
	}
	agreements->covers[agreements->covers_count++] = number;
}

/*
 * Appends the agreements of a pair, or the cost that it has shared. Returns true when no month of the
 * period is left to others.
 */
static bool
cover_append_of(Comparison *comparison, Pair pair, bool shared_cost)
{
	AgreementList *agreements = comparison->agreements;
	int32 index = pair_index_find(comparison->usage->pairs, pair);
	int32 number = index < 0 ? 0 : comparison_pair(comparison, index)->agreements;

	for (; number != 0; number = agreements->list[number - 1].next)
	{
		const Agreement *agreement = &agreements->list[number - 1];

		if (agreement->is_shared_cost != shared_cost)
			continue;
		cover_append(agreements, number);
		if (agreement->first_day <= comparison->first_day &&
			agreement->end_day >= comparison->end_day)
			return true;
	}
	return false;
}

/* Lists the agreements that may cover what is booked on a pair, the nearest one first. */
static void
cover_list(Comparison *comparison, Pair pair)
{
	const TreeEntry *service = register_tree_find(comparison->services, pair.service_id);
	const TreeEntry *participant =
		register_tree_find(comparison->participants, pair.participant_id);

	if (service == NULL || participant == NULL)
		return;
	for (int i = 0; i < service->depth; i++)
	{
		for (int j = 0; j < participant->depth; j++)
			if (cover_append_of(comparison, (Pair){service->path[i], participant->path[j]}, false))
				return;
		if (cover_append_of(comparison, (Pair){service->path[i], pair.participant_id}, true))
			return;
	}
}

/* Adds what was booked on a pair in a month to the agreement that covers it, if there is one. */
static void
cover_add(Comparison *comparison, int32 index, DateADT month, int128 amount, int128 volume)
{
	AgreementList *agreements = comparison->agreements;
	int32 cover = comparison_pair(comparison, index)->cover;

	if (cover == 0)
	{
		cover = agreements->covers_count + 1;
		comparison_pair(comparison, index)->cover = cover;
		cover_list(comparison, comparison->usage->list[index].pair);
		cover_append(agreements, 0);
	}
	for (int32 i = cover - 1; agreements->covers[i] != 0; i++)
	{
		Agreement *agreement = &agreements->list[agreements->covers[i] - 1];

		if (month >= agreement->first_day && month < agreement->end_day)
		{
			agreement->covered += amount;
			agreement->covered_volume += volume;
			return;
		}
	}
}

/* Adds parts of usage cells to the sums of their pairs, and to the agreements that cover them. */
static void
cover_add_parts(const UsagePart *parts, int count, void *context)
{
	Comparison *comparison = context;

	usage_sum_parts(parts, count, comparison->usage);
	for (int i = 0; i < count; i++)
		if (!parts[i].is_commitment)
			cover_add(comparison, pair_index_find(comparison->usage->pairs, parts[i].pair),
					  parts[i].month, parts[i].usage.amount, parts[i].usage.volume);
}

/*
 * Reads what was booked, and finds the agreements that cover it. Where no agreement begins or ends
 * within the period, the sum of a pair is under one agreement, and need not be split into months.
 */
void
comparison_read_usage(Comparison *comparison)
{
	UsageTotals *usage = comparison->usage;

	if (comparison->agreements->change_within)
	{
		usage_visit(comparison->first_day, comparison->end_day, comparison->readable,
					cover_add_parts, comparison);
		return;
	}
	usage_visit(comparison->first_day, comparison->end_day, comparison->readable, usage_sum_parts,
				usage);
	if (comparison->agreements->count == 0)
		return;
	for (int32 i = 0; i < usage->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (usage->list[i].actual.bookings != 0)
			cover_add(comparison, i, comparison->first_day, usage->list[i].actual.amount,
					  usage->list[i].actual.volume);
	}
}

/* Returns price times volume, rounded to cents. Error: 22003. */
static int128
agreement_charge(Amount price, int128 volume)
{
	int128 product = (int128) price * amount_narrow(volume);

	return share_round(product, (int128) AMOUNT_SCALE * CENT) * CENT;
}

/* Returns what an agreement says of the volume that it covers: its flexible budget. */
static int128
agreement_flexible_cost(const Agreement *agreement)
{
	int128 excess;

	switch (agreement->form)
	{
		case AGREEMENT_PRICE_VOLUME:
			return agreement_charge(agreement->price, agreement->covered_volume);
		case AGREEMENT_BASE_PLUS:
			excess = Max(agreement->covered_volume - agreement->volume, 0);
			return agreement->base + agreement_charge(agreement->price, excess);
		case AGREEMENT_LUMP_SUM:
		case AGREEMENT_KEY_SHARE:
			break;
	}
	return agreement->base;
}

/*
 * Adds an agreement to a sum. A price without a contracted volume is agreed for whatever volume it
 * becomes. A share of cost by a key has nothing that actual cost is compared with.
 */
static void
agreed_add(AgreedSum *agreed, const Agreement *agreement)
{
	bool is_price = agreement->form == AGREEMENT_PRICE_VOLUME;
	int128 flexible;

	if (agreement->form == AGREEMENT_KEY_SHARE)
		return;
	flexible = agreement_flexible_cost(agreement);
	agreed->count++;
	agreed->cost += is_price && !agreement->has_volume ? flexible : agreement->cost;
	agreed->covered += agreement->covered;
	agreed->covered_volume += agreement->covered_volume;
	agreed->flexible += flexible;
	if (agreement->form != AGREEMENT_LUMP_SUM)
		agreed_sum_add_price(agreed, agreement->price);
	if (!agreement->has_volume)
		return;
	agreed->has_volume = true;
	agreed->volume += agreement->volume;
	if (is_price)
	{
		agreed->priced_cost += agreement->cost;
		agreed->priced_volume += agreement->volume;
	}
}

/* Returns the sum of the agreements of a pair. */
AgreedSum
comparison_agreed(const Comparison *comparison, const ComparisonPair *pair)
{
	AgreedSum agreed = {0};
	const Agreement *agreement;

	for (int32 number = pair->agreements; number != 0; number = agreement->next)
	{
		agreement = &comparison->agreements->list[number - 1];
		if (!agreement->is_shared_cost)
			agreed_add(&agreed, agreement);
	}
	return agreed;
}
