/*
 * page_query.c
 *	  Runs the queries of a page.
 *
 * As the caller, never as the extension's owner: what he may not read is not in his page. Names are looked up in
 * pg_catalog alone, which whoever calls report() pins; a relation that is kept comes before. Rows stay in SPI's memory until
 * the next query, what is kept until the page is done.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#include "pages/page_query.h"

/*
 * Runs a query on the period ($1), the participant ($2), the day (as-of, $3), the level ($4) and the participants that are
 * wanted ($5) of the page. Returns how many rows it has.
 */
int
page_query(HtmlPage *page, const char *query)
{
	Oid types[] = {TEXTOID, TEXTOID, DATEOID, TEXTOID, TEXTARRAYOID, NUMERICOID};
	int result;

	CHECK_FOR_INTERRUPTS();
	SPI_freetuptable(SPI_tuptable);
	result =
		SPI_execute_with_args(query, lengthof(types), types, page->values, page->nulls, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return (int) SPI_processed;
}

/* Returns the rows of the last query as a store, on disk as far as they are more than work_mem. */
static Tuplestorestate *
page_store(void)
{
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);

	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttuple(store, SPI_tuptable->vals[row]);
	}
	return store;
}

/* Keeps the rows of a query as a relation of that name, for the queries that follow. */
void
page_keep(HtmlPage *page, const char *name, const char *query)
{
	EphemeralNamedRelation kept = palloc0(sizeof(EphemeralNamedRelationData));
	int rows = page_query(page, query);

	kept->md.name = pstrdup(name);
	kept->md.tupdesc = CreateTupleDescCopy(SPI_tuptable->tupdesc);
	kept->md.enrtype = ENR_NAMED_TUPLESTORE;
	kept->md.enrtuples = rows;
	kept->reldata = page_store();
	page->kept = lappend(page->kept, kept->reldata);
	if (SPI_register_relation(kept) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
}

/* Lets go of what was kept. */
void
page_forget(HtmlPage *page)
{
	ListCell *cell;

	foreach(cell, page->kept)
		tuplestore_end(lfirst(cell));
}

/* Tells whether the database has a function, by its signature; the library may be newer than the objects. */
bool
page_has(HtmlPage *page, const char *function)
{
	return page_query(page, psprintf("SELECT to_regprocedure('%s') IS NOT NULL", function)) == 1 &&
		   page_is_true(0, 0);
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
