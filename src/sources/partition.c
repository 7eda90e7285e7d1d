/*
 * partition.c
 *	  Following what ALTER TABLE, CREATE TABLE and DROP do to sources: the event triggers.
 *
 * Statement triggers see no row that comes with ATTACH PARTITION or INHERIT, or goes with DETACH, NO
 * INHERIT and DROP, nor values that ALTER TABLE rewrites. So after each such command the trees of the
 * sources it touched are compared with the tables that were taken in (steering.source_table), and the
 * difference is made up for. By comparing states instead of interpreting commands it does not matter
 * how a change came about: nested, by inheritance, in a script. A partition that is being detached
 * concurrently counts until that is finished (source_tree.c, detach_guard.c).
 *
 * It all happens in the transaction of the command, which holds its locks on the tables. Where
 * nothing is attached, and for commands that touch no table's place, it costs next to nothing.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "mapping/source.h"
#include "own.h"
#include "rules/check_at.h"
#include "sources/ddl_guard.h"
#include "sources/follow.h"
#include "sources/mapping_fix.h"
#include "sources/mapping_guard.h"
#include "sources/merge_rule.h"
#include "sources/recount.h"
#include "sources/source_table.h"
#include "sources/source_table_check.h"
#include "sources/source_tree.h"

/*
 * The commands behind the present event, the tables that they touched, and those above these: also tables of a
 * type that was altered, and such as were rewritten, by whatever command. A table that was put below one of a
 * source touches the source too.
 */
#define FOLLOW_COMMANDS                                                                            \
	"WITH RECURSIVE command AS MATERIALIZED ("                                                     \
	"SELECT classid, objid, command_tag FROM pg_catalog.pg_event_trigger_ddl_commands()), "        \
	"touched AS ("                                                                                 \
	"(SELECT objid AS relid FROM command WHERE classid = 'pg_catalog.pg_class'::regclass "         \
	"UNION SELECT pg_catalog.unnest($1) "                                                          \
	"UNION SELECT pg_class.oid FROM command "                                                      \
	"JOIN pg_catalog.pg_type ON objid IN (pg_type.oid, typrelid) "                                 \
	"JOIN pg_catalog.pg_class ON reloftype = pg_type.oid) "                                        \
	"UNION SELECT inhparent FROM touched JOIN pg_catalog.pg_inherits ON inhrelid = relid), "       \
	"of_table AS ("                                                                                \
	"SELECT source_id FROM steering.source_table JOIN touched ON relation = relid "                \
	"UNION SELECT source_id FROM steering.source_table JOIN pg_catalog.pg_inherits "               \
	"ON inhrelid = relation JOIN touched ON inhparent = relid) "

/*
 * The sources that they touched: those to which tables of theirs belong, and those whose mapping needs what
 * was altered. A function whose name only stands in a text gives nobody a say in what others do with it
 * (mapping_need_now()), and neither does a mapping whose meaning is not fixed: health() tells of both.
 */
#define FOLLOW_TOUCHED                                                                                \
	FOLLOW_COMMANDS                                                                                   \
	", of_need AS (SELECT source_id FROM steering.mapping_need AS need "                              \
	"JOIN command USING (classid, objid) WHERE certain OR EXISTS ("                                   \
	"SELECT FROM steering.mapping_need_now(source_id) AS now "                                        \
	"WHERE (now.classid, now.objid) = (need.classid, need.objid) AND followed) "                      \
	"UNION SELECT source_id FROM steering.mapping_need "                                              \
	"JOIN pg_catalog.pg_type ON pg_type.oid = mapping_need.objid "                                    \
	"JOIN command ON command.objid = pg_type.typrelid WHERE certain) "                                \
	"SELECT source_id, bool_or(is_need), bool_or(is_table) FROM ("                                    \
	"SELECT source_id, false, true FROM of_table "                                                    \
	"UNION ALL SELECT source_id, true, false FROM of_need) AS source (source_id, is_need, is_table) " \
	"GROUP BY source_id ORDER BY source_id"

/* The same, where the extension is of a version that fixed no meaning: anything can concern a mapping. */
#define FOLLOW_TOUCHED_BEFORE_0_3                                                                  \
	FOLLOW_COMMANDS                                                                                \
	"SELECT source_id, false, true FROM (TABLE of_table UNION SELECT source_id "                   \
	"FROM steering.source "                                                                        \
	"WHERE EXISTS (SELECT FROM command WHERE command_tag LIKE 'ALTER %' "                          \
	"AND (command_tag = 'ALTER TYPE' OR classid <> 'pg_catalog.pg_class'::regclass))) AS source "  \
	"ORDER BY 1"

