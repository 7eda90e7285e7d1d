/*
 * register_number.c
 *	  The numbers of participants and services by the codes that people use: service_number(),
 *	  participant_number(), and set_cap() by way of register_number.h.
 *
 * The SQL functions read under the active snapshot, so that they agree with the query that calls
 * them and may run in a parallel worker. Who may execute them learns which codes there are, as from
 * any message that names an unknown code; figures need other rights.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "call.h"
#include "registers/register_node.h"
#include "registers/register_number.h"
#include "types/code.h"

PG_FUNCTION_INFO_V1(steering_service_number);
PG_FUNCTION_INFO_V1(steering_participant_number);

/* Returns the number of the service with this code; 22023: there is none. */
int32
register_service_number(const char *code, Snapshot snapshot)
{
	int32 number = register_node_id(register_of_services, code, snapshot);

	if (number == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("service \"%s\" is unknown", code_shown(code)),
						errhint("Services are added to steering.service.")));
	return number;
}

/* Returns the number of the participant with this code; 22023: there is none. */
int32
register_participant_number(const char *code, Snapshot snapshot)
{
	int32 number = register_node_id(register_of_participants, code, snapshot);

	if (number == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("participant \"%s\" is unknown", code_shown(code)),
						errhint("Participants are added to steering.participant.")));
	return number;
}

/* Returns the code that is the first argument; 22004: it is null. */
static char *
register_code_argument(FunctionCallInfo fcinfo, const char *noun)
{
	call_check_not_null(PG_ARGISNULL(0), noun);
	return text_to_cstring(PG_GETARG_TEXT_PP(0));
}

/*
 * Raises 40001 when an entry that the transaction's snapshot shows has been deleted meanwhile: rows
 * that refer to it would refer to nothing. Nobody writes such rows in parallel mode.
 */
static void
register_check_still_there(const RegisterKind *kind, const char *code)
{
	Snapshot latest;

	if (!IsolationUsesXactSnapshot() || IsInParallelMode())
		return;
	latest = RegisterSnapshot(GetLatestSnapshot());
	if (register_node_id(kind, code, latest) == 0)
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to concurrent delete")));
	UnregisterSnapshot(latest);
}

/* service_number(code) */
Datum
steering_service_number(PG_FUNCTION_ARGS)
{
	char *code = register_code_argument(fcinfo, "service");
	int32 number = register_service_number(code, GetActiveSnapshot());

	register_check_still_there(register_of_services, code);
	PG_RETURN_INT32(number);
}

/* participant_number(code) */
Datum
steering_participant_number(PG_FUNCTION_ARGS)
{
	char *code = register_code_argument(fcinfo, "participant");
	int32 number = register_participant_number(code, GetActiveSnapshot());

	register_check_still_there(register_of_participants, code);
	PG_RETURN_INT32(number);
}
