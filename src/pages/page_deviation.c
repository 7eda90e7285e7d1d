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
#define DEVIATION_FROM                                                                             \
	"FROM deviant WHERE cap_id IS NULL OR abs(difference) >= $6 "                                  \
	"OR step LIKE '% warn' OR step LIKE '% block' "

/* How many there are, how many of them are not explained in full, and the limit. */
#define DEVIATION_COUNT                                                                            \
	"SELECT count(*), count(*) FILTER (WHERE missing <> '{}'), $6 " DEVIATION_FROM

#define DEVIATION_QUERY                                                                            \
	"SELECT name, participant_name, light, difference, amended, expected, attainment, "            \
	"is_structural, document, cause, consequence, action " DEVIATION_FROM                          \
	"ORDER BY light = 'red' DESC, light = 'amber' DESC, abs(difference) DESC NULLS LAST, "         \
	"attainment, service COLLATE \"C\", participant COLLATE \"C\", cap_id LIMIT 40"

/* Writes a figure with its name, unless there is none. */
static void
deviation_figure(HtmlPage *page, PageWord word, const char *number, int decimals)
{
	if (number == NULL)
		return;
	page_open(page, "span", NULL);
	page_text(page, page_word(page, word));
	page_markup(page, " <strong>");
	page_figure(page, number, decimals);
	page_markup(page, "</strong>");
	page_close(page, "span");
}

/* Writes the figures of a deviation, and where it was decided. */
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
	deviation_texts(page, row);
	page_close(page, "article");
}

/* Writes how many deviations there are by which limit, and how many are incomplete. */
static void
deviation_count(HtmlPage *page)
{
	(void) page_query(page, DEVIATION_COUNT);
	page_open(page, "p", NULL);
	page_element(page, "strong", NULL, page_value(0, 0));
	page_text(page, page_word(page, WORD_DEVIATIONS_FOUND));
	page_markup(page, page_figure_text(page, page_value(0, 2), PAGE_MONEY));
	page_markup(page, "; ");
	page_element(page, "strong", NULL, page_value(0, 1));
	page_text(page, page_word(page, WORD_DEVIATIONS_INCOMPLETE));
	page_close(page, "p");
}

/* Writes the section, which is there from 0.6 on. */
void
page_deviations(HtmlPage *page)
{
	int rows;

	if (!page->has_deviation)
		return;
	page_section_open(page, "deviations", WORD_DEVIATIONS);
	page_word_element(page, "p", "intro", WORD_DEVIATIONS_INTRO);
	deviation_count(page);
	rows = page_query(page, DEVIATION_QUERY);
	for (int row = 0; row < rows; row++)
		deviation_row(page, row);
	page_section_close(page);
}
