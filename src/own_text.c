/*
 * own_text.c
 *	  What SQL of ours says in messages, in the language of the session.
 *
 * SQL puts messages together by format() and concat(), which no catalogue has: there they stand with "%s" for what is
 * put in. So the messages of SQL stand in own_text_list.c as well; the one that a text was made of is found by the words
 * that stand still, and what was put in goes into its translation. A text that was made of none stays as it is, and so
 * do all where messages are not translated.
 *
 * Only what is raised is said so. What views and functions return is the same in each language.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "own_text.h"
#include "own_text_list.h"

#define OWN_TEXT_VALUES 10
#define OWN_TEXT_MARK "%s"

/* What was put into a message, in its order. */
typedef struct OwnTextValues
{
	const char *start[OWN_TEXT_VALUES];
	int length[OWN_TEXT_VALUES];
	int count;
} OwnTextValues;

/* What hints are put together of, divided by full stops and semicolons: how an act can be decided. */
/* clang-format off */
static const char *const OWN_TEXT_PARTS[] = {
	gettext_noop("It takes a mandate, after the members of body \"%s\" were heard"),
	gettext_noop("It takes a mandate"),
	gettext_noop("It takes the signatures of two who hold a mandate, after the members of body \"%s\" were heard"),
	gettext_noop("It takes the signatures of two who hold a mandate"),
	gettext_noop("Body \"%s\" decides it by vote"),
	gettext_noop("It is decided elsewhere, and recorded with its document by who holds a mandate, after the members of body \"%s\" were heard"),
	gettext_noop("It is decided elsewhere, and recorded with its document by who holds a mandate"),
	gettext_noop("Rules for this amount are missing"),
	gettext_noop("You have one, of which nothing is left"),
	gettext_noop("You have one, up to %s"),
	gettext_noop("You have one"),
	gettext_noop("You have none"),
	gettext_noop("%s have one"),
	gettext_noop("%s has one"),
	gettext_noop("%s up to %s, %s up to %s, %s up to %s, %s up to %s, %s up to %s"),
	gettext_noop("%s up to %s, %s up to %s, %s up to %s, %s up to %s"),
	gettext_noop("%s up to %s, %s up to %s, %s up to %s"),
	gettext_noop("%s up to %s, %s up to %s"),
	gettext_noop("%s up to %s"),
};
/* clang-format on */

/* Returns where the words of a message after a value stand in a text: at its end, if they are the last ones; or NULL. */
static const char *
own_text_after(const char *text, const char *words, size_t length, bool is_last)
{
	size_t left = strlen(text);

	if (!is_last)
		return strstr(text, pnstrdup(words, length));
	return left >= length && strcmp(text + left - length, words) == 0 ? text + left - length : NULL;
}

/* Tells whether a text was made of a message, and by which values. */
static bool
own_text_fits(const char *message, const char *text, OwnTextValues *values)
{
	const char *mark = strstr(message, OWN_TEXT_MARK);
	size_t length = mark == NULL ? strlen(message) : mark - message;

	values->count = 0;
	if (strncmp(text, message, length) != 0)
		return false;
	text += length;
	while (mark != NULL && values->count < OWN_TEXT_VALUES)
	{
		const char *words = mark + strlen(OWN_TEXT_MARK);
		const char *end;

		mark = strstr(words, OWN_TEXT_MARK);
		length = mark == NULL ? strlen(words) : mark - words;
		end = own_text_after(text, words, length, mark == NULL);
		if (end == NULL)
			return false;
		values->start[values->count] = text;
		values->length[values->count++] = end - text;
		text = end + length;
	}
	return *text == '\0';
}

/* Puts values into a translation: "%s" is the next one, "%2$s" the second. */
static char *
own_text_fill(const char *message, const OwnTextValues *values)
{
	StringInfoData text;
	int next = 0;

	initStringInfo(&text);
	while (*message != '\0')
	{
		bool is_numbered = message[0] == '%' && message[1] >= '1' && message[1] <= '9' &&
						   message[2] == '$' && message[3] == 's';
		bool is_next = !is_numbered && strncmp(message, OWN_TEXT_MARK, 2) == 0;
		int which = is_numbered ? message[1] - '1' : next;

		if ((is_numbered || is_next) && which < values->count)
			appendBinaryStringInfo(&text, values->start[which], values->length[which]);
		else
			appendStringInfoChar(&text, *message);
		next += is_next;
		message += is_numbered ? 4 : is_next ? 2 : 1;
	}
	return text.data;
}

/* Returns a text in the language of the session; NULL: it was made of none of these messages. */
static const char *
own_text_translate(const char *const *messages, int count, const char *text)
{
	OwnTextValues values;

	for (int i = 0; i < count; i++)
		if (own_text_fits(messages[i], text, &values))
			return _(messages[i]) == messages[i] ? text : own_text_fill(_(messages[i]), &values);
	return NULL;
}

/* Returns how long the part of a sentence is that a text begins with. */
static int
own_text_part(const char *text)
{
	int length = 0;

	while (text[length] != '\0' && strncmp(text + length, "; ", 2) != 0 &&
		   strncmp(text + length, ". ", 2) != 0 && strcmp(text + length, ".") != 0)
		length++;
	return length;
}

/* Returns a text, each of whose parts was made of a message. */
static char *
own_text_said_in_parts(const char *text)
{
	StringInfoData said;

	initStringInfo(&said);
	while (*text != '\0')
	{
		int length = own_text_part(text);
		char *part = pnstrdup(text, length);
		const char *translated =
			length == 0 ? NULL : own_text_translate(OWN_TEXT_PARTS, lengthof(OWN_TEXT_PARTS), part);

		appendStringInfoString(&said, translated == NULL ? part : translated);
		text += length;
		length = Min(strlen(text), 2);
		appendBinaryStringInfo(&said, text, length);
		text += length;
	}
	return said.data;
}

/* Returns what SQL says, in the language of the session: as a whole, or in parts that full stops and semicolons divide. */
const char *
own_text_said(const char *text)
{
	const char *said = own_text_translate(own_texts, own_texts_count, text);

	return said == NULL ? own_text_said_in_parts(text) : said;
}
