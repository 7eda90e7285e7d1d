/*
 * order_line_row.c
 *	  Rows of steering.order_line: how they look, are found, locked, written.
 *
 * A row that is there is changed without SQL, as counters are (heap_row_write.c). One is made by SQL, as the owner of
 * the extension, since another session may be making it at the same moment; that is waited for.
 *
 * Texts and rows are in the present memory of who asks.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "bookings/order_line_row.h"
#include "kept_plan.h"
#include "ledger/heap_row_list.h"
#include "ledger/heap_row_write.h"
#include "own_shape.h"

/* The columns, in the order of their numbers. */
#define ORDER_LINE_COLUMNS                                                                         \
	"reference, source_id, service, participant, booked_on, orders, ordered_amount, "              \
	"ordered_volume, invoices, invoiced_amount, invoiced_volume, finals, amount, volume, "         \
	"is_released"

#define ORDER_LINE_INSERT                                                                          \
	"INSERT INTO steering.order_line (" ORDER_LINE_COLUMNS ") VALUES "                             \
	"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "                          \
	"ON CONFLICT ON CONSTRAINT order_line_pkey DO NOTHING"

#define ORDER_LINE_DELETE "DELETE FROM steering.order_line WHERE reference = $1"

enum
{
	LINE_REFERENCE,
	LINE_SOURCE,
	LINE_SERVICE,
	LINE_PARTICIPANT,
	LINE_BOOKED_ON,
	LINE_ORDERS,
	LINE_ORDERED_AMOUNT,
	LINE_ORDERED_VOLUME,
	LINE_INVOICES,
	LINE_INVOICED_AMOUNT,
	LINE_INVOICED_VOLUME,
	LINE_FINALS,
	LINE_AMOUNT,
	LINE_VOLUME,
	LINE_IS_RELEASED,
	LINE_COLUMNS
};

/* Opens the table; the lock stays to the end of the transaction. */
void
order_line_open(OrderLineTable *table)
{
	table->rel = own_open(OWN_ORDER_LINE, RowExclusiveLock);
	table->has_spi = false;
}

/* Closes what order_line_open() opened. */
void
order_line_close(OrderLineTable *table)
{
	if (table->has_spi)
		own_spi_end(&table->spi);
	table_close(table->rel, NoLock);
}

/* Reads a column that cannot be null. */
static inline Datum
order_line_column(const OrderLineTable *table, HeapTuple tuple, int column)
{
	return own_value(tuple, column + 1, RelationGetDescr(table->rel));
}

/* Reads a sum: how many rows, amount, volume, which stand side by side. */
static UsageSum
order_line_read_sum(const OrderLineTable *table, HeapTuple tuple, int column)
{
	UsageSum sum = {
		.amount = DatumGetAmount(order_line_column(table, tuple, column + 1)),
		.volume = DatumGetAmount(order_line_column(table, tuple, column + 2)),
		.bookings = DatumGetInt64(order_line_column(table, tuple, column)),
	};

	return sum;
}

/* Reads a row. */
static void
order_line_read(const OrderLineTable *table, HeapTuple tuple, OrderLine *line)
{
	line->tuple = tuple;
	line->ordered = order_line_read_sum(table, tuple, LINE_ORDERS);
	line->invoiced = order_line_read_sum(table, tuple, LINE_INVOICES);
	line->finals = DatumGetInt64(order_line_column(table, tuple, LINE_FINALS));
	line->amount = DatumGetAmount(order_line_column(table, tuple, LINE_AMOUNT));
	line->volume = DatumGetAmount(order_line_column(table, tuple, LINE_VOLUME));
	line->is_released = DatumGetBool(order_line_column(table, tuple, LINE_IS_RELEASED));
	if (line->ordered.bookings <= 0)
		return;
	line->place.source_id = DatumGetInt32(order_line_column(table, tuple, LINE_SOURCE));
	line->place.service = TextDatumGetCString(order_line_column(table, tuple, LINE_SERVICE));
	line->place.participant =
		TextDatumGetCString(order_line_column(table, tuple, LINE_PARTICIPANT));
	line->place.day = DatumGetDateADT(order_line_column(table, tuple, LINE_BOOKED_ON));
}

/* Finds the newest row of a key, as it is stored; NULL: there is none. */
static HeapTuple
order_line_lookup(const OrderLineTable *table, const char *reference)
{
	HeapKey key = {table->rel, own_relation(OWN_ORDER_LINE_PKEY), 1};
	List *rows;

	ScanKeyInit(&key.keys[0], LINE_REFERENCE + 1, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(reference));
	rows = heap_row_list(&key);
	return rows == NIL ? NULL : linitial(rows);
}

/* Reads the row of a key, without locking it; false: there is none. */
bool
order_line_find(const OrderLineTable *table, const char *reference, OrderLine *line)
{
	HeapTuple tuple = order_line_lookup(table, reference);

	memset(line, 0, sizeof(OrderLine));
	if (tuple != NULL)
		order_line_read(table, tuple, line);
	return tuple != NULL;
}

/*
 * Locks the row of a key to the end of the transaction, and reads it; false: there is none. Whoever is changing it is
 * waited for.
 */
