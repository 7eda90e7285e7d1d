/*
 * mapping_guard.c
 *	  Whether the mapping of a source still works; see mapping_guard.h.
 *
 * Checking one can evaluate what is constant in its expressions, so it runs as the table's owner. Only
 * sources that a command touched are checked, so that nobody's mapping stands in another's way.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping.h"
#include "mapping/mapping_tree.h"
#include "mapping/table_owner.h"
#include "sources/mapping_fix.h"
#include "sources/mapping_guard.h"

/* What is done with a source that may fail, and is to say so. */
typedef struct MappingGuard
{
	const Source *source;
	void (*check)(const Source *source);
} MappingGuard;

/* Does what may fail. */
static void
mapping_guard_work(void *argument)
{
	const MappingGuard *guard = argument;

	guard->check(guard->source);
}

/* Compiles the mapping of a source for its table. */
static void
mapping_guard_compile(const Source *source)
{
	Relation rel = table_open(source->relid, AccessShareLock);

	mapping_check(rel, source);
	table_close(rel, NoLock);
}

/* Checks that the expressions of a source whose meaning is fixed are still immutable. */
static void
mapping_guard_check_tree(const Source *source)
{
	Relation rel = table_open(source->relid, AccessShareLock);
	MappingTree tree;

	if (mapping_tree_load(source->source_id, &tree))
		for (int column = 0; column < MAPPING_COLUMNS; column++)
			if (tree.expressions[column] != NULL)
				expression_check(rel, rel->rd_rel->relowner, column, tree.expressions[column],
								 source->expressions[column]);
	table_close(rel, NoLock);
}

/* Checks that the text of a mapping fits the columns that its table has now. */
static void
mapping_guard_check_text(const Source *source)
{
	Relation rel = table_open(source->relid, AccessShareLock);
	MappingTree tree;

	mapping_tree_parse(rel, source, &tree);
	table_close(rel, NoLock);
}

/* Returns what is wrong with a source by a check, or NULL. */
static char *
mapping_guard_try(const Source *source, void (*check)(const Source *source))
{
	MappingGuard guard = {source, check};
	ErrorData *error = foreign_code_try(table_owner(source->relid), mapping_guard_work, &guard);

	return error == NULL ? NULL : error->message;
}

/* Raises that a command would break the mapping of a source, and why. */
static void
mapping_guard_refuse(const Source *source, CommandTag tag, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s would break the mapping of source \"%s\"", GetCommandTagName(tag),
					source->name),
			 errdetail_internal("%s", detail),
			 errhint("Detach the table first with steering.detach(), and attach it again with "
					 "a mapping that fits.")));
}

/* Refuses a command after which a check of a source fails. */
static void
mapping_guard_require(const Source *source, CommandTag tag, void (*check)(const Source *source))
{
	char *problem = mapping_guard_try(source, check);

	if (problem != NULL)
		mapping_guard_refuse(source, tag, psprintf(_("It would fail with: %s."), problem));
}

/* Tells whether a column is what this transaction made of it. */
static bool
mapping_guard_is_altered(Oid relid, AttrNumber attribute)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attribute));
	bool altered = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	altered = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	ReleaseSysCache(tuple);
	return altered;
}

/*
 * Follows a change of what a mapping needs. Stored values do not change with what they were computed by, and a
 * row that comes through a partitioned table would be counted otherwise than it is stored.
 */
static void
mapping_guard_follow_needs(const Source *source, CommandTag tag)
{
	if (mapping_stored_has_changed(source))
		mapping_guard_refuse(
			source, tag, _("It reads a generated column, whose stored values would not follow."));
	mapping_guard_require(source, tag, mapping_guard_check_tree);
	mapping_renew_needs(source);
	mapping_invalidate();
}

/*
 * Follows a command that touched a source whose meaning is fixed, in what a mapping is made of: columns of
 * other types are resolved anew, functions that were replaced must still be immutable. Returns whether its
 * rows may come to something else. What did not fit before the command is no reason to refuse it.
 */
static bool
mapping_guard_follow(const Source *source, MappingTree *tree, bool is_need, CommandTag tag)
{
	AttrNumber culprit = InvalidAttrNumber;
	MappingFit fit = mapping_tree_fit(tree, source->relid, &culprit);

	if (fit == MAPPING_FITS)
	{
		if (!is_need || !mapping_has_changed(source))
			return false;
		mapping_guard_follow_needs(source, tag);
		return true;
	}
	if (!mapping_guard_is_altered(source->relid, culprit))
		return false;
	/* The same values: the tree only has to know their new length. */
	if (fit == MAPPING_FITS_OTHER_LENGTH)
	{
		mapping_tree_adapt(tree, source->relid);
		mapping_fix(source, tree);
		return false;
	}
	mapping_guard_require(source, tag, mapping_guard_check_text);
	mapping_fix_anew(source);
	return true;
}

/*
 * Follows a command that touched a source, or something that its mapping needs. Refuses it where the mapping
 * would not work any more; returns whether what its rows come to may be something else now, so that they
 * are to be counted anew.
 */
bool
mapping_guard(const Source *source, bool is_need, CommandTag tag)
{
	MappingTree tree;

	if (mapping_tree_load(source->source_id, &tree))
		return mapping_guard_follow(source, &tree, is_need, tag);
	mapping_guard_require(source, tag, mapping_guard_compile);
	return false;
}

/* Tells whether an expression of a mapping, which works, reads a column of this name. */
static bool
mapping_guard_reads(const Source *source, const char *name)
{
	Relation rel = table_open(source->relid, AccessShareLock);
	AttrNumber attribute = get_attnum(source->relid, name);
	MappingTree tree;

	mapping_tree_parse(rel, source, &tree);
	table_close(rel, NoLock);
	return mapping_tree_reads(&tree, attribute);
}

/*
 * Refuses a command that drops a column that the mapping reads. A mapping whose meaning is not fixed may work
 * all the same: the same command adds another column of that name, and its values have nothing to do with the
 * former.
 */
void
mapping_guard_column(const Source *source, AttrNumber attribute, const char *name, CommandTag tag)
{
	MappingTree tree;

	if (mapping_tree_load(source->source_id, &tree))
	{
		if (mapping_tree_reads(&tree, attribute))
			mapping_guard_refuse(source, tag, psprintf(_("It reads column \"%s\"."), name));
		return;
	}
	mapping_guard_require(source, tag, mapping_guard_compile);
	if (mapping_guard_reads(source, name))
		mapping_guard_refuse(source, tag,
							 psprintf(_("Its column \"%s\" would be another one."), name));
}

/* Refuses a command that drops something else that a mapping is made of. */
void
mapping_guard_need(const Source *source, const char *what, CommandTag tag)
{
	mapping_guard_refuse(source, tag, psprintf(_("It needs %s."), what));
}

PG_FUNCTION_INFO_V1(steering_mapping_problem);

/* mapping_problem(source regclass): what is wrong with the mapping of a source, or null. */
Datum
steering_mapping_problem(PG_FUNCTION_ARGS)
{
	Source *source = source_by_relation(PG_GETARG_OID(0));
	char *problem = source == NULL ? NULL : mapping_guard_try(source, mapping_guard_compile);

	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}
