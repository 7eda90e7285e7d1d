/*
 * distributed_table.c
 *	  Sources whose rows Citus keeps in shards: what is done on the coordinator; see distributed_table.h.
 *
 * On the coordinator the table is a source without rows, and has the triggers that a source has. They are made by
 * CREATE TRIGGER, which Citus repeats on every node, for the table and for each shard there, in this transaction; and
 * whenever it moves or splits a shard, or a node joins, it makes them again. The last of them, the one that watches,
 * is made with an argument: the mapping. So wherever a shard comes to stand, what it takes to make a source of it
 * comes along (placement.c).
 *
 * On a table with triggers Citus says that they are unsafe, since what they do may have to do with other nodes. Ours
 * have not. They do not depend on the extension, which Citus would refuse: DROP EXTENSION waits for detach().
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/bitmapset.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "nodes/this_node.h"
#include "own.h"
#include "sources/booking_trigger.h"
#include "sources/citus.h"
#include "sources/distributed_table.h"
#include "types/name_text.h"

/* The mapping of a source as JSON, and how its rows come: whether an overrun is accepted, whether they are moved. */
#define DISTRIBUTED_MAPPING                                                                        \
	"SELECT (pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(source) "                            \
	"OPERATOR(pg_catalog.-) '{source_id,relation}'::text[]) "                                      \
	"|| pg_catalog.jsonb_build_object('accept_overrun', $2, 'moved', $3))::text "                  \
	"FROM steering.source WHERE source_id = $1"

/* A distributed source whose mapping is not any more what its triggers have. */
#define DISTRIBUTED_RENAMED                                                                        \
	"SELECT source.relation::text FROM steering.source "                                           \
	"JOIN pg_catalog.pg_trigger ON tgrelid = source.relation::oid "                                \
	"AND tgname = 'sp71_steering_watch' AND tgnargs = 1 "                                          \
	"AND tgfoid = to_regproc('steering.watch')::oid "                                              \
	"WHERE NOT pg_catalog.to_jsonb(source) @> (pg_catalog.convert_from(pg_catalog.substr("         \
	"tgargs, 1, pg_catalog.length(tgargs) - 1), pg_catalog.getdatabaseencoding())::jsonb "         \
	"OPERATOR(pg_catalog.-) '{accept_overrun,moved}'::text[]) LIMIT 1"

/* One of the triggers. */
typedef struct DistributedTrigger
{
	const char *name;
	const char *when;
	const char *rows;
	const char *function;
	bool has_mapping; /* it is called with that */
} DistributedTrigger;

/* The triggers, in the order in which they are made: when the last is there, all are. */
static const DistributedTrigger distributed_triggers[] = {
	{"sp71_steering_insert", "AFTER INSERT", "REFERENCING NEW TABLE AS sp71_new", "book", false},
	{"sp71_steering_update", "AFTER UPDATE",
	 "REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new", "book", false},
	{"sp71_steering_delete", "AFTER DELETE", "REFERENCING OLD TABLE AS sp71_old", "book", false},
	{"sp71_steering_truncate", "BEFORE TRUNCATE", "", "book", false},
	{"sp71_steering_watch", "BEFORE INSERT OR UPDATE OR DELETE", "", "watch", true},
};

#define DISTRIBUTED_LAST (lengthof(distributed_triggers) - 1)

/* Sets a setting until the present settings are undone. */
void
distributed_table_set(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/*
 * Begins to give commands that Citus repeats on all nodes. By one connection to each: what one command has left the
 * next one must see.
 */
void
distributed_table_begin(OwnSpi *spi)
{
	own_spi_begin(spi);
	distributed_table_set("citus.enable_ddl_propagation", "on");
	distributed_table_set("citus.enable_unsafe_triggers", "on");
	distributed_table_set("citus.multi_shard_modify_mode", "sequential");
}

/*
 * Refuses a shard: it is attached with the table that it belongs to, since alone it would stop booking when it is
 * moved.
 */
void
distributed_table_refuse_shard(Oid relid)
{
	char *whole = citus_shard_of(relid);

	if (whole != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" is a shard of \"%s\"", name_text_in_message(relid), whole),
				 errhint("Attach the distributed table, on the coordinator.")));
}

