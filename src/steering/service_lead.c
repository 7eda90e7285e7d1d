/*
 * service_lead.c
 *	  What must hold of who leads services after a statement that wrote the catalogue, by set_lead() or by hand; see register.h.
 *
 * It stands for a foreign key, which a restore of the catalogue before the participants could not keep. That a
 * participant which leads something is not deleted is looked after by register_used.c, which waits for writers of the
 * catalogue: so it is found gone here, or found leading there.
 */
#include "postgres.h"

#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "steering/register.h"
#include "types/code.h"

/* Services whose lead is in no register, unless that is empty: it may still be restored. */
#define LEAD_FIND_UNKNOWN(CHANGED)                                                                 \
	"SELECT entry.code, entry.lead FROM sp71_new AS entry" CHANGED                                 \
	" WHERE entry.lead IS NOT NULL AND EXISTS (SELECT FROM steering.participant)"                  \
	" AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = entry.lead)"       \
	" ORDER BY entry.code LIMIT 1"

/* Rows of an UPDATE that gives them another lead: those that keep theirs are not asked about it. */
#define LEAD_IS_CHANGED                                                                            \
	" JOIN sp71_old AS was ON was.service_id = entry.service_id"                                   \
	" AND was.lead IS DISTINCT FROM entry.lead"

/* Services whose new lead is one of those who follow the lead. */
#define LEAD_FIND_FOLLOWER                                                                         \
	"SELECT entry.code, entry.lead FROM sp71_new AS entry" LEAD_IS_CHANGED                         \
	" JOIN steering.participant ON participant.code = entry.lead"                                  \
	" JOIN steering.follower ON follower.service_id = entry.service_id"                            \
	" AND follower.participant_id = participant.participant_id"                                    \
	" ORDER BY entry.code LIMIT 1"

/* Services that get another lead while others follow the one they have; who is gone, or follows, is none to be followed. */
#define LEAD_FIND_FOLLOWED                                                                         \
	"SELECT entry.code FROM sp71_new AS entry" LEAD_IS_CHANGED                                     \
	" JOIN steering.participant ON participant.code = was.lead"                                    \
	" JOIN steering.follower ON follower.service_id = entry.service_id"                            \
	" GROUP BY entry.code"                                                                         \
	" HAVING bool_and(follower.participant_id <> participant.participant_id)"                      \
	" ORDER BY entry.code LIMIT 1"

/* Refuses leads that are not there. */
static void
lead_check_known(const char *query)
{
	if (register_execute(query) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("lead \"%s\" of service \"%s\" is unknown",
							   code_shown(own_spi_text(0, 2)), own_spi_text(0, 1)),
						errhint("Add it to steering.%s first.", "participant")));
}

/* Refuses leads that would follow themselves. */
static void
lead_check_follower(void)
{
	if (register_execute(LEAD_FIND_FOLLOWER) > 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg(
				 "participant \"%s\" follows the lead of service \"%s\", and cannot follow itself",
				 own_spi_text(0, 2), own_spi_text(0, 1)),
			 errhint("steering.unfollow() ends that it follows.")));
}

/* Refuses to change a lead whom others follow: set_lead() under an old snapshot may not have seen who began to. */
static void
lead_check_followed(void)
{
	if (register_execute(LEAD_FIND_FOLLOWED) > 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("others follow the lead of service \"%s\"", own_spi_text(0, 1)),
						errhint("steering.unfollow() ends that they do.")));
}

/* Checks the leads that a statement has written; releases before 0.6 know of none. */
void
service_lead_check(const Register *kind, TriggerData *trigger)
{
	if (kind->relation != OWN_SERVICE ||
		get_attnum(RelationGetRelid(trigger->tg_relation), "lead") == InvalidAttrNumber)
		return;
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
	{
		lead_check_known(LEAD_FIND_UNKNOWN(""));
		return;
	}
	lead_check_known(LEAD_FIND_UNKNOWN(LEAD_IS_CHANGED));
	lead_check_follower();
	lead_check_followed();
}
