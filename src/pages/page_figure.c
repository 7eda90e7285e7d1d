/*
 * page_figure.c
 *	  Prints numbers and days. The exact number stands in the page too, in the element "data".
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "pages/page_figure.h"

/* What languages differ by. */
static const struct
{
	char group;
	char point;
	const char *months[12];
} PAGE_FIGURE_WAYS[PAGE_LANGUAGES] = {
	[PAGE_ENGLISH] = {',',
					  '.',
					  {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
					   "Dec"}},
	[PAGE_DUTCH] = {'.',
					',',
					{"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov",
					 "dec"}},
};

/* Rounds a number in text to so many decimals; to fewer, where it has nothing behind them. */
static char *
page_figure_round(const char *number, int decimals)
{
	Datum numeric = DirectFunctionCall3(numeric_in, CStringGetDatum(number), ObjectIdGetDatum(0),
										Int32GetDatum(-1));

	numeric = DirectFunctionCall2(numeric_round, numeric, Int32GetDatum(decimals));
	return DatumGetCString(DirectFunctionCall1(numeric_out, numeric));
}

/* Returns a number as the language writes it, with this minus sign. */
static char *
page_figure_written(const HtmlPage *page, const char *number, int decimals, const char *minus)
{
	const char *digits = page_figure_round(number, decimals);
	StringInfoData text;
	int whole;

	initStringInfo(&text);
	if (*digits == '-')
	{
		appendStringInfoString(&text, minus);
		digits++;
	}
	whole = (int) strcspn(digits, ".");
	for (int i = 0; digits[i] != '\0'; i++)
	{
		if (i > 0 && i < whole && (whole - i) % 3 == 0)
			appendStringInfoChar(&text, PAGE_FIGURE_WAYS[page->language].group);
		appendStringInfoChar(&text,
							 digits[i] == '.' ? PAGE_FIGURE_WAYS[page->language].point : digits[i]);
	}
	return text.data;
}

/* Returns a number as markup: the minus sign is a reference. */
char *
page_figure_text(const HtmlPage *page, const char *number, int decimals)
{
	return page_figure_written(page, number, decimals, "&#8722;");
}

/* Returns a number as text, such as that of a title. */
char *
page_figure_plain(const HtmlPage *page, const char *number, int decimals)
{
	return page_figure_written(page, number, decimals, "-");
}

/* Writes how many there are of something. */
void
page_count(HtmlPage *page, int64 count)
{
	page_markup(page, page_figure_text(page, psprintf(INT64_FORMAT, count), 0));
}

/* Writes a number, with the exact one; a dash for one that is not known. */
void
page_figure(HtmlPage *page, const char *number, int decimals)
{
	if (number == NULL)
	{
		page_text(page, NULL);
		return;
	}
	page_markup(page, "<data");
	page_attribute(page, "value", number);
	page_markup(page, ">");
	page_markup(page, page_figure_text(page, number, decimals));
	page_markup(page, "</data>");
}

/* Writes a cell of a table with a number. */
void
page_figure_cell(HtmlPage *page, const char *number, int decimals)
{
	page_open(page, "td", number != NULL && number[0] == '-' ? "number below" : "number");
	page_figure(page, number, decimals);
	page_close(page, "td");
}

/* Returns a day, given as 2026-03-31, as the language writes it. */
char *
page_day_text(const HtmlPage *page, const char *day)
{
	int year;
	int month;
	int number;

	if (sscanf(day, "%d-%d-%d", &year, &month, &number) != 3 || month < 1 || month > 12)
		return pstrdup(day);
	return psprintf("%d %s %04d", number, PAGE_FIGURE_WAYS[page->language].months[month - 1], year);
}

/* Returns a moment, given as 2026-03-31 12:00, as the language writes it. */
char *
page_moment_text(const HtmlPage *page, const char *moment)
{
	const char *time = strchr(moment, ' ');

	return psprintf("%s%s", page_day_text(page, moment), time == NULL ? "" : time);
}

/* Writes a day, a dash for none. */
void
page_day(HtmlPage *page, const char *day)
{
	if (day == NULL)
	{
		page_text(page, NULL);
		return;
	}
	page_markup(page, "<time");
	page_attribute(page, "datetime", day);
	page_markup(page, ">");
	page_text(page, page_day_text(page, day));
	page_markup(page, "</time>");
}