bool
order_line_lock(const OrderLineTable *table, const char *reference, OrderLine *line)
{
	HeapTuple tuple = NULL;

	memset(line, 0, sizeof(OrderLine));
	while (tuple == NULL)
	{
		HeapTuple found = order_line_lookup(table, reference);
		bool deleted;

		CHECK_FOR_INTERRUPTS();
		if (found == NULL)
			return false;
		tuple = heap_row_lock(table->rel, &found->t_self, &deleted);
	}
	order_line_read(table, tuple, line);
	return true;
}

/* Makes values of a row. */
static void
order_line_values(const char *reference, const OrderLine *line, Datum *values, bool *nulls)
{
	bool has_place = line->ordered.bookings > 0;

	memset(nulls, false, LINE_COLUMNS * sizeof(bool));
	memset(&nulls[LINE_SOURCE], !has_place, (LINE_BOOKED_ON - LINE_SOURCE + 1) * sizeof(bool));
	values[LINE_REFERENCE] = CStringGetTextDatum(reference);
	if (has_place)
	{
		values[LINE_SOURCE] = Int32GetDatum(line->place.source_id);
		values[LINE_SERVICE] = CStringGetTextDatum(line->place.service);
		values[LINE_PARTICIPANT] = CStringGetTextDatum(line->place.participant);
		values[LINE_BOOKED_ON] = DateADTGetDatum(line->place.day);
	}
	values[LINE_ORDERS] = Int64GetDatum(line->ordered.bookings);
	values[LINE_ORDERED_AMOUNT] = AmountGetDatum(amount_narrow(line->ordered.amount));
	values[LINE_ORDERED_VOLUME] = AmountGetDatum(amount_narrow(line->ordered.volume));
	values[LINE_INVOICES] = Int64GetDatum(line->invoiced.bookings);
	values[LINE_INVOICED_AMOUNT] = AmountGetDatum(amount_narrow(line->invoiced.amount));
	values[LINE_INVOICED_VOLUME] = AmountGetDatum(amount_narrow(line->invoiced.volume));
	values[LINE_FINALS] = Int64GetDatum(line->finals);
	values[LINE_AMOUNT] = AmountGetDatum(line->amount);
	values[LINE_VOLUME] = AmountGetDatum(line->volume);
	values[LINE_IS_RELEASED] = BoolGetDatum(line->is_released);
}

/* Opens SPI, if it is not, in the present memory. */
static void
order_line_need_spi(OrderLineTable *table)
{
	MemoryContext caller = CurrentMemoryContext;

	if (!table->has_spi)
		own_spi_begin(&table->spi);
	table->has_spi = true;
	MemoryContextSwitchTo(caller);
}

/* Tells whether a row has nothing to say. */
static bool
order_line_is_empty(const OrderLine *line)
{
	return line->ordered.bookings == 0 && usage_sum_is_zero(&line->invoiced) && line->finals == 0;
}

/* Writes a row where none was, unless it is empty; false: somebody else has made one meanwhile. */
bool
order_line_insert(OrderLineTable *table, const char *reference, const OrderLine *line)
{
	static SPIPlanPtr plan = NULL;
	Oid amount = own_amount_type();
	Oid types[LINE_COLUMNS] = {TEXTOID, INT4OID, TEXTOID, TEXTOID, DATEOID, INT8OID, amount, amount,
							   INT8OID, amount,  amount,  INT8OID, amount,  amount,  BOOLOID};
	Datum values[LINE_COLUMNS] = {0};
	bool is_null[LINE_COLUMNS];
	char nulls[LINE_COLUMNS + 1] = "";

	if (order_line_is_empty(line))
		return true;
	order_line_values(reference, line, values, is_null);
	for (int i = 0; i < LINE_COLUMNS; i++)
		nulls[i] = is_null[i] ? 'n' : ' ';
	order_line_need_spi(table);
	return kept_plan_execute(&plan, ORDER_LINE_INSERT, LINE_COLUMNS, types, values, nulls) > 0;
}

/* Deletes a row that is locked. */
static void
order_line_delete(OrderLineTable *table, const char *reference)
{
	static SPIPlanPtr plan = NULL;
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(reference)};

	order_line_need_spi(table);
	(void) kept_plan_execute(&plan, ORDER_LINE_DELETE, 1, types, values, NULL);
}

/* Writes a row that is locked, or deletes it when it is empty. */
void
order_line_update(OrderLineTable *table, const char *reference, const OrderLine *line)
{
	TupleDesc desc = RelationGetDescr(table->rel);
	Datum *values = palloc0(desc->natts * sizeof(Datum));
	bool *nulls = palloc0(desc->natts * sizeof(bool));
	bool *replaces = palloc0(desc->natts * sizeof(bool));
	HeapTuple tuple;

	if (order_line_is_empty(line))
	{
		order_line_delete(table, reference);
		return;
	}
	order_line_values(reference, line, values, nulls);
	memset(replaces, true, LINE_COLUMNS * sizeof(bool));
	tuple = heap_modify_tuple(line->tuple, desc, values, nulls, replaces);
	if (heap_row_write(table->rel, tuple, true) != HEAP_WRITTEN)
		elog(ERROR, "a row of table \"%s\" changed while it was locked",
			 RelationGetRelationName(table->rel));
}
