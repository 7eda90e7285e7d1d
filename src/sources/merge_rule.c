/*
 * merge_rule.c
 *	  The rule that keeps MERGE away from partitioned tables of sources; see merge_rule.h.
 *
 * The rule is written into pg_rewrite here. DefineQueryRewrite() would lock the table against reading,
 * for as long as attach() counts; it says itself that ShareRowExclusiveLock does for a rule that is not
 * ON SELECT.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteDefine.h"
#include "rewrite/rewriteSupport.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"

#include "own.h"
#include "sources/merge_rule.h"
#include "sources/trigger_set.h"
#include "types/name_text.h"

#define MERGE_RULE "sp71_steering_no_merge"

#define MERGE_RULE_COMMENT                                                                         \
	"does nothing, but PostgreSQL refuses MERGE where there is a rule; MERGE into a partitioned "  \
	"table does not tell triggers all it changes. Made by steering.attach(), dropped by "          \
	"steering.detach()"

/* Functions that keep the parsed form of their queries, and mention a table in them. */
#define MERGE_RULE_FUNCTIONS                                                                       \
	"SELECT oid, prosqlbody FROM pg_catalog.pg_proc "                                              \
	"WHERE prosqlbody IS NOT NULL AND oid IN (SELECT objid FROM pg_catalog.pg_depend "             \
	"WHERE classid = 'pg_catalog.pg_proc'::regclass "                                              \
	"AND refclassid = 'pg_catalog.pg_class'::regclass AND refobjid = $1) ORDER BY 1"

/* Tells whether a parsed query, or one within it, is a MERGE into a table. */
static bool
merge_rule_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;

		if (query->commandType == CMD_MERGE &&
			rt_fetch(query->resultRelation, query->rtable)->relid == *(Oid *) context)
			return true;
		return query_tree_walker(query, merge_rule_walker, context, 0);
	}
	return expression_tree_walker(node, merge_rule_walker, context);
}

/* Raises that a function merges into a table. */
static void
merge_rule_refuse(Oid relid, Oid function)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("partitioned table \"%s\" cannot be a source while function %s merges into it",
				name_text_in_message(relid), format_procedure(function)),
		 errdetail("PostgreSQL does not tell triggers all that MERGE changes in a partitioned "
				   "table."),
		 errhint(
			 "Have it merge into a partition, or use INSERT ... ON CONFLICT, or two commands.")));
}

/*
 * Checks that no function holds a MERGE into the table that was parsed before: until 16, PostgreSQL
 * looks for rules when it parses one, and never again.
 */
static void
merge_rule_check_functions(Oid relid)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(MERGE_RULE_FUNCTIONS, 1, types, values, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		char *body = TextDatumGetCString(own_spi_column(i, 2, NULL));

		if (merge_rule_walker(stringToNode(body), &relid))
			merge_rule_refuse(relid, DatumGetObjectId(own_spi_column(i, 1, NULL)));
	}
	own_spi_end(&spi);
}

