/*
 * order_line_row.h
 *	  Rows of steering.order_line: how they look, are found, locked, written.
 */
#ifndef SP71_ORDER_LINE_ROW_H
#define SP71_ORDER_LINE_ROW_H

#include "sp71_steering.h"

#include "access/htup.h"
#include "bookings/order_change.h"
#include "own.h"
#include "utils/relcache.h"

/* The table, opened to be written. */
typedef struct OrderLineTable
{
	Relation rel;
	bool has_spi; /* SQL was needed */
	OwnSpi spi;
} OrderLineTable;

/* A row of the table. Texts are in memory that goes with it. */
typedef struct OrderLine
{
	HeapTuple tuple;  /* as it is stored; NULL: it is not */
	OrderPlace place; /* only where there are orders */
	UsageSum ordered; /* with how many rows */
	UsageSum invoiced;
	int64 finals;
	Amount amount; /* what is released, with its sign turned */
	Amount volume;
	bool is_released; /* something is */
} OrderLine;

extern void order_line_open(OrderLineTable *table);
extern void order_line_close(OrderLineTable *table);
extern bool order_line_find(const OrderLineTable *table, const char *reference, OrderLine *line);
extern bool order_line_lock(const OrderLineTable *table, const char *reference, OrderLine *line);
extern bool order_line_insert(OrderLineTable *table, const char *reference, const OrderLine *line);
extern void order_line_update(OrderLineTable *table, const char *reference, const OrderLine *line);

#endif
