/*
 * page_sign.c
 *	  Writes signs, and the one legend that explains them. The style draws them: see page_style.c.
 */
#include "postgres.h"

#include "pages/page_sign.h"

/* Of each sign the classes of its element, the word for it, and what the legend says that it means. */
static const struct
{
	const char *class;
	PageWord word;
	PageWord meaning;
} PAGE_SIGNS[] = {
	[SIGN_BELOW] = {"light step", WORD_NO_STEP, WORD_BELOW_CAPS},
	[SIGN_NOTIFY] = {"light step notify", WORD_NOTIFY, WORD_NOTIFY_CAPS},
	[SIGN_WARN] = {"light step warn", WORD_WARN, WORD_WARN_CAPS},
	[SIGN_BLOCK] = {"light step block", WORD_BLOCK, WORD_BLOCK_CAPS},
	[SIGN_WITHIN] = {"light end within", WORD_GREEN_EXPECTED, WORD_GREEN_EXPECTED},
	[SIGN_ABOVE] = {"light end above", WORD_AMBER_EXPECTED, WORD_AMBER_EXPECTED},
	[SIGN_ABOVE_BLOCK] = {"light end beyond", WORD_RED_EXPECTED, WORD_RED_EXPECTED},
	[SIGN_GREEN] = {"light green", WORD_GREEN, WORD_GREEN_MEANS},
	[SIGN_AMBER] = {"light amber", WORD_AMBER, WORD_AMBER_MEANS},
	[SIGN_RED] = {"light red", WORD_RED, WORD_RED_MEANS},
};

/* The lines of the legend: signs from one to another. */
static const struct
{
	PageWord word;
	PageSign first;
	PageSign last;
} PAGE_LEGEND[] = {{WORD_LEGEND_STEPS, SIGN_BELOW, SIGN_BLOCK},
				   {WORD_LEGEND_EXPECTED, SIGN_WITHIN, SIGN_ABOVE_BLOCK},
				   {WORD_LEGEND_LIGHTS, SIGN_GREEN, SIGN_RED}};

/* Returns the sign of a step in the words of a ladder, such as 80% notify; of none that of usage below every step. */
PageSign
page_step_sign(const char *step)
{
	static const char *const endings[] =
		{[SIGN_NOTIFY] = "notify", [SIGN_WARN] = "warn", [SIGN_BLOCK] = "block"};
	PageSign sign = SIGN_BLOCK;

	while (sign > SIGN_BELOW && (step == NULL || strstr(step, endings[sign]) == NULL))
		sign--;
	return sign;
}

/* Returns what a sign means. */
const char *
page_sign_meaning(const HtmlPage *page, PageSign sign)
{
	return page_word(page, PAGE_SIGNS[sign].meaning);
}

/* Writes a sign with a text; NULL: the word for it. */
void
page_sign(HtmlPage *page, PageSign sign, const char *text)
{
	page_element(page, "span", PAGE_SIGNS[sign].class,
				 text == NULL ? page_word(page, PAGE_SIGNS[sign].word) : text);
}

/* Writes a light by its name in a view; a dash for none. */
void
page_light_named(HtmlPage *page, const char *name)
{
	if (name == NULL)
		page_text(page, NULL);
	else
		page_sign(page,
				  strcmp(name, "red") == 0     ? SIGN_RED
				  : strcmp(name, "amber") == 0 ? SIGN_AMBER
											   : SIGN_GREEN,
				  NULL);
}

/* Writes what each sign means. */
void
page_legend(HtmlPage *page)
{
	page_open(page, "dl", "legend");
	for (int i = 0; i < (int) lengthof(PAGE_LEGEND); i++)
	{
		page_word_element(page, "dt", NULL, PAGE_LEGEND[i].word);
		page_open(page, "dd", NULL);
		for (PageSign sign = PAGE_LEGEND[i].first; sign <= PAGE_LEGEND[i].last; sign++)
			page_sign(page, sign, page_sign_meaning(page, sign));
		page_close(page, "dd");
	}
	page_close(page, "dl");
}
