/*
 * page_chart.h
 *	  Drawings of a page: bars of usage against steps, of a reserve against what is required, courses of a period, plain bars.
 */
#ifndef SP71_PAGE_CHART_H
#define SP71_PAGE_CHART_H

#include "pages/page.h"
#include "types/ladder.h"

#define COURSE_MOST_MONTHS 120

/* The course of a period. What is 0 is not drawn. */
typedef struct PageCourse
{
	const char *title;
	const char *limit_text; /* exact; NULL: none */
	int months;             /* of the period */
	int booked;             /* months with a point: up to the last that was booked on, or is past */
	int as_of;              /* the point from which the band starts, from 0 */
	double sums[COURSE_MOST_MONTHS];
	double limit;
	double lowest; /* the band: outlooks for the end of the period */
	double highest;
	double advised;
	const char *first; /* first and last day */
	const char *last;
} PageCourse;

extern void page_chart_patterns(HtmlPage *page);
extern void page_bullet(HtmlPage *page, const char *title, const char *description, double used,
						double limit, const Ladder *ladder);
extern void page_gauge(HtmlPage *page, const char *title, const char *description, double available,
					   double required);
extern void page_bar(HtmlPage *page, const char *title, double value, double most);
extern void page_course(HtmlPage *page, const PageCourse *course);

#endif
