/*
 * query_plan.c
 *	  Running the SQL of a query of bookings, in the name of the owner of its first table.
 *
 * The SQL is parsed with the trees of the query in the place of names (query_sql.h), so it means what they mean.
 * Plans are kept with the query for a few touched rows; for many a plan is made that knows how many. A plan whose
 * tables were altered since is made anew, with its text. Row security is off, so that a policy that has come to
 * bind the owner is an error, and never hides a row.
 *
 * Where the query leads to code that somebody wrote, it is run as foreign code: nothing remains of that but the
 * rows, which the receiver keeps outside.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "mapping/foreign_code.h"
#include "own.h"
#include "queries/query_locks_sql.h"
#include "queries/query_plan.h"

#define QUERY_FEW 1000 /* touched rows up to which a kept plan serves */

/* A plan that is kept. */
typedef struct QueryPlan
{
	QueryForm form;
	int touched;
	SPIPlanPtr plan;
} QueryPlan;

/* Where a tree comes to stand. */
typedef struct QueryPlacing
{
	ParseState *pstate;
	int location;
	char others; /* with what the names of tables after the first begin */
} QueryPlacing;

/* Has the Vars of a tree name the tables of the SQL around it. */
static Node *
query_plan_place(Node *node, void *context)
{
	QueryPlacing *placing = context;
	ParseNamespaceItem *item;
	Var *variable;
	int levels_up;
	char name[16];

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var))
		return expression_tree_mutator(node, query_plan_place, context);
	variable = copyObject((Var *) node);
	snprintf(name, sizeof(name), "%c%d", variable->varno == 1 ? 't' : placing->others,
			 (int) variable->varno);
	item = refnameNamespaceItem(placing->pstate, NULL, name, placing->location, &levels_up);
	if (item == NULL)
		elog(ERROR, "table %s of a query of bookings is missing", name);
	variable->varno = variable->varnosyn = item->p_rtindex;
	variable->varattnosyn = variable->varattno;
	variable->varlevelsup = levels_up;
	markNullableIfNeeded(placing->pstate, variable);
	markVarForSelectPriv(placing->pstate, variable);
	return (Node *) variable;
}

/* Puts a tree of the query in the place of its name. */
static Node *
query_plan_reference(ParseState *pstate, ColumnRef *reference)
{
	QueryPlacing placing = {pstate, reference->location, 't'};
	const char *name;
	Node *tree;

	if (list_length(reference->fields) != 2 || !IsA(lsecond(reference->fields), String) ||
		strcmp(strVal(linitial(reference->fields)), "sp71") != 0)
		return NULL;
	name = strVal(lsecond(reference->fields));
	if (strncmp(name, "by", 2) == 0)
		placing.others = 'k';
	tree = query_sql_tree(pstate->p_ref_hook_state, name);
	return query_plan_place(tree, &placing);
}

/* Has the parser ask for the trees of a query. */
static void
query_plan_set_parser(ParseState *pstate, void *query)
{
	pstate->p_pre_columnref_hook = query_plan_reference;
	pstate->p_ref_hook_state = query;
}

/* Makes a plan. */
static SPIPlanPtr
query_plan_make(const QueryRun *run)
{
	int nest_level = own_pin_settings();
	char *sql = run->form == QUERY_LOCKS ? query_locks_sql(run->query, run->touched)
										 : query_sql_pairs(run->query, run->form, run->touched);
	SPIPlanPtr plan;

	set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
					  false);
	plan = SPI_prepare_params(sql, query_plan_set_parser, run->query, 0);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_params failed: %s", SPI_result_code_string(SPI_result));
	own_unpin_settings(nest_level);
	return plan;
}

/* Returns the plan that is kept for what is to be run, or NULL. One that is stale is let go. */
static QueryPlan *
query_plan_find(const QueryRun *run)
{
	ListCell *cell;

	foreach(cell, run->query->plans)
	{
		QueryPlan *kept = lfirst(cell);

		if (kept->form != run->form || kept->touched != run->touched)
			continue;
		/* One that is running further up the stack is good for the present names all the same. */
		if (run->query->in_use > 1 || SPI_plan_is_valid(kept->plan))
			return kept;
		SPI_freeplan(kept->plan);
		run->query->plans = foreach_delete_current(run->query->plans, cell);
		pfree(kept);
		return NULL;
	}
	return NULL;
}

