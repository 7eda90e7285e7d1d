/*
 * page_query.h
 *	  What a page reads: queries on public views and functions, as whoever asks for the page.
 *
 * What several sections need is read once and kept, as a relation that later queries name. page_scope.c has these.
 */
#ifndef SP71_PAGE_QUERY_H
#define SP71_PAGE_QUERY_H

#include "pages/page.h"

/* A range of days; the first and the last day of the period of the page. */
#define PAGE_DAYS "steering.period_range($1)"
#define PAGE_FIRST "lower(" PAGE_DAYS ")"
#define PAGE_LAST "(upper(" PAGE_DAYS ") - 1)"

/* Narrows a public view or function to the participants that are wanted, before it computes the others. */
#define PAGE_WANTED(participant) "($5 IS NULL OR " participant " = ANY ($5)) "

/* Of caps that are expected to be exceeded, by how much of each: in which order, and how many are named. */
#define PAGE_EXCEEDED_MOST "expected / nullif(amount, 0) DESC NULLS FIRST, cap_id"
#define PAGE_NAMED "5"

/* Whether the page is of all participants that the role may read, and of all services. */
#define PAGE_IS_OF_ALL                                                                             \
	"NOT EXISTS (SELECT code FROM steering.readable_participant EXCEPT SELECT code FROM scope)"
#define PAGE_HAS_ALL_SERVICES "NOT EXISTS (SELECT FROM place WHERE NOT is_in)"

extern int page_query(HtmlPage *page, const char *query);
extern void page_keep(HtmlPage *page, const char *name, const char *query);
extern void page_forget(HtmlPage *page);
extern bool page_has(HtmlPage *page, const char *function);
extern char *page_value(int row, int column);
extern double page_number(int row, int column);
extern bool page_is_true(int row, int column);

#endif
