/*
 * page_table.c
 *	  Writes what sections have in common. Tables have headings of columns and rows, for who hears them read.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_table.h"

/* Names of lights: classes of the page, of which the style gives each a shape besides its colour. */
static const char *const PAGE_LIGHT_CLASSES[] = {
	[LIGHT_NONE] = "light none",
	[LIGHT_GREEN] = "light green",
	[LIGHT_AMBER] = "light amber",
	[LIGHT_RED] = "light red",
};

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

/* Says that there is nothing to show. */
void
page_nothing(HtmlPage *page)
{
	page_word_element(page, "p", "nothing", WORD_NOTHING);
}

/* Opens a table, within a box that scrolls where it is too wide. */
void
page_table_open(HtmlPage *page, PageWord caption, const PageColumn *columns, int count)
{
	page_markup(page, "<div class=\"wide\" tabindex=\"0\" role=\"group\"");
	page_attribute(page, "aria-label", page_word(page, caption));
	page_markup(page, "><table>\n");
	page_word_element(page, "caption", NULL, caption);
	page_markup(page, "<thead><tr>");
	for (int i = 0; i < count; i++)
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

/* Opens a row with its heading. */
void
page_row_open(HtmlPage *page, const char *heading)
{
	page_markup(page, "<tr><th scope=\"row\">");
	page_text(page, heading);
	page_close(page, "th");
}

/* Writes a light, with what it says. */
void
page_light(HtmlPage *page, PageLight light, const char *text)
{
	page_element(page, "span", PAGE_LIGHT_CLASSES[light], text);
}

/* Writes a light by its name in a view, in the language of the page. */
void
page_light_named(HtmlPage *page, const char *name)
{
	PageLight light = name == NULL                 ? LIGHT_NONE
					  : strcmp(name, "red") == 0   ? LIGHT_RED
					  : strcmp(name, "amber") == 0 ? LIGHT_AMBER
												   : LIGHT_GREEN;

	if (light == LIGHT_NONE)
		page_text(page, NULL);
	else
		page_light(page, light, page_word(page, WORD_GREEN + (light - LIGHT_GREEN)));
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
	static const int decimals[] =
		{[KIND_MONEY] = PAGE_MONEY, [KIND_RATIO] = PAGE_RATIO, [KIND_MEASURE] = PAGE_MEASURE};

	page_row_open(page, page_heading(page, columns[0].kind, page_value(row, 0)));
	for (int i = 1; i < count; i++)
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
