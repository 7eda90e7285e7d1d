/*
 * page_figure.c
 *	  Prints numbers and days. The exact number stands in the page too, in the element "data".
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "pages/page_figure.h"
#include "pages/page_words.h"
#include "settings.h"

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

/* Writes what is printed of an exact number. */
static void
page_figure_for(HtmlPage *page, const char *exact, const char *markup)
{
	page_markup(page, "<data");
	page_attribute(page, "value", exact);
	page_markup(page, ">");
	page_markup(page, markup);
	page_markup(page, "</data>");
}

/* Writes a number, with the exact one; a dash for one that is not known. */
void
page_figure(HtmlPage *page, const char *number, int decimals)
{
	if (number == NULL)
		page_text(page, NULL);
	else
		page_figure_for(page, number, page_figure_text(page, number, decimals));
}

/* Signs of currencies that have one; the others are written as their codes. */
static const struct
{
	const char *code;
	const char *sign;
} PAGE_CURRENCIES[] = {{"EUR", "&#8364;"}, {"GBP", "&#163;"}, {"USD", "$"}};

/* Tells whether amounts are of a currency that is to be written. */
bool
page_has_currency(void)
{
	return steering_currency != NULL && steering_currency[0] != '\0';
}

/* Writes the currency of amounts. */
void
page_currency(HtmlPage *page)
{
	for (int i = 0; i < (int) lengthof(PAGE_CURRENCIES); i++)
		if (strcmp(steering_currency, PAGE_CURRENCIES[i].code) == 0)
		{
			page_markup(page, PAGE_CURRENCIES[i].sign);
			return;
		}
	page_text(page, steering_currency);
}

/* Writes the currency before a number: a sign stands close to it in English, anything else apart. */
void
page_currency_before(HtmlPage *page)
{
	int before = page->html.len;

	if (!page_has_currency())
		return;
	page_currency(page);
	if (page->language == PAGE_DUTCH || isalpha((unsigned char) page->html.data[before]))
		page_markup(page, "&#160;");
}

/* Writes a number with a currency, and the exact number that it stands for. */
static void
page_money_for(HtmlPage *page, const char *exact, const char *number)
{
	const char *digits = page_figure_plain(page, number, PAGE_MONEY);

	page_markup(page, "<data");
	page_attribute(page, "value", exact);
	page_markup(page, *digits == '-' ? ">&#8722;" : ">");
	page_currency_before(page);
	page_markup(page, digits + (*digits == '-'));
	page_markup(page, "</data>");
}

/* Writes an amount of money with its currency, and the exact one; a dash for one that is not known. */
void
page_money(HtmlPage *page, const char *number)
{
	if (number == NULL)
		page_text(page, NULL);
	else
		page_money_for(page, number, number);
}

/* Says in which currency amounts are, behind a sentence. */
void
page_amounts_in(HtmlPage *page)
{
	if (!page_has_currency())
		return;
	page_markup(page, " ");
	page_text(page, page_word(page, WORD_AMOUNTS_IN));
	page_markup(page, "&#160;");
	page_currency(page);
	page_markup(page, ".");
}

/* Tells whether amounts of a metric are money. */
static bool
page_is_money(const char *metric)
{
	return strcmp(metric, "budget") == 0;
}

/* Writes an amount of a metric without its sign, which words tell; the exact one has it. A dash for one that is not known. */
void
page_quantity(HtmlPage *page, const char *number, const char *metric)
{
	const char *size;

	if (number == NULL)
	{
		page_text(page, NULL);
		return;
	}
	size = number + (number[0] == '-');
	if (page_is_money(metric))
		page_money_for(page, number, size);
	else
		page_figure_for(page, number, page_figure_text(page, size, PAGE_MONEY));
}

/* Writes the unit of volumes of a service behind what is counted in it, if it has one. */
void
page_unit(HtmlPage *page, const char *metric, const char *unit)
{
	if (page_is_money(metric) || unit == NULL)
		return;
	page_markup(page, " (");
	page_name(page, unit);
	page_markup(page, ")");
}

/* Writes what amounts of a metric are counted in. */
void
page_metric(HtmlPage *page, const char *metric, const char *unit)
{
	page_stored_word(page, metric);
	if (page_is_money(metric) ? !page_has_currency() : unit == NULL)
		return;
	page_markup(page, ", ");
	if (page_is_money(metric))
		page_currency(page);
	else
		page_name(page, unit);
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
