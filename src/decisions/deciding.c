/*
 * deciding.c
 *	  What all of decisions/ stands on; see deciding.h.
 *
 * The proposal that is being done is known by a pointer to a struct on the stack of who does it, which is set
 * and reset around the call of the act, also on an error.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "call.h"
#include "decisions/deciding.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "own_text.h"

/* Which part of an object an object lock is on: not 0, which DDL may take. */
#define DECIDING_LOCK_PART 1

PG_FUNCTION_INFO_V1(steering_require_that);
PG_FUNCTION_INFO_V1(steering_lock_rules);
PG_FUNCTION_INFO_V1(steering_decision_day);
PG_FUNCTION_INFO_V1(steering_is_deciding);

static DecidingRun *deciding_run = NULL;

/*
 * Returns today: by the clock, not by the beginning of the transaction, and in the time zone of the server's
 * log. A session can keep a transaction open for days, and say where on earth it is.
 */
DateADT
deciding_day(void)
{
	struct pg_tm tm;
	fsec_t fraction;
	int zone;

	if (timestamp2tm(GetCurrentTimestamp(), &zone, &tm, &fraction, NULL, log_timezone) != 0)
		elog(ERROR, "timestamp out of range");
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

/* Keeps rules, mandates, bodies and deputies as they are (ShareLock), or keeps deciding out (ExclusiveLock). */
void
deciding_lock_rules(LOCKMODE mode)
{
	LockDatabaseObject(RelationRelationId, own_relation(OWN_RULE), DECIDING_LOCK_PART, mode);
}

/* Keeps deciding out, in place of the ShareLock that was taken last. Nothing was decided under that. */
void
deciding_lock_rules_alone(void)
{
	UnlockDatabaseObject(RelationRelationId, own_relation(OWN_RULE), DECIDING_LOCK_PART, ShareLock);
	deciding_lock_rules(ExclusiveLock);
}

/* Waits for others that use the limits of a functionary: what they come to together must hold. */
void
deciding_lock_functionary(const char *name)
{
	LockDatabaseObject(AuthIdRelationId, get_role_oid(name, false), DECIDING_LOCK_PART,
					   ExclusiveLock);
}

/* Waits for others that use the limits of a functionary now, and uses none. */
void
deciding_await_functionary(const char *name)
{
	Oid role = get_role_oid(name, false);

	LockDatabaseObject(AuthIdRelationId, role, DECIDING_LOCK_PART, ExclusiveLock);
	UnlockDatabaseObject(AuthIdRelationId, role, DECIDING_LOCK_PART, ExclusiveLock);
}

/* Waits for others that append to the log. Taken last of all locks. */
void
deciding_lock_head(void)
{
	LockDatabaseObject(RelationRelationId, own_relation(OWN_DECISION_LOG), DECIDING_LOCK_PART,
					   ExclusiveLock);
}

/*
 * Tells whether there are rules: without any nothing is asked. A table without a page, as is the rule, is not
 * even read.
 */
bool
deciding_is_ruled(void)
{
	Relation rules = table_open(own_relation(OWN_RULE), AccessShareLock);
	bool ruled = false;

	if (RelationGetNumberOfBlocks(rules) > 0)
	{
		Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
		TupleTableSlot *slot = table_slot_create(rules, NULL);
		TableScanDesc scan = table_beginscan(rules, snapshot, 0, NULL, 0);

		ruled = table_scan_getnextslot(scan, ForwardScanDirection, slot);
		table_endscan(scan);
		ExecDropSingleTupleTableSlot(slot);
		UnregisterSnapshot(snapshot);
	}
	table_close(rules, AccessShareLock);
	return ruled;
}

/* Tells whether the objects are of 0.5 or later: their log has a column more, the details. */
bool
deciding_has_details(void)
{
	return get_attnum(own_relation(OWN_DECISION_LOG), "details") != InvalidAttrNumber;
}

/* Tells whether who has logged in may do as he likes: a superuser, or the owner of the extension. */
bool
deciding_is_exempt(void)
{
	return superuser_arg(GetSessionUserId()) ||
		   GetSessionUserId() == table_owner(own_relation(OWN_RULE));
}

/*
 * Refuses to decide where PostgreSQL runs code of a table's owner while somebody else has logged in: in an
 * expression of an index that autovacuum analyzes, say, where the session user is a superuser.
 */
void
deciding_check_session(void)
{
	if (InSecurityRestrictedOperation())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("cannot decide anything within a security-restricted operation"),
						errdetail("What runs here is not what who has logged in has called.")));
}

