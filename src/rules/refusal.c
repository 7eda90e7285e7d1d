/*
 * refusal.c
 *	  The caps that refuse a change: found one by one, told of in one message.
 *
 * SQLSTATE and fields are those of the first cap, and so is the message. DETAIL has a line for each, up
 * to REFUSALS_NAMED, with figures for who may read that cap. The list lives as long as the caller's
 * memory; its order is that of the caps' ids, in which they are judged.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "refusals/refusal_recorder.h"
#include "rules/check_at.h"
#include "rules/message.h"
#include "rules/refusal.h"
#include "rules/rulebook.h"
#include "types/shown.h"

#define REFUSALS_NAMED 10

/* Adds a cap that refuses a change. */
List *
refusal_add(List *refusals, const Refusal *refusal)
{
	/* Nothing that does not raise usage is refused, and nothing that comes to the threshold exactly. */
	Assert(refusal->after > refusal->before && refusal->after > refusal->blocks_at);
	Assert(refusals == NIL ||
		   ((Refusal *) llast(refusals))->figures->cap_id < refusal->figures->cap_id);
	return lappend(refusals, memcpy(palloc(sizeof(Refusal)), refusal, sizeof(Refusal)));
}

/* Appends what a cap says of the change, as a sentence that begins with the cap. */
static void
refusal_append_figures(StringInfo text, const Refusal *refusal, RefusalScope scope)
{
	appendStringInfo(text,
					 scope == REFUSAL_OF_TRANSACTION
						 ? _("blocks above %s; used %s, this transaction adds %s, %s too much.")
						 : _("blocks above %s; used %s, this statement adds %s, %s too much."),
					 amount_shown(refusal->blocks_at), amount_shown(refusal->before),
					 amount_shown((int128) refusal->after - refusal->before),
					 amount_shown((int128) refusal->after - refusal->blocks_at));
	if (refusal->override_room > 0)
		appendStringInfo(text, _(" Overrides let %s through."),
						 amount_shown(refusal->override_room));
}

/* Appends the line of a cap: the first one's service and participant stand in the message. */
static void
refusal_append(StringInfo text, const Refusal *refusal, RefusalScope scope, bool is_first)
{
	const CapFigures *figures = refusal->figures;

	appendStringInfo(text,
					 is_first ? _("Cap %d")
							  : _("Cap %d, %s of service \"%s\" for participant \"%s\""),
					 figures->cap_id, metric_name(figures->metric), figures->service,
					 figures->participant);
	if (!rulebook_may_read_cap(figures, GetUserId()))
	{
		appendStringInfoString(text, is_first ? _(" is exceeded.") : _(", is exceeded."));
		return;
	}
	appendStringInfo(text, is_first ? _(" (%s to %s) ") : _(" (%s to %s), "),
					 day_shown(figures->first_day), day_shown(figures->end_day - 1));
	refusal_append_figures(text, refusal, scope);
}

/* Returns the DETAIL of a message; NULL: there is nothing to say to this role. */
static char *
refusal_detail(const List *refusals, RefusalScope scope)
{
	const Refusal *first = linitial(refusals);
	int count = list_length(refusals);
	int named = Min(count, REFUSALS_NAMED);
	StringInfoData text;

	/* Of several caps at least which they are is news; of one that stands in the message and its field. */
	if (count == 1 && !rulebook_may_read_cap(first->figures, GetUserId()))
		return NULL;
	initStringInfo(&text);
	for (int i = 0; i < named; i++)
	{
		if (i > 0)
			appendStringInfoChar(&text, '\n');
		refusal_append(&text, list_nth(refusals, i), scope, i == 0);
	}
	if (count > named)
		appendStringInfo(&text,
						 dngettext(TEXTDOMAIN, "\n%d more cap is exceeded.",
								   "\n%d more caps are exceeded.", count - named),
						 count - named);
	return text.data;
}

/* Tells whether the refused change leaves every cap as the transaction found it, or lower. */
static bool
refusal_nets_out(const List *refusals)
{
	ListCell *cell;

	foreach(cell, refusals)
		if (((const Refusal *) lfirst(cell))->net > 0)
			return false;
	return true;
}

/* Returns what a hint adds where check_at can be the answer. */
static const char *
refusal_hint_check_at(const List *refusals)
{
	if (refusal_nets_out(refusals))
		return _(" The transaction as a whole raises nothing here: with sp71_steering.check_at = "
				 "'commit' that is what is judged.");
	return check_at_hint(((const Refusal *) linitial(refusals))->relid);
}

/* Returns the HINT of a message. */
static char *
refusal_hint(const List *refusals, RefusalScope scope)
{
	const Refusal *first = linitial(refusals);
	const char *check_at = "";

	/* What a command changes, the transaction seldom makes up for; and a transaction is judged as a whole. */
	if (scope == REFUSAL_OF_BOOKINGS)
		check_at = refusal_hint_check_at(refusals);
	if (list_length(refusals) > 1)
		return psprintf(_("Lower or release other bookings under these caps, or ask whoever steers "
						  "them to raise them with steering.set_cap().%s"),
						check_at);
	return psprintf(_("Lower or release other bookings under this cap, or ask whoever steers it to "
					  "raise cap %d with steering.set_cap().%s"),
					first->figures->cap_id, check_at);
}

/* Keeps what bookings were refused by a cap. */
static void
refusal_keep(const Refusal *refusal)
{
	const CapFigures *figures = refusal->figures;
	RefusalRecord record;

	refusal_record_begin(&record, REFUSED_BY_CAP, metric_sqlstate(figures->metric), refusal->relid);
	refusal_record_codes(&record, figures->service, figures->participant);
	strlcpy(record.metric, metric_name(figures->metric), sizeof(record.metric));
	record.cap_id = figures->cap_id;
	record.has_figures = true;
	record.asked = amount_clamp((int128) refusal->after - refusal->before);
	record.too_much = amount_clamp((int128) refusal->after - refusal->blocks_at);
	refusal_record_keep(&record);
}

/* Keeps a refusal of bookings, if that is wanted: each cap that is told of. */
static void
refusal_keep_all(const List *refusals, RefusalScope scope)
{
	if (scope == REFUSAL_OF_COMMAND || !refusal_is_recorded())
		return;
	for (int i = 0; i < Min(list_length(refusals), REFUSALS_NAMED); i++)
		refusal_keep(list_nth(refusals, i));
}

/* Refuses a change that some caps do not allow; none: returns. */
void
refusal_raise(const List *refusals, RefusalScope scope)
{
	const Refusal *first;
	const CapFigures *figures;
	char *detail;

	if (likely(refusals == NIL))
		return;
	first = linitial(refusals);
	figures = first->figures;
	detail = refusal_detail(refusals, scope);
	refusal_keep_all(refusals, scope);
	ereport(ERROR, (errcode(metric_sqlstate(figures->metric)),
					errmsg_internal("%s", message_exceeded(figures)),
					detail != NULL ? errdetail_internal("%s", detail) : 0,
					errhint("%s", refusal_hint(refusals, scope)),
					message_fields(first->relid, psprintf("%d", figures->cap_id))));
}