/* Refuses to do something with a table that Citus manages; hint: what does instead. */
void
distributed_table_refuse(Oid relid, const char *function, const char *hint)
{
	if (citus_kind(relid) != CITUS_NONE)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("%s cannot be used on table \"%s\", which is managed by Citus",
							   function, name_text_in_message(relid)),
						errdetail("Its rows are on the nodes, and so is what is stored of them."),
						errhint("%s", hint)));
}

/* Refuses to try out what a table that Citus manages would come to as a source. */
void
distributed_table_refuse_trial(Oid relid, const char *function)
{
	distributed_table_refuse(
		relid, function,
		_("Attach it: that fails at the first row that cannot be taken, and then "
		  "leaves nothing behind."));
}

/* Raises that a table is not one that can be attached, since Citus manages it in another way. */
void
distributed_table_refuse_kind(Oid relid)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("table \"%s\" is managed by Citus and cannot be attached",
						   name_text_in_message(relid)),
					errdetail("Only tables that are distributed, and not partitioned, can."),
					errhint("Let bookings stand in a table without partitions that "
							"create_distributed_table() distributes by hash.")));
}

/* Refuses a distributed table whose shards stand on several nodes each: each of them would book. */
void
distributed_table_check_copies(Oid relid)
{
	if (citus_is_repeated(relid))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("each shard of table \"%s\" stands on several nodes",
							   name_text_in_message(relid)),
						errdetail("A booking would count on each of them."),
						errhint("Distribute it with citus.shard_replication_factor = 1.")));
}

/* Raises that a distributed table has no orders. */
void
distributed_table_refuse_orders(Oid relid)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("order lines of distributed table \"%s\" cannot be released",
						   name_text_in_message(relid)),
					errdetail("An order and its invoices may stand on different nodes."),
					errhint("Attach it without reference and releases.")));
}

/*
 * Checks a table that is to be attached; true: it is distributed. A copy on each node would book as often as there are
 * nodes; what is appended to shards, and an order and its invoices, may stand on different ones.
 */
bool
distributed_table_check(const AttachRequest *request)
{
	CitusKind kind = citus_kind(request->relid);

	if (kind == CITUS_NONE)
		distributed_table_refuse_shard(request->relid);
	if (kind == CITUS_COPIED ||
		(kind == CITUS_DISTRIBUTED && (get_rel_relkind(request->relid) != RELKIND_RELATION ||
									   citus_is_appended(request->relid))))
		distributed_table_refuse_kind(request->relid);
	if (kind == CITUS_DISTRIBUTED)
		distributed_table_check_copies(request->relid);
	if (kind == CITUS_DISTRIBUTED && (request->expressions[MAPPING_REFERENCE] != NULL ||
									  request->expressions[MAPPING_RELEASES] != NULL))
		distributed_table_refuse_orders(request->relid);
	return kind == CITUS_DISTRIBUTED;
}

/*
 * Checks that the participant of a booking is read from the column by which the table is distributed, and from nothing
 * else: its caps are judged where its bookings are. InvalidAttrNumber: all of them are on one node.
 */
void
distributed_table_check_participant(Oid relid, const Expr *participant, AttrNumber column)
{
	Bitmapset *read = NULL;

	if (column == InvalidAttrNumber)
		return;
	pull_varattnos((Node *) participant, 1, &read);
	if (bms_membership(read) == BMS_SINGLETON &&
		bms_is_member(column - FirstLowInvalidHeapAttributeNumber, read))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg(
			 "the column \"%s\" by which table \"%s\" is distributed does not decide the participant",
			 get_attname(relid, column, false), name_text_in_message(relid)),
		 errdetail("Bookings of one participant would be on any node."),
		 errhint("Distribute it by the column that the mapping reads the participant from; or let "
				 "the mapping read it from that column alone, with aliases for its values.")));
}

/*
 * Refuses shards where Citus is scaled out, as the outbox tells that it has on all its servers, and this one has not
 * joined: it has no caps, and where unknown codes are ignored its bookings would count nowhere.
 */
void
distributed_table_check_node(void)
{
	if (this_node_id() != NODE_NONE ||
		!OidIsValid(get_relname_relid("outbox", get_namespace_oid(STEERING_SCHEMA, false))))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a shard of a source cannot be on a server that is no node of the coordinator"),
			 errdetail("It has no registers and caps by which bookings are judged."),
			 errhint("Call steering.add_node() for it on the coordinator before.")));
}

