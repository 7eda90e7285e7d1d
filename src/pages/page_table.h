/*
 * page_table.h
 *	  Sections and tables of a page.
 */
#ifndef SP71_PAGE_TABLE_H
#define SP71_PAGE_TABLE_H

#include "pages/page_sign.h"

/* How a column is written; numbers come last. */
typedef enum PageKind
{
	KIND_TEXT,
	KIND_OF,   /* what the row is about; of none: of the whole */
	KIND_WORD, /* as stored, for which there are words */
	KIND_DAY,
	KIND_MOMENT, /* of the first column */
	KIND_LIGHT,
	KIND_TOTAL, /* whether the row is a total of others: not written, and the last column */
	KIND_MONEY,
	KIND_AMOUNT, /* of money or of what else the row is about */
	KIND_PRICE,  /* money, with decimals */
	KIND_RATIO,
	KIND_MEASURE
} PageKind;

/* A column: its heading, and how it is written. The first column heads the rows, and is text, what the row is about, or a moment. */
typedef struct PageColumn
{
	PageWord heading;
	PageKind kind;
} PageColumn;

extern void page_section_open(HtmlPage *page, const char *id, PageWord heading);
extern void page_section_close(HtmlPage *page);
extern void page_line_open(HtmlPage *page, PageWord word, const char *of, const char *link);
extern void page_line_close(HtmlPage *page);
extern void page_link(HtmlPage *page, const char *section, const char *text, const char *of);
extern void page_nothing(HtmlPage *page);
extern void page_table_open(HtmlPage *page, PageWord caption, const PageColumn *columns, int count);
extern void page_table_close(HtmlPage *page);
extern void page_row_open(HtmlPage *page, const char *heading, bool is_total);
extern void page_list_row(HtmlPage *page, const PageColumn *columns, int count, int row);
extern void page_list(HtmlPage *page, PageWord caption, const PageColumn *columns, int count,
					  const char *query);

#endif