/* Writes the rule down, as InsertRule() does for CREATE RULE. */
static ObjectAddress
merge_rule_insert(Oid relid)
{
	Relation rewrite = table_open(RewriteRelationId, RowExclusiveLock);
	Query *nothing = makeNode(Query);
	Datum values[Natts_pg_rewrite];
	bool nulls[Natts_pg_rewrite] = {0};
	NameData name;
	HeapTuple tuple;
	ObjectAddress rule;
	ObjectAddress table;

	nothing->commandType = CMD_NOTHING;
	nothing->jointree = makeFromExpr(NIL, NULL);
	namestrcpy(&name, MERGE_RULE);
	ObjectAddressSet(rule, RewriteRelationId,
					 GetNewOidWithIndex(rewrite, RewriteOidIndexId, Anum_pg_rewrite_oid));
	values[Anum_pg_rewrite_oid - 1] = ObjectIdGetDatum(rule.objectId);
	values[Anum_pg_rewrite_rulename - 1] = NameGetDatum(&name);
	values[Anum_pg_rewrite_ev_class - 1] = ObjectIdGetDatum(relid);
	values[Anum_pg_rewrite_ev_type - 1] = CharGetDatum(CMD_DELETE + '0');
	values[Anum_pg_rewrite_ev_enabled - 1] = CharGetDatum(RULE_FIRES_ON_ORIGIN);
	values[Anum_pg_rewrite_is_instead - 1] = BoolGetDatum(false);
	values[Anum_pg_rewrite_ev_qual - 1] =
		CStringGetTextDatum(nodeToString(makeBoolConst(false, false)));
	values[Anum_pg_rewrite_ev_action - 1] = CStringGetTextDatum(nodeToString(list_make1(nothing)));
	tuple = heap_form_tuple(RelationGetDescr(rewrite), values, nulls);
	CatalogTupleInsert(rewrite, tuple);
	heap_freetuple(tuple);

	ObjectAddressSet(table, RelationRelationId, relid);
	recordDependencyOn(&rule, &table, DEPENDENCY_AUTO);
	InvokeObjectPostCreateHook(RewriteRelationId, rule.objectId, 0);
	table_close(rewrite, RowExclusiveLock);
	/* Tells all backends as well, so that plans which merge are made anew. */
	SetRelationRuleStatus(relid, true);
	return rule;
}

/* Has DROP EXTENSION take the rule along. */
static void
merge_rule_depend(Oid rule)
{
	Oid extension = get_extension_oid("sp71_steering", false);
	ObjectAddress depender;
	ObjectAddress referenced;

	if (list_member_oid(getAutoExtensionsOfObject(RewriteRelationId, rule), extension))
		return;
	ObjectAddressSet(depender, RewriteRelationId, rule);
	ObjectAddressSet(referenced, ExtensionRelationId, extension);
	recordDependencyOn(&depender, &referenced, DEPENDENCY_AUTO_EXTENSION);
}

/* Raises that a table cannot have the rule, if it needs it: 0A000 where a function merges into it. */
void
merge_rule_check(Relation rel)
{
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		merge_rule_check_functions(RelationGetRelid(rel));
}

/*
 * Gives a table the rule, if it needs it and does not have it: 0A000 where a function that merges into
 * the table would not mind. The caller has checked who may have that done, and holds
 * ShareRowExclusiveLock on rel at least.
 */
void
merge_rule_create(Relation rel)
{
	Oid relid = RelationGetRelid(rel);
	Oid rule;

	Assert(CheckRelationLockedByMe(rel, ShareRowExclusiveLock, true));
	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	merge_rule_check(rel);
	rule = get_rewrite_oid(relid, MERGE_RULE, true);
	if (!OidIsValid(rule))
	{
		rule = merge_rule_insert(relid).objectId;
		CreateComments(rule, RewriteRelationId, 0, MERGE_RULE_COMMENT);
	}
	/* Also for one that was there: a dump holds the rule without its dependency. */
	merge_rule_depend(rule);
	CommandCounterIncrement();
}

/*
 * Drops the rule of a table that has it and no trigger of ours any more. The caller holds AccessExclusiveLock on the
 * table, and does not have it open: that would count as using it.
 */
void
merge_rule_drop(Oid relid)
{
	ObjectAddress rule;

	if (trigger_set_any_stands(relid))
		return;
	ObjectAddressSet(rule, RewriteRelationId, get_rewrite_oid(relid, MERGE_RULE, true));
	if (!OidIsValid(rule.objectId))
		return;
	performDeletion(&rule, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
}

/* Tells whether this is the name of the rule. */
bool
merge_rule_is_named(const char *name)
{
	return strcmp(name, MERGE_RULE) == 0;
}

/* Takes a rule that a CREATE RULE of pg_dump has made for one of ours. */
void
merge_rule_adopt(const RuleStmt *statement)
{
	Oid relid;
	Oid rule;

	if (!merge_rule_is_named(statement->rulename))
		return;
	relid = RangeVarGetRelid(statement->relation, NoLock, true);
	rule = OidIsValid(relid) ? get_rewrite_oid(relid, MERGE_RULE, true) : InvalidOid;
	if (OidIsValid(rule))
		merge_rule_depend(rule);
}
