/*
 * join_node.c
 *	  join_node() and leave_node(): what the coordinator calls on a database that becomes a node of it, or ceases to.
 *
 * Joining may be repeated: where the coordinator did not learn that it had succeeded, it sends all anew.
 *
 * Nothing may be used of caps here in both: what other nodes believe of each other is true of a node that uses nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "call.h"
#include "lending/lending.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/rulebook.h"
#include "scaling/change_apply.h"
#include "scaling/node_text.h"
#include "scaling/outbox.h"
#include "scaling/scale_out.h"

/* The arguments of join_node(), in order. */
enum
{
	JOIN_NODE,
	JOIN_NAME,
	JOIN_CONNECTION,
	JOIN_COORDINATOR,
	JOIN_COORDINATOR_CONNECTION,
	JOIN_VERSION,
	JOIN_APPLIED,
	JOIN_BODY,
	JOIN_ARGUMENTS
};

/* What tells whether two rows, as JSON, are of the same entry, alias or cap; of noun, the name of their table. */
#define JOIN_KEY(row)                                                                              \
	"jsonb_build_array(" row " -> (noun || '_id'),"                                                \
	" CASE WHEN noun <> 'alias' THEN " row " -> 'code' END,"                                       \
	" CASE WHEN noun = 'cap' THEN jsonb_build_array(" row " -> 'service_id',"                      \
	"  " row " -> 'participant_id', " row " -> 'metric', " row " -> 'during') END)"

/* Rows here that a body, $1, does not have, as the part of a change that ends them, and some of them by name. */
#define JOIN_SURPLUS                                                                                             \
	"SELECT jsonb_build_object('gone', jsonb_object_agg(noun, numbers)),"                                        \
	" string_agg(noun || ' ' || sample, ', ' ORDER BY noun)"                                                     \
	" FROM (SELECT noun, jsonb_agg(entry -> (noun || '_id')) AS numbers,"                                        \
	"  min(coalesce(entry ->> 'code', entry ->> (noun || '_id'))) AS sample FROM ("                              \
	"  SELECT 'participant' AS noun, 'participants' AS part, to_jsonb(participant) AS entry"                     \
	"  FROM steering.participant"                                                                                \
	"  UNION ALL SELECT 'service', 'services', to_jsonb(service) FROM steering.service"                          \
	"  UNION ALL SELECT 'alias', 'aliases', to_jsonb(alias) FROM steering.alias"                                 \
	"  UNION ALL SELECT 'cap', 'caps', to_jsonb(cap) FROM steering.cap) AS here"                                 \
	" WHERE (noun, " JOIN_KEY("entry") ") NOT IN (SELECT noun, " JOIN_KEY(                                       \
		"told") "  FROM (VALUES ('participant', 'participants'), ('service', 'services'), ('alias', 'aliases')," \
				"   ('cap', 'caps')) AS kind (noun, part)"                                                       \
				"  CROSS JOIN LATERAL jsonb_array_elements($1 -> part) AS told) GROUP BY noun) AS surplus"       \
				" HAVING count(*) > 0"

PG_FUNCTION_INFO_V1(steering_join_node);
PG_FUNCTION_INFO_V1(steering_leave_node);

/* Checks that the extension here is of the coordinator's version: rows mean the same then. Within own_spi. */
static void
join_check_version(Datum version)
{
	static const char query[] =
		"SELECT extversion, extversion = $1 FROM pg_extension WHERE extname = 'sp71_steering'";
	Oid types[] = {TEXTOID};

	(void) own_spi_execute(query, lengthof(types), types, &version, NULL);
	if (!DatumGetBool(own_spi_column(0, 2, NULL)))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("extension \"sp71_steering\" has version %s here, and version %s on "
							   "the coordinator",
							   own_spi_text(0, 1), TextDatumGetCString(version)),
						errhint("Run ALTER EXTENSION sp71_steering UPDATE where it is older.")));
}

/* Refuses a database that is a node otherwise: the coordinator, or one of another. Within own_spi. */
static void
join_check_node(Datum coordinator)
{
	Oid types[] = {TEXTOID};
	int32 node = this_node_id();

	if (node == NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is a coordinator itself")));
	if (node != NODE_NONE &&
		own_spi_execute("SELECT FROM steering.node WHERE node_id = 0 AND connection = $1",
						lengthof(types), types, &coordinator, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is a node of another coordinator"),
						errhint("steering.leave_node() ends that.")));
}

/*
 * Ends what is here and not with the coordinator, if this is a node of it already; else refuses to lose what somebody
 * has made. Within own_spi.
 */
static void
join_end_surplus(Datum body)
{
	Oid types[] = {JSONBOID};

	if (own_spi_execute(JOIN_SURPLUS, lengthof(types), types, &body, NULL) == 0)
		return;
	if (this_node_id() == NODE_NONE)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database has entries of registers or caps of its own"),
						errdetail("The coordinator does not have %s.", own_spi_text(0, 2)),
						errhint("A node has what the coordinator has. Drop them first.")));
	change_apply(own_spi_column(0, 1, NULL));
}

