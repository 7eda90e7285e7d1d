/*
 * mapping_read.c
 *	  Reading rows of a finance table as bookings, by a compiled mapping. Errors name the source, the argument and
 *	  the row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping_numeric.h"
#include "mapping/mapping_state.h"

int mapping_rows_kept = 0;

/*
 * Reads rows by a mapping, as work does: in the name of the table's owner where that makes a difference,
 * so that what somebody's function says is the same when a row is booked and when it is counted.
 */
void
mapping_read_rows(Mapping *mapping, Relation rel, ForeignCodeWork work, void *argument)
{
	if (unlikely(!mapping_row_is_known(&mapping->row)))
		mapping_row_show(&mapping->row, rel);
	if (mapping->as_owner)
		foreign_code_run(source_owner(mapping->source, rel), work, argument);
	else
		work(argument);
	mapping_release_row(mapping);
}

/* Says in an error which source, argument and row it is about. */
static void
mapping_error_callback(void *argument)
{
	const Mapping *mapping = argument;
	const char *row = mapping_row_text(&mapping->row);

	if (row == NULL)
		errcontext("mapping of source \"%s\", argument \"%s\"", mapping->source->name,
				   expression_argument(mapping->column));
	else
		errcontext("mapping of source \"%s\", argument \"%s\", row %s", mapping->source->name,
				   expression_argument(mapping->column), row);
}

/* Reads one mapped column of a row, whose attributes up to the highest that we read are there. */
static inline Datum
mapping_evaluate(Mapping *mapping, MappingColumn which, bool *isnull)
{
	MappedColumn *column = &mapping->columns[which];

	Assert(mapping->has_row && column->mapped);
	mapping->column = which;
	if (column->attribute > 0)
	{
		*isnull = mapping->row.slot->tts_isnull[column->attribute - 1];
		return mapping->row.slot->tts_values[column->attribute - 1];
	}
	Assert(!mapping->as_owner || foreign_code_is_running());
	return ExecEvalExprSwitchContext(column->state, mapping->econtext, isnull);
}

/* Reads a code; NULL for null. */
static inline text *
mapping_read_code(Mapping *mapping, MappingColumn column)
{
	bool isnull;
	Datum value = mapping_evaluate(mapping, column, &isnull);

	return isnull ? NULL : DatumGetTextPP(value);
}

/* Reads an amount, rounded to four decimals; what is not mapped or null is zero. */
static inline Amount
mapping_read_amount(Mapping *mapping, MappingColumn column)
{
	const MappedColumn *mapped = &mapping->columns[column];
	Amount amount;
	bool isnull;
	Datum value;

	if (!mapped->mapped)
		return 0;
	value = mapping_evaluate(mapping, column, &isnull);
	if (isnull)
		return 0;
	/* Base types: a domain over one checks values when they are stored, not when they are read. */
	if (mapped->type == NUMERICOID)
		return mapping_numeric_amount(value);
	if (mapping_integer_amount(mapped->type, value, &amount))
		return amount;
	Assert(mapped->type == mapping->amount_type);
	return DatumGetAmount(value);
}

/* Reads a condition that is mapped: null is false. */
static inline bool
mapping_read_condition(Mapping *mapping, MappingColumn column)
{
	bool isnull;
	Datum value = mapping_evaluate(mapping, column, &isnull);

	return !isnull && DatumGetBool(value);
}

/* Tells whether a row counts. */
static inline bool
mapping_read_counts(Mapping *mapping)
{
	return !mapping->columns[MAPPING_COUNTS_WHEN].mapped ||
		   mapping_read_condition(mapping, MAPPING_COUNTS_WHEN);
}

/* Reads which order line a row is, or which one it releases. */
static void
mapping_read_order(Mapping *mapping, MappedRow *row)
{
	const MappedColumn *columns = mapping->columns;

	row->reference =
		columns[MAPPING_REFERENCE].mapped ? mapping_read_code(mapping, MAPPING_REFERENCE) : NULL;
	row->releases =
		columns[MAPPING_RELEASES].mapped ? mapping_read_code(mapping, MAPPING_RELEASES) : NULL;
	row->is_final = columns[MAPPING_FINAL].mapped && mapping_read_condition(mapping, MAPPING_FINAL);
}

/* Reads the day. */
static inline void
mapping_read_day(Mapping *mapping, MappedRow *row)
{
	bool isnull;
	Datum value = mapping_evaluate(mapping, MAPPING_BOOKED_ON, &isnull);

	row->has_date = !isnull;
	row->booked_on = isnull ? 0 : DatumGetDateADT(value);
}

