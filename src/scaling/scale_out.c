/*
 * scale_out.c
 *	  scale_out() and scale_in(): a database becomes the coordinator of nodes, or is one of its own again.
 *
 * Which caps span nodes decides how bookings are judged: both exclude them, and acts besides.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "nodes/this_node.h"
#include "own.h"
#include "rules/held_scope.h"
#include "rules/rulebook.h"
#include "scaling/node_text.h"
#include "scaling/outbox.h"
#include "scaling/scale_out.h"

/* The arguments of scale_out(), in order. */
enum
{
	SCALE_OUT_CONNECTION,
	SCALE_OUT_NAME
};

PG_FUNCTION_INFO_V1(steering_scale_out);
PG_FUNCTION_INFO_V1(steering_scale_in);

/*
 * Has nothing here span nodes any more, and forgets all nodes. Bookings and acts are excluded. Numbers of rows that came
 * from another node are not given again.
 */
void
scale_end(void)
{
	static const char *const statements[] = {
		"DELETE FROM steering.this_node",
		"UPDATE steering.cap SET spans = false WHERE spans",
		"DELETE FROM steering.allotment",
		"DELETE FROM steering.lent",
		"DELETE FROM steering.lending",
		"DELETE FROM steering.node",
		"SELECT setval('steering.participant_participant_id_seq', participant_id)"
		" FROM steering.participant ORDER BY participant_id DESC LIMIT 1",
		"SELECT setval('steering.service_service_id_seq', service_id)"
		" FROM steering.service ORDER BY service_id DESC LIMIT 1",
		"SELECT setval('steering.alias_alias_id_seq', alias_id)"
		" FROM steering.alias ORDER BY alias_id DESC LIMIT 1",
		"SELECT setval('steering.cap_cap_id_seq', cap_id)"
		" FROM steering.cap ORDER BY cap_id DESC LIMIT 1",
		"SELECT setval('steering.closing_closing_id_seq', closing_id)"
		" FROM steering.closing ORDER BY closing_id DESC LIMIT 1",
	};

	own_spi_run(statements, lengthof(statements));
	held_scope_forget();
	outbox_drop();
	rulebook_invalidate();
}

/* scale_out(connection, name). The coordinator is alone to begin with, and judges by the ladder. */
Datum
steering_scale_out(PG_FUNCTION_ARGS)
{
	static const char *const statements[] = {
		"UPDATE steering.cap SET spans = true WHERE NOT spans",
		"INSERT INTO steering.this_node (node_id) VALUES (0)",
		"INSERT INTO steering.lending (cap_id) SELECT cap_id FROM steering.cap",
		"INSERT INTO steering.lent (cap_id, node_id) SELECT cap_id, 0 FROM steering.cap",
		"INSERT INTO steering.allotment (cap_id, elsewhere) SELECT cap_id, 0 FROM steering.cap",
	};
	static const char node[] =
		"INSERT INTO steering.node (node_id, name, connection) VALUES (0, $2, $1)";
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {node_text_connection(fcinfo, SCALE_OUT_CONNECTION, "connection"),
					  node_text_name(fcinfo, SCALE_OUT_NAME, "name")};
	OwnSpi spi;

	outbox_exclude_acts();
	if (this_node_id() != NODE_NONE)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is node %d of a scaled-out installation already",
							   this_node_id())));
	outbox_create();
	own_spi_run(statements, lengthof(statements));
	own_spi_begin(&spi);
	(void) own_spi_execute(node, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
	rulebook_invalidate();
	PG_RETURN_VOID();
}

/* Refuses what is for the coordinator only. */
void
scale_require_coordinator(void)
{
	if (this_node_id() != NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is no coordinator"),
						errhint("steering.scale_out() makes it one.")));
}

/* scale_in() */
Datum
steering_scale_in(PG_FUNCTION_ARGS)
{
	bool has_others;
	OwnSpi spi;

	outbox_exclude_acts();
	scale_require_coordinator();
	own_spi_begin(&spi);
	has_others = own_spi_execute("SELECT FROM steering.node WHERE node_id <> 0 LIMIT 1", 0, NULL,
								 NULL, NULL) > 0;
	own_spi_end(&spi);
	if (has_others)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("there are other nodes"),
				 errhint("Take them out with steering.drop_node() first.")));
	scale_end();
	PG_RETURN_VOID();
}
