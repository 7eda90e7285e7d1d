/*
 * page_deviation.c
 *	  Deviations: what is expected to be left or exceeded by more than a limit, what stands at a step that warns or blocks, results
 *	  below their targets; with cause, consequence and action of each, and how many of these nobody has said.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Columns of the query. */
enum
{
	DEVIATION_SERVICE,
	DEVIATION_PARTICIPANT,
	DEVIATION_IS_FINE, /* green: it is left */
	DEVIATION_MISSING, /* whether nothing at all is said of it */
	DEVIATION_LIGHT,
	DEVIATION_DIFFERENCE,
	DEVIATION_AMENDED,
	DEVIATION_EXPECTED,
	DEVIATION_ATTAINMENT,
	DEVIATION_STRUCTURAL,
	DEVIATION_DOCUMENT,
	DEVIATION_CAUSE,
	DEVIATION_CONSEQUENCE,
	DEVIATION_ACTION
};

/* Figures of a deviation that has them, and how each is written. */
static const struct
{
	int column;
	PageWord word;
	int decimals;
} DEVIATION_FIGURES[] = {{DEVIATION_DIFFERENCE, WORD_DIFFERENCE, PAGE_MONEY},
						 {DEVIATION_AMENDED, WORD_AMENDED, PAGE_MONEY},
						 {DEVIATION_EXPECTED, WORD_OUTLOOK, PAGE_MONEY},
						 {DEVIATION_ATTAINMENT, WORD_ATTAINMENT, PAGE_RATIO}};

/* What is to be said of a deviation. */
static const struct
{
	int column;
	PageWord word;
} DEVIATION_TEXTS[] = {{DEVIATION_CAUSE, WORD_CAUSE},
					   {DEVIATION_CONSEQUENCE, WORD_CONSEQUENCE},
					   {DEVIATION_ACTION, WORD_ACTION}};

/* Of what is kept: what deviation() has by the limit of the page. */
#define DEVIATION_WHERE                                                                            \
	"cap_id IS NULL OR abs(difference) >= $6 OR step LIKE '% warn' OR step LIKE '% block'"

/* How many there are in all, and of those that ask for an explanation; how many of each are not explained in full; and the limit. */
#define DEVIATION_COUNT                                                                            \
	"SELECT count(*), count(*) FILTER (WHERE light <> 'green'), "                                  \
	"count(*) FILTER (WHERE light <> 'green' AND missing <> '{}'), "                               \
	"count(*) FILTER (WHERE light = 'green'), "                                                    \
	"count(*) FILTER (WHERE light = 'green' AND missing <> '{}'), $6 FROM deviant WHERE " DEVIATION_WHERE

/* Forty of those that are fine, or are not; first those of which nobody has said enough, and groups behind their members. */
#define DEVIATION_MOST(is_fine, to_explain)                                                        \
	"(SELECT name, participant_name, light = 'green', cardinality(missing) = 3, light, "           \
	"difference, amended, expected, attainment, is_structural, document, cause, consequence, "     \
	"action FROM deviant WHERE " is_fine " AND (" DEVIATION_WHERE ") ORDER BY " to_explain         \
	"light = 'red' DESC, is_group, abs(difference) DESC NULLS LAST, attainment, "                  \
	"service COLLATE \"C\", participant COLLATE \"C\", cap_id LIMIT 40) "

#define DEVIATION_QUERY                                                                            \
	DEVIATION_MOST("light <> 'green'", "missing = '{}', ")                                         \
	"UNION ALL " DEVIATION_MOST("light = 'green'", "")

/* Writes a figure with its name, unless there is none. */
static void
deviation_figure(HtmlPage *page, PageWord word, const char *number, int decimals)
{
	if (number == NULL)
		return;
	page_open(page, "span", NULL);
	page_text(page, page_word(page, word));
	page_markup(page, " <strong>");
	if (decimals == PAGE_MONEY)
		page_money(page, number);
	else
		page_figure(page, number, decimals);
	page_markup(page, "</strong>");
	page_close(page, "span");
}

