/*
 * page_course.c
 *	  Draws the course of a period: sums by month, the cap, and the band of outlooks.
 */
#include "postgres.h"

#include <math.h>

#include "pages/page_chart.h"
#include "pages/page_figure.h"
#include "pages/page_words.h"

/* Where things are, in a box of 400 by 190. */
#define COURSE_LEFT 74.0
#define COURSE_RIGHT 384.0
#define COURSE_TOP 12.0
#define COURSE_BOTTOM 162.0

/* Returns where the end of a month lies; -1: the start of the period. */
static double
course_x(const PageCourse *course, int month)
{
	return COURSE_LEFT + (COURSE_RIGHT - COURSE_LEFT) * (month + 1) / course->months;
}

/* Returns where a sum lies on a scale to most. */
static double
course_y(double sum, double most)
{
	return COURSE_BOTTOM - (COURSE_BOTTOM - COURSE_TOP) * Max(sum, 0) / most;
}

/* Returns a round step of a scale: 1, 2, or 5 times a power of ten, of which four reach what is highest. */
static double
course_step(double highest)
{
	double power = pow(10, floor(log10(Max(highest, 1) / 4)));
	double times = highest / 4 / power;

	return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

/* Returns the highest of what is drawn. */
static double
course_highest(const PageCourse *course)
{
	double highest = Max(Max(course->limit, course->highest), course->advised);

	for (int i = 0; i < course->booked; i++)
		highest = Max(highest, course->sums[i]);
	return highest;
}

/* Returns in what a scale counts, so that its numbers have room: ones, millions, and so on. */
static double
course_unit(double most)
{
	double unit = 1;

	while (most / unit >= 1e9)
		unit *= 1e6;
	return unit;
}

/* Draws the scale, with its numbers; what they are multiplied by stands above them, unless it is 1. */
static void
course_draw_scale(HtmlPage *page, double step, double most)
{
	double unit = course_unit(most);

	if (unit > 1)
		appendStringInfo(&page->html, "<text x=\"2\" y=\"%.1f\">&#215; %s</text>",
						 COURSE_BOTTOM + 18,
						 page_figure_text(page, psprintf("%.0f", unit), PAGE_MONEY));
	for (double sum = 0; sum <= most * 1.001; sum += step)
	{
		double y = course_y(sum, most);

		appendStringInfo(&page->html,
						 "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
						 "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>",
						 COURSE_LEFT, y, COURSE_RIGHT, COURSE_LEFT - 5, y + 3.5,
						 page_figure_text(page, psprintf("%.0f", sum / unit), PAGE_MONEY));
	}
}

/* Draws the months below the scale: the first and the last by name. */
static void
course_draw_months(HtmlPage *page, const PageCourse *course)
{
	for (int i = 0; i < course->months; i++)
		appendStringInfo(&page->html, "<path class=\"tick\" d=\"M%.1f %.1fv4\"/>",
						 course_x(course, i), COURSE_BOTTOM);
	appendStringInfo(&page->html, "<text x=\"%.1f\" y=\"%.1f\">", COURSE_LEFT, COURSE_BOTTOM + 18);
	page_text(page, page_day_text(page, course->first));
	appendStringInfo(&page->html, "</text><text class=\"end\" x=\"%.1f\" y=\"%.1f\">", COURSE_RIGHT,
					 COURSE_BOTTOM + 18);
	page_text(page, page_day_text(page, course->last));
	page_markup(page, "</text>");
}

/* Draws the band from the point of the as-of day to the end, and the mark of the advised outlook. */
static void
course_draw_band(HtmlPage *page, const PageCourse *course, double most)
{
	double from = course_x(course, course->as_of);
	double start = course_y(course->as_of < 0 ? 0 : course->sums[course->as_of], most);

	if (course->highest > 0)
		appendStringInfo(&page->html, "<path class=\"band\" d=\"M%.1f %.1fL%.1f %.1fV%.1fZ\"/>",
						 from, start, COURSE_RIGHT, course_y(course->highest, most),
						 course_y(course->lowest, most));
	if (course->advised > 0)
		appendStringInfo(&page->html, "<path class=\"advised\" d=\"M%.1f %.1fl5 -5l5 5l-5 5Z\"/>",
						 COURSE_RIGHT - 5, course_y(course->advised, most));
}

/* Draws the line of sums from one month to another; -1: from 0 at the start. */
static void
course_draw_sums(HtmlPage *page, const PageCourse *course, const char *class, int from, int to,
				 double most)
{
	if (to <= from)
		return;
	appendStringInfo(&page->html, "<path class=\"%s\" d=\"M%.1f %.1f", class,
					 course_x(course, from), course_y(from < 0 ? 0 : course->sums[from], most));
	for (int i = from + 1; i <= to; i++)
		appendStringInfo(&page->html, "L%.1f %.1f", course_x(course, i),
						 course_y(course->sums[i], most));
	page_markup(page, "\"/>");
}

/* Draws the line of sums, of months after the as-of day dashed, and the cap. */
static void
course_draw_line(HtmlPage *page, const PageCourse *course, double most)
{
	course_draw_sums(page, course, "line", -1, Min(course->as_of, course->booked - 1), most);
	course_draw_sums(page, course, "line ahead", course->as_of, course->booked - 1, most);
	if (course->limit > 0)
		appendStringInfo(&page->html, "<path class=\"cap\" d=\"M%.1f %.1fH%.1f\"/>", COURSE_LEFT,
						 course_y(course->limit, most), COURSE_RIGHT);
}

/* Writes what the drawing says. */
static void
course_describe(HtmlPage *page, const PageCourse *course)
{
	page_element(page, "title", NULL, course->title);
	page_open(page, "desc", NULL);
	page_text(page, page_word(page, WORD_ACTUAL));
	appendStringInfo(&page->html, " %s",
					 page_figure_text(page,
									  psprintf("%.2f", course->booked > 0
														   ? course->sums[course->booked - 1]
														   : 0.0),
									  PAGE_MONEY));
	if (course->limit_text != NULL)
		appendStringInfo(&page->html, "; %s %s", page_word(page, WORD_CAP),
						 page_figure_text(page, course->limit_text, PAGE_MONEY));
	if (course->highest > 0)
		appendStringInfo(&page->html, "; %s %s, %s", page_word(page, WORD_BAND),
						 page_figure_text(page, psprintf("%.2f", course->lowest), PAGE_MONEY),
						 page_figure_text(page, psprintf("%.2f", course->highest), PAGE_MONEY));
	page_close(page, "desc");
}

/* Draws the course of a period. */
void
page_course(HtmlPage *page, const PageCourse *course)
{
	double highest = course_highest(course);
	double step = course_step(highest);
	double most = Max(step * ceil(highest / step), step);

	page_markup(page, "<svg class=\"course\" viewBox=\"0 0 400 190\" role=\"img\">");
	course_describe(page, course);
	course_draw_scale(page, step, most);
	course_draw_months(page, course);
	course_draw_band(page, course, most);
	course_draw_line(page, course, most);
	page_close(page, "svg");
}
