/*
 * attach.c
 *	  steering.attach(): how a finance table becomes a source. The only writer of steering.source, but for
 *	  source_delete() and missing_table.c.
 *
 * Locks. attach() takes ShareRowExclusiveLock on every table of the tree: it waits for transactions
 * that write them, and holds off others until its triggers are committed. Reading goes on. Only then
 * it joins the bookings, as a booking does after it locked its table; bookings in other sources go on.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "mapping/attempt.h"
#include "mapping/expression.h"
#include "mapping/mapping.h"
#include "mapping/table_owner.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/rulebook.h"
#include "sources/attach.h"
#include "sources/attach_problem.h"
#include "sources/attach_request.h"
#include "sources/citus.h"
#include "sources/citus_distribute.h"
#include "sources/distributed_rows.h"
#include "sources/distributed_table.h"
#include "sources/lost_source.h"
#include "sources/mapping_fix.h"
#include "sources/missing_table.h"
#include "sources/moved_bookings.h"
#include "sources/own_source.h"
#include "sources/recount.h"
#include "sources/source_alias.h"
#include "sources/source_event.h"
#include "sources/source_table.h"
#include "sources/source_table_check.h"

#define ATTACH_INSERT                                                                              \
	"INSERT INTO steering.source (relation, service, participant, booked_on, amount, volume, "     \
	"counts_when, reference, releases, final, stage, unknown) "                                    \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING source_id"

/* Where the extension is of an earlier version: three of the parameters stay unused. */
#define ATTACH_INSERT_FORMER                                                                       \
	"INSERT INTO steering.source "                                                                 \
	"(relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown) "    \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $11, $12) RETURNING source_id"

/*
 * Checks that no query of this session uses the tables: a statement that is writing one now would not
 * fire triggers that come, and fires those that go.
 */
void
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

/* Resolves the mapping, and returns it in canonical form as query parameters. */
static void
attach_read_mapping(const AttachRequest *request, MappingTree *tree, Datum *values, char *nulls)
{
	Relation rel = table_open(request->relid, NoLock);

	for (int column = 0; column < MAPPING_COLUMNS; column++)
	{
		tree->expressions[column] = attach_request_expression(request, rel, column);
		nulls[column] = tree->expressions[column] == NULL ? 'n' : ' ';
		if (tree->expressions[column] != NULL)
			values[column] =
				CStringGetTextDatum(expression_text(request->relid, tree->expressions[column]));
	}
	table_close(rel, NoLock);
}

/* Writes the source down. */
static void
attach_record(const AttachRequest *request, MappingTree *tree)
{
	Oid types[1 + MAPPING_COLUMNS + 2];
	Datum values[lengthof(types)];
	char nulls[lengthof(types)];
	OwnSpi spi;

	for (int i = 0; i < lengthof(types); i++)
		types[i] = TEXTOID;
	types[0] = REGCLASSOID;
	values[0] = ObjectIdGetDatum(request->relid);
	nulls[0] = ' ';
	attach_read_mapping(request, tree, &values[1], &nulls[1]);
	values[1 + MAPPING_COLUMNS] = CStringGetTextDatum(request->stage);
	values[2 + MAPPING_COLUMNS] = CStringGetTextDatum(request->unknown);
	nulls[1 + MAPPING_COLUMNS] = nulls[2 + MAPPING_COLUMNS] = ' ';

	own_spi_begin(&spi);
	own_spi_execute(own_has_relation(OWN_ORDER_LINE) ? ATTACH_INSERT : ATTACH_INSERT_FORMER,
					lengthof(types), types, values, nulls);
	own_spi_end(&spi);

	/* What follows in attach() reads it back, and caches hold that there is none. */
	mapping_invalidate();
	CommandCounterIncrement();
}

/* The rows that a table comes in with. */
typedef struct AttachCount
{
	const AttachRequest *request;
	const Source *source;
	List *relids;
	ErrorContextCallback *callers; /* errors are to tell who they are */
} AttachCount;

/* Counts them. What takes the place of bookings in closed periods is compared with these, by month. */
static void
attach_count_work(void *argument)
{
	const AttachCount *count = argument;
	const AttachRequest *request = count->request;
	JudgeWhen when = request->of_shard;

	if (when == JUDGE_BOOKING && request->accepts_overrun)
		when = JUDGE_ACCEPTING;
	error_context_stack = count->callers;
	if (request->closed_event == 0)
		source_table_count(count->source, count->relids, 1, when, true);
	else
	{
		source_recount_found(count->source->source_id, when);
		lost_source_judge_closed(count->source, request->closed_event);
	}
}

