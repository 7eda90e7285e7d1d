/*
 * guard_truncate.c
 *	  The trigger that refuses TRUNCATE of a table that acts write.
 *
 * TRUNCATE does not tell triggers which rows go, so guard.c could ask and record nothing. Of who may decide it is
 * refused at all times; of the others, where the trigger has an argument, as soon as there are rules, or nodes that would not be told.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/rel.h"

#include "call.h"
#include "decisions/deciding.h"
#include "nodes/this_node.h"

PG_FUNCTION_INFO_V1(steering_guard_truncate);

/* Statement trigger before TRUNCATE. A restore may empty a table that it fills. */
Datum
steering_guard_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *data = call_trigger(fcinfo);

	deciding_lock_rules(ShareLock);
	if ((data->tg_trigger->tgnargs == 0 || deciding_is_ruled() || this_node_id() != NODE_NONE) &&
		!deciding_is_restore())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot truncate table \"%s\"", RelationGetRelationName(data->tg_relation)),
				 errhint("Use DELETE, which is recorded row by row.")));
	return PointerGetDatum(NULL);
}
