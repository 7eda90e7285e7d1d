/*
 * distribute.c
 *	  Has Citus distribute a table that is a source, and stays it; see queries/distribute_query.c.
 *
 * Citus distributes no table with triggers that depend on an extension, and where it would, the rows that it copies would
 * count twice. So here the triggers are laid aside, Citus distributes the table, and what is booked in its rows goes to
 * the nodes where they are, by the mapping that the source has: nodes take it in without judging it, since all together
 * use what they used. All in one transaction, which fails as a whole.
 *
 * Locks. AccessExclusiveLock on the table, to the end of the transaction: nobody books in it between its triggers. Then
 * those of moved_bookings.c.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "call.h"
#include "ledger/changed_counter.h"
#include "mapping/mapping_tree.h"
#include "nodes/this_node.h"
#include "own.h"
#include "sources/attach.h"
#include "sources/booking_trigger.h"
#include "sources/citus.h"
#include "sources/citus_distribute.h"
#include "sources/distribute.h"
#include "sources/distributed_table.h"
#include "sources/moved_bookings.h"
#include "sources/neighbour.h"
#include "sources/reattach.h"
#include "sources/source_alias.h"
#include "types/name_text.h"

/* The arguments, in their order. */
enum
{
	DISTRIBUTE_SOURCE,
	DISTRIBUTE_COLUMN,
	DISTRIBUTE_COLOCATE_WITH,
	DISTRIBUTE_SHARD_COUNT
};

/* Triggers of a source besides its own. */
#define DISTRIBUTE_TRIGGERS                                                                        \
	"SELECT tgname::text FROM pg_catalog.pg_trigger WHERE tgrelid = $1 AND NOT tgisinternal "      \
	"AND tgfoid NOT IN ('steering.book'::regproc, 'steering.watch'::regproc) LIMIT 1"

/*
 * Refuses who is no superuser. Who distributes runs, on all nodes, what the table checks and computes, and it must be the
 * owner of the extension who does, since he makes the triggers in the same transaction.
 */
static void
distribute_check_role(void)
{
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to distribute a source"),
				 errhint("Its owner can detach it, distribute it, and attach it again. What is "
						 "booked in between counts when it is attached.")));
}

/* Refuses where there is no Citus, or another node steers. */
static void
distribute_check_node(void)
{
	if (!citus_is_there())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("tables are distributed by Citus, which is not there"),
						errhint("CREATE EXTENSION citus.")));
	if (this_node_id() != NODE_NONE && this_node_id() != NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("tables are distributed on the coordinator"),
						errhint("Connect to it, and call steering.distribute() there.")));
}

/* Raises that a table cannot be distributed, why, and what to do. */
void
distribute_refuse(Oid relid, const char *why, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("table \"%s\" cannot be distributed", name_text_in_message(relid)),
					errdetail_internal("%s", why), errhint("%s", hint)));
}

/* Refuses a table that Citus manages, or with others that belong to it. */
void
distribute_check_place(Oid relid, List *tree)
{
	if (citus_kind(relid) != CITUS_NONE)
		distribute_refuse(
			relid, _("Citus manages it already."),
			_("To distribute it otherwise, detach it, do that, and attach it again."));
	if (list_length(tree) > 1 || get_rel_relkind(relid) != RELKIND_RELATION)
		distribute_refuse(relid, _("It has partitions or children."),
						  _("Detach it, and attach a table without, to which its rows are moved."));
}

/*
 * Refuses a table with triggers besides those of a source. One that skips or alters a row would do so while it is copied,
 * and what was copied is removed.
 */
void
distribute_check_triggers(Oid relid)
{
	if (own_spi_look_up(DISTRIBUTE_TRIGGERS, OIDOID, ObjectIdGetDatum(relid)) != NULL)
		distribute_refuse(
			relid,
			_("It has triggers besides those that book, which would fire for rows that are copied."),
			_("Drop them, and create them again after. Queries end with steering.detach()."));
}

