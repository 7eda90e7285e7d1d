/*
 * attach_request.c
 *	  What attach() was asked to do; see attach_request.h.
 */
#include "postgres.h"

#include "access/relation.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "mapping/expression.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "sources/attach_request.h"
#include "sources/source_tree.h"

/* The arguments, in their order. */
enum
{
	ATTACH_RELATION,
	ATTACH_FIRST_EXPRESSION,
	ATTACH_STAGE = ATTACH_FIRST_EXPRESSION + MAPPING_FORMER_COLUMNS,
	ATTACH_UNKNOWN,
	ATTACH_ACCEPT_OVERRUN,
	ATTACH_FIRST_ADDED /* expressions that came with 0.6 */
};

static const char *const attach_arguments[] = {
	"relation", "service",     "participant", "booked_on", "amount",
	"volume",   "counts_when", "stage",       "unknown",   "accept_overrun",
};

/* Raises that an argument is null. */
static void
attach_require(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not be null", attach_arguments[argument])));
}

/* Returns an argument that is one of two words. */
static const char *
attach_require_word(FunctionCallInfo fcinfo, int argument, const char *word, const char *other)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(argument));

	if (strcmp(given, word) != 0 && strcmp(given, other) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be \"%s\" or \"%s\", not \"%s\"",
							   attach_arguments[argument], word, other, given)));
	return given;
}

/* Checks that no argument is null that must not be. */
static void
attach_check_nulls(FunctionCallInfo fcinfo)
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
}

/* Reads an expression; NULL: none is given. */
static const char *
attach_read_expression(FunctionCallInfo fcinfo, MappingColumn column)
{
	int argument = column < MAPPING_FORMER_COLUMNS
					   ? ATTACH_FIRST_EXPRESSION + column
					   : ATTACH_FIRST_ADDED + column - MAPPING_FORMER_COLUMNS;

	/* Functions of earlier versions have fewer arguments. */
	if (argument >= PG_NARGS() || PG_ARGISNULL(argument))
		return NULL;
	return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/* Checks what is said of orders: a source has order lines, or what releases them. */
void
attach_request_check_orders(const AttachRequest *request)
{
	bool has_orders = request->expressions[MAPPING_REFERENCE] != NULL ||
					  request->expressions[MAPPING_RELEASES] != NULL;

	if (has_orders && !own_has_relation(OWN_ORDER_LINE))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the extension is of a version that has no order lines"),
						errhint("ALTER EXTENSION sp71_steering UPDATE.")));
	if (request->expressions[MAPPING_REFERENCE] != NULL && !request->is_commitment)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" needs the stage \"%s\"", "reference", "commitment"),
						errhint("What is spent is not released.")));
	if (request->expressions[MAPPING_REFERENCE] != NULL &&
		request->expressions[MAPPING_RELEASES] != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments \"%s\" and \"%s\" exclude each other", "reference", "releases"),
				 errhint("A row is an order line, or releases one.")));
	if (request->expressions[MAPPING_FINAL] != NULL &&
		request->expressions[MAPPING_RELEASES] == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" needs \"%s\"", "final", "releases")));
}

/* Reads the arguments, and checks what can be checked without looking at the table. */
void
attach_request_read(FunctionCallInfo fcinfo, AttachRequest *request)
{
	attach_check_nulls(fcinfo);
	request->relid = PG_GETARG_OID(ATTACH_RELATION);
	for (MappingColumn column = 0; column < MAPPING_COLUMNS; column++)
		request->expressions[column] = attach_read_expression(fcinfo, column);
	request->stage = attach_require_word(fcinfo, ATTACH_STAGE, "actual", "commitment");
	request->unknown = attach_require_word(fcinfo, ATTACH_UNKNOWN, "refuse", "ignore");
	request->is_commitment = strcmp(request->stage, "commitment") == 0;
	request->ignores_unknown = strcmp(request->unknown, "ignore") == 0;
	request->accepts_overrun = PG_GETARG_BOOL(ATTACH_ACCEPT_OVERRUN);
	request->of_shard = JUDGE_BOOKING;
	request->is_distributed = false;
	request->dry_run = "attach_problems";
	request->is_again = false;
	request->closed_event = 0;
	attach_request_check_orders(request);
}

/*
 * Locks a table and all that belong to it. Checks first that the caller may: a lock alone would
 * trouble the owner.
 */
List *
attach_lock_tree(Oid relid, LOCKMODE lockmode)
{
	Relation rel;

	table_owner_require(relid);
	rel = try_relation_open(relid, lockmode);
	if (rel == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	relation_close(rel, NoLock);
	table_owner_require(relid);
	return source_tree_list(relid, lockmode);
}

/*
 * Resolves one of the expressions; NULL where none was given. Names are looked up as the caller's session has
 * it, now and never again.
 */
Expr *
attach_request_expression(const AttachRequest *request, Relation rel, MappingColumn column)
{
	const char *given = request->expressions[column];
	Expr *expression;

	if (given == NULL)
		return NULL;
	expression = expression_parse(rel, rel->rd_rel->relowner, column, given);
	if (request->is_again)
		expression_require_own_code(rel, column, expression);
	expression_check(rel, rel->rd_rel->relowner, column, expression, given);
	expression_require_text(rel, rel->rd_rel->relowner, column, expression);
	return expression;
}
