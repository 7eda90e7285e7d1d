/*
 * page_sign.h
 *	  Signs of a page, and what each of them says: one meaning each, told apart by shape as well as by colour.
 */
#ifndef SP71_PAGE_SIGN_H
#define SP71_PAGE_SIGN_H

#include "pages/page_words.h"

typedef enum PageSign
{
	/* at which step usage stands: the patterns of the steps in bars */
	SIGN_BELOW,
	SIGN_NOTIFY,
	SIGN_WARN,
	SIGN_BLOCK,
	/* where a cap is expected to end */
	SIGN_WITHIN,
	SIGN_ABOVE,
	SIGN_ABOVE_BLOCK,
	/* how results, deviations and a reserve are judged */
	SIGN_GREEN,
	SIGN_AMBER,
	SIGN_RED
} PageSign;

extern PageSign page_step_sign(const char *step);
extern const char *page_sign_meaning(const HtmlPage *page, PageSign sign);
extern void page_sign(HtmlPage *page, PageSign sign, const char *text);
extern void page_light_named(HtmlPage *page, const char *name);
extern void page_legend(HtmlPage *page);

#endif
