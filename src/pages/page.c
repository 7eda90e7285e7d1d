/*
 * page.c
 *	  Writes HTML that is XML too, piece by piece.
 *
 * What comes from tables is escaped by page_text() and page_attribute(), and goes no other way; page_markup() is for
 * constants of ours. These are ASCII, with references for other characters, since a database need not be UTF-8.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "pages/page.h"

static const char *const PAGE_LANGUAGE_CODES[PAGE_LANGUAGES] = {"en", "nl"};
static const char *const PAGE_LEVEL_NAMES[PAGE_LEVELS] = {"organisation", "council", "holder"};

/* Returns the language of that name: 22023 if there is none. */
PageLanguage
page_language(const char *name)
{
	for (PageLanguage language = 0; language < PAGE_LANGUAGES; language++)
		if (strcmp(name, PAGE_LANGUAGE_CODES[language]) == 0)
			return language;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown language: \"%s\"", name),
			 errhint("Languages are en (English) and nl (Dutch).")));
}

/* Returns the level of that name: 22023 if there is none. */
PageLevel
page_level(const char *name)
{
	for (PageLevel level = 0; level < PAGE_LEVELS; level++)
		if (strcmp(name, PAGE_LEVEL_NAMES[level]) == 0)
			return level;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown level: \"%s\"", name),
			 errhint(
				 "Levels are organisation, council (programmes alone) and holder (what the role "
				 "has a mandate for).")));
}

/* Returns what HTML calls the language of a page. */
const char *
page_language_code(const HtmlPage *page)
{
	return PAGE_LANGUAGE_CODES[page->language];
}

/* Writes a character of a text, so that it is nothing but that. XML has no control characters. */
static void
page_character(HtmlPage *page, char character)
{
	static const char *const references[] =
		{['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
	unsigned char c = (unsigned char) character;

	if (c < lengthof(references) && references[c] != NULL)
		appendStringInfoString(&page->html, references[c]);
	else if (c < ' ' && c != '\n' && c != '\t')
		appendStringInfoChar(&page->html, ' ');
	else
		appendStringInfoChar(&page->html, character);
}

/* Tells whether a text begins with U+FFFE or U+FFFF, which are no characters, and are not allowed in XML. */
static bool
page_is_no_character(const char *text)
{
	return strncmp(text, "\xEF\xBF", 2) == 0 && (text[2] == '\xBE' || text[2] == '\xBF') &&
		   GetDatabaseEncoding() == PG_UTF8;
}

/* Writes a text; a dash for NULL, which is what is not known. */
void
page_text(HtmlPage *page, const char *text)
{
	if (text == NULL)
		page_markup(page, "&#8211;");
	else
		while (*text != '\0')
			if (page_is_no_character(text))
			{
				appendStringInfoChar(&page->html, ' ');
				text += 3;
			}
			else
				page_character(page, *text++);
}

/* Writes a name that shares its line with other text, of which it does not turn the direction, whatever is in it. */
void
page_name(HtmlPage *page, const char *name)
{
	page_markup(page, "<bdi>");
	page_text(page, name);
	page_markup(page, "</bdi>");
}

/* Writes markup of ours. */
void
page_markup(HtmlPage *page, const char *markup)
{
	appendStringInfoString(&page->html, markup);
}

/* Writes an attribute; its element is still open for them. */
void
page_attribute(HtmlPage *page, const char *name, const char *value)
{
	appendStringInfo(&page->html, " %s=\"", name);
	page_text(page, value);
	appendStringInfoChar(&page->html, '"');
}

/* Opens an element, with a class unless that is NULL. */
void
page_open(HtmlPage *page, const char *element, const char *class)
{
	appendStringInfo(&page->html, "<%s", element);
	if (class != NULL)
		page_attribute(page, "class", class);
	appendStringInfoChar(&page->html, '>');
}

/* Closes an element. */
void
page_close(HtmlPage *page, const char *element)
{
	appendStringInfo(&page->html, "</%s>\n", element);
}

/* Writes an element with a text. */
void
page_element(HtmlPage *page, const char *element, const char *class, const char *text)
{
	page_open(page, element, class);
	page_text(page, text);
	page_close(page, element);
}