/* Keeps a plan with the query, in whose memory it is noted. */
static void
query_plan_keep(const QueryRun *run, SPIPlanPtr plan)
{
	MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(run->query));
	QueryPlan *kept = palloc(sizeof(QueryPlan));

	kept->form = run->form;
	kept->touched = run->touched;
	kept->plan = plan;
	SPI_keepplan(plan);
	run->query->plans = lappend(run->query->plans, kept);
	MemoryContextSwitchTo(caller);
}

/* Returns the plan for what is to be run. */
static SPIPlanPtr
query_plan_get(const QueryRun *run)
{
	QueryPlan *kept;
	SPIPlanPtr plan;

	if (run->rows == NULL || run->rows->count > QUERY_FEW || run->query->source_id == 0)
		return query_plan_make(run);
	kept = query_plan_find(run);
	if (kept != NULL)
		return kept->plan;
	plan = query_plan_make(run);
	query_plan_keep(run, plan);
	return plan;
}

/* Has SQL find the rows that were touched. */
static void
query_plan_register(const TouchedRows *rows)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	relation->md.name = QUERY_TOUCHED;
	relation->md.reliddesc = rows->relid;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	/* A plan that is kept is for few, however many they are just now. */
	relation->md.enrtuples = rows->count > QUERY_FEW ? rows->count : 1;
	relation->reldata = rows->rows;
	if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
}

/* Runs it, as whoever is in charge now. */
static void
query_plan_execute(void *argument)
{
	QueryRun *run = argument;
	SPIExecuteOptions options = {.read_only = true, .dest = run->receiver};
	int result;

	SPI_connect();
	if (run->rows != NULL)
		query_plan_register(run->rows);
	PushActiveSnapshot(run->snapshot);
	result = SPI_execute_plan_extended(query_plan_get(run), &options);
	PopActiveSnapshot();
	if (result < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(result));
	SPI_finish();
}

/* Runs it in the name of the owner. */
static void
query_plan_run_as_owner(QueryRun *run)
{
	Oid owner = booking_query_owner(run->query);
	Oid user;
	int security_context;

	if (run->query->is_foreign)
	{
		foreign_code_run(owner, query_plan_execute, run);
		return;
	}
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(owner, security_context | SECURITY_RESTRICTED_OPERATION);
	query_plan_execute(run);
	SetUserIdAndSecContext(user, security_context);
}

/* Says in an error which query it is about. */
static void
query_plan_error_callback(void *argument)
{
	errcontext("query of source \"%s\"", (char *) argument);
}

/* Has errors say which query they are about, until the caller puts back what was before. */
void
query_plan_push_context(ErrorContextCallback *callback, const BookingQuery *query)
{
	callback->previous = error_context_stack;
	callback->callback = query_plan_error_callback;
	callback->arg = get_rel_name(query->booking_table);
	error_context_stack = callback;
}

/*
 * Runs the SQL of a query. The receiver gets the rows, whose memory is that of the run. Errors are those of the
 * expressions.
 */
void
query_plan_run(QueryRun *run)
{
	ErrorContextCallback callback;
	bool row_security_before = row_security;

	query_plan_push_context(&callback, run->query);
	run->query->in_use++;
	row_security = false;
	PG_TRY();
	{
		query_plan_run_as_owner(run);
	}
	PG_FINALLY();
	{
		row_security = row_security_before;
		run->query->in_use--;
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
}

/* Lets go of the plans of a query. */
void
query_plan_forget(BookingQuery *query)
{
	ListCell *cell;

	Assert(query->in_use == 0);
	foreach(cell, query->plans)
		SPI_freeplan(((QueryPlan *) lfirst(cell))->plan);
	query->plans = NIL;
}
