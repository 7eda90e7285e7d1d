/*
 * page_words.c
 *	  The one table of the words of a page. Dutch ones are those of budgets of municipalities. All are ASCII.
 */
#include "postgres.h"

#include "pages/page_words.h"

/* clang-format off */
static const char *const PAGE_WORDS[WORDS][PAGE_LANGUAGES] = {
	[WORD_TITLE] = {"Report", "Rapportage"},
	[WORD_PERIOD] = {"Period", "Periode"},
	[WORD_AS_OF] = {"Figures as of", "Stand van"},
	[WORD_FIGURES_OF] = {"Figures that this role may read", "Cijfers die deze rol mag lezen"},
	[WORD_ALL] = {"all participants", "alle deelnemers"},
	[WORD_SIGN] = {"Costs are positive. A difference is what is left: positive is an advantage, negative a disadvantage.",
		"Lasten zijn positief. Een verschil is wat over is: positief is een voordeel (V), negatief een nadeel (N)."},
	[WORD_LOG_HEAD] = {"Head of the log of decisions", "Kop van het besluitenlogboek"},
	[WORD_SUMMARY] = {"In short", "Samenvatting"},
	[WORD_MONEY] = {"Caps", "Plafonds"},
	[WORD_RESULT] = {"Cost and result", "Kosten en resultaat"},
	[WORD_EXPECTED] = {"Year end", "Jaareinde"},
	[WORD_GREEN] = {"green", "groen"},
	[WORD_AMBER] = {"amber", "oranje"},
	[WORD_RED] = {"red", "rood"},
	[WORD_GREEN_CAPS] = {"below every step", "onder elke trede"},
	[WORD_AMBER_CAPS] = {"at a step that notifies or warns", "op een trede die meldt of waarschuwt"},
	[WORD_RED_CAPS] = {"above where it blocks", "boven de blokkade"},
	[WORD_GREEN_EXPECTED] = {"expected within the cap", "naar verwachting binnen het plafond"},
	[WORD_AMBER_EXPECTED] = {"expected above the cap", "naar verwachting boven het plafond"},
	[WORD_RED_EXPECTED] = {"expected above where it blocks", "naar verwachting boven de blokkade"},
	[WORD_COST] = {"What may it cost?", "Wat mag het kosten?"},
	[WORD_COST_INTRO] = {"Usage of each cap against the steps of its ladder. All bars have one scale: 0 to 125 percent of the cap; the line marks 100 percent. Open a service to see its caps. Primitive is the budget as it was first set, amended as it is now; free is amended minus committed, actual and reserved; difference is amended minus expected.",
		"Het gebruik van elk plafond tegen de treden van zijn trap. Alle balken hebben dezelfde schaal: 0 tot 125 procent van het plafond; de streep staat op 100 procent. Open een dienst om de plafonds te zien. Primitief is de begroting zoals eerst vastgesteld, na wijziging zoals zij nu is; nog vrij is dat min verplicht, werkelijk en gereserveerd; het verschil is na wijziging min verwacht."},
	[WORD_PARTICIPANT] = {"Participant", "Deelnemer"},
	[WORD_SERVICE] = {"Service", "Dienst"},
	[WORD_CAP] = {"Cap", "Plafond"},
	[WORD_USED] = {"Used", "Gebruikt"},
	[WORD_PRIMITIVE] = {"Primitive", "Primitief"},
	[WORD_AMENDED] = {"Amended", "Na wijziging"},
	[WORD_RESERVED] = {"Reserved", "Gereserveerd"},
	[WORD_DIFFERENCE] = {"Difference", "Verschil"},
	[WORD_PERCENT] = {"Percent", "Procent"},
	[WORD_FREE] = {"Free", "Nog vrij"},
	[WORD_OUTLOOK] = {"Expected", "Verwacht"},
	[WORD_LIGHT] = {"Light", "Stoplicht"},
	[WORD_USAGE] = {"Usage and steps", "Gebruik en treden"},
	[WORD_BUDGET] = {"money", "geld"},
	[WORD_VOLUME] = {"volume", "aantal"},
	[WORD_MORE_CAPS] = {"more caps, used less, are not shown here.",
		"plafonds met minder gebruik staan hier niet."},
	[WORD_NO_STEP] = {"below", "eronder"},
	[WORD_NOTIFY] = {"notify", "melden"},
	[WORD_WARN] = {"warn", "waarschuwen"},
	[WORD_BLOCK] = {"block", "blokkeren"},
	[WORD_DEVIATIONS] = {"Deviations", "Afwijkingen"},
	[WORD_DEVIATIONS_INTRO] = {"Budgets that are expected to be left or exceeded by at least the limit, caps at a step that warns or blocks, and results below their target. Of each: the cause, what follows from it, and what is done.",
		"Budgetten waarvan naar verwachting minstens de grens overblijft of tekortkomt, plafonds op een trede die waarschuwt of blokkeert, en resultaten onder hun doel. Van elk: de oorzaak, het gevolg en de maatregel."},
	[WORD_DEVIATIONS_FOUND] = {" deviations by a limit of ", " afwijkingen bij een grens van "},
	[WORD_DEVIATIONS_INCOMPLETE] = {" are not explained in full.", " zijn niet volledig toegelicht."},
	[WORD_CAUSE] = {"Cause", "Oorzaak"},
	[WORD_CONSEQUENCE] = {"Consequence", "Gevolg"},
	[WORD_ACTION] = {"Action", "Maatregel"},
	[WORD_NOT_SAID] = {"not said yet", "nog niet toegelicht"},
	[WORD_STRUCTURAL] = {"structural", "structureel"},
	[WORD_INCIDENTAL] = {"incidental", "incidenteel"},
	[WORD_RESULTS] = {"What did we get for it?", "Wat kregen we ervoor?"},
	[WORD_RESULTS_INTRO] = {"Each service with all that is below it. Attainment is what was measured as a percentage of the target.",
		"Elke dienst met alles wat eronder valt. Bereikt is wat gemeten is als percentage van het doel."},
	[WORD_ACTUAL] = {"Actual", "Werkelijk"},
	[WORD_COMMITTED] = {"Committed", "Verplicht"},
	[WORD_UNIT_COST] = {"Per unit", "Per eenheid"},
	[WORD_TARGET] = {"Target", "Doel"},
	[WORD_MEASURED] = {"Measured", "Gemeten"},
	[WORD_ATTAINMENT] = {"Attained %", "Bereikt %"},
	[WORD_INDICATORS] = {"Indicators", "Indicatoren"},
	[WORD_INDICATOR] = {"Indicator", "Indicator"},
	[WORD_DIMENSION] = {"Value", "Waarde"},
	[WORD_YEAR] = {"The course of the period", "Het verloop van de periode"},
	[WORD_YEAR_INTRO] = {"Actual cost month by month, added up; the dotted line is the cap; the band holds the outlooks of three methods, the mark in it the one that is advised.",
		"Werkelijke lasten per maand, opgeteld; de stippellijn is het plafond; de band omvat de verwachtingen van drie methoden, de ruit is de geadviseerde."},
	[WORD_SIDE] = {"Participants side by side", "Deelnemers naast elkaar"},
	[WORD_SIDE_INTRO] = {"Cost per inhabitant. All bars have one scale.",
		"Lasten per inwoner. Alle balken hebben dezelfde schaal."},
	[WORD_PER_INHABITANT] = {"Per inhabitant", "Per inwoner"},
	[WORD_SETTLEMENT] = {"Settlement", "Afrekening"},
	[WORD_SETTLEMENT_INTRO] = {"Positive is owed, negative is given back.",
		"Positief is te betalen, negatief is terug te ontvangen."},
	[WORD_LINE] = {"Line", "Regel"},
	[WORD_AMOUNT] = {"Amount", "Bedrag"},
	[WORD_OUTCOME] = {"outcome", "maatschappelijk resultaat"},
	[WORD_LEGITIMACY] = {"legitimacy", "legitimiteit"},
	[WORD_CAPACITY] = {"operational capacity", "operationele capaciteit"},
	[WORD_COMPARED] = {"Compared", "Vergeleken"},
	[WORD_TO_PAY] = {"To pay", "Te betalen"},
	[WORD_ALLOCATION] = {"Shared cost divided", "Verdeling van gedeelde lasten"},
	[WORD_DIRECT] = {"Direct", "Direct"},
	[WORD_ALLOCATED] = {"Allocated", "Toegerekend"},
	[WORD_TOTAL] = {"Together", "Samen"},
	[WORD_DECISIONS] = {"Decisions that wait", "Open besluiten"},
	[WORD_DECISION] = {"Decision", "Besluit"},
	[WORD_ACT] = {"Act", "Handeling"},
	[WORD_WAITS_FOR] = {"Waits for", "Wacht op"},
	[WORD_REASON] = {"Reason", "Reden"},
	[WORD_SINCE] = {"Since", "Sinds"},
	[WORD_CLOSED] = {"Closed periods", "Gesloten perioden"},
	[WORD_CLOSED_AT] = {"Closed on", "Gesloten op"},
	[WORD_CLOSED_BY] = {"By", "Door"},
	[WORD_REFUSALS] = {"Refusals", "Weigeringen"},
	[WORD_WHEN] = {"When", "Wanneer"},
	[WORD_CODE] = {"Code", "Code"},
	[WORD_ASKED] = {"Asked", "Gevraagd"},
	[WORD_TOO_MUCH] = {"Too much", "Te veel"},
	[WORD_EVENTS] = {"Events", "Gebeurtenissen"},
	[WORD_KIND] = {"What", "Wat"},
	[WORD_NOTHING] = {"Nothing to show.", "Niets te tonen."},
	[WORD_METHOD] = {"How each figure was computed", "Hoe elk cijfer is berekend"},
	[WORD_FIGURE] = {"Figure", "Cijfer"},
	[WORD_SOURCE] = {"View or function", "View of functie"},
	[WORD_ROUNDING] = {"Money is printed in whole units and exact in the page itself; totals are of figures that were not rounded, so printed parts need not add up to the printed total.",
		"Geld staat er in hele eenheden en precies in de pagina zelf; totalen zijn van niet-afgeronde cijfers, dus afgedrukte delen hoeven niet op te tellen tot het afgedrukte totaal."},
	[WORD_CONTENTS] = {"Contents", "Inhoud"},
	[WORD_OF_CAP] = {"of the cap", "van het plafond"},
	[WORD_WORST] = {"Closest to their limit", "Het dichtst bij de grens"},
	[WORD_SENTENCE_CAPS] = {"caps hold in this period.", "plafonds gelden in deze periode."},
	[WORD_SENTENCE_RESULT] = {"combinations of service and participant have a light for cost and result.",
		"combinaties van dienst en deelnemer hebben een stoplicht voor kosten en resultaat."},
	[WORD_SENTENCE_EXPECTED] = {"caps have an outlook for the day that these figures are of.",
		"plafonds hebben een verwachting op de dag van deze cijfers."},
	[WORD_BAND] = {"outlooks from, to", "verwachtingen van, tot"},
	[WORD_CREATED] = {"created", "ingesteld"},
	[WORD_CHANGED] = {"changed", "gewijzigd"},
	[WORD_DROPPED] = {"dropped", "vervallen"},
	[WORD_EVENT_NOTIFY] = {"step that notifies reached", "trede melden bereikt"},
	[WORD_EVENT_WARN] = {"step that warns reached", "trede waarschuwen bereikt"},
	[WORD_AGREED] = {"agreed", "overeengekomen"},
	[WORD_ADVANCE] = {"advance", "voorschot"},
	[WORD_EXCESS] = {"excess", "meerafname"},
	[WORD_UNUSED] = {"unused", "minderafname"},
	[WORD_SHARE] = {"share", "aandeel"},
	[WORD_INCENTIVE] = {"incentive", "prikkel"},
	[WORD_RESULT_SHARE] = {"share of the result", "aandeel in het resultaat"},
	[WORD_CORRECTION] = {"correction", "correctie"},
	[WORD_LAWFULNESS] = {"Lawfulness of the budget", "Begrotingsrechtmatigheid"},
	[WORD_LAWFULNESS_INTRO] = {"Deviations from what the council has authorised, none struck against another, and what follows for the statement.",
		"Afwijkingen van wat de raad heeft geautoriseerd, niet onderling gesaldeerd, en wat daaruit volgt voor de verantwoording."},
	[WORD_STATEMENT] = {"Statement", "Verantwoording"},
	[WORD_STATEMENT_LIMIT] = {"Limit", "Verantwoordingsgrens"},
	[WORD_IRREGULAR] = {"Irregular", "Onrechtmatig"},
	[WORD_NOT_ACCEPTABLE] = {"Not acceptable", "Niet acceptabel"},
	[WORD_CONCLUSION] = {"Conclusion", "Conclusie"},
	[WORD_SUBJECT] = {"Of what", "Waarvan"},
	[WORD_RULE] = {"Rule", "Grond"},
	[WORD_EXPLANATION] = {"Explanation", "Toelichting"},
	[WORD_NOT_KNOWN] = {"not known", "niet bekend"},
	[WORD_LAWFUL] = {"lawful", "rechtmatig"},
	[WORD_ACCEPTABLE] = {"irregular, acceptable", "onrechtmatig, acceptabel"},
	[WORD_IS_NOT_ACCEPTABLE] = {"irregular, not acceptable", "onrechtmatig, niet acceptabel"},
	[WORD_NOTHING_TO_REPORT] = {"nothing to report", "niets te melden"},
	[WORD_ALL_ACCEPTABLE] = {"in principle irregular, but acceptable", "in principe onrechtmatig, maar acceptabel"},
	[WORD_NOT_ALL_LAWFUL] = {"not all lawful", "niet alles rechtmatig"},
	[WORD_COSTS_OVER] = {"costs above budget", "lasten boven de begroting"},
	[WORD_COSTS_UNDER] = {"costs below budget", "lasten onder de begroting"},
	[WORD_INCOME_OVER] = {"income above estimate", "baten boven de raming"},
	[WORD_INCOME_UNDER] = {"income below estimate", "baten onder de raming"},
	[WORD_INVESTMENT_OVER] = {"investment above credit", "investering boven het krediet"},
	[WORD_INVESTMENT_UNDER] = {"investment below credit", "investering onder het krediet"},
	[WORD_RESERVE_OVER] = {"reserve above what was decided", "reserve boven het besluit"},
	[WORD_RESERVE_UNDER] = {"reserve below what was decided", "reserve onder het besluit"},
};