/* Refuses a database with bookings under caps. Bookings are excluded. Within own_spi. */
static void
join_check_unused(void)
{
	static const char query[] =
		"SELECT cap_id, used::numeric FROM steering.cap_usage WHERE used::numeric <> 0"
		" ORDER BY cap_id LIMIT 1";

	if (own_spi_execute(query, 0, NULL, NULL, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("bookings of this database use %s of cap %s", own_spi_text(0, 2),
						own_spi_text(0, 1)),
				 errhint("A node joins and leaves without. Detach its sources first, or move "
						 "the bookings.")));
}

/* Writes which node this is; the argument is those of join_node(). Within own_spi. */
static void
join_write(void *argument)
{
	static Oid types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, JSONBOID};
	static const char *const statements[] = {
		"DELETE FROM steering.node WHERE node_id IN (0, $1) OR name IN ($2, $4)",
		"INSERT INTO steering.node (node_id, name, connection) VALUES (0, $4, $5), ($1, $2, $3)",
		"INSERT INTO steering.this_node (node_id, applied) VALUES ($1, $7)"
		" ON CONFLICT (is_only) DO UPDATE SET node_id = excluded.node_id, applied = excluded.applied",
		"UPDATE steering.cap SET spans = true WHERE NOT spans",
		"DELETE FROM steering.allotment",
	};

	for (int i = 0; i < lengthof(statements); i++)
		(void) own_spi_execute(statements[i], JOIN_ARGUMENTS, types, argument, NULL);
}

/*
 * Forgets overrides from before this database was a node: their numbers may be those of the coordinator's. What one has
 * drawn that is a node already stays drawn.
 */
static void
join_forget_overrides(void)
{
	static const char *const statements[] = {
		"DELETE FROM steering.override_use",
		"DELETE FROM steering.override_grant",
	};

	own_spi_run(statements, lengthof(statements));
}

/* Does what join_node() is called for, with arguments that are checked. */
static void
join_make(Datum *values)
{
	bool is_new = this_node_id() == NODE_NONE;
	OwnSpi spi;

	own_spi_begin(&spi);
	join_check_version(values[JOIN_VERSION]);
	join_check_node(values[JOIN_COORDINATOR_CONNECTION]);
	join_end_surplus(values[JOIN_BODY]);
	change_apply(values[JOIN_BODY]);
	join_check_unused();
	this_node_apply(join_write, values);
	own_spi_end(&spi);
	if (is_new)
	{
		outbox_create();
		join_forget_overrides();
	}
	rulebook_invalidate();
}

/* join_node(node, name, connection, coordinator, coordinator_connection, version, applied, body) */
Datum
steering_join_node(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"node", "name",    "connection", NULL,
										NULL,   "version", "applied",    "body"};
	Datum values[JOIN_ARGUMENTS];

	for (int i = 0; i < JOIN_ARGUMENTS; i++)
	{
		call_check_not_null(PG_ARGISNULL(i), names[i] == NULL ? "coordinator" : names[i]);
		values[i] = PG_GETARG_DATUM(i);
	}
	(void) node_text_name(fcinfo, JOIN_NAME, "name");
	(void) node_text_connection(fcinfo, JOIN_CONNECTION, "connection");
	(void) node_text_connection(fcinfo, JOIN_COORDINATOR_CONNECTION, "coordinator");
	if (PG_GETARG_INT32(JOIN_NODE) <= NODE_COORDINATOR)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of a node must be positive: %d", PG_GETARG_INT32(JOIN_NODE))));
	outbox_exclude_acts();
	join_make(values);
	PG_RETURN_VOID();
}

/*
 * Is no node any more. What was drawn here of the coordinator's overrides stays to be fetched by it; overrides that are
 * granted here from now on have other numbers.
 */
static void
join_end(void *argument)
{
	static const char *const statements[] = {
		"SELECT pg_catalog.setval('steering.override_grant_override_id_seq', drawn.number)"
		" FROM (SELECT max(override_id) AS number FROM steering.override_use) AS drawn"
		" WHERE drawn.number >="
		" (SELECT last_value FROM steering.override_grant_override_id_seq)",
	};

	scale_end();
	own_spi_run(statements, lengthof(statements));
}

/* leave_node() */
Datum
steering_leave_node(PG_FUNCTION_ARGS)
{
	OwnSpi spi;

	outbox_exclude_acts();
	if (this_node_id() <= NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is no node of a coordinator")));

	/* The coordinator takes over what was drawn here. */
	lending_make_durable();
	own_spi_begin(&spi);
	join_check_unused();
	own_spi_end(&spi);
	this_node_apply(join_end, NULL);
	PG_RETURN_VOID();
}
