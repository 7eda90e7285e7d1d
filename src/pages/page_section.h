/*
 * page_section.h
 *	  The sections of a report, in the order of the page.
 */
#ifndef SP71_PAGE_SECTION_H
#define SP71_PAGE_SECTION_H

#include "pages/page.h"

extern void page_scope(HtmlPage *page);
extern void page_head(HtmlPage *page);
extern void page_summary(HtmlPage *page);
extern void page_cost(HtmlPage *page);
extern void page_deviations(HtmlPage *page);
extern void page_results(HtmlPage *page);
extern void page_year(HtmlPage *page);
extern void page_side(HtmlPage *page);
extern void page_settlement(HtmlPage *page);
extern void page_allocation(HtmlPage *page);
extern void page_savings(HtmlPage *page);
extern void page_reserve(HtmlPage *page);
extern void page_risk(HtmlPage *page);
extern void page_lawfulness(HtmlPage *page);
extern void page_decisions(HtmlPage *page);
extern void page_closed(HtmlPage *page);
extern void page_refusals(HtmlPage *page);
extern void page_events(HtmlPage *page);
extern void page_methods(HtmlPage *page);
extern void page_standing(HtmlPage *page);
extern void page_trends(HtmlPage *page);
extern void page_flow(HtmlPage *page);
extern void page_bearing(HtmlPage *page);
extern void page_reserve_enough(HtmlPage *page);
extern void page_resilience(HtmlPage *page);
extern void page_style(HtmlPage *page);

#endif
