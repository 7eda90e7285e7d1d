/*
 * page_figure.h
 *	  Numbers and days on a page, as its language writes them.
 */
#ifndef SP71_PAGE_FIGURE_H
#define SP71_PAGE_FIGURE_H

#include "pages/page.h"

#define PAGE_MONEY 0   /* decimals: money is printed in whole units */
#define PAGE_RATIO 2   /* of what is divided, and of percentages */
#define PAGE_MEASURE 1 /* of what is measured, and of volumes */

extern char *page_figure_text(const HtmlPage *page, const char *number, int decimals);
extern char *page_figure_plain(const HtmlPage *page, const char *number, int decimals);
extern void page_figure(HtmlPage *page, const char *number, int decimals);
extern bool page_has_currency(void);
extern void page_currency(HtmlPage *page);
extern void page_currency_before(HtmlPage *page);
extern void page_amounts_in(HtmlPage *page);
extern void page_money(HtmlPage *page, const char *number);
extern void page_quantity(HtmlPage *page, const char *number, const char *metric);
extern void page_unit(HtmlPage *page, const char *metric, const char *unit);
extern void page_metric(HtmlPage *page, const char *metric, const char *unit);
extern void page_figure_cell(HtmlPage *page, const char *number, int decimals);
extern void page_count(HtmlPage *page, int64 count);
extern char *page_day_text(const HtmlPage *page, const char *day);
extern char *page_moment_text(const HtmlPage *page, const char *moment);
extern void page_day(HtmlPage *page, const char *day);

#endif
