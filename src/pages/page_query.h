/*
 * page_query.h
 *	  What a page reads: queries on public views and functions, as whoever asks for the page.
 */
#ifndef SP71_PAGE_QUERY_H
#define SP71_PAGE_QUERY_H

#include "pages/page.h"

/*
 * The participants that a page is about, from the top down, as a WITH query: the one that was asked for, or all that
 * the role may read; at depth 0 is who it is about. Before the parts of a query that are "scope".
 */
#define PAGE_SCOPE                                                                                 \
	"WITH RECURSIVE scope (code, name, depth) AS ("                                                \
	"SELECT code, name, 0 FROM steering.named_participant "                                        \
	"WHERE CASE WHEN $2 IS NULL THEN parent IS NULL ELSE code = $2 END "                           \
	"UNION ALL SELECT below.code, below.name, scope.depth + 1 "                                    \
	"FROM scope JOIN steering.named_participant AS below ON below.parent = scope.code) "

/* A range of days; the first and the last day of the period of the page. */
#define PAGE_DAYS "steering.period_range($1)"
#define PAGE_FIRST "lower(" PAGE_DAYS ")"
#define PAGE_LAST "(upper(" PAGE_DAYS ") - 1)"

extern int page_query(HtmlPage *page, const char *query);
extern char *page_value(int row, int column);
extern double page_number(int row, int column);
extern bool page_is_true(int row, int column);

#endif
