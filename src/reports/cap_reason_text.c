/*
 * cap_reason_text.c
 *	  What a cap says of a booking, in sentences.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "reports/cap_reason.h"
#include "types/shown.h"

/* Tells whether usage after the booking is an amount: else any booking fails, whatever the ladder says. */
bool
cap_reason_fits(const CapReason *reason)
{
	return amount_clamp(reason->after) == reason->after;
}

/* Returns how a sentence begins that says what a ladder does with the booking. */
static const char *
cap_reason_words(const Verdict *verdict)
{
	if (verdict->refuses)
		return _("The cap refuses it: it");
	if (verdict->action == VERDICT_OVERRIDE)
		return _("The cap lets it pass by overrides, of which it draws: it");
	if (verdict->warns >= 0)
		return _("The cap lets it pass, with a warning: it");
	if (verdict->crossed != 0)
		return _("The cap lets it pass, and records it: it");
	return _("The cap lets it pass: it");
}

/* Begins the explanation with what the cap says of the booking. */
static void
cap_reason_say_verdict(StringInfo text, const CapReason *reason)
{
	const Verdict *verdict = &reason->verdict;

	appendStringInfo(text, "%s ",
					 cap_reason_fits(reason)
						 ? cap_reason_words(verdict)
						 : _("The booking fails, since usage would fit no amount. The cap itself"));
	if (verdict->blocks)
		appendStringInfo(text, _("blocks above %s"), amount_shown(verdict->blocks_at));
	else
		appendStringInfoString(text, _("never blocks"));
	appendStringInfo(text, _("; used %s, this booking adds %s"),
					 amount_shown(reason->part->used + reason->part->elsewhere),
					 amount_shown(reason->delta));
	if (verdict->refuses)
		appendStringInfo(text, _(", %s too much"),
						 amount_shown(reason->after - verdict->blocks_at));
	appendStringInfoChar(text, '.');
}

/* Adds what of usage people look for in vain. */
static void
cap_reason_say_parts(StringInfo text, const CapReason *reason)
{
	if (reason->part->has_commitments && reason->part->commitments != 0)
		appendStringInfo(text, _(" Of what is used, %s is committed and not yet spent."),
						 amount_shown(reason->part->commitments));
	if (reason->part->elsewhere != 0)
		appendStringInfo(text, _(" Of what is used, %s was booked on other nodes."),
						 amount_shown(reason->part->elsewhere));
	if (reason->expired != 0)
		appendStringInfo(text,
						 _(" Of what is used, %s was reserved and has expired: it does not count."),
						 amount_shown(reason->expired));
	if (reason->own != 0)
		appendStringInfo(text, _(" Of what is used, %s was booked by this transaction before."),
						 amount_shown(reason->own));
}

/* Adds who else is changing the counter. */
static void
cap_reason_say_holders(StringInfo text, const StripeHolders *holders)
{
	const char *who;

	if (holders->held == 0)
		return;
	who = stripe_holders_describe(holders);
	if (holders->stripes == 1)
		appendStringInfo(text, _(" Its counter is held by %s"), who);
	else
		appendStringInfo(text,
						 dngettext(TEXTDOMAIN, " %d of its %d stripes is held by %s",
								   " %d of its %d stripes are held by %s", holders->held),
						 holders->held, holders->stripes, who);
	appendStringInfoString(
		text, _(": what is booked there is not counted here before it is committed, and "
				"a booking that needs the room waits for that."));
}

/* Explains what a cap says. */
char *
cap_reason_explain(const CapReason *reason)
{
	StringInfoData text;

	initStringInfo(&text);
	cap_reason_say_verdict(&text, reason);
	cap_reason_say_parts(&text, reason);
	cap_reason_say_holders(&text, &reason->holders);
	return text.data;
}
