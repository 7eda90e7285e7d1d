/*
 * page_year.c
 *	  The course of the period: of all services together, and of each at the top of the tree.
 *
 * The sums are those of usage_by_month, added up; the band is from the lowest to the highest outlook of three methods.
 */
#include "postgres.h"

#include "pages/page_chart.h"
#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Columns of the query. */
enum
{
	YEAR_CODE,
	YEAR_NAME,
	YEAR_MONTH,
	YEAR_SUM,
	YEAR_IS_BOOKED,
	YEAR_IS_PAST, /* the month was over, or the as-of day is in it */
	YEAR_LAST,
	YEAR_LIMIT,
	YEAR_LOWEST,
	YEAR_HIGHEST,
	YEAR_ADVISED
};

/* clang-format off */
#define YEAR_QUERY \
	"WITH "\
	"booked AS MATERIALIZED (SELECT coalesce(place.root, '') AS root, usage.month, " \
	"sum(usage.amount) AS amount FROM spent AS usage " \
	"JOIN place ON place.code = usage.service AND place.is_in " \
	" GROUP BY GROUPING SETS ((place.root, usage.month), (usage.month))), " \
	"expected AS (SELECT coalesce(place.root, '') AS root, sum(outlook.advised) AS advised, " \
	"least(sum(outlook.run_rate), sum(outlook.seasonal), sum(outlook.additive)) AS lowest, " \
	"greatest(sum(outlook.run_rate), sum(outlook.seasonal), sum(outlook.additive)) AS highest " \
	"FROM ahead AS outlook JOIN place ON place.code = outlook.service " \
	"GROUP BY GROUPING SETS ((place.root), ())), " \
	"top AS (SELECT booked.root, service.name, sum(booked.amount) AS amount FROM booked " \
	"LEFT JOIN place AS service ON service.code = booked.root " \
	"GROUP BY booked.root, service.name " \
	"ORDER BY booked.root <> '', sum(booked.amount) DESC, booked.root LIMIT 13), " \
	"budget AS (SELECT service, min(budget) AS budget " \
	"FROM below JOIN place ON place.code = below.service AND place.is_in " \
	"GROUP BY service HAVING count(*) = 1), " \
	"months AS (SELECT start::date AS month FROM generate_series(" PAGE_FIRST "::timestamp, " PAGE_LAST \
	"::timestamp, interval '1 month') AS start) " \
	"SELECT top.root, top.name, months.month, " \
	"sum(booked.amount) OVER (PARTITION BY top.root ORDER BY months.month), " \
	"months.month <= greatest((SELECT max(booked.month) FROM booked), $3), months.month <= $3, " PAGE_LAST ", " \
	"budget.budget, expected.lowest, expected.highest, expected.advised FROM top CROSS JOIN months " \
	"LEFT JOIN booked ON booked.root = top.root AND booked.month = months.month " \
	"LEFT JOIN budget ON budget.service = top.root " \
	"LEFT JOIN expected ON expected.root = top.root " \
	"ORDER BY top.root <> '', top.amount DESC, top.root, months.month"
/* clang-format on */

pg_noreturn static void year_refuse(void);

/* Raises that a period is too long to be drawn month by month. */
static void
year_refuse(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("a report is of at most %d months", COURSE_MOST_MONTHS)));
}

/* Reads a month of a course. */
static void
year_month(PageCourse *course, int row)
{
	int month = course->months;

	if (month >= COURSE_MOST_MONTHS)
		year_refuse();
	course->sums[month] = page_number(row, YEAR_SUM);
	if (page_is_true(row, YEAR_IS_BOOKED))
		course->booked = month + 1;
	if (page_is_true(row, YEAR_IS_PAST))
		course->as_of = month;
	course->last = page_value(row, YEAR_LAST);
	course->months++;
}

/* Reads a course from a row on; returns the row behind it. */
static int
year_read(const HtmlPage *page, PageCourse *course, int row, int rows)
{
	const char *code = page_value(row, YEAR_CODE);

	memset(course, 0, sizeof(*course));
	course->title = page_value(row, YEAR_NAME);
	if (course->title == NULL)
		course->title = page_word(page, WORD_TOTAL);
	course->limit_text = page_value(row, YEAR_LIMIT);
	course->limit = page_number(row, YEAR_LIMIT);
	course->lowest = page_number(row, YEAR_LOWEST);
	course->highest = page_number(row, YEAR_HIGHEST);
	course->advised = page_number(row, YEAR_ADVISED);
	course->first = page_value(row, YEAR_MONTH);
	course->as_of = -1;
	for (; row < rows && strcmp(page_value(row, YEAR_CODE), code) == 0; row++)
		year_month(course, row);
	return row;
}

/* Methods that are advised, how far each was off in earlier years, and for how many services and participants it is. */
#define YEAR_ERROR_QUERY                                                                           \
	"SELECT advised_method, advised_years, count(*), advised_error FROM ahead "                    \
	"WHERE advised IS NOT NULL GROUP BY advised_method, advised_error, advised_years "             \
	"ORDER BY count(*) DESC, advised_method"

static const PageColumn YEAR_ERROR_COLUMNS[] = {{WORD_OUTLOOK_METHOD, KIND_TEXT},
												{WORD_OUTLOOK_YEARS, KIND_TEXT},
												{WORD_OUTLOOK_COUNT, KIND_TEXT},
												{WORD_OUTLOOK_ERROR, KIND_RATIO}};

/* Writes a figure in words, with its name before it. */
static void
year_figure(HtmlPage *page, PageWord word, const char *number)
{
	if (number == NULL)
		return;
	page_open(page, "span", NULL);
	page_text(page, page_word(page, word));
	page_markup(page, " ");
	page_money(page, number);
	page_close(page, "span");
}

/* Writes a course with its figures below it. */
static void
year_course(HtmlPage *page, const PageCourse *course, int row)
{
	page_open(page, "figure", NULL);
	page_element(page, "h3", NULL, course->title);
	page_course(page, course);
	page_open(page, "figcaption", NULL);
	year_figure(page, WORD_ACTUAL, page_value(row, YEAR_SUM));
	year_figure(page, WORD_CAP, page_value(row, YEAR_LIMIT));
	year_figure(page, WORD_OUTLOOK, page_value(row, YEAR_ADVISED));
	page_close(page, "figcaption");
	page_close(page, "figure");
}

/* Writes the section. */
void
page_year(HtmlPage *page)
{
	PageCourse course;
	int rows;

	page_section_open(page, "year", WORD_YEAR);
	page_word_element(page, "p", "intro", WORD_YEAR_INTRO);
	rows = page_query(page, YEAR_QUERY);
	if (rows == 0)
		page_nothing(page);
	page_open(page, "div", "multiples");
	for (int row = 0; row < rows;)
	{
		row = year_read(page, &course, row, rows);
		year_course(page, &course, row - 1);
	}
	page_close(page, "div");
	page_word_element(page, "h3", NULL, WORD_OUTLOOK_ERRORS);
	page_list(page, WORD_OUTLOOK_ERRORS, YEAR_ERROR_COLUMNS, lengthof(YEAR_ERROR_COLUMNS),
			  YEAR_ERROR_QUERY);
	page_section_close(page);
}
