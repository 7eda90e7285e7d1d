/*
 * attach_query_request.c
 *	  What attach_query() was asked to do; see attach_query_request.h.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "call.h"
#include "mapping/table_owner.h"
#include "queries/attach_query_request.h"
#include "queries/booking_guard.h"
#include "queries/query_check.h"
#include "queries/query_join.h"
#include "queries/query_place.h"
#include "queries/query_text.h"
#include "sources/attach.h"
#include "sources/citus.h"
#include "sources/distributed_table.h"
#include "sources/source_tree.h"
#include "types/name_text.h"

/* The arguments, in their order. */
enum
{
	ATTACH_QUERY_TEXT,
	ATTACH_QUERY_STAGE,
	ATTACH_QUERY_UNKNOWN,
	ATTACH_QUERY_ACCEPT_OVERRUN,
	ATTACH_QUERY_NAME,
	ATTACH_QUERY_HEADERS,
	ATTACH_QUERY_PROMISED,
	ATTACH_QUERY_ARGUMENTS
};

static const char *const attach_query_arguments[ATTACH_QUERY_ARGUMENTS] = {
	"argument \"query\"",          "argument \"stage\"", "argument \"unknown\"",
	"argument \"accept_overrun\"", "argument \"name\"",  "argument \"headers\"",
	"argument \"promise_unique\"",
};

/* Returns an argument that is a list of tables. */
static List *
attach_query_tables(FunctionCallInfo fcinfo, int argument)
{
	List *relids = NIL;
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT,
					  &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			relids = lappend_oid(relids, DatumGetObjectId(elements[i]));
	return relids;
}

/* Checks that an argument is one of two words. */
static const char *
attach_query_word(const char *argument, const char *given, const char *word, const char *other)
{
	if (strcmp(given, word) != 0 && strcmp(given, other) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be \"%s\" or \"%s\", not \"%s\"", argument,
							   word, other, given)));
	return given;
}

/* Reads the arguments. */
void
attach_query_read(FunctionCallInfo fcinfo, AttachQuery *attach)
{
	for (int i = 0; i < ATTACH_QUERY_ARGUMENTS; i++)
		if (i != ATTACH_QUERY_NAME)
			call_check_not_null(PG_ARGISNULL(i), attach_query_arguments[i]);
	attach->text = text_to_cstring(PG_GETARG_TEXT_PP(ATTACH_QUERY_TEXT));
	attach->stage =
		attach_query_word("stage", text_to_cstring(PG_GETARG_TEXT_PP(ATTACH_QUERY_STAGE)), "actual",
						  "commitment");
	attach->unknown =
		attach_query_word("unknown", text_to_cstring(PG_GETARG_TEXT_PP(ATTACH_QUERY_UNKNOWN)),
						  "refuse", "ignore");
	attach->accepts_overrun = PG_GETARG_BOOL(ATTACH_QUERY_ACCEPT_OVERRUN);
	if (!PG_ARGISNULL(ATTACH_QUERY_NAME))
		attach->name = text_to_cstring(PG_GETARG_TEXT_PP(ATTACH_QUERY_NAME));
	attach->headers = attach_query_tables(fcinfo, ATTACH_QUERY_HEADERS);
	attach->promised = attach_query_tables(fcinfo, ATTACH_QUERY_PROMISED);
}

/* Refuses the booking table of a query. */
static void
attach_query_check_no_booking_table(Oid relid)
{
	Relation rel = relation_open(relid, NoLock);

	if (booking_guard_exists(rel))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a query of bookings cannot read booking table \"%s\"",
						name_text_in_message(relid)),
				 errdetail(
					 "The extension writes it without firing triggers, so that what becomes of "
					 "its rows could not be followed."),
				 errhint("Join the tables that the query of it joins: several queries may stand on "
						 "one table.")));
	relation_close(rel, NoLock);
}

