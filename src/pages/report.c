/*
 * report.c
 *	  report(): a page of HTML on a period, of what its reader may read.
 *
 * Everything is read as the caller, through public views and functions. The page needs no script and loads nothing,
 * and says so to the browser. The page is memory of the caller; what queries need goes with SPI.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "call.h"
#include "own.h"
#include "pages/page_chart.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_words.h"
#include "reports/kept_reading.h"
#include "reports/usage_between.h"

/* Arguments, in order. */
enum
{
	REPORT_PERIOD,
	REPORT_PARTICIPANT,
	REPORT_LANGUAGE,
	REPORT_LEVEL, /* from 0.6, like what follows */
	REPORT_MINIMUM
};

/* Sections, in order. */
/* clang-format off */
static void (*const REPORT_SECTIONS[])(HtmlPage *page) = {
	page_summary,
	page_cost,
	page_deviations,
	page_results,
	page_year,
	page_side,
	page_settlement,
	page_allocation,
	page_savings,
	page_reserve,
	page_risk,
	page_lawfulness,
	page_decisions,
	page_closed,
	page_refusals,
	page_events,
	page_methods,
};
/* clang-format on */

/* Writes what stands before the body. */
static void
report_open(HtmlPage *page)
{
	page_markup(page, "<!DOCTYPE html>\n<html");
	page_attribute(page, "lang", page_language_code(page));
	page_markup(page, ">\n<head>\n<meta charset=\"utf-8\" />\n"
					  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
					  "<meta name=\"color-scheme\" content=\"light dark\" />\n"
					  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
					  "style-src 'unsafe-inline'\" />\n");
	page_open(page, "title", NULL);
	page_text(page, page_word(page, WORD_TITLE));
	page_markup(page, " ");
	page_text(page, TextDatumGetCString(page->values[0]));
	page_close(page, "title");
	page_style(page);
	page_markup(page, "</head>\n<body>\n");
	page_chart_patterns(page);
}

/* Writes links to the sections that are there. */
static void
report_contents(HtmlPage *page)
{
	ListCell *cell;

	page_markup(page, "<nav");
	page_attribute(page, "aria-label", page_word(page, WORD_CONTENTS));
	page_markup(page, ">");
	foreach(cell, page->sections)
	{
		const PageLink *link = lfirst(cell);

		page_markup(page, "<a");
		page_attribute(page, "href", psprintf("#%s", link->id));
		page_markup(page, ">");
		page_text(page, link->text);
		page_close(page, "a");
	}
	page_close(page, "nav");
}

/* Writes the sections, and before them the links to those that the page has. */
static void
report_sections(HtmlPage *page)
{
	StringInfoData head = page->html;
	StringInfoData body;

	initStringInfo(&page->html);
	for (int i = 0; i < (int) lengthof(REPORT_SECTIONS); i++)
		REPORT_SECTIONS[i](page);
	body = page->html;
	page->html = head;
	report_contents(page);
	page_open(page, "main", NULL);
	appendBinaryStringInfo(&page->html, body.data, body.len);
	page_close(page, "main");
	pfree(body.data);
}

/* Raises that there is no such participant, or none that the role may read: it is not told which. */
static void
report_check_participant(HtmlPage *page)
{
	char *code = page->nulls[1] == 'n' ? NULL : TextDatumGetCString(page->values[1]);

	if (code != NULL &&
		page_query(page, "SELECT FROM steering.named_participant WHERE code = $2") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown participant: \"%s\"", code),
				 errhint("steering.named_participant has those whose figures the role may read.")));
}

/*
 * Resolves the arguments, with the errors that they have elsewhere. The as-of day is today where the session is, or
 * the nearest day in the period.
 */
static void
report_resolve(HtmlPage *page)
{
	bool isnull;

	(void) page_query(page,
					  "SELECT least(greatest($3, " PAGE_FIRST "), " PAGE_LAST "), " PAGE_LAST);
	page->as_of = pstrdup(page_value(0, 0));
	page->last = pstrdup(page_value(0, 1));
	page->values[2] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	report_check_participant(page);
	page_scope(page);
}

/* Writes the page. */
static void
report_write(HtmlPage *page)
{
	report_resolve(page);
	report_open(page);
	page_head(page);
	report_sections(page);
	page_markup(page, "</body>\n</html>\n");
	page_forget(page);
}

/* Reads for whom the page is, and from which difference on budgets deviate; before 0.6 it was for the organisation. */
static void
report_set_level(HtmlPage *page, FunctionCallInfo fcinfo)
{
	page->level = LEVEL_ORGANISATION;
	page->values[3] = CStringGetTextDatum("organisation");
	page->nulls[3] = ' ';
	page->nulls[4] = page->nulls[5] = 'n';
	if (PG_NARGS() <= REPORT_LEVEL)
		return;
	call_check_not_null(PG_ARGISNULL(REPORT_LEVEL), "argument \"level\"");
	call_check_not_null(PG_ARGISNULL(REPORT_MINIMUM), "argument \"minimum\"");
	page->level = page_level(text_to_cstring(PG_GETARG_TEXT_PP(REPORT_LEVEL)));
	page->values[3] = PG_GETARG_DATUM(REPORT_LEVEL);
	page->values[5] = PG_GETARG_DATUM(REPORT_MINIMUM);
	page->nulls[5] = ' ';
}

/* Writes the page, for which reports compute no more than the rows that are on it, and keep what others will read. */
static void
report_make(HtmlPage *page)
{
	const Bitmapset *wanted = usage_want(NULL);
	KeptReadings *before = kept_readings_begin();

	PG_TRY();
	{
		report_write(page);
	}
	PG_FINALLY();
	{
		kept_readings_end(before);
		(void) usage_want(wanted);
	}
	PG_END_TRY();
}

PG_FUNCTION_INFO_V1(steering_report);

/*
 * report(period text, participant text, language text, level text, minimum numeric): the page, as text.
 */
Datum
steering_report(PG_FUNCTION_ARGS)
{
	HtmlPage page = {0};
	int settings;

	call_check_not_null(PG_ARGISNULL(REPORT_PERIOD), "argument \"period\"");
	call_check_not_null(PG_ARGISNULL(REPORT_LANGUAGE), "argument \"language\"");
	report_set_level(&page, fcinfo);
	page.language = page_language(text_to_cstring(PG_GETARG_TEXT_PP(REPORT_LANGUAGE)));
	page.values[0] = PG_GETARG_DATUM(REPORT_PERIOD);
	page.nulls[0] = ' ';
	page.values[1] =
		PG_ARGISNULL(REPORT_PARTICIPANT) ? (Datum) 0 : PG_GETARG_DATUM(REPORT_PARTICIPANT);
	page.nulls[1] = PG_ARGISNULL(REPORT_PARTICIPANT) ? 'n' : ' ';
	page.values[2] = DateADTGetDatum(GetSQLCurrentDate());
	page.nulls[2] = ' ';
	initStringInfo(&page.html);
	settings = own_pin_settings();
	SPI_connect();
	report_make(&page);
	SPI_finish();
	own_unpin_settings(settings);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(page.html.data, page.html.len));
}