/* Drops the triggers of a distributed table on all nodes: its shards are plain tables then. */
void
distributed_table_detach(Oid relid)
{
	OwnSpi spi;

	if (citus_kind(relid) != CITUS_DISTRIBUTED)
		return;
	distributed_table_begin(&spi);
	for (int i = 0; i < lengthof(distributed_triggers); i++)
		own_spi_execute(psprintf("DROP TRIGGER IF EXISTS %s ON %s", distributed_triggers[i].name,
								 name_text_of_table(relid)),
						0, NULL, NULL, NULL);
	own_spi_end(&spi);
}

/* Tells whether a table has triggers that book: Citus brings them along where it makes a table anew. */
static bool
distributed_has_triggers(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	bool has = booking_trigger_exists(rel);

	table_close(rel, NoLock);
	return has;
}

/* Returns the mapping of a source as its triggers have it. Within own_spi. */
static char *
distributed_mapping(const Source *source, bool accepts_overrun, bool is_moved)
{
	Oid types[] = {INT4OID, BOOLOID, BOOLOID};
	Datum values[] = {Int32GetDatum(source->source_id), BoolGetDatum(accepts_overrun),
					  BoolGetDatum(is_moved)};

	own_spi_execute(DISTRIBUTED_MAPPING, lengthof(types), types, values, NULL);
	return own_spi_text(0, 1);
}

/* Makes one of the triggers of a distributed table. Within own_spi. */
static void
distributed_create(Oid relid, const DistributedTrigger *trigger, const char *mapping)
{
	own_spi_execute(
		psprintf(
			"CREATE TRIGGER %s %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION steering.%s(%s)",
			trigger->name, trigger->when, name_text_of_table(relid), trigger->rows,
			trigger->function, trigger->has_mapping ? quote_literal_cstr(mapping) : ""),
		0, NULL, NULL, NULL);
}

/*
 * Makes the triggers of a distributed table, but the last; from then on nobody writes a shard before this transaction has
 * ended. Those that Citus may have brought along are dropped.
 */
void
distributed_table_make_triggers(const Source *source)
{
	OwnSpi spi;

	if (distributed_has_triggers(source->relid))
		distributed_table_detach(source->relid);
	distributed_table_begin(&spi);
	for (int i = 0; i < DISTRIBUTED_LAST; i++)
		distributed_create(source->relid, &distributed_triggers[i], NULL);
	own_spi_end(&spi);
}

/*
 * Makes the last trigger of a distributed table, with its mapping; the shards become sources of their nodes by it.
 * accepts_overrun: their rows may be over caps.
 */
void
distributed_table_attach(const Source *source, bool accepts_overrun)
{
	OwnSpi spi;

	distributed_table_begin(&spi);
	distributed_create(source->relid, &distributed_triggers[DISTRIBUTED_LAST],
					   distributed_mapping(source, accepts_overrun, false));
	own_spi_end(&spi);
}

/*
 * The same where this node gives up what is booked in the rows, in this transaction. That shall not be believed of shards
 * that come later: once they are sources, the trigger is made anew without it.
 */
void
distributed_table_move(const Source *source)
{
	const DistributedTrigger *last = &distributed_triggers[DISTRIBUTED_LAST];
	OwnSpi spi;

	distributed_table_begin(&spi);
	distributed_create(source->relid, last, distributed_mapping(source, true, true));
	own_spi_execute(psprintf("DROP TRIGGER %s ON %s", last->name,
							 name_text_of_table(source->relid)),
					0, NULL, NULL, NULL);
	distributed_create(source->relid, last, distributed_mapping(source, false, false));
	own_spi_end(&spi);
}

/*
 * Refuses a command that has given something another name that the mapping of a distributed table names: the mapping
 * that shards get when they are moved has the name that it had.
 */
void
distributed_table_check_names(void)
{
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(DISTRIBUTED_RENAMED, 0, NULL, NULL, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("what the mapping of distributed source \"%s\" names cannot be renamed",
						own_spi_text(0, 1)),
				 errhint("Detach the table first with steering.detach(), and attach it again.")));
	own_spi_end(&spi);
}