/*
 * Counts the rows that a table comes in with. Where one is refused, all are looked at a second time: the
 * error then lists what else is wrong.
 */
static void
attach_count(const AttachRequest *request, const Source *source, const MappingTree *tree,
			 List *relids)
{
	AttachCount count = {request, source, relids, error_context_stack};
	ErrorData *error = attempt(attach_count_work, &count);

	if (error == NULL)
		return;
	if (own_has_relation(OWN_MAPPING) &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_TRANSACTION_ROLLBACK)
		attach_problems_tell(request, source, tree, relids, error);
	ReThrowError(error);
}

/* Makes triggers of a distributed table, and records it. Until there is the last of them its shards are no sources. */
static void
attach_add_distributed(const Source *source, const MappingTree *tree, List *relids)
{
	distributed_table_check_participant(source->relid, tree->expressions[MAPPING_PARTICIPANT],
										citus_distribution_column(source->relid));
	source_alias_refuse(source);
	citus_distribute_remove_copied(source->relid);
	distributed_table_make_triggers(source);
	source_table_record(source, relids);
}

/*
 * Tells whether rows of a distributed table are judged here, where caps span nodes. Not where what somebody wrote says what
 * a row comes to: it could say so here, and something else on the nodes, which would not judge that.
 */
static bool
attach_is_judged_here(const Source *source)
{
	Relation rel;
	bool is_foreign;

	if (this_node_id() == NODE_NONE)
		return false;
	rel = table_open(source->relid, AccessShareLock);
	is_foreign = mapping_runs_foreign_code(mapping_of(rel));
	table_close(rel, NoLock);
	return !is_foreign;
}

/*
 * Makes sources of the shards of a distributed table, which counts their rows. Where caps span nodes all are judged here,
 * before the nodes count them.
 */
static void
attach_count_distributed(const AttachRequest *request, const Source *source)
{
	List *moved = list_make1_int(source->source_id);
	List *caps;

	if (!attach_is_judged_here(source))
	{
		distributed_table_attach(source, request->accepts_overrun);
		return;
	}
	distributed_rows_book(source, request->accepts_overrun ? JUDGE_ACCEPTING : JUDGE_NOW);
	caps = moved_bookings_begin(moved);
	distributed_table_move(source);
	moved_bookings_end(moved, caps);
}

/* Says in an error about a row or a cap that it is attach() which counts. */
static void
attach_error_callback(void *arg)
{
	errcontext("attaching table \"%s\"", (char *) arg);
}

/* Makes a table a source of bookings, its present rows included. Returns its number. */
int32
attach_table(const AttachRequest *request)
{
	List *relids = attach_lock_tree(request->relid, ShareRowExclusiveLock);
	Source *source;
	MappingTree tree;
	ErrorContextCallback callback;

	attach_check_tree(relids);
	attach_record(request, &tree);

	source = source_by_relation(request->relid);
	source_event_record(request->is_again ? SOURCE_FOUND : SOURCE_ATTACHED, source->source_id,
						source->name, table_owner(source->relid));
	callback.callback = attach_error_callback;
	callback.arg = unconstify(char *, source->name);
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	missing_tie_aliases(source->relid);
	if (source->has_orders)
		own_source_make(OWN_ORDER_LINE, "is_released", "commitment");

	/* Triggers before rows: the tables are locked against writers, so each row counts once. */
	if (request->is_distributed)
		attach_add_distributed(source, &tree, relids);
	else
		source_table_add(source, relids);
	mapping_fix(source, &tree);
	if (request->is_distributed)
		attach_count_distributed(request, source);
	else
		attach_count(request, source, &tree, relids);
	error_context_stack = callback.previous;
	return source->source_id;
}

PG_FUNCTION_INFO_V1(steering_attach);

/*
 * attach(relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown,
 * accept_overrun, reference, releases, final).
 */
Datum
steering_attach(PG_FUNCTION_ARGS)
{
	AttachRequest request;

	attach_request_read(fcinfo, &request);
	request.is_distributed = distributed_table_check(&request);
	PG_RETURN_INT32(attach_table(&request));
}
