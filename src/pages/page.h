/*
 * page.h
 *	  A page of HTML that is being written: elements, attributes, and text that is always escaped.
 */
#ifndef SP71_PAGE_H
#define SP71_PAGE_H

#include "sp71_steering.h"

#include "lib/stringinfo.h"

typedef enum PageLanguage
{
	PAGE_ENGLISH,
	PAGE_DUTCH,
	PAGE_LANGUAGES /* how many there are */
} PageLanguage;

typedef struct HtmlPage
{
	StringInfoData html;
	PageLanguage language;
	int level;       /* how many services are open; of page_cost.c */
	Datum values[3]; /* of each query: period, participant, as-of */
	char nulls[3];
} HtmlPage;

extern PageLanguage page_language(const char *name);
extern const char *page_language_code(const HtmlPage *page);
extern void page_open(HtmlPage *page, const char *element, const char *class);
extern void page_close(HtmlPage *page, const char *element);
extern void page_text(HtmlPage *page, const char *text);
extern void page_element(HtmlPage *page, const char *element, const char *class, const char *text);
extern void page_attribute(HtmlPage *page, const char *name, const char *value);
extern void page_markup(HtmlPage *page, const char *markup);

#endif
