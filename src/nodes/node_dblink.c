/*
 * node_dblink.c
 *	  The functions of PostgreSQL's extension dblink, found by that and called directly.
 *
 * They are members of the extension, wherever it was created and whatever stands in search_path. They are called by
 * their addresses, without looking at the catalog, so that a connection can be closed while an error is on its way.
 *
 * A named connection of dblink is open to all in the session who may call its functions, which in a fresh database
 * everybody may: with the rights of the extension's owner on another node. Whoever opens one asks
 * node_dblink_is_ours() whether it can stay open when the user's own statements run again.
 *
 * Its function that cancels a query is not used: it would wait for a server that is stopped.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "nodes/node_dblink.h"
#include "own.h"

typedef enum NodeDblink
{
	NODE_DBLINK_CONNECT,
	NODE_DBLINK_SEND,
	NODE_DBLINK_IS_BUSY,
	NODE_DBLINK_MESSAGE,
	NODE_DBLINK_RESULT,
	NODE_DBLINK_DISCONNECT,
	NODE_DBLINK_FUNCTIONS /* how many there are */
} NodeDblink;

/* All arguments are texts. */
static const struct
{
	const char *name;
	int nargs;
} node_dblink_names[NODE_DBLINK_FUNCTIONS] = {
	[NODE_DBLINK_CONNECT] = {"dblink_connect_u", 2},
	[NODE_DBLINK_SEND] = {"dblink_send_query", 2},
	[NODE_DBLINK_IS_BUSY] = {"dblink_is_busy", 1},
	[NODE_DBLINK_MESSAGE] = {"dblink_error_message", 1},
	[NODE_DBLINK_RESULT] = {"dblink_get_result", 1},
	[NODE_DBLINK_DISCONNECT] = {"dblink_disconnect", 1},
};

static FmgrInfo node_dblink_functions[NODE_DBLINK_FUNCTIONS];
static MemoryContext node_dblink_context = NULL; /* what is below them */
static bool node_dblink_closed = false;          /* to all but superusers and the owner */

/* Raises that there are no connections without dblink, or without one of its functions. */
static void
node_dblink_missing(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("nodes are connected by extension \"dblink\", which is missing"),
					detail == NULL ? 0 : errdetail_internal("%s", detail),
					errhint("Run CREATE EXTENSION dblink, or ALTER EXTENSION dblink UPDATE.")));
}

/* Finds the schema of dblink, and who else may use its connections: nobody, then they are ours. Within own_spi. */
static Oid
node_dblink_schema(Oid extension)
{
	static const char query[] =
		"SELECT extension.extnamespace, NOT EXISTS (SELECT FROM pg_depend AS member"
		" JOIN pg_proc AS function ON function.oid = member.objid"
		" CROSS JOIN LATERAL aclexplode(coalesce(function.proacl, acldefault('f', function.proowner))) AS item"
		" LEFT JOIN pg_roles AS role ON role.oid = item.grantee"
		" WHERE member.classid = 'pg_proc'::regclass AND member.refclassid = 'pg_extension'::regclass"
		" AND member.refobjid = extension.oid AND member.deptype = 'e'"
		" AND item.grantee <> $2 AND role.rolsuper IS NOT TRUE)"
		" FROM pg_extension AS extension WHERE extension.oid = $1";
	Oid types[] = {OIDOID, OIDOID};
	Datum values[] = {ObjectIdGetDatum(extension), ObjectIdGetDatum(own_owner())};

	if (own_spi_execute(query, lengthof(types), types, values, NULL) == 0)
		node_dblink_missing(NULL);
	node_dblink_closed = DatumGetBool(own_spi_column(0, 2, NULL));
	return DatumGetObjectId(own_spi_column(0, 1, NULL));
}

/* Finds a function of dblink. */
static void
node_dblink_find_function(NodeDblink which, Oid extension, Oid schema)
{
	const char *name = node_dblink_names[which].name;
	Oid types[] = {TEXTOID, TEXTOID};
	oidvector *arguments = buildoidvector(types, node_dblink_names[which].nargs);
	Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
								   PointerGetDatum(arguments), ObjectIdGetDatum(schema));

	if (!OidIsValid(function) || getExtensionOfObject(ProcedureRelationId, function) != extension)
		node_dblink_missing(psprintf(_("Its function \"%s\" is not there."), name));
	fmgr_info_cxt(function, &node_dblink_functions[which], node_dblink_context);
}

/* Raises that the owner of the extension may not connect to other servers. */
static void
node_dblink_check_owner(void)
{
	Oid owner = own_owner();
	Oid function = node_dblink_functions[NODE_DBLINK_CONNECT].fn_oid;

	if (object_aclcheck(ProcedureRelationId, function, owner, ACL_EXECUTE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\", which owns extension \"sp71_steering\", may not connect to "
						"nodes",
						GetUserNameFromId(owner, false)),
				 errhint("Grant it EXECUTE on dblink_connect_u(text, text).")));
}