/* Sources whose first trigger was made by the commands behind the present event: by a restore. */
#define FOLLOW_RESTORED                                                                            \
	"SELECT source_id, false, true FROM pg_catalog.pg_event_trigger_ddl_commands() AS command "    \
	"JOIN pg_catalog.pg_trigger ON pg_trigger.oid = command.objid "                                \
	"AND command.classid = 'pg_catalog.pg_trigger'::regclass "                                     \
	"JOIN steering.source ON source.relation::oid = tgrelid "                                      \
	"WHERE tgname = 'sp71_steering_insert' AND tgfoid = 'steering.book'::regproc"

/* Tables that this transaction rewrites; lives in TopTransactionContext. */
static List *follow_rewritten = NIL;
static bool follow_rewritten_is_tied = false;
static MemoryContextCallback follow_rewritten_reset;

/* Returns the event that a function is called for. */
EventTriggerData *
follow_event(FunctionCallInfo fcinfo, const char *function)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by event trigger manager", function)));
	return (EventTriggerData *) fcinfo->context;
}

/* Says in an error which command and which source it is about. */
static void
follow_error_callback(void *arg)
{
	FollowContext *context = arg;

	if (context->source == NULL)
		errcontext("%s of a source", GetCommandTagName(context->tag));
	else
		errcontext("%s, which concerns source \"%s\"", GetCommandTagName(context->tag),
				   context->source);
}

/* Has errors say what is being followed, until follow_pop_context(). */
void
follow_push_context(ErrorContextCallback *callback, FollowContext *context)
{
	callback->callback = follow_error_callback;
	callback->arg = context;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

/* Undoes follow_push_context(). */
void
follow_pop_context(ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
}

/* Tells whether a command can give something that a mapping names another name. */
static bool
follow_may_rename(const Node *command)
{
	return IsA(command, RenameStmt) || IsA(command, AlterObjectSchemaStmt) ||
		   IsA(command, AlterEnumStmt) || IsA(command, AlterExtensionStmt);
}

/* Tells whether a command can change a source. Most cannot, and CREATE TEMP TABLE should be quick. */
static bool
follow_is_concerned(const Node *command)
{
	switch (nodeTag(command))
	{
		case T_CreateStmt:
			return ((const CreateStmt *) command)->inhRelations != NIL;
		case T_CreateForeignTableStmt:
			return ((const CreateForeignTableStmt *) command)->base.inhRelations != NIL;
		case T_CreateSchemaStmt:
		case T_CreateFunctionStmt:
		case T_CreateExtensionStmt:
		case T_AlterExtensionStmt:
		case T_AlterTableStmt:
		case T_RenameStmt:
		case T_AlterObjectSchemaStmt:
		case T_AlterTypeStmt:
		case T_AlterDomainStmt:
		case T_AlterEnumStmt:
		case T_AlterFunctionStmt:
		case T_AlterOperatorStmt:
		case T_AlterCollationStmt:
		case T_AlterTSConfigurationStmt:
		case T_AlterTSDictionaryStmt:
			return true;
		case T_DefineStmt:
			return ((const DefineStmt *) command)->replace;
		default:
			return false;
	}
}

/* Returns the source with this id from a list, or NULL. */
static Source *
follow_find(List *sources, int32 source_id)
{
	ListCell *cell;

	foreach(cell, sources)
		if (((Source *) lfirst(cell))->source_id == source_id)
			return lfirst(cell);
	return NULL;
}

/* A source that a command touched. */
typedef struct FollowedSource
{
	Source *source;
	bool is_need;  /* the command touched what its mapping needs */
	bool is_table; /* it touched a table of its */
} FollowedSource;

/* Returns those of the sources that a query names, as FollowedSource. */
static List *
follow_query(List *sources, const char *query)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {OIDARRAYOID};
	Datum values[] = {source_table_array(follow_rewritten)};
	List *touched = NIL;
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(query, 1, types, values, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		FollowedSource *followed = palloc(sizeof(FollowedSource));

		followed->source = follow_find(sources, DatumGetInt32(own_spi_column(i, 1, NULL)));
		followed->is_need = DatumGetBool(own_spi_column(i, 2, NULL));
		followed->is_table = DatumGetBool(own_spi_column(i, 3, NULL));
		if (followed->source != NULL)
			touched = lappend(touched, followed);
	}
	own_spi_end(&spi);
	return touched;
}