/* Reads what a row that counts comes to. */
static inline void
mapping_read_booking(Mapping *mapping, MappedRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(mapping->econtext->ecxt_per_tuple_memory);

	row->service = mapping_read_code(mapping, MAPPING_SERVICE);
	row->participant = mapping_read_code(mapping, MAPPING_PARTICIPANT);
	mapping_read_day(mapping, row);
	row->amount = mapping_read_amount(mapping, MAPPING_AMOUNT);
	row->volume = mapping_read_amount(mapping, MAPPING_VOLUME);
	if (unlikely(mapping->source->has_orders))
		mapping_read_order(mapping, row);
	MemoryContextSwitchTo(caller);
}

/* Has a mapping look at a row. */
static inline void
mapping_look_at(Mapping *mapping, TupleTableSlot *slot)
{
	if (!mapping->has_row)
	{
		mapping_rows_kept++;
		mapping->level = GetCurrentTransactionNestLevel();
	}
	mapping->has_row = true;
	mapping->econtext->ecxt_scantuple = slot;
	mapping->row.slot = slot;
	slot_getsomeattrs(slot, mapping->attributes);
}

/*
 * Reads a row as a booking. Whatever row points to is good until the next call with this mapping, or
 * until mapping_release_row(). Within mapping_read_rows(), or as the owner.
 *
 * Raises 22003 when an amount does not fit, and whatever the expressions raise; errors name the source, the
 * argument and the row.
 */
void
mapping_read(Mapping *mapping, TupleTableSlot *slot, MappedRow *row)
{
	ErrorContextCallback callback = {error_context_stack, mapping_error_callback, mapping};

	error_context_stack = &callback;
	mapping->in_use = true;
	ResetExprContext(mapping->econtext);
	mapping_look_at(mapping, slot);
	row->counts = mapping_read_counts(mapping);
	if (row->counts)
		mapping_read_booking(mapping, row);
	mapping->in_use = false;
	error_context_stack = callback.previous;
}

/*
 * Frees the memory of the row that was read last: it may be a document of megabytes. To be called after the
 * last row: the mapping may stay in the cache for as long as the session.
 */
void
mapping_release_row(Mapping *mapping)
{
	if (!mapping->has_row)
		return;
	Assert(mapping_rows_kept > 0);
	mapping->has_row = false;
	mapping_rows_kept--;
	ResetExprContext(mapping->econtext);
}

/* Begins with a row that is read column by column, as the owner. */
void
mapping_begin_row(Mapping *mapping, TupleTableSlot *slot)
{
	mapping_release_row(mapping);
	mapping_look_at(mapping, slot);
}

/*
 * Reads one column of the row, which is mapped, into row. What row points to is good until the next row, or
 * mapping_release_row(). Raises what the expression raises.
 */
void
mapping_read_column(Mapping *mapping, MappingColumn column, MappedRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(mapping->econtext->ecxt_per_tuple_memory);

	if (column == MAPPING_COUNTS_WHEN)
		row->counts = mapping_read_counts(mapping);
	else if (column == MAPPING_SERVICE)
		row->service = mapping_read_code(mapping, column);
	else if (column == MAPPING_PARTICIPANT)
		row->participant = mapping_read_code(mapping, column);
	else if (column == MAPPING_BOOKED_ON)
		mapping_read_day(mapping, row);
	else if (column == MAPPING_AMOUNT)
		row->amount = mapping_read_amount(mapping, column);
	else if (column == MAPPING_VOLUME)
		row->volume = mapping_read_amount(mapping, column);
	else if (column == MAPPING_REFERENCE)
		row->reference = mapping_read_code(mapping, column);
	else if (column == MAPPING_RELEASES)
		row->releases = mapping_read_code(mapping, column);
	else
		row->is_final = mapping_read_condition(mapping, column);
	MemoryContextSwitchTo(caller);
}

/* Names the row that was read last, as errors do; NULL where none of its values may be shown. */
char *
mapping_row_name(const Mapping *mapping)
{
	return mapping_row_text(&mapping->row);
}

/*
 * Tells whether a mapping runs code that somebody wrote, which after an error may be in the middle of its
 * work.
 */
bool
mapping_runs_foreign_code(const Mapping *mapping)
{
	return mapping->as_owner;
}
