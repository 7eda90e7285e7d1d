/*
 * message_closed.c
 *	  What refuses a change of bookings in a closed period, or a raise of its commitments.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "refusals/refusal_recorder.h"
#include "rules/check_at.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "types/shown.h"

/* Says how a change that a closed period refuses would change it, after which closing closed it. */
static int
message_closed_change(const char *closing, const UsageSum *change, bool at_commit)
{
	const char *words =
		at_commit
			? dngettext(
				  TEXTDOMAIN,
				  "%s This transaction would change it by %lld booking, amount %s, volume %s.",
				  "%s This transaction would change it by %lld bookings, amount %s, volume %s.",
				  (unsigned long) change->bookings)
			: dngettext(TEXTDOMAIN,
						"%s This statement would change it by %lld booking, amount %s, volume %s.",
						"%s This statement would change it by %lld bookings, amount %s, volume %s.",
						(unsigned long) change->bookings);

	return errdetail_internal(words, closing, (long long) change->bookings,
							  amount_shown(change->amount), amount_shown(change->volume));
}

/* Says which closing closed a period, and when: to the second. */
char *
message_closing(int32 closing_id, TimestampTz closed_at)
{
	return psprintf(_("Closing %d closed it at %s."), closing_id,
					timestamptz_to_str(closed_at - closed_at % USECS_PER_SEC));
}

/*
 * Says what can be done where a closed period refuses a change. Never that what was spent be taken back
 * on another day: that would make room in caps of which it has used nothing.
 */
static const char *
message_closed_hint(const UsageSum *change, bool commitment)
{
	if (commitment)
		return _("Commit it on a day that is open. Commitments of a closed period may be released, "
				 "lowered, or carried to a day that is open.");
	if (change->amount < 0 || change->volume < 0 || change->bookings < 0)
		return _("Ask whoever closes periods to reopen this one with steering.reopen_period(). A "
				 "negative booking on a day that is open would make room in the caps of that day.");
	return _("Book it on a day that is open, or ask whoever closes periods to reopen this one with "
			 "steering.reopen_period().");
}

/*
 * Refuses a change of bookings in a closed period, or a raise of commitments; when is "on" a day, or "in" a
 * month where no more is known. Without a finance table it is a dry run. of_bookings: a statement changed
 * them, so check_at may be the answer.
 */
void
message_closed(ClosedRange closed, const char *service, const char *participant, const char *when,
			   bool commitment, const UsageSum *change, Oid relid, bool at_commit, bool of_bookings)
{
	const char *period = period_shown(closed.first_day, closed.end_day);
	const char *closing = message_closing(closed.closing_id, closed.closed_at);
	/* In a dry run the figures are those that the caller has given. */
	bool readable = OidIsValid(relid) && rulebook_may_read(participant, GetUserId());

	message_keep(REFUSED_AS_CLOSED, ERRCODE_PERIOD_CLOSED, relid, service, participant, NULL);
	ereport(
		ERROR,
		(errcode(ERRCODE_PERIOD_CLOSED),
		 commitment
			 ? errmsg("period %s is closed: commitments of service \"%s\" for participant \"%s\" "
					  "%s may not be raised",
					  period, service, participant, when)
			 : errmsg("period %s is closed: bookings of service \"%s\" for participant \"%s\" %s "
					  "are fixed",
					  period, service, participant, when),
		 readable ? message_closed_change(closing, change, at_commit)
				  : errdetail_internal("%s", closing),
		 errhint("%s%s", message_closed_hint(change, commitment),
				 of_bookings ? check_at_hint(relid) : ""),
		 message_fields(relid, psprintf("%d", closed.closing_id))));
}
