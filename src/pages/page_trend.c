/*
 * page_trend.c
 *	  Trends: what was measured of each indicator, and its target, over the earlier periods that end with this one.
 *
 * Periods of one length make a line: months, quarters or years, of whichever most were measured. The scale of each drawing is
 * its own, from its lowest to its highest point: units differ.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

#define TREND_LEFT 8.0
#define TREND_WIDTH 384.0
#define TREND_TOP 10.0
#define TREND_HEIGHT 64.0

/* Columns of the query. */
enum
{
	TREND_SERIES,
	TREND_TITLE,
	TREND_DIMENSION,
	TREND_UNIT,
	TREND_PERIOD,
	TREND_TARGET,
	TREND_MEASURED
};

/* A line of points, the oldest first. */
typedef struct Trend
{
	int first; /* row of the query */
	int points;
	double lowest;
	double highest;
} Trend;

/* Of what page_results() keeps. */
#define TREND_QUERY                                                                                \
	"WITH point AS (SELECT outcome.*, outcome.valid_to - outcome.valid_from >= 300 AS of_years, "  \
	"outcome.valid_to - outcome.valid_from < 40 AS of_months FROM outcome "                        \
	"WHERE outcome.measured IS NOT NULL AND outcome.depth <= 1), "                                 \
	"series AS (SELECT service, indicator, participant, of_years, of_months, count(*) AS points, " \
	"is_group, row_number() OVER (PARTITION BY service, indicator, participant "                   \
	"ORDER BY count(*) DESC, of_years DESC, of_months DESC) AS choice FROM point "                 \
	"GROUP BY service, indicator, participant, is_group, of_years, of_months), "                   \
	"chosen AS (SELECT series.*, row_number() OVER (ORDER BY service COLLATE \"C\", "              \
	"indicator COLLATE \"C\", is_group DESC, participant COLLATE \"C\") AS number FROM series "    \
	"WHERE choice = 1 AND points >= 3), "                                                          \
	"drawn AS (SELECT chosen.number, point.title || ', ' || point.name AS title, "                 \
	"point.dimension, point.unit, point.period, point.target, "                                    \
	"point.measured, point.valid_from, row_number() OVER (PARTITION BY chosen.number "             \
	"ORDER BY point.valid_from DESC) AS back FROM chosen JOIN point "                              \
	"USING (service, indicator, participant, of_years, of_months) WHERE chosen.number <= 12) "     \
	"SELECT number, title, dimension, unit, period, target, measured FROM drawn "                  \
	"WHERE back <= 24 ORDER BY number, valid_from"

/* Takes a value into the scale of a line. */
static void
trend_scale(Trend *trend, int row, int column)
{
	double value = page_number(row, column);

	if (page_value(row, column) == NULL)
		return;
	trend->lowest = Min(trend->lowest, value);
	trend->highest = Max(trend->highest, value);
}

/* Reads a line from a row on; returns the row behind it. */
static int
trend_read(Trend *trend, int row, int rows)
{
	const char *series = page_value(row, TREND_SERIES);

	*trend = (Trend){.first = row,
					 .lowest = page_number(row, TREND_MEASURED),
					 .highest = page_number(row, TREND_MEASURED)};
	for (; row < rows && strcmp(page_value(row, TREND_SERIES), series) == 0; row++)
	{
		trend_scale(trend, row, TREND_MEASURED);
		trend_scale(trend, row, TREND_TARGET);
		trend->points++;
	}
	return row;
}

/* Returns where a point lies from left to right. */
static double
trend_x(const Trend *trend, int point)
{
	return TREND_LEFT + TREND_WIDTH * point / (trend->points - 1);
}

/* Returns where a value lies from top to bottom. */
static double
trend_y(const Trend *trend, double value)
{
	double range = trend->highest - trend->lowest;

	return TREND_TOP + TREND_HEIGHT * (range > 0 ? (trend->highest - value) / range : 0.5);
}

