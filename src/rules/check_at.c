/*
 * check_at.c
 *	  Whether sp71_steering.check_at can be the answer to a refusal: with 'commit' the net effect of the
 *	  transaction is what counts, so it helps where more of the transaction is to come.
 *
 * That is likely in two cases, and only they are told of. A trigger of somebody ran the refused
 * statement: an INSTEAD OF trigger may insert first and then delete. Or the table consists of parts,
 * between which rows are moved one by one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "fmgr.h"
#include "tcop/pquery.h"
#include "utils/fmgroids.h"

#include "rules/check_at.h"

/* Tells whether the refused statement was run by a trigger of somebody; ours is at depth 1 itself. */
static bool
check_at_is_of_trigger(void)
{
	return DatumGetInt32(OidFunctionCall0(F_PG_TRIGGER_DEPTH)) > 1;
}

/*
 * Tells whether other statements can follow in the transaction: it was begun explicitly, or the statement
 * of the client is not the refused one but one that calls a function.
 */
static bool
check_at_may_go_on(void)
{
	CommandTag tag = ActivePortal == NULL ? CMDTAG_UNKNOWN : ActivePortal->commandTag;

	return IsTransactionBlock() ||
		   (tag != CMDTAG_INSERT && tag != CMDTAG_UPDATE && tag != CMDTAG_DELETE &&
			tag != CMDTAG_MERGE && tag != CMDTAG_COPY && tag != CMDTAG_ALTER_TABLE);
}

/* Tells whether a table consists of parts, between which rows may be moved one by one. */
static bool
check_at_is_of_parts(Oid relid)
{
	return find_inheritance_children(relid, NoLock) != NIL;
}

/* Returns what the hint of a refused statement adds, if anything; relid is the finance table. */
const char *
check_at_hint(Oid relid)
{
	if (!check_at_is_of_trigger() && !(check_at_may_go_on() && check_at_is_of_parts(relid)))
		return "";
	return _(
		" If the same transaction makes up for it, as where rows are inserted in one place before "
		"they are deleted in another, set sp71_steering.check_at = 'commit': then its net effect "
		"is judged.");
}
