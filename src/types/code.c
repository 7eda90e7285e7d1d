/*
 * code.c
 *	  Codes of services, participants and the like, as people see them: what makes one look like another,
 *	  and how messages show it all the same.
 *
 * Characters are looked at as Unicode, whatever the encoding of the database. Where they cannot be told
 * (SQL_ASCII, or a character that Unicode has no place for) only ASCII is judged.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/unicode_norm.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "types/code.h"

#define CODE_POINTS 8 /* more than one character of any encoding comes to */

/* Characters from first to last. */
typedef struct CodeRange
{
	pg_wchar first;
	pg_wchar last;
} CodeRange;

/* Blanks (Unicode category Zs) other than the one that keyboards have. */
static const CodeRange code_blanks[] = {
	{0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A},
	{0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

/*
 * What leaves no mark: controls, formats, separators of lines (categories Cc, Cf, Zl, Zp), what has the
 * property Default_Ignorable_Code_Point, and the empty pattern of Braille.
 */
static const CodeRange code_hidden[] = {
	{0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
	{0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
	{0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
	{0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
	{0x2800, 0x2800},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
	{0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
	{0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

/* Tells whether a character is in one of some ranges. */
static bool
code_is_in(pg_wchar point, const CodeRange *ranges, int count)
{
	for (int i = 0; i < count; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

/* Tells whether a character looks like a blank and is not the usual one. */
static bool
code_is_blank(pg_wchar point)
{
	return code_is_in(point, code_blanks, lengthof(code_blanks));
}

/* Tells whether a character cannot be seen. */
static bool
code_is_hidden(pg_wchar point)
{
	return code_is_in(point, code_hidden, lengthof(code_hidden));
}

/* Reads text in UTF-8. Returns how many characters it has. */
static int
code_read_utf8(const char *text, int length, pg_wchar *points)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;
	int count = 0;

	for (; at < end && count < CODE_POINTS; at += pg_utf_mblen(at))
		points[count++] = utf8_to_unicode(at);
	return count;
}

/* Reads one character in the encoding of the database. Returns 0 when it is none of Unicode. */
static int
code_convert(const char *character, int length, pg_wchar *points)
{
	int encoding = GetDatabaseEncoding();
	unsigned char utf8[CODE_POINTS * MAX_UNICODE_EQUIVALENT_STRING];
	Oid conversion;

	if (encoding == PG_UTF8)
		return code_read_utf8(character, length, points);
	if (encoding == PG_SQL_ASCII)
		return 0;
	conversion = FindDefaultConversionProc(encoding, PG_UTF8);
	if (!OidIsValid(conversion) ||
		pg_do_encoding_conversion_buf(conversion, encoding, PG_UTF8,
									  (unsigned char *) unconstify(char *, character), length, utf8,
									  sizeof(utf8), true) != length)
		return 0;
	return code_read_utf8((const char *) utf8, strlen((const char *) utf8), points);
}

/* Reads the character that a text begins with, as Unicode: *count of points. Returns its length in bytes. */
static int
code_next(const char *text, pg_wchar *points, int *count)
{
	int length = IS_HIGHBIT_SET(*text) ? pg_mblen(text) : 1;

	points[0] = (unsigned char) *text;
	*count = length == 1 && !IS_HIGHBIT_SET(*text) ? 1 : code_convert(text, length, points);
	return length;
}

/* Tells whether all of a text is ASCII. */
static bool
code_is_ascii(const char *code)
{
	for (; *code != '\0'; code++)
		if (IS_HIGHBIT_SET(*code))
			return false;
	return true;
}

/*
 * Returns what makes a code hard to tell from another, as the end of a sentence about it; NULL: nothing.
 */
const char *
code_fault(const char *code)
{
	pg_wchar points[CODE_POINTS];
	const char *at = code;
	int count;

	if (code[0] == ' ' || (code[0] != '\0' && code[strlen(code) - 1] == ' '))
		return "begins or ends with a blank";
	while (*at != '\0')
	{
		at += code_next(at, points, &count);
		for (int i = 0; i < count; i++)
		{
			if (code_is_hidden(points[i]))
				return psprintf("has a character that cannot be seen, U+%04X", points[i]);
			if (code_is_blank(points[i]))
				return psprintf("has a character that looks like a blank, U+%04X", points[i]);
		}
	}
	return NULL;
}

/* Reads all of a code; NULL: a character of it is none of Unicode. The last point is followed by 0. */
static pg_wchar *
code_read(const char *code)
{
	pg_wchar *points = palloc((strlen(code) + 1) * CODE_POINTS * sizeof(pg_wchar));
	pg_wchar *end = points;

	while (*code != '\0')
	{
		int count;

		code += code_next(code, end, &count);
		if (count == 0)
			return NULL;
		end += count;
	}
	*end = 0;
	return points;
}

/*
 * Returns what is the same for all spellings of a code, of which Unicode may have several: its normalization
 * form C, in UTF-8.
 */
char *
code_spelling(const char *code)
{
	pg_wchar *points = code_is_ascii(code) ? NULL : code_read(code);
	StringInfoData spelling;

	if (points == NULL)
		return pstrdup(code);
	initStringInfo(&spelling);
	for (points = unicode_normalize(UNICODE_NFC, points); *points != 0; points++)
	{
		unsigned char utf8[MAX_UNICODE_EQUIVALENT_STRING];

		unicode_to_utf8(*points, utf8);
		appendBinaryStringInfo(&spelling, (char *) utf8, pg_utf_mblen(utf8));
	}
	return spelling.data;
}

/* Tells whether a code is in normalization form C, in which nearly all text is. */
static bool
code_is_normalized(const char *code)
{
	const pg_wchar *points = code_is_ascii(code) ? NULL : code_read(code);
	const pg_wchar *normalized;

	if (points == NULL)
		return true;
	normalized = unicode_normalize(UNICODE_NFC, points);
	while (*points != 0 && *points == *normalized)
	{
		points++;
		normalized++;
	}
	return *points == *normalized;
}

/*
 * Returns a code as messages show it: what cannot be seen, or looks like a blank, by its number in Unicode,
 * blanks at the ends too. In another spelling than the usual one, all that is not ASCII.
 */
const char *
code_shown(const char *code)
{
	bool normalized = code_is_normalized(code);
	const char *last = code + strlen(code) - 1;
	StringInfoData shown;

	if (normalized && code_fault(code) == NULL)
		return code;
	while (last > code && last[-1] == ' ' && *last == ' ')
		last--;
	initStringInfo(&shown);
	for (const char *at = code; *at != '\0';)
	{
		pg_wchar points[CODE_POINTS];
		int count;
		int length = code_next(at, points, &count);
		bool outer = *at == ' ' && (at >= last || strspn(code, " ") > at - code);
		bool odd = outer || (!normalized && IS_HIGHBIT_SET(*at));

		for (int i = 0; i < count; i++)
			odd |= code_is_hidden(points[i]) || code_is_blank(points[i]);
		if (!odd || count == 0)
			appendBinaryStringInfo(&shown, at, length);
		for (int i = 0; odd && i < count; i++)
			appendStringInfo(&shown, "<U+%04X>", points[i]);
		at += length;
	}
	return shown.data;
}
