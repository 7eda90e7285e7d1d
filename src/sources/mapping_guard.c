/*
 * mapping_guard.c
 *	  Whether the mapping of a source still works; see mapping_guard.h.
 *
 * Checking a mapping evaluates what is constant in its expressions, so it runs as the table's owner.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "fmgr.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "sources/expression.h"
#include "sources/mapping_guard.h"
#include "sources/owner.h"

/* Checks the mapping of a source against its table; raises what is wrong with it. */
static void
mapping_guard_check(const Source *source)
{
	Relation rel = table_open(source->relid, AccessShareLock);
	OwnerState owner;

	owner_begin(&owner, rel);
	mapping_check(rel, source);
	owner_end(&owner);
	table_close(rel, NoLock);
}

/*
 * Takes the present error out of the error state, into the memory of context. Raises it again when it
 * says nothing about the mapping: the server is about to stop the query, or out of something.
 */
static ErrorData *
mapping_guard_catch(MemoryContext context)
{
	int category = ERRCODE_TO_CATEGORY(geterrcode());
	ErrorData *reason;

	if (category == ERRCODE_OPERATOR_INTERVENTION || category == ERRCODE_INSUFFICIENT_RESOURCES)
		PG_RE_THROW();
	MemoryContextSwitchTo(context);
	reason = CopyErrorData();
	FlushErrorState();
	return reason;
}

/* Raises that a command would break the mapping of a source, and why. */
static void
mapping_guard_refuse(const Source *source, CommandTag tag, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s would break the mapping of source \"%s\"", GetCommandTagName(tag),
					source->name),
			 errdetail("%s", detail),
			 errhint("Detach the table first with steering.detach(), and attach it again with "
					 "a mapping that fits.")));
}

/* Refuses a command after which the mapping of a source does not work any more. */
void
mapping_guard(const Source *source, CommandTag tag)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		mapping_guard_check(source);
	}
	PG_CATCH();
	{
		mapping_guard_refuse(source, tag,
							 psprintf("It would fail with: %s.",
									  mapping_guard_catch(context)->message));
	}
	PG_END_TRY();
}

/* Tells whether an expression of a mapping, which works, reads a column of this name. */
static bool
mapping_guard_reads(Relation rel, MappingColumn column, const char *text, const char *name)
{
	AttrNumber attribute = get_attnum(RelationGetRelid(rel), name);
	Bitmapset *read = NULL;

	pull_varattnos((Node *) expression_parse(rel, column, text), 1, &read);
	return bms_is_member(attribute - FirstLowInvalidHeapAttributeNumber, read);
}

/*
 * Refuses a command that drops a column whose name the mapping reads, though the mapping works: the
 * same command adds another column of that name, and its values have nothing to do with the former.
 */
void
mapping_guard_column(const Source *source, const char *name, CommandTag tag)
{
	Relation rel = table_open(source->relid, AccessShareLock);
	bool reads = false;
	OwnerState owner;

	owner_begin(&owner, rel);
	for (int column = 0; column < MAPPING_COLUMNS; column++)
		if (source->expressions[column] != NULL)
			reads |= mapping_guard_reads(rel, column, source->expressions[column], name);
	owner_end(&owner);
	table_close(rel, NoLock);
	if (reads)
		mapping_guard_refuse(source, tag,
							 psprintf("Its column \"%s\" would be another one.", name));
}

/* Returns what is wrong with the mapping of a source, or NULL. In a subtransaction, as it may fail. */
static char *
mapping_guard_problem(const Source *source)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char *volatile problem = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		mapping_guard_check(source);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		problem = mapping_guard_catch(context)->message;
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return problem;
}

PG_FUNCTION_INFO_V1(steering_mapping_problem);

/* mapping_problem(source regclass): what is wrong with the mapping of a source, or null. */
Datum
steering_mapping_problem(PG_FUNCTION_ARGS)
{
	Source *source = source_by_relation(PG_GETARG_OID(0));
	char *problem = source == NULL ? NULL : mapping_guard_problem(source);

	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}
