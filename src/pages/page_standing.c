/*
 * page_standing.c
 *	  What is asked for first, in a sentence each: what all of it will cost and how sure that is, whether the reserve is enough,
 *	  how many decisions wait.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Columns of the query of what is expected. */
enum
{
	STANDING_ADVISED,
	STANDING_LEAST_ERROR,
	STANDING_MOST_ERROR,
	STANDING_YEARS
};

/*
 * What all of it is expected to come to, as the course of the period has it, and how far the methods of these outlooks were off
 * before.
 */
#define STANDING_EXPECTED                                                                          \
	"SELECT sum(outlook.advised), min(outlook.advised_error), max(outlook.advised_error), "        \
	"max(outlook.advised_years) FROM ahead AS outlook "                                            \
	"JOIN place ON place.code = outlook.service WHERE outlook.advised IS NOT NULL"

/* How many decisions wait, as their list has them. */
#define STANDING_DECISIONS                                                                         \
	"SELECT count(DISTINCT decision) FROM steering.proposal "                                      \
	"WHERE $2 IS NULL OR participant IS NULL OR participant IN (SELECT code FROM scope)"

/* Writes by how many percent outlooks were off: of several methods from the least to the most. */
static void
standing_percent(HtmlPage *page)
{
	const char *least = page_value(0, STANDING_LEAST_ERROR);
	const char *most = page_value(0, STANDING_MOST_ERROR);

	page_markup(page, "<strong>");
	page_figure(page, least, PAGE_RATIO);
	if (strcmp(least, most) != 0)
	{
		page_text(page, page_word(page, WORD_TO));
		page_figure(page, most, PAGE_RATIO);
	}
	page_markup(page, "&#160;%</strong>");
}

/* Writes how far outlooks were off before, if anything is expected. */
static void
standing_error(HtmlPage *page)
{
	if (page_value(0, STANDING_ADVISED) == NULL)
		return;
	if (page_value(0, STANDING_LEAST_ERROR) == NULL)
	{
		page_text(page, page_word(page, WORD_ERROR_UNKNOWN));
		return;
	}
	page_text(page, page_word(page, WORD_ERROR_BEFORE));
	standing_percent(page);
	page_text(page, page_word(page, WORD_ERROR_YEARS));
	page_count(page, (int64) page_number(0, STANDING_YEARS));
	page_markup(page, ")");
}

/* Writes what all of it is expected to come to, and how sure that is. */
static void
standing_expected(HtmlPage *page)
{
	(void) page_query(page, STANDING_EXPECTED);
	page_line_open(page, WORD_EXPECTED_ALL, page->last, "#year");
	page_markup(page, "<strong>");
	page_money(page, page_value(0, STANDING_ADVISED));
	page_markup(page, "</strong>");
	standing_error(page);
	page_line_close(page);
}

/* Writes how many decisions wait. */
static void
standing_decisions(HtmlPage *page)
{
	(void) page_query(page, STANDING_DECISIONS);
	page_line_open(page, WORD_DECISIONS, NULL, "#decisions");
	page_markup(page, "<strong>");
	page_count(page, (int64) page_number(0, 0));
	page_markup(page, "</strong>");
	page_line_close(page);
}

/* Writes it. */
void
page_standing(HtmlPage *page)
{
	page_open(page, "dl", "facts standing");
	standing_expected(page);
	page_reserve_enough(page);
	standing_decisions(page);
	page_close(page, "dl");
}