/*
 * Fixes the meaning of mappings whose triggers were just restored from a dump, from the text that the dump
 * holds. What has no meaning here is left for health() to tell.
 */
static void
follow_restore(void)
{
	List *restored = follow_query(source_list(), FOLLOW_RESTORED);
	ListCell *cell;

	foreach(cell, restored)
	{
		Source *source = ((FollowedSource *) lfirst(cell))->source;
		MappingTree tree;

		if (!mapping_tree_load(source->source_id, &tree))
			(void) mapping_fix_from_text(source);
	}
}

/*
 * Locks a source against others that follow a command of theirs at the same time: what they have
 * taken in or let go must be committed before the comparison begins. A table's lock does not see to
 * that: ALTER TABLE ... NO INHERIT hardly locks the parent.
 */
static void
follow_lock(const Source *source)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source->source_id)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute("SELECT FROM steering.source WHERE source_id = $1 FOR UPDATE", 1, types, values,
					NULL);
	own_spi_end(&spi);
}

/* Checks that all tables of a source are still such as can be counted. */
static void
follow_check_tables(List *relids)
{
	ListCell *cell;

	foreach(cell, relids)
	{
		Relation rel = relation_open(lfirst_oid(cell), AccessShareLock);

		source_table_check(rel);
		source_table_check_parents(rel, relids);
		relation_close(rel, NoLock);
	}
}

/* Tells whether any of these tables was rewritten, and forgets that they were. */
static bool
follow_was_rewritten(List *relids)
{
	List *others = list_difference_oid(follow_rewritten, relids);
	bool rewritten = list_length(others) < list_length(follow_rewritten);
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	if (rewritten)
		follow_rewritten = list_copy(others);
	MemoryContextSwitchTo(caller);
	return rewritten;
}

/* Tells whether a parent of relid that is recorded became so in an earlier transaction. */
static bool
follow_joined_before(Oid relid, List *recorded)
{
	Relation inherits = table_open(InheritsRelationId, AccessShareLock);
	bool before = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		before |= list_member_oid(recorded, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent) &&
				  !TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return before;
}

/*
 * Tells whether the rows of the tables that joined are still to be counted as they are. Not so where
 * one joined earlier, unseen: what was written through the root since then is counted already.
 */
static bool
follow_is_uncounted(List *joined, List *recorded)
{
	ListCell *cell;

	foreach(cell, joined)
		if (follow_joined_before(lfirst_oid(cell), recorded))
			return false;
	return true;
}

/* How a source differs from what was taken in. */
typedef struct FollowDifference
{
	List *recorded;
	List *joined;
	List *left;
} FollowDifference;

/* Compares a source with its tree, and checks that what is there now can be counted. */
static FollowDifference
follow_compare(const Source *source)
{
	List *tree = source_tree_list(source->relid, NoLock);
	FollowDifference difference;

	difference.recorded = source_table_list(source->source_id);
	difference.joined = list_difference_oid(tree, difference.recorded);
	difference.left = list_difference_oid(difference.recorded, tree);
	follow_check_tables(tree);
	return difference;
}

/*
 * Tells whether what left a source is to be judged when the transaction commits. Then the rows that it
 * went with are read, to be netted day by day with those that come, as a partition does that is attached
 * again. Else all is counted anew, which does not depend on what was counted of them.
 */
static bool
follow_can_wait(List *left)
{
	ListCell *cell;

	if (!check_at_is_commit())
		return false;
	foreach(cell, left)
		if (get_rel_relkind(lfirst_oid(cell)) == '\0')
			return false;
	return true;
}

/* Takes in what joined a source, lets go what left it, and counts; all anew where rows may have changed. */
static void
follow_difference(const Source *source, const FollowDifference *difference, bool changed)
{
	source_table_let_go(difference->left);
	source_table_take_in(source, difference->joined);
	if (changed || !follow_is_uncounted(difference->joined, difference->recorded))
		source_recount_strictly(source->source_id, JUDGE_NOW);
	else if (difference->left != NIL && !follow_can_wait(difference->left))
		source_recount(source->source_id, JUDGE_NOW);
	else
	{
		source_table_count(source, difference->left, -1, JUDGE_BOOKING);
		source_table_count(source, difference->joined, 1, JUDGE_BOOKING);
	}
}

