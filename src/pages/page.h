/*
 * page.h
 *	  A page of HTML that is being written: elements, attributes, and text that is always escaped.
 */
#ifndef SP71_PAGE_H
#define SP71_PAGE_H

#include "sp71_steering.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

typedef enum PageLanguage
{
	PAGE_ENGLISH,
	PAGE_DUTCH,
	PAGE_LANGUAGES /* how many there are */
} PageLanguage;

/* For whom a page is: what it leaves out. */
typedef enum PageLevel
{
	LEVEL_ORGANISATION,
	LEVEL_COUNCIL, /* services at the top of the tree, and nothing of single bookings */
	LEVEL_HOLDER,  /* services and participants that the role has a mandate for */
	PAGE_LEVELS    /* how many there are */
} PageLevel;

/* A section that is on the page. */
typedef struct PageLink
{
	const char *id;
	const char *text;
} PageLink;

typedef struct HtmlPage
{
	StringInfoData html;
	PageLanguage language;
	PageLevel level;
	const char *as_of; /* the day that outlooks are made on */
	const char *last;  /* of the period */
	int depth;         /* how many services are open; of page_cost.c */
	Datum values[6]; /* of each query: period, participant, as-of, level, wanted, least deviation */
	char nulls[6];
	bool has_deviation; /* and what else 0.6 has brought */
	bool has_reserve;   /* a section of it, see page_reserve.c */
	List *kept;         /* stores of rows that several sections read */
	List *sections;     /* links to those that are written */
} HtmlPage;

extern PageLanguage page_language(const char *name);
extern PageLevel page_level(const char *name);
extern const char *page_language_code(const HtmlPage *page);
extern void page_open(HtmlPage *page, const char *element, const char *class);
extern void page_close(HtmlPage *page, const char *element);
extern void page_text(HtmlPage *page, const char *text);
extern void page_name(HtmlPage *page, const char *name);
extern void page_element(HtmlPage *page, const char *element, const char *class, const char *text);
extern void page_attribute(HtmlPage *page, const char *name, const char *value);
extern void page_markup(HtmlPage *page, const char *markup);

#endif
