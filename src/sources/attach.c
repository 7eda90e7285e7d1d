/*
 * attach.c
 *	  steering.attach(), reattach() and detach(): how a finance table becomes a source, is put in order,
 *	  and is a plain table again. The only writer of steering.source, but for source_forget() and missing.c.
 *
 * Locks. attach() takes ShareRowExclusiveLock on every table of the tree: it waits for transactions
 * that write them, and holds off others until its triggers are committed. Reading goes on. Only then
 * it joins the bookings, as a booking does after it locked its table; bookings in other sources go on.
 * detach() drops triggers, which needs AccessExclusiveLock, and counts caps anew, which excludes
 * bookings.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "caps/rulebook.h"
#include "own.h"
#include "sources/expression.h"
#include "sources/mapping.h"
#include "sources/mapping_fix.h"
#include "sources/missing.h"
#include "sources/neighbour.h"
#include "sources/owner.h"
#include "sources/recount.h"
#include "sources/source_table.h"
#include "sources/source_tree.h"

/* The arguments of steering.attach(), in their order. */
enum
{
	ATTACH_RELATION,
	ATTACH_FIRST_EXPRESSION,
	ATTACH_STAGE = ATTACH_FIRST_EXPRESSION + MAPPING_COLUMNS,
	ATTACH_UNKNOWN,
	ATTACH_ACCEPT_OVERRUN
};

static const char *const attach_arguments[] = {
	"relation", "service",     "participant", "booked_on", "amount",
	"volume",   "counts_when", "stage",       "unknown",   "accept_overrun",
};

#define ATTACH_INSERT                                                                              \
	"INSERT INTO steering.source "                                                                 \
	"(relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown) "    \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING source_id"

/* Raises that an argument is null. */
static void
attach_require(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not be null", attach_arguments[argument])));
}

/* Checks that an argument is one of two words. */
static void
attach_require_word(FunctionCallInfo fcinfo, int argument, const char *word, const char *other)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(argument));

	if (strcmp(given, word) != 0 && strcmp(given, other) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be \"%s\" or \"%s\", not \"%s\"",
							   attach_arguments[argument], word, other, given)));
}

/* Checks what can be checked without looking at the table. */
static void
attach_check_arguments(FunctionCallInfo fcinfo)
{
	for (int i = 0; i <= ATTACH_ACCEPT_OVERRUN; i++)
		if (i != ATTACH_FIRST_EXPRESSION + MAPPING_AMOUNT &&
			i != ATTACH_FIRST_EXPRESSION + MAPPING_VOLUME &&
			i != ATTACH_FIRST_EXPRESSION + MAPPING_COUNTS_WHEN)
			attach_require(fcinfo, i);
	if (PG_ARGISNULL(ATTACH_FIRST_EXPRESSION + MAPPING_AMOUNT) &&
		PG_ARGISNULL(ATTACH_FIRST_EXPRESSION + MAPPING_VOLUME))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("arguments \"amount\" and \"volume\" must not both be null"),
						errhint("A booking consumes money, units of the service, or both.")));
	attach_require_word(fcinfo, ATTACH_STAGE, "actual", "commitment");
	attach_require_word(fcinfo, ATTACH_UNKNOWN, "refuse", "ignore");
}

/*
 * Locks a table and all that belong to it. Checks first that the caller may: a lock alone would
 * trouble the owner.
 */