/*
 * Brings a source in step with its tree, and with what its mapping needs. Who follows another change of that
 * at the same time has written down what it is now before this begins.
 *
 * A source without any recorded table is being restored from a dump, and left alone: its tables were
 * taken in where the dump was made.
 */
static void
follow_source(const Source *source, bool is_need, CommandTag tag)
{
	FollowContext context = {source->name, tag};
	ErrorContextCallback callback;
	FollowDifference difference;
	bool changed;

	follow_push_context(&callback, &context);
	if (is_need)
		follow_lock(source);
	difference = follow_compare(source);
	if (difference.recorded != NIL)
	{
		changed = mapping_guard(source, is_need, tag);
		if (difference.joined != NIL || difference.left != NIL)
		{
			follow_lock(source);
			difference = follow_compare(source);
		}
		changed |= follow_was_rewritten(difference.recorded);
		follow_difference(source, &difference, changed);
	}
	follow_pop_context(&callback);
}

/* Tells whether all is there by which needs are known: it may be this extension's script that makes it. */
static bool
follow_knows_needs(void)
{
	return own_has_relation(OWN_MAPPING) &&
		   !(creating_extension &&
			 CurrentExtensionObject == get_extension_oid("sp71_steering", true));
}

PG_FUNCTION_INFO_V1(steering_follow_ddl);

/* Follows a command that can change sources. */
static void
follow_command(const Node *command, CommandTag tag)
{
	List *sources = source_list();
	List *touched;
	ListCell *cell;

	if (sources == NIL)
		return;
	if (follow_may_rename(command))
		mapping_follow_names(sources);
	touched =
		follow_query(sources, follow_knows_needs() ? FOLLOW_TOUCHED : FOLLOW_TOUCHED_BEFORE_0_3);
	foreach(cell, touched)
	{
		FollowedSource *followed = lfirst(cell);
		MappingTree tree;

		if (followed->is_table || mapping_tree_load(followed->source->source_id, &tree))
			follow_source(followed->source, followed->is_need, tag);
	}
}

/*
 * Event trigger at ddl_command_end. CREATE RULE and CREATE TRIGGER are followed where pg_dump has written a
 * rule or a trigger of ours.
 */
Datum
steering_follow_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.follow_ddl");

	ddl_guard(event->parsetree);
	if (IsA(event->parsetree, RuleStmt))
		merge_rule_adopt((const RuleStmt *) event->parsetree);
	else if (IsA(event->parsetree, CreateTrigStmt) && own_installed())
		follow_restore();
	else if (follow_is_concerned(event->parsetree) && own_installed())
		follow_command(event->parsetree, event->tag);
	PG_RETURN_NULL();
}

/* Forgets the list with the memory that it lives in. */
static void
follow_forget_rewritten(void *arg)
{
	follow_rewritten = NIL;
	follow_rewritten_is_tied = false;
}

PG_FUNCTION_INFO_V1(steering_follow_rewrite);

/*
 * Event trigger at table_rewrite: notes the table for follow_ddl(), which sees its new values. A list
 * that outlives the abort of a subtransaction leads to counting once more, and to no harm.
 */
Datum
steering_follow_rewrite(PG_FUNCTION_ARGS)
{
	MemoryContext caller;
	Oid relid;

	(void) follow_event(fcinfo, "steering.follow_rewrite");
	if (!own_installed() || source_list() == NIL)
		PG_RETURN_NULL();

	relid = DatumGetObjectId(DirectFunctionCall1(pg_event_trigger_table_rewrite_oid, (Datum) 0));
	caller = MemoryContextSwitchTo(TopTransactionContext);
	if (!follow_rewritten_is_tied)
	{
		follow_rewritten_is_tied = true;
		follow_rewritten_reset.func = follow_forget_rewritten;
		MemoryContextRegisterResetCallback(TopTransactionContext, &follow_rewritten_reset);
	}
	follow_rewritten = list_append_unique_oid(follow_rewritten, relid);
	MemoryContextSwitchTo(caller);
	PG_RETURN_NULL();
}
