/*
 * page_bullet.c
 *	  Draws bars: what is used of a cap against the steps of its ladder, a reserve against what is required, and plain ones.
 *
 * One scale for all: a percent of a cap is two units wide, from 0 to 125 percent. The steps differ by pattern, not by
 * colour alone. Where each acts is what the engine says, ladder_threshold().
 */
#include "postgres.h"

#include <math.h>

#include "pages/page_chart.h"
#include "types/amount.h"

#define BULLET_PERCENT 2.0 /* units of one percent */
#define BULLET_MOST 125.0  /* percent */
#define GAUGE_PERCENT 50.0 /* where on that scale a reserve is what is required */

/* Patterns of the steps, by action; the style colours them. */
static const char *const BULLET_PATTERNS[LADDER_ACTION_COUNT] = {
	[LADDER_NOTIFY] = "notify",
	[LADDER_WARN] = "warn",
	[LADDER_BLOCK] = "block",
};

/* Writes the patterns that all drawings use. */
void
page_chart_patterns(HtmlPage *page)
{
	page_markup(
		page,
		"<svg class=\"patterns\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs>"
		"<pattern id=\"notify\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<rect class=\"ground-notify\" width=\"6\" height=\"6\"/>"
		"<circle class=\"ink-notify\" cx=\"3\" cy=\"3\" r=\"0.9\"/></pattern>"
		"<pattern id=\"warn\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><rect class=\"ground-warn\" width=\"5\" height=\"5\"/>"
		"<rect class=\"ink-warn\" width=\"1.3\" height=\"5\"/></pattern>"
		"<pattern id=\"block\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		"<rect class=\"ground-block\" width=\"5\" height=\"5\"/>"
		"<path class=\"ink-block\" d=\"M0 0L5 5M5 0L0 5\"/></pattern>"
		"</defs></svg>\n");
}

/* Opens a drawing with what it says for who does not see it. */
static void
bullet_open(HtmlPage *page, const char *class, const char *box, const char *title,
			const char *description)
{
	page_markup(page, "<svg role=\"img\" preserveAspectRatio=\"none\"");
	page_attribute(page, "class", class);
	page_attribute(page, "viewBox", box);
	page_markup(page, ">");
	page_element(page, "title", NULL, title);
	page_element(page, "desc", NULL, description);
}

/* Writes a rectangle from one percentage to another. */
static void
bullet_span(HtmlPage *page, const char *how, double from, double to, int top, int height)
{
	if (to > from)
		appendStringInfo(&page->html, "<rect %s x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>",
						 how, from * BULLET_PERCENT, top, (to - from) * BULLET_PERCENT, height);
}

/* Returns where a step acts, in percent of the limit, or the end of the scale. */
static double
bullet_threshold(const LadderStep *step, double limit)
{
	Amount threshold = ladder_threshold(step, (Amount) rint(limit * AMOUNT_SCALE));
	double percent = 100.0 * (double) threshold / AMOUNT_SCALE / limit;

	return Min(Max(percent, 0), BULLET_MOST);
}

/* Draws usage of a cap against the steps of its ladder. There is no scale for a limit of 0. */
void
page_bullet(HtmlPage *page, const char *title, const char *description, double used, double limit,
			const Ladder *ladder)
{
	double percent = limit > 0 ? 100 * used / limit : 0;
	double from = 0;

	if (limit <= 0)
	{
		page_text(page, NULL);
		return;
	}
	bullet_open(page, "bullet", "0 0 250 18", title, description);
	bullet_span(page, "class=\"ground\"", 0, BULLET_MOST, 1, 16);
	for (int i = 0; i < ladder->nsteps; i++)
	{
		from = bullet_threshold(&ladder->steps[i], limit);
		bullet_span(page, psprintf("fill=\"url(#%s)\"", BULLET_PATTERNS[ladder->steps[i].action]),
					from,
					i + 1 < ladder->nsteps ? bullet_threshold(&ladder->steps[i + 1], limit)
										   : BULLET_MOST,
					1, 16);
	}
	bullet_span(page, "class=\"bar\"", 0, Min(Max(percent, 0), BULLET_MOST), 6, 6);
	if (percent > BULLET_MOST)
		page_markup(page, "<path class=\"beyond\" d=\"M236 2L249 9L236 16Z\"/>");
	page_markup(page, "<path class=\"limit\" d=\"M200 0V18\"/>");
	page_close(page, "svg");
}

/*
 * Draws a reserve against what is required, up to which it is too small. The scale ends at two and a half times as much.
 */
void
page_gauge(HtmlPage *page, const char *title, const char *description, double available,
		   double required)
{
	double percent = GAUGE_PERCENT * available / required;

	bullet_open(page, "bullet", "0 0 250 18", title, description);
	bullet_span(page, "class=\"ground\"", 0, BULLET_MOST, 1, 16);
	bullet_span(page, "class=\"short\"", 0, GAUGE_PERCENT, 1, 16);
	bullet_span(page, "class=\"bar\"", 0, Min(Max(percent, 0), BULLET_MOST), 6, 6);
	if (percent > BULLET_MOST)
		page_markup(page, "<path class=\"beyond\" d=\"M236 2L249 9L236 16Z\"/>");
	page_markup(page, "<path class=\"limit\" d=\"M100 0V18\"/>");
	page_close(page, "svg");
}

/* Draws a bar on a scale from 0 to most. */
void
page_bar(HtmlPage *page, const char *title, double value, double most)
{
	bullet_open(page, "plain", "0 0 250 12", title, title);
	bullet_span(page, "class=\"ground\"", 0, BULLET_MOST, 1, 10);
	if (most > 0)
		bullet_span(page, "class=\"bar\"", 0, Min(Max(value / most, 0), 1) * BULLET_MOST, 1, 10);
	page_close(page, "svg");
}
