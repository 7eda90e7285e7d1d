/*
 * own_text.c
 *	  What SQL of ours says in messages, in the language of the session.
 *
 * SQL puts messages together by format() and concat(), which no catalogue has: there they stand with "%s" for what is
 * put in. So the messages of SQL stand here as well; the one that a text was made of is found by the words that stand
 * still, and what was put in goes into its translation. A text that was made of none stays as it is, and so do all
 * where messages are not translated. Several may fit a text: the first is taken, so what is more specific comes first.
 *
 * Only what is raised is said so. What views and functions return is the same in each language.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "own_text.h"

#define OWN_TEXT_VALUES 10
#define OWN_TEXT_MARK "%s"

/* What was put into a message, in its order. */
typedef struct OwnTextValues
{
	const char *start[OWN_TEXT_VALUES];
	int length[OWN_TEXT_VALUES];
	int count;
} OwnTextValues;

/* clang-format off */
static const char *const OWN_TEXTS[] = {
	gettext_noop("act \"%s\" is unknown"),
	gettext_noop("act \"%s\" is asked about as \"%s\""),
	gettext_noop("Name \"%s\"."),
	gettext_noop("acts must not hold a null"),
	gettext_noop("acts must name at least one act"),
	gettext_noop("They are listed in steering.act."),
	gettext_noop("role \"%s\" does not exist"),
	gettext_noop("period %s is over"),
	gettext_noop("It could be amended up to its last day, %s. What is left of it is carried with steering.carry_forward()."),
	gettext_noop("What is left of a period is carried with steering.carry_forward()."),
	gettext_noop("minimum must be a number of four decimals at most that is not negative: %s"),
	gettext_noop("cap %s limits %s and cap %s %s"),
	gettext_noop("caps %s and %s have no day in common"),
	gettext_noop("caps %s and %s limit volumes of different units"),
	gettext_noop("one of caps %s and %s stands over the other"),
	gettext_noop("What the one allows the other limits as well: amend the budget instead."),
	gettext_noop("the next period has no cap that could bear its deficit"),
	gettext_noop("its deficit is more than the cap of the next period has"),
	gettext_noop("body \"%s\" is unknown"),
	gettext_noop("Bodies are made by steering.set_body()."),
	gettext_noop("quorum_percent of body \"%s\" must be between 0 and 100: %s"),
	gettext_noop("max_share_percent of body \"%s\" must be above 0 and at most 100: %s"),
	gettext_noop("tie must be \"reject\" or \"chair\": \"%s\""),
	gettext_noop("body \"%s\" has no chair who could decide a tie"),
	gettext_noop("votes of participant \"%s\" must be a number of votes: %s"),
	gettext_noop("votes_per must be \"inhabitants\": \"%s\""),
	gettext_noop("votes_per goes with a step above zero, and a step with votes_per"),
	gettext_noop("days must be between 1 and 10000: %s"),
	gettext_noop("body \"%s\" has no members on these days"),
	gettext_noop("They are named by steering.set_body_member()."),
	gettext_noop("participant \"%s\" would have too many votes of body \"%s\""),
	gettext_noop("It has %s of %s votes on %s; the most is %s percent."),
	gettext_noop("It has %s of %s votes; the most is %s percent."),
	gettext_noop("Make a body with all of its members in one transaction, or set another max_share_percent."),
	gettext_noop("participant \"%s\" would be in body \"%s\" twice"),
	gettext_noop("It is a member on some of these days already."),
	gettext_noop("role \"%s\" would vote for two participants in body \"%s\""),
	gettext_noop("They are \"%s\" and \"%s\"."),
	gettext_noop("A vote is of one participant and of one person: end the other membership first."),
	gettext_noop("method must be mandate, dual, vote, host or record: \"%s\""),
	gettext_noop("service_kind must be standard or development: \"%s\""),
	gettext_noop("amounts must begin at 0 or above: %s"),
	gettext_noop("views_days must be a number of days: %s"),
	gettext_noop("window_days must be a number of days: %s"),
	gettext_noop("needs must be view or consent: \"%s\""),
	gettext_noop("majority must be simple, absolute, unanimous or a fraction such as 2/3: \"%s\""),
	gettext_noop("method \"%s\" has no majority"),
	gettext_noop("Only votes have one."),
	gettext_noop("a vote needs a body"),
	gettext_noop("who is to be heard is not said"),
	gettext_noop("Name a body: its members are heard."),
	gettext_noop("rules for act \"%s\" leave a gap in the amounts: %s"),
	gettext_noop("rules for act \"%s\" overlap in the amounts: %s"),
	gettext_noop("rules for act \"%s\" %s leave a gap in the amounts: %s"),
	gettext_noop("rules for act \"%s\" %s overlap in the amounts: %s"),
	gettext_noop("On %s no rule of them says who decides these."),
	gettext_noop("No rule of them says who decides these."),
	gettext_noop("Both rule %s and rule %s are for these."),
	gettext_noop("Make and drop the rules of an act and scope in one transaction, so that they hold every amount from 0 on just once."),
	gettext_noop("Without a limit it is 'infinity'."),
	gettext_noop("act \"%s\" needs the majority \"%s\", and cannot be mandated"),
	gettext_noop("Only the body itself can decide it: leave it out, or let the limit end below."),
	gettext_noop("mandate %s does not exist"),
	gettext_noop("role \"%s\" may give no mandate that is not a part of its own"),
	gettext_noop("Name the mandate that it is a part of (parent), or propose it. Who may grant EXECUTE on steering.set_mandate() gives the first ones."),
	gettext_noop("mandate %s is not held by role \"%s\""),
	gettext_noop("Who holds a mandate gives a part of it to others."),
	gettext_noop("mandate %s may not be given on"),
	gettext_noop("It was given without may_submandate."),
	gettext_noop("mandate %s was revoked"),
	gettext_noop("mandate %s was revoked already"),
	gettext_noop("mandate %s is the tenth of a chain"),
	gettext_noop("A chain has at most ten mandates: each act looks along all of it."),
	gettext_noop("mandate %s is not in force on these days"),
	gettext_noop("mandate %s does not hold all of these acts"),
	gettext_noop("It holds: %s."),
	gettext_noop("mandate %s is for service \"%s\" and what is below it"),
	gettext_noop("mandate %s is for participant \"%s\" and what is below it"),
	gettext_noop("mandate %s needs no consent"),
	gettext_noop("role \"%s\" may not consent to mandate %s"),
	gettext_noop("The functionary consents, and for \"%s\" who votes for it in a body, or has a mandate for consent_mandate."),
	gettext_noop("role \"%s\" may not revoke mandate %s"),
	gettext_noop("Who gave it does, who holds what it is a part of, and who gives it back."),
	gettext_noop("role \"%s\" cannot be its own deputy"),
	gettext_noop("role \"%s\" may not name a deputy of \"%s\""),
	gettext_noop("A functionary names his own. Who may grant EXECUTE on steering.set_deputy() names those of others."),
	gettext_noop("\"%s\" is no head of the log"),
	gettext_noop("steering.log_head() gives one."),
	gettext_noop("no one rule says how decision %s is decided now"),
	gettext_noop("decision %s is not what was signed any more"),
	gettext_noop("decision %s was decided elsewhere, and has no document"),
	gettext_noop("Withdraw it, and propose it anew."),
	gettext_noop("choice \"%s\" does not fit decision %s"),
	gettext_noop("Who holds a mandate says approve or reject."),
	gettext_noop("Who votes names his participant, and says for, against or abstain."),
	gettext_noop("A vote is for, against or abstain."),
	gettext_noop("Who is heard names his participant, and gives a view, consents, or abstains."),
	gettext_noop("nobody is heard before decision %s"),
	gettext_noop("participant \"%s\" is not a member of body \"%s\""),
	gettext_noop("decision %s is not a tie that the chair decides"),
	gettext_noop("Who votes names his participant."),
	gettext_noop("role \"%s\" has signed decision %s already"),
	gettext_noop("Nobody signs twice, in whatever capacity."),
	gettext_noop("decision %s waits for consents"),
	gettext_noop("decision %s waits for views through %s"),
	gettext_noop("decision %s waits for views"),
	gettext_noop("The members of body \"%s\" are heard first: each gives a view, or says by abstain that it has none."),
	gettext_noop("the vote on decision %s was open through %s"),
	gettext_noop("steering.close_decision() counts the votes that were given."),
	gettext_noop("role \"%s\" may not sign decision %s as chair"),
	gettext_noop("role \"%s\" may not sign decision %s for participant \"%s\""),
	gettext_noop("role \"%s\" may not sign decision %s"),
	gettext_noop("Its representative signs, or who is deputy of that."),
	gettext_noop("the signature of \"%s\" under decision %s is given already"),
	gettext_noop("A signature of a deputy is that of his principal."),
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
	gettext_noop("executed"),
	gettext_noop("rejected"),
	gettext_noop("withdrawn"),
	gettext_noop("posted"),
	gettext_noop("voided"),
	gettext_noop("begins or ends with a blank"),
	gettext_noop("has a character that cannot be seen, %s"),
	gettext_noop("has a character that looks like a blank, %s"),
	gettext_noop("allocation key \"%s\" has a weight of \"%s\" on some of these days"),
	gettext_noop("service \"%s\" has an allocation rule in some of these months"),
	gettext_noop("indicator \"%s\" has a target for participant \"%s\" in some of these months"),
	gettext_noop("indicator \"%s\" has a measurement for participant \"%s\" in some of these months"),
	gettext_noop("agreement %s"),
	gettext_noop("alias %s"),
	gettext_noop("weight of \"%s\" in key \"%s\" during %s"),
	gettext_noop("allocation rule of service \"%s\" during %s"),
	gettext_noop("carry-forward rule for just this service and participant"),
	gettext_noop("signal limit of measure \"%s\""),
	gettext_noop("standing correction %s"),
	gettext_noop("incentive of indicator \"%s\""),
	gettext_noop("mandate %s"),
	gettext_noop("rule %s"),
	gettext_noop("result share during %s"),
	gettext_noop("risk \"%s\""),
	gettext_noop("The weight of participant \"%s\" in allocation key \"%s\" is not known, so cost %s of service \"%s\" of %s cannot be divided."),
	gettext_noop("%s must not be null"),
	gettext_noop("%s must not be empty"),
	gettext_noop("%s must not be negative: %s"),
	gettext_noop("The weight of participant \"%s\" in allocation key \"%s\" is not known, so the supplier's result of %s cannot be divided."),
	gettext_noop("fill in its inhabitants in steering.participant; 0 says that it has none"),
	gettext_noop("SELECT steering.set_key_weight(...); 0 says that it has no share"),
	gettext_noop("agree on a volume or an amount with steering.set_agreement()"),
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

/* Returns a text in the language of the session; NULL: it was made of no message. */
static const char *
own_text_translate(const char *text)
{
	OwnTextValues values;

	for (int i = 0; i < lengthof(OWN_TEXTS); i++)
		if (own_text_fits(OWN_TEXTS[i], text, &values))
			return _(OWN_TEXTS[i]) == OWN_TEXTS[i] ? text : own_text_fill(_(OWN_TEXTS[i]), &values);
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
		const char *translated = length == 0 ? NULL : own_text_translate(part);

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
	const char *said = own_text_translate(text);

	return said == NULL ? own_text_said_in_parts(text) : said;
}
