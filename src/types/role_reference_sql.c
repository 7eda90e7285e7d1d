/*
 * role_reference_sql.c
 *	  steering.role_reference in SQL: input and output, casts, comparison.
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "types/name_text.h"
#include "types/role_reference.h"

/* Reads the name of a role, whether or not it is there. */
static RoleReference *
role_reference_read(const char *text)
{
	return role_reference_make(name_text_find_role(text), name_text_canonical(text));
}

/* How a role is written: by its present name, if it is there. */
static char *
role_reference_print(const RoleReference *reference)
{
	char *name = name_text_of_role(reference->role);

	return name == NULL ? pstrdup(reference->name) : name;
}

/* Reads the name of a role. */
PG_FUNCTION_INFO_V1(steering_role_reference_in);
Datum
steering_role_reference_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(role_reference_read(PG_GETARG_CSTRING(0)));
}

/* Writes the name of a role. */
PG_FUNCTION_INFO_V1(steering_role_reference_out);
Datum
steering_role_reference_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(role_reference_print(PG_GETARG_ROLE_REFERENCE(0)));
}

/* Receives the name of a role. */
PG_FUNCTION_INFO_V1(steering_role_reference_recv);
Datum
steering_role_reference_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int length;

	PG_RETURN_POINTER(
		role_reference_read(pq_getmsgtext(message, message->len - message->cursor, &length)));
}

/* Sends the name of a role. */
PG_FUNCTION_INFO_V1(steering_role_reference_send);
Datum
steering_role_reference_send(PG_FUNCTION_ARGS)
{
	char *name = role_reference_print(PG_GETARG_ROLE_REFERENCE(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendtext(&message, name, strlen(name));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Makes a reference to the role with this number. Of one that is gone the number stays, and is nobody's. */
PG_FUNCTION_INFO_V1(steering_role_reference_from_oid);
Datum
steering_role_reference_from_oid(PG_FUNCTION_ARGS)
{
	Oid role = PG_GETARG_OID(0);
	char *name = name_text_of_role(role);

	PG_RETURN_POINTER(name == NULL ? role_reference_make(InvalidOid, psprintf("%u", role))
								   : role_reference_make(role, name));
}

/* Returns the number of the role; 0: there is none. */
PG_FUNCTION_INFO_V1(steering_role_reference_to_oid);
Datum
steering_role_reference_to_oid(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(role_reference_role(PG_GETARG_ROLE_REFERENCE(0)));
}

/* Compares the two references that a function was given. */
static int
role_reference_compare_arguments(FunctionCallInfo fcinfo)
{
	return role_reference_compare(PG_GETARG_ROLE_REFERENCE(0), PG_GETARG_ROLE_REFERENCE(1));
}

/* Which comes first. */
PG_FUNCTION_INFO_V1(steering_role_reference_compare);
Datum
steering_role_reference_compare(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(role_reference_compare_arguments(fcinfo));
}

/* = */
PG_FUNCTION_INFO_V1(steering_role_reference_equal);
Datum
steering_role_reference_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(role_reference_compare_arguments(fcinfo) == 0);
}

/* <> */
PG_FUNCTION_INFO_V1(steering_role_reference_not_equal);
Datum
steering_role_reference_not_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(role_reference_compare_arguments(fcinfo) != 0);
}

/* < */
PG_FUNCTION_INFO_V1(steering_role_reference_less);
Datum
steering_role_reference_less(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(role_reference_compare_arguments(fcinfo) < 0);
}

/* <= */
PG_FUNCTION_INFO_V1(steering_role_reference_less_equal);
Datum
steering_role_reference_less_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(role_reference_compare_arguments(fcinfo) <= 0);
}

/* >= */
PG_FUNCTION_INFO_V1(steering_role_reference_greater_equal);
Datum
steering_role_reference_greater_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(role_reference_compare_arguments(fcinfo) >= 0);
}

/* > */
PG_FUNCTION_INFO_V1(steering_role_reference_greater);
Datum
steering_role_reference_greater(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(role_reference_compare_arguments(fcinfo) > 0);
}
