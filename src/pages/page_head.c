/*
 * page_head.c
 *	  The head of a report: what it is about, whose figures these are, and how to read them.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_words.h"

/* Opens a line of the head. */
static void
head_line_open(HtmlPage *page, PageWord word)
{
	page_word_element(page, "dt", NULL, word);
	page_open(page, "dd", NULL);
}

/* Writes who the page is about, as the heading. */
static void
head_title(HtmlPage *page)
{
	int rows =
		page_query(page, "SELECT coalesce(name, code) FROM scope WHERE depth = 0 ORDER BY code");

	page_open(page, "h1", NULL);
	page_text(page, page_word(page, WORD_TITLE));
	page_markup(page, " ");
	page_name(page, rows == 1 ? page_value(0, 0) : page_word(page, WORD_ALL));
	page_close(page, "h1");
}

/* Writes the lines of the head, of a row of its query. */
static void
head_lines(HtmlPage *page)
{
	head_line_open(page, WORD_PERIOD);
	page_day(page, page_value(0, 0));
	page_markup(page, " &#8211; ");
	page_day(page, page_value(0, 1));
	page_close(page, "dd");
	head_line_open(page, WORD_AS_OF);
	page_day(page, page_value(0, 2));
	page_markup(page, ", ");
	page_text(page, page_value(0, 3));
	page_close(page, "dd");
	head_line_open(page, WORD_FIGURES_OF);
	page_text(page, page_value(0, 4));
	page_close(page, "dd");
}

/* Writes what is booked for months after the as-of day, if anything is: outlooks do not know of it. */
static void
head_ahead(HtmlPage *page)
{
	(void) page_query(page, "SELECT sum(spent.amount) FROM spent "
							"JOIN place ON place.code = spent.service AND place.is_in "
							"WHERE spent.month > $3");
	if (page_number(0, 0) == 0)
		return;
	head_line_open(page, WORD_AHEAD);
	page_money(page, page_value(0, 0));
	page_text(page, page_word(page, WORD_AHEAD_AFTER));
	page_day(page, page->as_of);
	page_text(page, page_word(page, WORD_AHEAD_SAYS));
	page_close(page, "dd");
}

/* Writes the head of the log of decisions, for who may have it. */
static void
head_log(HtmlPage *page)
{
	if (page_query(page,
				   "SELECT has_function_privilege('steering.log_head()', 'EXECUTE') AS may") == 1 &&
		page_is_true(0, 0) && page_query(page, "SELECT steering.log_head()") == 1)
	{
		head_line_open(page, WORD_LOG_HEAD);
		page_element(page, "code", NULL, page_value(0, 0));
		page_close(page, "dd");
	}
}

/* Writes the head. */
void
page_head(HtmlPage *page)
{
	page_open(page, "header", NULL);
	head_title(page);
	page_open(page, "dl", "facts");
	(void) page_query(page, "SELECT " PAGE_FIRST ", " PAGE_LAST ", current_date, "
							"to_char(current_timestamp, 'HH24:MI OF'), current_user");
	head_lines(page);
	head_ahead(page);
	head_log(page);
	page_close(page, "dl");
	page_word_element(page, "p", "sign", WORD_SIGN);
	page_close(page, "header");
}
