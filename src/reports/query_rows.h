/*
 * query_rows.h
 *	  Visits the rows of a query on the extension's own tables, one after another.
 */
#ifndef SP71_QUERY_ROWS_H
#define SP71_QUERY_ROWS_H

#include "sp71_steering.h"

#include "executor/tuptable.h"

/* Gets a row with all columns in tts_values and tts_isnull; they are gone after the call. */
typedef void (*QueryVisitor)(const TupleTableSlot *row, void *context);

extern void query_visit_rows(const char *query, QueryVisitor visit, void *context);
extern void query_visit_rows_as_caller(const char *query, QueryVisitor visit, void *context);
extern Datum query_value(const TupleTableSlot *row, int column);

#endif
