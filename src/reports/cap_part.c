/*
 * cap_part.c
 *	  What usage of caps is made of, for why_refused(): of those that the role may read, since it takes time.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "fmgr.h"
#include "lib/stringinfo.h"

#include "nodes/elsewhere.h"
#include "reports/cap_reason.h"
#include "reports/query_rows.h"

/* Columns of steering.cap_part(), and the roles that may raise caps. */
enum
{
	PART_CAP,
	PART_STORED,
	PART_USED,
	PART_COMMITMENTS,
	PART_COUNTED,
	PART_RAISED_BY
};

/* Takes in what usage of a cap is made of. */
static void
cap_part_visit(const TupleTableSlot *row, void *context)
{
	List *caps = context;
	CapPart *part = palloc0(sizeof(CapPart));
	ListCell *cell;

	part->stored = DatumGetAmount(row->tts_values[PART_STORED]);
	part->used = DatumGetAmount(row->tts_values[PART_USED]);
	part->has_commitments = !row->tts_isnull[PART_COMMITMENTS];
	if (part->has_commitments)
		part->commitments = DatumGetAmount(row->tts_values[PART_COMMITMENTS]);
	part->has_counted = !row->tts_isnull[PART_COUNTED];
	if (part->has_counted)
		part->counted = DatumGetAmount(row->tts_values[PART_COUNTED]);
	foreach(cell, caps)
	{
		CapReason *reason = lfirst(cell);

		if (reason->figures->cap_id != DatumGetInt32(row->tts_values[PART_CAP]))
			continue;
		reason->part = part;
		reason->raised_by =
			PointerGetDatum(PG_DETOAST_DATUM_COPY(query_value(row, PART_RAISED_BY)));
	}
}

/* Reads what usage is made of: of the caps that the role may read, since it takes time. */
static void
cap_part_read_here(List *caps)
{
	const char *separator = "";
	StringInfoData query;
	ListCell *cell;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT part.*, steering.cap_raisers()"
								   " FROM steering.cap_part('{");
	foreach(cell, caps)
	{
		const CapReason *reason = lfirst(cell);

		if (!reason->may_read)
			continue;
		appendStringInfo(&query, "%s%d", separator, reason->figures->cap_id);
		separator = ",";
	}
	appendStringInfoString(&query, "}') AS part");
	if (separator[0] != '\0')
		query_visit_rows(query.data, cap_part_visit, caps);
}

/* Takes in what other nodes use of the caps that the role may read, of which the parts are known. */
static void
cap_part_read_elsewhere(List *caps)
{
	const ElsewhereCounters *elsewhere;
	StringInfoData numbers;
	ListCell *cell;

	initStringInfo(&numbers);
	foreach(cell, caps)
		if (((const CapReason *) lfirst(cell))->part != NULL)
			appendStringInfo(&numbers, "%c%d", numbers.len == 0 ? '{' : ',',
							 ((const CapReason *) lfirst(cell))->figures->cap_id);
	if (numbers.len == 0)
		return;
	appendStringInfoChar(&numbers, '}');
	elsewhere = elsewhere_counters(numbers.data);
	foreach(cell, caps)
	{
		CapReason *reason = lfirst(cell);

		if (reason->part != NULL)
			reason->part->elsewhere = elsewhere_used(elsewhere, reason->figures->cap_id);
	}
}

/* Sets the parts of caps, a list of CapReason, that the role may read. */
void
cap_part_read(List *caps)
{
	cap_part_read_here(caps);
	cap_part_read_elsewhere(caps);
}