/* Checks that the caller may put triggers on a table, and locks it with all that belong to it. */
static List *
attach_query_lock(Oid relid, Oid lines, LOCKMODE lockmode)
{
	Relation rel;

	if (relid == lines)
		return attach_lock_tree(relid, lockmode);
	if (pg_class_aclcheck(relid, GetUserId(), ACL_TRIGGER) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	rel = relation_open(relid, lockmode);
	relation_close(rel, NoLock);
	return source_tree_list(relid, lockmode);
}

/* Says in an error that a table is in use what to do. */
static void
attach_query_error_callback(void *argument)
{
	if (geterrcode() == ERRCODE_OBJECT_IN_USE)
		errhint(
			"Nothing in the same statement can read or write the tables of the query, nor have triggers of "
			"them waiting: run what makes the text of the query first, in psql with \\gset.");
}

/* Checks that no query of this session uses tables of the query, such as one that makes its text. */
static void
attach_query_check_unused(List *tree)
{
	ErrorContextCallback callback = {error_context_stack, attach_query_error_callback};

	error_context_stack = &callback;
	attach_check_unused(tree, "attach");
	error_context_stack = callback.previous;
}

/*
 * Takes in whether a table is managed by Citus. A shard is attached with the table that it belongs to; and nobody tries
 * what its nodes would say.
 */
static void
attach_query_find_place(AttachQuery *attach, List *tree)
{
	ListCell *cell;

	foreach(cell, tree)
	{
		if (attach->is_trial)
			distributed_table_refuse_trial(lfirst_oid(cell), "steering.attach_query_problems()");
		if (citus_kind(lfirst_oid(cell)) != CITUS_NONE)
			attach->is_distributed = true;
		else if (!attach->is_shard)
			distributed_table_refuse_shard(lfirst_oid(cell));
	}
}

/* Resolves the query, and locks its tables. They may be others when they are locked, so it is resolved again. */
void
attach_query_resolve(AttachQuery *attach, LOCKMODE lockmode)
{
	Oid lines = query_text_lines(attach->text);
	BookingQuery *query;

	table_owner_require(lines);
	attach->owner = table_owner(lines);
	query = booking_query_of_tree(query_text_parse(attach->text, attach->owner), NULL);
	for (int i = 0; i < query->tables; i++)
	{
		List *tree = attach_query_lock(query->table[i].relid, booking_query_lines(query), lockmode);

		attach_query_check_no_booking_table(query->table[i].relid);
		if (!attach->is_trial)
			attach_query_check_unused(tree);
		attach_query_find_place(attach, tree);
		attach->trees = lappend(attach->trees, tree);
	}
	attach->tree = query_text_parse(attach->text, attach->owner);
}

/* Returns the first place of a table that an argument names. Raises where it is not joined. */
static int
attach_query_place(const BookingQuery *query, Oid relid, const char *argument)
{
	int index = booking_query_position(query, relid);

	if (index < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" names table \"%s\", which the query does not join",
							   argument, name_text_in_message(relid))));
	return index;
}

/* Takes in that a table has one match at most, in each of its places. */
static void
attach_query_promise(BookingQuery *query, int index)
{
	for (; index >= 0; index = query_place_next(query, index))
		query->table[index].is_promised = true;
	query->has_promise = true;
}

/* Takes in what the arguments say of tables. */
static void
attach_query_mark(const AttachQuery *attach, BookingQuery *query)
{
	ListCell *cell;

	foreach(cell, attach->headers)
		query->table[attach_query_place(query, lfirst_oid(cell), "headers")].is_header = true;
	foreach(cell, attach->promised)
		attach_query_promise(query, attach_query_place(query, lfirst_oid(cell), "promise_unique"));
	query_place_find_headers(query);
}

/*
 * Tells whether it is to be said what would help, when a query is made of one stage. Of distributed tables one is made of
 * all stages first; and those that are distributed now were attached before.
 */
static bool
attach_query_has_notices(const AttachQuery *attach, const char *stage)
{
	return !attach->is_trial && !attach->is_shard && !attach->is_moved &&
		   (!attach->is_distributed || stage == NULL);
}

/* Makes a query of bookings of one stage of the tree, or of all, and checks it. */
BookingQuery *
attach_query_make(const AttachQuery *attach, const char *stage)
{
	BookingQuery *query = booking_query_of_tree(copyObject(attach->tree), stage);

	attach_query_mark(attach, query);
	query_check_tables(query, attach->trees);
	query_check_key(query);
	query_join_check(query, attach_query_has_notices(attach, stage));
	query_check_expressions(query);
	query_text_require(query, attach->owner);
	query->is_foreign = query_check_is_foreign(query);
	return query;
}

/* Tells whether stage is a column of the query. */
bool
attach_query_has_stages(const AttachQuery *attach)
{
	ListCell *cell;

	foreach(cell, attach->tree->targetList)
		if (strcmp(lfirst_node(TargetEntry, cell)->resname, query_column_name(QUERY_STAGE)) == 0)
			return true;
	return false;
}

/* Returns the name of the booking table of a stage. */
const char *
attach_query_name(const AttachQuery *attach, Oid lines, bool is_second)
{
	if (attach->name == NULL)
		return makeObjectName(get_rel_name(lines), NULL, is_second ? "commitment" : "booking");
	return is_second ? makeObjectName(attach->name, NULL, "commitment") : attach->name;
}

/* Returns what attach() would be asked to do with the booking table of a query. */
AttachRequest
attach_query_request(const AttachQuery *attach, const BookingQuery *query, const char *stage)
{
	AttachRequest request = {.relid = query->booking_table,
							 .stage = stage,
							 .unknown = attach->unknown,
							 .accepts_overrun = attach->accepts_overrun,
							 .of_shard = attach->is_moved ? JUDGE_MOVED : JUDGE_BOOKING};

	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		request.expressions[query_column_mapping(column)] =
			query->columns[column] == NULL ? NULL : query_column_name(column);
	if (!attach->is_distributed && !attach->is_shard)
		request.dry_run = "attach_query_problems";
	request.is_commitment = strcmp(stage, "commitment") == 0;
	request.ignores_unknown = strcmp(attach->unknown, "ignore") == 0;
	attach_request_check_orders(&request);
	return request;
}
