/*
 * reattach.c
 *	  steering.reattach() and detach(): how a source is put in order, and is a plain table again.
 *
 * Locks. reattach() takes ShareRowExclusiveLock on every table of the tree, as attach() does, and counts anew, which
 * excludes bookings. detach() drops triggers, which needs AccessExclusiveLock, and counts caps anew.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "call.h"
#include "mapping/mapping.h"
#include "mapping/mapping_tree.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "sources/attach.h"
#include "sources/attach_again.h"
#include "sources/attach_request.h"
#include "sources/distributed_table.h"
#include "sources/mapping_fix.h"
#include "sources/missing_table.h"
#include "sources/neighbour.h"
#include "sources/reattach.h"
#include "sources/recount.h"
#include "sources/source_delete.h"
#include "sources/source_event.h"
#include "sources/source_table.h"
#include "sources/source_tree.h"
#include "types/name_text.h"

/* Returns the source that the only argument of a function names. */
Source *
attach_argument_source(FunctionCallInfo fcinfo)
{
	Source *source;
	Oid relid;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"source\" must not be null")));
	relid = PG_GETARG_OID(0);
	if (own_is_relation(relid, OWN_RESERVATION) || own_is_relation(relid, OWN_RESERVATION_POST) ||
		own_is_relation(relid, OWN_ORDER_LINE))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("table \"%s\" belongs to extension \"sp71_steering\"",
							   name_text_in_message(relid)),
						errhint("What it holds is mended by steering.repair().")));
	source = source_by_relation(relid);
	if (source != NULL)
		return source;

	source = source_of_tree(relid);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("relation \"%s\" is no source", name_text_in_message(relid)),
					source ? errhint("It belongs to source \"%s\".", source->name) : 0,
					missing_is_source(relid)
						? errhint("A source of that name was restored without its table: "
								  "steering.reattach() ties them.")
						: 0));
}

/* Records that a source is detached, under the name that its table has, or had. */
static void
detach_record(const Source *source)
{
	char *name = name_text_of_table(source->relid);

	if (name == NULL)
		name = source_event_name(source->source_id);
	source_event_record(SOURCE_DETACHED, source->source_id, name == NULL ? source->name : name,
						table_owner(source->relid));
}

/* Ends a source whose tables are locked, or gone. */
static void
detach_end(Source *source, JudgeWhen when)
{
	source_table_remove(source_table_list(source->source_id));
	detach_record(source);
	source_delete(list_make1(source), when);
}

/* Ends a source whose tables are locked and there, and judges what caps and closed periods lose by it. */
static void
detach_judged(Source *source)
{
	source_check_closed(source);
	detach_end(source, JUDGE_NOW);
}

/* Ends a source whose bookings nodes take over in this transaction: nobody judges that. Its tables are locked. */
void
detach_moved(Source *source)
{
	detach_end(source, JUDGE_MOVED);
}

/* Ends a source whose triggers are being dropped, with the rights of whoever does that. */
void
detach_source(Source *source)
{
	neighbour_queue_up(source->source_id);
	(void) source_tree_list(source->relid, AccessExclusiveLock);
	detach_judged(source);
}

PG_FUNCTION_INFO_V1(steering_detach);

/*
 * detach(source): ends a source, and leaves its tables as they were. One whose table is gone, which
 * only happens where event triggers did not fire, has no owner: the right to call this is enough.
 */
Datum
steering_detach(PG_FUNCTION_ARGS)
{
	Source *source = attach_argument_source(fcinfo);
	bool gone = get_rel_relkind(source->relid) == '\0';

	if (!gone)
		table_owner_require(source->relid);
	neighbour_queue_up(source->source_id);
	if (gone)
	{
		detach_end(source, JUDGE_NOW);
		PG_RETURN_VOID();
	}
	attach_check_unused(attach_lock_tree(source->relid, AccessExclusiveLock), "detach");
	distributed_table_detach(source->relid);
	detach_judged(source);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(steering_detach_missing);

/*
 * detach_missing(source text): ends a source whose table was missing where it was restored. One that was lost
 * with its table has ended already: a table of its name is not to be told of any more.
 */
Datum
steering_detach_missing(PG_FUNCTION_ARGS)
{
	char *name;
	Source source = {0};

	call_check_not_null(PG_ARGISNULL(0), "argument \"source\"");
	name = name_text_canonical(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	source.source_id = missing_source_id(name);
	source.name = name;
	/* Nobody knows, and where it has none nothing is mended. */
	source.has_orders = true;
	if (source.source_id == 0 && source_event_forget(name))
		PG_RETURN_VOID();
	if (source.source_id == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("there is no source \"%s\" whose table is missing", name),
						errhint("A source whose table is there is ended with steering.detach().")));
	source_event_record(SOURCE_DETACHED, source.source_id, name, InvalidOid);
	source_table_erase(source_table_list(source.source_id));
	(void) missing_delete(source.source_id, NIL);
	source_delete(list_make1(&source), JUDGE_NOW);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(steering_reattach);

/*
 * Fixes the meaning of a mapping by its text where none is fixed, or where columns are not what they were;
 * else records what it is made of now.
 */
static void
reattach_mapping(const Source *source)
{
	MappingTree tree;
	AttrNumber culprit;

	if (!own_has_relation(OWN_MAPPING))
		return;
	if (!mapping_tree_load(source->source_id, &tree) ||
		mapping_tree_fit(&tree, source->relid, &culprit) != MAPPING_FITS)
		mapping_fix_anew(source);
	else
		mapping_fix(source, &tree);
}

/*
 * reattach(source): puts a source in order after what its triggers could not see. It may have rows
 * over a cap by now; they are there, and what is stored should say so. What a dump was restored without
 * is gone for good then, as after a DROP. A table that has the name of a source which was dropped is attached.
 */
Datum
steering_reattach(PG_FUNCTION_ARGS)
{
	Source *source;
	List *tree;
	List *recorded;
	bool lost;

	if (!PG_ARGISNULL(0))
	{
		/* Before the source is looked for by its table: until then it has none. */
		missing_tie(PG_GETARG_OID(0));
		if (attach_again(PG_GETARG_OID(0)))
			PG_RETURN_VOID();
	}
	source = attach_argument_source(fcinfo);
	distributed_table_refuse(
		source->relid, "steering.reattach()",
		_("Call steering.detach() for it on the coordinator, and attach it again."));
	tree = attach_lock_tree(source->relid, ShareRowExclusiveLock);
	recorded = source_table_list(source->source_id);
	lost = missing_delete(source->source_id, tree);

	source_table_remove(list_difference_oid(recorded, tree));
	source_table_add(source, list_difference_oid(tree, recorded));
	source_table_mend(tree);
	reattach_mapping(source);
	missing_tie_aliases(source->relid);
	if (lost)
		source_recount_dropped(source->source_id, JUDGE_ACCEPTING);
	else
		source_recount(source->source_id, JUDGE_ACCEPTING);
	PG_RETURN_VOID();
}
