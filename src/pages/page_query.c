/*
 * page_query.c
 *	  Runs the queries of a page.
 *
 * As the caller, never as the extension's owner: what he may not read is not in his page. Names are looked up in
 * pg_catalog alone, which whoever calls report() pins. Rows stay in SPI's memory until the next query.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"

#include "pages/page_query.h"

/* Runs a query on the period ($1), the participant ($2) and the day (as-of, $3) of the page. Returns how many rows it has. */
int
page_query(HtmlPage *page, const char *query)
{
	Oid types[] = {TEXTOID, TEXTOID, DATEOID};
	int result;

	CHECK_FOR_INTERRUPTS();
	result =
		SPI_execute_with_args(query, lengthof(types), types, page->values, page->nulls, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return (int) SPI_processed;
}

/* Returns a value as text, or NULL; both count from 0. */
char *
page_value(int row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column + 1);
}

/* Returns a value as a number to draw by, 0 for NULL. What is printed is text. */
double
page_number(int row, int column)
{
	char *value = page_value(row, column);

	return value == NULL ? 0 : strtod(value, NULL);
}

/* Tells whether a value is true. */
bool
page_is_true(int row, int column)
{
	char *value = page_value(row, column);

	return value != NULL && value[0] == 't';
}
