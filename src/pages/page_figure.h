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
extern void page_figure_cell(HtmlPage *page, const char *number, int decimals);
extern void page_count(HtmlPage *page, int64 count);
extern char *page_day_text(const HtmlPage *page, const char *day);
extern char *page_moment_text(const HtmlPage *page, const char *moment);
extern void page_day(HtmlPage *page, const char *day);

#endif