/* Writes the figures of a deviation, where it was decided, and that nobody has said anything of it. */
static void
deviation_figures(HtmlPage *page, int row)
{
	page_open(page, "p", "figures");
	page_light_named(page, page_value(row, DEVIATION_LIGHT));
	for (int i = 0; i < (int) lengthof(DEVIATION_FIGURES); i++)
		deviation_figure(page, DEVIATION_FIGURES[i].word,
						 page_value(row, DEVIATION_FIGURES[i].column),
						 DEVIATION_FIGURES[i].decimals);
	if (page_value(row, DEVIATION_STRUCTURAL) != NULL)
		page_word_element(page, "span", NULL,
						  page_is_true(row, DEVIATION_STRUCTURAL) ? WORD_STRUCTURAL
																  : WORD_INCIDENTAL);
	if (page_value(row, DEVIATION_DOCUMENT) != NULL)
		page_element(page, "span", NULL, page_value(row, DEVIATION_DOCUMENT));
	if (page_is_true(row, DEVIATION_MISSING))
		page_word_element(page, "span", "missing", WORD_NOTHING_SAID);
	page_close(page, "p");
}

/* Writes what is said of a deviation, and what is not. */
static void
deviation_texts(HtmlPage *page, int row)
{
	page_open(page, "dl", NULL);
	for (int i = 0; i < (int) lengthof(DEVIATION_TEXTS); i++)
	{
		const char *text = page_value(row, DEVIATION_TEXTS[i].column);

		page_open(page, "div", text == NULL ? "missing" : NULL);
		page_word_element(page, "dt", NULL, DEVIATION_TEXTS[i].word);
		if (text == NULL)
			page_word_element(page, "dd", NULL, WORD_NOT_SAID);
		else
			page_element(page, "dd", NULL, text);
		page_close(page, "div");
	}
	page_close(page, "dl");
}

/* Writes a deviation. */
static void
deviation_row(HtmlPage *page, int row)
{
	page_open(page, "article", "deviation");
	page_open(page, "h3", NULL);
	page_name(page, page_value(row, DEVIATION_SERVICE));
	page_markup(page, ", ");
	page_name(page, page_value(row, DEVIATION_PARTICIPANT));
	page_close(page, "h3");
	deviation_figures(page, row);
	if (!page_is_true(row, DEVIATION_MISSING))
		deviation_texts(page, row);
	page_close(page, "article");
}

/* Writes a number of the query of counts, and what it is of. */
static void
deviation_number(HtmlPage *page, int column, PageWord word)
{
	page_markup(page, "<strong>");
	page_count(page, (int64) page_number(0, column));
	page_markup(page, "</strong>");
	page_text(page, page_word(page, word));
}

/* Writes how many deviations there are by which limit, and how many of them ask for an explanation that is not complete. */
static void
deviation_count(HtmlPage *page)
{
	page_open(page, "p", NULL);
	deviation_number(page, 0, WORD_DEVIATIONS_FOUND);
	page_currency_before(page);
	page_markup(page, page_figure_text(page, page_value(0, 5), PAGE_MONEY));
	page_markup(page, "; ");
	deviation_number(page, 1, WORD_DEVIATIONS_TO_EXPLAIN);
	page_markup(page, " (");
	deviation_number(page, 2, WORD_DEVIATIONS_INCOMPLETE);
	page_markup(page, ").");
	page_close(page, "p");
}

/* Writes rows from one on that are alike in whether they are fine; returns the row behind them. */
static int
deviation_rows(HtmlPage *page, int row, int rows, bool are_fine)
{
	for (; row < rows && page_is_true(row, DEVIATION_IS_FINE) == are_fine; row++)
		deviation_row(page, row);
	return row;
}

/* Writes the deviations: those to explain, and folded those that are fine. */
static void
deviation_list(HtmlPage *page, const char *fine, const char *fine_incomplete)
{
	int rows = page_query(page, DEVIATION_QUERY);
	int row = deviation_rows(page, 0, rows, false);

	if (row == rows)
		return;
	page_markup(page, "<details><summary>");
	page_text(page, fine);
	page_text(page, page_word(page, WORD_DEVIATIONS_FINE));
	page_markup(page, " (");
	page_text(page, fine_incomplete);
	page_text(page, page_word(page, WORD_DEVIATIONS_INCOMPLETE));
	page_markup(page, ")");
	page_close(page, "summary");
	(void) deviation_rows(page, row, rows, true);
	page_close(page, "details");
}

/* Writes the section, which is there from 0.6 on. */
void
page_deviations(HtmlPage *page)
{
	const char *fine;
	const char *fine_incomplete;

	if (!page->has_deviation)
		return;
	page_section_open(page, "deviations", WORD_DEVIATIONS);
	page_word_element(page, "p", "intro", WORD_DEVIATIONS_INTRO);
	(void) page_query(page, DEVIATION_COUNT);
	fine = pstrdup(page_value(0, 3));
	fine_incomplete = pstrdup(page_value(0, 4));
	deviation_count(page);
	deviation_list(page, fine, fine_incomplete);
	page_section_close(page);
}