/* Draws a line through the values of a column; it is broken where one is not known. */
static void
trend_line(HtmlPage *page, const Trend *trend, int column, const char *class)
{
	bool is_drawn = false;

	page_markup(page, "<path");
	page_attribute(page, "class", class);
	page_markup(page, " d=\"");
	for (int i = 0; i < trend->points; i++)
	{
		bool is_known = page_value(trend->first + i, column) != NULL;

		if (is_known)
			appendStringInfo(&page->html, "%c%.1f %.1f", is_drawn ? 'L' : 'M', trend_x(trend, i),
							 trend_y(trend, page_number(trend->first + i, column)));
		is_drawn = is_known;
	}
	page_markup(page, "\"/>");
}

/* Draws the points of what was measured. */
static void
trend_dots(HtmlPage *page, const Trend *trend)
{
	for (int i = 0; i < trend->points; i++)
		appendStringInfo(&page->html, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>",
						 trend_x(trend, i),
						 trend_y(trend, page_number(trend->first + i, TREND_MEASURED)));
}

/* Writes what was measured in a period. */
static void
trend_measured(HtmlPage *page, int row)
{
	page_open(page, "span", NULL);
	page_text(page, page_value(row, TREND_PERIOD));
	page_markup(page, ": ");
	page_figure(page, page_value(row, TREND_MEASURED), PAGE_MEASURE);
	page_close(page, "span");
}

/* Writes the target of the last period, if there is one. */
static void
trend_target(HtmlPage *page, int row)
{
	if (page_value(row, TREND_TARGET) == NULL)
		return;
	page_open(page, "span", NULL);
	page_text(page, page_word(page, WORD_TARGET));
	page_markup(page, ": ");
	page_figure(page, page_value(row, TREND_TARGET), PAGE_MEASURE);
	page_close(page, "span");
}

/* Writes what a drawing says: each period with what was measured. */
static void
trend_describe(HtmlPage *page, const Trend *trend)
{
	page_element(page, "title", NULL, page_value(trend->first, TREND_TITLE));
	page_open(page, "desc", NULL);
	for (int row = trend->first; row < trend->first + trend->points; row++)
	{
		page_text(page, page_value(row, TREND_PERIOD));
		page_markup(page, ": ");
		page_markup(page, page_figure_text(page, page_value(row, TREND_MEASURED), PAGE_MEASURE));
		page_markup(page, "; ");
	}
	page_close(page, "desc");
}

/* Writes a line, with its first and last value below it. */
static void
trend_figure(HtmlPage *page, const Trend *trend)
{
	int last = trend->first + trend->points - 1;

	page_open(page, "figure", NULL);
	page_element(page, "h4", NULL, page_value(trend->first, TREND_TITLE));
	page_markup(page, "<svg class=\"trend\" viewBox=\"0 0 400 84\" role=\"img\">");
	trend_describe(page, trend);
	trend_line(page, trend, TREND_TARGET, "cap");
	trend_line(page, trend, TREND_MEASURED, "line");
	trend_dots(page, trend);
	page_close(page, "svg");
	page_open(page, "figcaption", NULL);
	trend_measured(page, trend->first);
	trend_measured(page, last);
	trend_target(page, last);
	page_open(page, "span", NULL);
	page_stored_word(page, page_value(trend->first, TREND_DIMENSION));
	page_close(page, "span");
	page_close(page, "figcaption");
	page_close(page, "figure");
}

/* Writes the trends, if there are any. */
void
page_trends(HtmlPage *page)
{
	Trend trend;
	int rows = page_query(page, TREND_QUERY);

	if (rows == 0)
		return;
	page_word_element(page, "h3", NULL, WORD_TRENDS);
	page_word_element(page, "p", "intro", WORD_TRENDS_INTRO);
	page_open(page, "div", "multiples");
	for (int row = 0; row < rows;)
	{
		row = trend_read(&trend, row, rows);
		trend_figure(page, &trend);
	}
	page_close(page, "div");
}
