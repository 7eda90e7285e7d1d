/*
 * node_text.c
 *	  Arguments of the functions for nodes: names and connection strings.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "call.h"
#include "scaling/node_text.h"

#define NODE_TEXT_PASSWORD "(^|\\s)(ssl)?password\\s*="
#define NODE_TEXT_ADDRESS "^\\s*postgres(ql)?:"

/* Returns a text that must not be empty. */
Datum
node_text_name(FunctionCallInfo fcinfo, int argument, const char *noun)
{
	char *given;

	call_check_not_null(PG_ARGISNULL(argument), noun);
	given = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (given[strspn(given, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be empty", noun)));
	return PG_GETARG_DATUM(argument);
}

/* Tells whether a text has a pattern, in letters of whatever case. */
static bool
node_text_matches(Datum given, const char *pattern)
{
	return DatumGetBool(DirectFunctionCall2Coll(texticregexeq, C_COLLATION_OID, given,
												CStringGetTextDatum(pattern)));
}

/*
 * Returns a connection string. It is kept where dumps have it, so it holds no password; and words are added to it, as
 * they cannot be to an address.
 */
Datum
node_text_connection(FunctionCallInfo fcinfo, int argument, const char *noun)
{
	Datum given = node_text_name(fcinfo, argument, noun);

	if (node_text_matches(given, NODE_TEXT_ADDRESS))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not be an address", noun),
						errhint("Write it as keywords and values: host=... port=... dbname=...")));
	if (node_text_matches(given, NODE_TEXT_PASSWORD))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not have a password in it", noun),
						errhint("Let the server that connects have a password file, or let the "
								"other one trust it.")));
	return given;
}