/* Refuses a source that nodes could not judge by themselves. */
static void
distribute_check_source(const Source *source, List *tree)
{
	distribute_check_place(source->relid, tree);
	if (source->has_orders)
		distribute_refuse(source->relid,
						  _("An order and its invoices may stand on different nodes."),
						  _("Detach it, and attach it without reference and releases."));
	source_alias_refuse(source);
	distribute_check_triggers(source->relid);
}

/* Returns a column of a table; 42703: there is none of that name. */
AttrNumber
distribute_column(Oid relid, const char *name)
{
	AttrNumber column = get_attnum(relid, name);

	if (column == InvalidAttrNumber)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("column \"%s\" of table \"%s\" does not exist", name,
							   name_text_in_message(relid))));
	return column;
}

/* Refuses a column that does not decide the participant. */
static void
distribute_check_column(const Source *source, const char *name)
{
	AttrNumber column = distribute_column(source->relid, name);
	MappingTree tree;

	if (!mapping_tree_load(source->source_id, &tree))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("what the mapping of source \"%s\" means is not fixed", source->name),
				 errhint("SELECT steering.fix_mappings().")));
	distributed_table_check_participant(source->relid, tree.expressions[MAPPING_PARTICIPANT],
										column);
}

/* Returns what a table is to be colocated with, by its whole name: Citus is called with another search_path. */
static Datum
distribute_colocate_with(text *given)
{
	char *name = text_to_cstring(given);
	Oid relid;

	if (strcmp(name, "default") == 0 || strcmp(name, "none") == 0)
		return PointerGetDatum(given);
	relid =
		RangeVarGetRelid(makeRangeVarFromNameList(textToQualifiedNameList(given)), NoLock, false);
	return CStringGetTextDatum(name_text_of_table(relid));
}

/* Refuses where bookings are to be judged at commit still: what nodes take over of them nobody would judge. */
void
distribute_check_judged(void)
{
	if (changed_counter_any_waits())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("bookings of this transaction are not judged yet"),
						errdetail("They are when it commits, as sp71_steering.check_at says."),
						errhint("Commit it before the source is distributed.")));
}

/* Reads the arguments of distribute(source, distribution_column, colocate_with, shard_count), and checks who calls it. */
void
distribute_read(FunctionCallInfo fcinfo, DistributeRequest *request)
{
	static const char *const names[] = {"source", "distribution_column", "colocate_with"};

	for (int i = 0; i < lengthof(names); i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
	distribute_check_role();
	distribute_check_node();
	request->column = text_to_cstring(PG_GETARG_TEXT_PP(DISTRIBUTE_COLUMN));
	request->colocate_with = distribute_colocate_with(PG_GETARG_TEXT_PP(DISTRIBUTE_COLOCATE_WITH));
	request->shard_count = PG_GETARG_DATUM(DISTRIBUTE_SHARD_COUNT);
	request->shard_count_is_null = PG_ARGISNULL(DISTRIBUTE_SHARD_COUNT);
}

/* Distributes the source that the first argument names. */
void
distribute_source(FunctionCallInfo fcinfo, const DistributeRequest *request)
{
	Source *source = attach_argument_source(fcinfo);
	List *moved = list_make1_int(source->source_id);
	List *tree;
	List *caps;

	neighbour_queue_up(source->source_id);
	tree = attach_lock_tree(source->relid, AccessExclusiveLock);
	attach_check_unused(tree, "distribute");
	/* It may have been detached until it was locked. */
	source = attach_argument_source(fcinfo);
	distribute_check_source(source, tree);
	distribute_check_column(source, request->column);

	distribute_check_judged();
	caps = moved_bookings_begin(moved);
	booking_trigger_drop(source->relid);
	citus_distribute_table(source->relid, request->column, request->colocate_with,
						   request->shard_count, request->shard_count_is_null);
	citus_distribute_remove_copied(source->relid);
	distributed_table_make_triggers(source);
	distributed_table_move(source);
	moved_bookings_end(moved, caps);
}