/* Finds dblink; 55000: it is not there. Called before a connection is opened. */
void
node_dblink_find(void)
{
	Oid extension = get_extension_oid("dblink", true);
	Oid schema;
	OwnSpi spi;

	if (!OidIsValid(extension))
		node_dblink_missing(NULL);
	if (node_dblink_context == NULL)
		node_dblink_context = AllocSetContextCreate(TopMemoryContext, "connections between nodes",
													ALLOCSET_SMALL_SIZES);
	own_spi_begin(&spi);
	schema = node_dblink_schema(extension);
	own_spi_end(&spi);
	for (int which = 0; which < NODE_DBLINK_FUNCTIONS; which++)
		node_dblink_find_function(which, extension, schema);
	node_dblink_check_owner();
}

/*
 * Tells whether connections are used by none but us and superusers, so that they can stay open. Who has logged in does
 * not matter: in a superuser's session runs what the mapping of a table calls, as the owner of that.
 */
bool
node_dblink_is_ours(void)
{
	return node_dblink_closed;
}

/* Calls a function with the name of a connection. */
static Datum
node_dblink_call(NodeDblink which, const char *name)
{
	return FunctionCall1(&node_dblink_functions[which], CStringGetTextDatum(name));
}

/* Opens a connection; an error of class 08 when that fails. */
void
node_dblink_connect(const char *name, const char *connection)
{
	(void) FunctionCall2(&node_dblink_functions[NODE_DBLINK_CONNECT], CStringGetTextDatum(name),
						 CStringGetTextDatum(connection));
}

/* Sends a query; false: it cannot be sent. */
bool
node_dblink_send(const char *name, const char *query)
{
	return DatumGetInt32(FunctionCall2(&node_dblink_functions[NODE_DBLINK_SEND],
									   CStringGetTextDatum(name), CStringGetTextDatum(query))) != 0;
}

/* Tells whether the answer to what was sent is not there yet. An end of the connection is an answer. */
bool
node_dblink_is_busy(const char *name)
{
	return DatumGetInt32(node_dblink_call(NODE_DBLINK_IS_BUSY, name)) != 0;
}

/* Tells whether the server is still there, of a connection on which nothing was sent. */
bool
node_dblink_is_well(const char *name)
{
	/* This reads what has come: the first time what a server says that ends the connection, then its end. */
	if (node_dblink_is_busy(name) || node_dblink_is_busy(name))
		return false;
	return strcmp(TextDatumGetCString(node_dblink_call(NODE_DBLINK_MESSAGE, name)), "OK") == 0;
}

/* Copies the values of rows, which are texts or null, into the caller's memory. */
static List *
node_dblink_copy_rows(Tuplestorestate *rows, TupleDesc desc)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	List *copies = NIL;

	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		char **values = palloc0(desc->natts * sizeof(char *));

		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		for (int i = 0; i < desc->natts; i++)
			if (!slot->tts_isnull[i])
				values[i] = TextDatumGetCString(slot->tts_values[i]);
		copies = lappend(copies, values);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(rows);
	return copies;
}

/* Takes one result of a connection; false: there is no more. A result that is an error is raised. */
static bool
node_dblink_take(const char *name, TupleDesc desc, List **rows)
{
	ExprContext *econtext = CreateStandaloneExprContext();
	ReturnSetInfo result = {.type = T_ReturnSetInfo,
							.allowedModes = SFRM_Materialize,
							.econtext = econtext,
							.expectedDesc = desc};
	LOCAL_FCINFO(fcinfo, 1);

	InitFunctionCallInfoData(*fcinfo, &node_dblink_functions[NODE_DBLINK_RESULT], 1, InvalidOid,
							 NULL, (Node *) &result);
	fcinfo->args[0].value = CStringGetTextDatum(name);
	fcinfo->args[0].isnull = false;
	(void) FunctionCallInvoke(fcinfo);
	if (result.setResult != NULL)
		*rows = list_concat(*rows, node_dblink_copy_rows(result.setResult, desc));
	FreeExprContext(econtext, true);
	return result.setResult != NULL;
}

/*
 * Takes the whole answer to what was sent, after which something can be sent again: rows of so many texts. An
 * error of the other server is raised, with its SQLSTATE; the connection is not clean then.
 */
List *
node_dblink_result(const char *name, int columns)
{
	TupleDesc desc = CreateTemplateTupleDesc(columns);
	List *rows = NIL;

	for (int i = 1; i <= columns; i++)
		TupleDescInitEntry(desc, i, "value", TEXTOID, -1, 0);
	while (node_dblink_take(name, desc, &rows))
		CHECK_FOR_INTERRUPTS();
	return rows;
}

/* Closes a connection. */
void
node_dblink_disconnect(const char *name)
{
	(void) node_dblink_call(NODE_DBLINK_DISCONNECT, name);
}
