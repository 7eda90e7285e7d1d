/*
 * rounding.c
 *	  steering.rounded_rows(): rows whose amount or volume is not zero, but rounds to it.
 *
 * Only sources whose mapping can give more than four decimals are read: an integer, an amount or a numeric
 * of four decimals at most cannot. Each is read as its owner (foreign_code.h). One that cannot be read is left
 * out, and so is a table that is locked against reading: health() has other rows for the former, and is
 * not to wait for the latter.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping.h"
#include "mapping/mapping_tree.h"
#include "sources/source_table.h"

#define ROUNDING_LEAST "0.00005" /* what does not round to zero */
#define NUMERIC_SCALE(typmod) (((((typmod) - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024)

/* One table of a source. */
typedef struct Rounding
{
	const Source *source;
	Relation rel;
	ExprState *states[2]; /* of amount and volume; NULL: it cannot be rounded */
	Datum least;
	Datum minus_least;
	Datum zero;
	int64 rows; /* that were found */
} Rounding;

/* Tells whether an expression can give more than four decimals. */
static bool
rounding_is_possible(Expr *expression)
{
	int32 typmod = exprTypmod((Node *) expression);
	Oid type = getBaseTypeAndTypmod(exprType((Node *) expression), &typmod);

	if (type != NUMERICOID || IsA(expression, Const))
		return false;
	return typmod < (int32) VARHDRSZ || NUMERIC_SCALE(typmod) > AMOUNT_DECIMALS;
}

/* Compiles what can be rounded; returns whether there is anything. */
static bool
rounding_compile(Rounding *rounding)
{
	const Source *source = rounding->source;
	MappingTree tree;
	bool has_tree = mapping_tree_load(source->source_id, &tree);

	for (MappingColumn column = MAPPING_AMOUNT; column <= MAPPING_VOLUME; column++)
	{
		Expr *expression = NULL;

		if (has_tree)
			expression = mapping_tree_expression(&tree, column, source->relid, rounding->rel);
		else if (source->expressions[column] != NULL)
			expression = expression_parse(rounding->rel, source_owner(source, rounding->rel),
										  column, source->expressions[column]);
		rounding->states[column - MAPPING_AMOUNT] =
			expression != NULL && rounding_is_possible(expression)
				? ExecInitExpr(expression_plan(rounding->rel, expression), NULL)
				: NULL;
	}
	return rounding->states[0] != NULL || rounding->states[1] != NULL;
}

/* Tells whether an expression gives something of a row that rounds to zero. */
static bool
rounding_loses(const Rounding *rounding, ExprState *state, ExprContext *econtext)
{
	bool isnull;
	Datum value;

	if (state == NULL)
		return false;
	value = ExecEvalExprSwitchContext(state, econtext, &isnull);
	return !isnull && DatumGetInt32(DirectFunctionCall2(numeric_cmp, value, rounding->least)) < 0 &&
		   DatumGetInt32(DirectFunctionCall2(numeric_cmp, value, rounding->minus_least)) > 0 &&
		   DatumGetInt32(DirectFunctionCall2(numeric_cmp, value, rounding->zero)) != 0;
}

/* Counts the rows of the table that lose something and count. */
static void
rounding_read(Rounding *rounding, Mapping *mapping)
{
	ExprContext *econtext = CreateStandaloneExprContext();
	TupleTableSlot *slot = table_slot_create(rounding->rel, NULL);
	TableScanDesc scan = table_beginscan(rounding->rel, GetActiveSnapshot(), 0, NULL, 0);

	econtext->ecxt_scantuple = slot;
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MappedRow row;

		CHECK_FOR_INTERRUPTS();
		ResetExprContext(econtext);
		if (!rounding_loses(rounding, rounding->states[0], econtext) &&
			!rounding_loses(rounding, rounding->states[1], econtext))
			continue;
		/* Only of the few rows that lose something it is asked whether they count. */
		mapping_read(mapping, slot, &row);
		rounding->rows += row.counts;
	}
	mapping_release_row(mapping);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	FreeExprContext(econtext, true);
}

/* Does the work on one table, in the name of its owner. */
static void
rounding_work(void *argument)
{
	Rounding *rounding = argument;
	Mapping *mapping;

	if (!rounding_compile(rounding))
		return;
	mapping = mapping_of(rounding->rel);
	if (mapping != NULL)
		rounding_read(rounding, mapping);
}

/* Makes a numeric of a constant. */
static Datum
rounding_constant(const char *number)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(number), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

/* Returns how many rows of a table lose something; 0 where it cannot be read. */
static int64
rounding_count_table(const Source *source, Oid relid)
{
	Rounding rounding = {.source = source};
	bool failed = false;

	/* health() asks, and is not to wait for somebody who rewrites or drops a table. */
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return 0;
	rounding.rel = try_relation_open(relid, NoLock);
	if (rounding.rel == NULL)
		return 0;
	rounding.least = rounding_constant(ROUNDING_LEAST);
	rounding.minus_least = rounding_constant("-" ROUNDING_LEAST);
	rounding.zero = rounding_constant("0");
	if (RELKIND_HAS_TABLE_AM(rounding.rel->rd_rel->relkind))
		failed =
			foreign_code_try(source_owner(source, rounding.rel), rounding_work, &rounding) != NULL;
	relation_close(rounding.rel, NoLock);
	return failed ? 0 : rounding.rows;
}

/* Returns how many rows of a source lose something. */
static int64
rounding_count(const Source *source)
{
	List *relids = source_table_list_visible(source->source_id);
	int64 rows = 0;
	ListCell *cell;

	foreach(cell, relids)
		rows += rounding_count_table(source, lfirst_oid(cell));
	return rows;
}

PG_FUNCTION_INFO_V1(steering_rounded_rows);

/* rounded_rows(): one row per source that has rows which round to zero. */
Datum
steering_rounded_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List *sources;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	sources = source_list();
	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);
		int64 rows = rounding_count(source);
		Datum values[] = {Int32GetDatum(source->source_id), Int64GetDatum(rows)};
		bool nulls[] = {false, false};

		if (rows > 0)
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
