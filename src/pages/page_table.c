/*
 * page_table.c
 *	  Writes what sections have in common. Tables have headings of columns and rows, for who hears them read.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_table.h"

/* Opens a section, which the page then links to. */
void
page_section_open(HtmlPage *page, const char *id, PageWord heading)
{
	PageLink *link = palloc(sizeof(PageLink));

	*link = (PageLink){.id = id, .text = page_word(page, heading)};
	page->sections = lappend(page->sections, link);
	page_markup(page, "<section");
	page_attribute(page, "id", id);
	page_markup(page, ">\n");
	page_word_element(page, "h2", NULL, heading);
}

/* Closes a section. */
void
page_section_close(HtmlPage *page)
{
	page_close(page, "section");
}

/* Writes a link to a section: a text, and a day that is a part of it, if not NULL. */
void
page_link(HtmlPage *page, const char *section, const char *text, const char *of)
{
	page_markup(page, "<a");
	page_attribute(page, "href", section);
	page_markup(page, ">");
	page_text(page, text);
	if (of != NULL)
	{
		page_markup(page, " ");
		page_day(page, of);
	}
	page_markup(page, "</a>");
}

/* Opens a line of what is asked for first, which links to the section that has more of it. */
void
page_line_open(HtmlPage *page, PageWord word, const char *of, const char *link)
{
	page_open(page, "dt", NULL);
	page_link(page, link, page_word(page, word), of);
	page_close(page, "dt");
	page_open(page, "dd", NULL);
}

/* Closes such a line. */
void
page_line_close(HtmlPage *page)
{
	page_close(page, "dd");
}

/* Says that there is nothing to show. */
void
page_nothing(HtmlPage *page)
{
	page_word_element(page, "p", "nothing", WORD_NOTHING);
}

/* Returns how many columns are written: all but the last, if that says which rows are totals. */
static int
page_columns(const PageColumn *columns, int count)
{
	return count - (columns[count - 1].kind == KIND_TOTAL);
}

/* Writes what a table is, for who hears it, and in which currency its amounts are. */
static void
page_caption(HtmlPage *page, PageWord caption, const PageColumn *columns, int count)
{
	bool has_money = false;

	for (int i = 0; i < count; i++)
		has_money = has_money || columns[i].kind == KIND_MONEY || columns[i].kind == KIND_PRICE;
	page_open(page, "caption", NULL);
	page_word_element(page, "span", "unseen", caption);
	if (has_money && page_has_currency())
	{
		page_open(page, "span", "unit");
		page_text(page, page_word(page, WORD_AMOUNTS_IN));
		page_markup(page, "&#160;");
		page_currency(page);
		page_close(page, "span");
	}
	page_close(page, "caption");
}

/* Opens a table, within a box that scrolls where it is too wide. */
void
page_table_open(HtmlPage *page, PageWord caption, const PageColumn *columns, int count)
{
	page_markup(page, "<div class=\"wide\" tabindex=\"0\" role=\"group\"");
	page_attribute(page, "aria-label", page_word(page, caption));
	page_markup(page, "><table>\n");
	page_caption(page, caption, columns, count);
	page_markup(page, "<thead><tr>");
	for (int i = 0; i < page_columns(columns, count); i++)
	{
		page_markup(page, columns[i].kind >= KIND_MONEY ? "<th scope=\"col\" class=\"number\">"
														: "<th scope=\"col\">");
		page_text(page, page_word(page, columns[i].heading));
		page_close(page, "th");
	}
	page_markup(page, "</tr></thead>\n<tbody>\n");
}

/* Closes a table. */
void
page_table_close(HtmlPage *page)
{
	page_markup(page, "</tbody></table></div>\n");
}

/* Opens a row with its heading; one that is a total of others looks like that. */
void
page_row_open(HtmlPage *page, const char *heading, bool is_total)
{
	page_open(page, "tr", is_total ? "total" : NULL);
	page_markup(page, "<th scope=\"row\">");
	page_text(page, heading);
	page_close(page, "th");
}

/* Writes a cell that has no number. */
static void
page_cell(HtmlPage *page, PageKind kind, const char *value)
{
	page_open(page, "td", kind == KIND_DAY ? "day" : kind == KIND_WORD ? "word" : NULL);
	if (kind == KIND_DAY)
		page_day(page, value);
	else if (kind == KIND_OF && value == NULL)
		page_text(page, page_word(page, WORD_WHOLE));
	else if (kind == KIND_WORD)
		page_stored_word(page, value);
	else if (kind == KIND_LIGHT)
		page_light_named(page, value);
	else
		page_text(page, value);
	page_close(page, "td");
}

/* Returns what heads a row. */
static const char *
page_heading(const HtmlPage *page, PageKind kind, const char *value)
{
	if (kind == KIND_MOMENT)
		return page_moment_text(page, value);
	return kind == KIND_OF && value == NULL ? page_word(page, WORD_WHOLE) : value;
}

/* Writes the cells of a row of the query, behind the one that heads the row. */
void
page_list_row(HtmlPage *page, const PageColumn *columns, int count, int row)
{
	static const int decimals[] = {[KIND_MONEY] = PAGE_MONEY,
								   [KIND_AMOUNT] = PAGE_MONEY,
								   [KIND_PRICE] = PAGE_RATIO,
								   [KIND_RATIO] = PAGE_RATIO,
								   [KIND_MEASURE] = PAGE_MEASURE};
	int written = page_columns(columns, count);

	page_row_open(page, page_heading(page, columns[0].kind, page_value(row, 0)),
				  written < count && page_is_true(row, written));
	for (int i = 1; i < written; i++)
		if (columns[i].kind >= KIND_MONEY)
			page_figure_cell(page, page_value(row, i), decimals[columns[i].kind]);
		else
			page_cell(page, columns[i].kind, page_value(row, i));
	page_markup(page, "</tr>\n");
}

/* Writes the rows of a query as a table, whose columns are those of the query; or says that there are none. */
void
page_list(HtmlPage *page, PageWord caption, const PageColumn *columns, int count, const char *query)
{
	int rows = page_query(page, query);

	if (rows == 0)
	{
		page_nothing(page);
		return;
	}
	page_table_open(page, caption, columns, count);
	for (int row = 0; row < rows; row++)
		page_list_row(page, columns, count, row);
	page_table_close(page);
}
