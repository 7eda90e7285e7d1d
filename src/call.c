/*
 * call.c
 *	  What a function of ours was called with. Knows nothing of the extension.
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "call.h"

/* Raises that an argument is null that must not be: 22004. */
void
call_check_not_null(bool isnull, const char *name)
{
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

/* Returns what a trigger was called with; an error when it was called otherwise. */
TriggerData *
call_trigger(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" was not called by trigger manager",
							   get_func_name(fcinfo->flinfo->fn_oid))));
	return (TriggerData *) fcinfo->context;
}