/*
 * Tells whether a dump is being restored: rows come back that were decided once, and nothing is to be asked,
 * judged or logged anew. pg_dump's scripts and pg_restore set these two in each session. Believed of whom
 * nobody could stop anyway.
 */
bool
deciding_is_restore(void)
{
	const char *path = GetConfigOption("search_path", true, false);

	return !check_function_bodies && path != NULL && path[strspn(path, "\" ")] == '\0' &&
		   deciding_is_exempt();
}

/*
 * Raises that a decision is not there, or not open: by whether a query has found its row, and the first column
 * of that, its state.
 */
void
deciding_check_open(int32 decision, uint64 found)
{
	char *state;

	if (found == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("decision %d does not exist", decision)));
	state = own_spi_text(0, 1);
	if (strcmp(state, "open") != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("decision %d is %s already", decision, own_text_said(state))));
}

/* Begins to write down what the act of a proposal asks, in the present memory context. */
void
deciding_begin(DecidingRun *run)
{
	run->outer = deciding_run;
	run->count = 0;
	initStringInfo(&run->questions);
	deciding_run = run;
}

/* Ends that; also after an error. */
void
deciding_end(DecidingRun *run)
{
	deciding_run = run->outer;
}

/* Writes a question down if a proposal is being done; false: there is none, and it must be answered now. */
bool
deciding_note(const char *question)
{
	if (deciding_run == NULL)
		return false;
	if (deciding_run->count++ > 0)
		appendStringInfoChar(&deciding_run->questions, ',');
	appendStringInfoString(&deciding_run->questions, question);
	return true;
}

/*
 * Returns the trigger that is called: for each row, on a table of ours. These functions run as our owner, and
 * whoever may execute them could put them on a table, and give them a row type, of his own.
 */
TriggerData *
deciding_trigger(FunctionCallInfo fcinfo)
{
	TriggerData *data = call_trigger(fcinfo);

	if (!TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		RelationGetNamespace(data->tg_relation) != get_namespace_oid(STEERING_SCHEMA, false))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" is for each row of tables of schema steering alone",
							   get_func_name(fcinfo->flinfo->fn_oid))));
	return data;
}

/* require_that(holds, state, message, hint) */
Datum
steering_require_that(PG_FUNCTION_ARGS)
{
	char *state;

	if (!PG_ARGISNULL(0) && PG_GETARG_BOOL(0))
		PG_RETURN_VOID();
	state = text_to_cstring(PG_GETARG_TEXT_PP(1));
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
			 errmsg_internal("%s", PG_ARGISNULL(2)
									   ? ""
									   : own_text_said(text_to_cstring(PG_GETARG_TEXT_PP(2)))),
			 PG_ARGISNULL(3)
				 ? 0
				 : errhint("%s", own_text_said(text_to_cstring(PG_GETARG_TEXT_PP(3))))));
}

/* lock_rules() */
Datum
steering_lock_rules(PG_FUNCTION_ARGS)
{
	deciding_check_session();
	deciding_lock_rules(ExclusiveLock);
	PG_RETURN_VOID();
}

/* decision_day() */
Datum
steering_decision_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(deciding_day());
}

/* is_deciding() */
Datum
steering_is_deciding(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(deciding_run != NULL);
}