/* Words that are stored, as kinds of events and lines of settlements, and what a page calls them. */
static const struct
{
	const char *stored;
	PageWord word;
} PAGE_STORED_WORDS[] = {
	{"created", WORD_CREATED},
	{"changed", WORD_CHANGED},
	{"dropped", WORD_DROPPED},
	{"notify", WORD_EVENT_NOTIFY},
	{"warn", WORD_EVENT_WARN},
	{"agreed", WORD_AGREED},
	{"to_pay", WORD_TO_PAY},
	{"outcome", WORD_OUTCOME},
	{"legitimacy", WORD_LEGITIMACY},
	{"operational capacity", WORD_CAPACITY},
	{"advance", WORD_ADVANCE},
	{"excess", WORD_EXCESS},
	{"unused", WORD_UNUSED},
	{"share", WORD_SHARE},
	{"incentive", WORD_INCENTIVE},
	{"result_share", WORD_RESULT_SHARE},
	{"correction", WORD_CORRECTION},
	{"not known", WORD_NOT_KNOWN},
	{"lawful", WORD_LAWFUL},
	{"acceptable", WORD_ACCEPTABLE},
	{"not acceptable", WORD_IS_NOT_ACCEPTABLE},
	{"nothing to report", WORD_NOTHING_TO_REPORT},
	{"irregular but acceptable", WORD_ALL_ACCEPTABLE},
	{"not all lawful", WORD_NOT_ALL_LAWFUL},
	{"costs over", WORD_COSTS_OVER},
	{"costs under", WORD_COSTS_UNDER},
	{"income over", WORD_INCOME_OVER},
	{"income under", WORD_INCOME_UNDER},
	{"investment over", WORD_INVESTMENT_OVER},
	{"investment under", WORD_INVESTMENT_UNDER},
	{"reserve over", WORD_RESERVE_OVER},
	{"reserve under", WORD_RESERVE_UNDER},
	{"budget", WORD_BUDGET},
	{"volume", WORD_VOLUME},
};
/* clang-format on */

StaticAssertDecl(lengthof(PAGE_WORDS) == WORDS, "a word has no text");

/* Returns a word in the language of the page. */
const char *
page_word(const HtmlPage *page, PageWord word)
{
	return PAGE_WORDS[word][page->language];
}

/* Writes an element with a word. */
void
page_word_element(HtmlPage *page, const char *element, const char *class, PageWord word)
{
	page_element(page, element, class, page_word(page, word));
}

/* Writes a stored word in the language of the page, or as it is stored if that has none for it. */
void
page_stored_word(HtmlPage *page, const char *stored)
{
	for (int i = 0; stored != NULL && i < (int) lengthof(PAGE_STORED_WORDS); i++)
		if (strcmp(PAGE_STORED_WORDS[i].stored, stored) == 0)
		{
			page_text(page, page_word(page, PAGE_STORED_WORDS[i].word));
			return;
		}
	page_text(page, stored);
}