static List *
attach_lock_tree(Oid relid, LOCKMODE lockmode)
{
	Relation rel;

	owner_require(relid);
	rel = try_relation_open(relid, lockmode);
	if (rel == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	relation_close(rel, NoLock);
	owner_require(relid);
	return source_tree_list(relid, lockmode);
}

/*
 * Checks that no query of this session uses the tables: a statement that is writing one now would not
 * fire triggers that come, and fires those that go.
 */
static void
attach_check_unused(List *relids, const char *verb)
{
	ListCell *cell;

	foreach(cell, relids)
	{
		Relation rel = relation_open(lfirst_oid(cell), NoLock);

		CheckTableNotInUse(rel, verb);
		relation_close(rel, NoLock);
	}
}

/* Checks that a table and all that belong to it can become a source. */
static void
attach_check_tree(List *relids)
{
	ListCell *cell;

	foreach(cell, relids)
	{
		Relation rel = relation_open(lfirst_oid(cell), NoLock);

		source_table_check(rel);
		source_table_check_parents(rel, relids);
		relation_close(rel, NoLock);
	}
	source_table_check_free(relids);
	missing_check_names(relids);
	attach_check_unused(relids, "attach");
}

/*
 * Resolves the mapping arguments to a tree, and returns them in canonical form as query parameters. Names are
 * looked up as the caller's session has it, now and never again.
 */
static void
attach_read_mapping(FunctionCallInfo fcinfo, Oid relid, MappingTree *tree, Datum *values,
					char *nulls)
{
	Relation rel = table_open(relid, NoLock);

	for (int column = 0; column < MAPPING_COLUMNS; column++)
	{
		int argument = ATTACH_FIRST_EXPRESSION + column;
		char *given;

		tree->expressions[column] = NULL;
		nulls[column] = PG_ARGISNULL(argument) ? 'n' : ' ';
		if (PG_ARGISNULL(argument))
			continue;
		given = text_to_cstring(PG_GETARG_TEXT_PP(argument));
		tree->expressions[column] = expression_parse(rel, column, given);
		expression_check(rel, column, tree->expressions[column], given);
		values[column] = CStringGetTextDatum(expression_text(relid, tree->expressions[column]));
	}
	table_close(rel, NoLock);
}

/* Writes the source down. */
static void
attach_record(FunctionCallInfo fcinfo, Oid relid, MappingTree *tree)
{
	Oid types[1 + MAPPING_COLUMNS + 2];
	Datum values[lengthof(types)];
	char nulls[lengthof(types)];
	OwnSpi spi;

	for (int i = 0; i < lengthof(types); i++)
		types[i] = TEXTOID;
	types[0] = REGCLASSOID;
	values[0] = ObjectIdGetDatum(relid);
	nulls[0] = ' ';
	attach_read_mapping(fcinfo, relid, tree, &values[1], &nulls[1]);
	values[1 + MAPPING_COLUMNS] = PG_GETARG_DATUM(ATTACH_STAGE);
	values[2 + MAPPING_COLUMNS] = PG_GETARG_DATUM(ATTACH_UNKNOWN);
	nulls[1 + MAPPING_COLUMNS] = nulls[2 + MAPPING_COLUMNS] = ' ';

	own_spi_begin(&spi);
	own_spi_execute(ATTACH_INSERT, lengthof(types), types, values, nulls);
	own_spi_end(&spi);
	mapping_invalidate();
	CommandCounterIncrement();
}

/* Says in an error about a row or a cap that it is attach() which counts. */
static void
attach_error_callback(void *arg)
{
	errcontext("attaching table \"%s\"", (char *) arg);
}

PG_FUNCTION_INFO_V1(steering_attach);

/*
 * attach(relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown,
 * accept_overrun): makes a table a source of bookings, its present rows included.
 */
Datum
steering_attach(PG_FUNCTION_ARGS)
{
	Oid relid;
	List *relids;
	Source *source;
	JudgeWhen when;
	MappingTree tree;
	ErrorContextCallback callback;

	attach_check_arguments(fcinfo);
	relid = PG_GETARG_OID(ATTACH_RELATION);
	when = PG_GETARG_BOOL(ATTACH_ACCEPT_OVERRUN) ? JUDGE_NEVER : JUDGE_BOOKING;

	relids = attach_lock_tree(relid, ShareRowExclusiveLock);
	attach_check_tree(relids);
	attach_record(fcinfo, relid, &tree);

	source = source_by_relation(relid);
	callback.callback = attach_error_callback;
	callback.arg = unconstify(char *, source->name);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	source_table_take_in(source, relids);
	mapping_fix(source, &tree);
	source_table_count(source, relids, 1, when);
	error_context_stack = callback.previous;
	PG_RETURN_INT32(source->source_id);
}

/* Returns the source that the only argument of a function names. */
static Source *
attach_argument_source(FunctionCallInfo fcinfo)
{
	Source *source;
	Oid relid;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"source\" must not be null")));
	relid = PG_GETARG_OID(0);
	source = source_by_relation(relid);
	if (source != NULL)
		return source;

	source = source_of_tree(relid);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("relation \"%s\" is no source", source_table_name(relid)),
					source ? errhint("It belongs to source \"%s\".", source->name) : 0,
					missing_is_source(relid)
						? errhint("A source of that name was restored without its table: "
								  "steering.reattach() ties them.")
						: 0));
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
		owner_require(source->relid);
	neighbour_queue_up(source->source_id);
	if (!gone)
		attach_check_unused(attach_lock_tree(source->relid, AccessExclusiveLock), "detach");
	source_table_let_go(source_table_list(source->source_id));
	if (!gone)
		source_check_closed(source);
	source_forget(list_make1(source), JUDGE_NOW);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(steering_reattach);

/*
 * Fixes the meaning of a mapping by its text where none is fixed, or where columns are not what they were;
 * else takes note of what it is made of now.
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
 * is gone for good then, as after a DROP.
 */
Datum
steering_reattach(PG_FUNCTION_ARGS)
{
	Source *source;
	List *tree;
	List *recorded;
	bool lost;

	if (!PG_ARGISNULL(0))
		missing_take_up(PG_GETARG_OID(0));
	source = attach_argument_source(fcinfo);
	tree = attach_lock_tree(source->relid, ShareRowExclusiveLock);
	recorded = source_table_list(source->source_id);
	lost = missing_forget(source->source_id, tree);

	source_table_let_go(list_difference_oid(recorded, tree));
	source_table_take_in(source, list_difference_oid(tree, recorded));
	source_table_mend(tree);
	reattach_mapping(source);
	if (lost)
		source_recount_dropped(source->source_id, JUDGE_NEVER);
	else
		source_recount(source->source_id, JUDGE_NEVER);
	PG_RETURN_VOID();
}
