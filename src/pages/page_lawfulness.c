/*
 * page_lawfulness.c
 *	  Lawfulness of the budget: what the statement has to say, and the deviations that it follows from.
 */
#include "postgres.h"

#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

static const PageColumn STATEMENT_COLUMNS[] = {{WORD_PARTICIPANT, KIND_TEXT},
											   {WORD_PERIOD, KIND_TEXT},
											   {WORD_CONCLUSION, KIND_WORD},
											   {WORD_STATEMENT_LIMIT, KIND_MONEY},
											   {WORD_IRREGULAR, KIND_MONEY},
											   {WORD_NOT_ACCEPTABLE, KIND_MONEY}};

static const PageColumn DEVIATION_COLUMNS[] = {{WORD_PARTICIPANT, KIND_TEXT},
											   {WORD_SUBJECT, KIND_TEXT},
											   {WORD_KIND, KIND_WORD},
											   {WORD_CONCLUSION, KIND_WORD},
											   {WORD_RULE, KIND_TEXT},
											   {WORD_EXPLANATION, KIND_TEXT},
											   {WORD_AMOUNT, KIND_MONEY}};

#define STATEMENT_QUERY                                                                            \
	"SELECT scope.name, lawfulness.period, coalesce(lawfulness.conclusion, 'not known'), "         \
	"lawfulness.statement_limit, lawfulness.irregular, lawfulness.not_acceptable "                 \
	"FROM steering.lawfulness JOIN scope ON scope.code = lawfulness.participant "                  \
	"WHERE lawfulness.valid_from >= " PAGE_FIRST " AND lawfulness.valid_to <= " PAGE_LAST          \
	" ORDER BY scope.code COLLATE \"C\", lawfulness.valid_from LIMIT 500"

/* What is not acceptable first, and of that the largest. */
#define DEVIATION_QUERY                                                                            \
	"SELECT scope.name, coalesce(service.name, deviation.subject), deviation.object, "             \
	"CASE WHEN deviation.irregular IS NULL THEN 'not known' "                                      \
	"WHEN NOT deviation.irregular THEN 'lawful' WHEN deviation.acceptable THEN 'acceptable' "      \
	"ELSE 'not acceptable' END, deviation.rule_name, deviation.explanation, deviation.amount "     \
	"FROM steering.lawfulness_deviation AS deviation "                                             \
	"JOIN scope ON scope.code = deviation.participant "                                            \
	"LEFT JOIN place AS service "                                                                  \
	"ON service.code = deviation.subject AND deviation.object LIKE 'costs %' "                     \
	"WHERE coalesce(service.is_in, true) AND deviation.valid_from >= " PAGE_FIRST                  \
	" AND deviation.valid_to <= " PAGE_LAST                                                        \
	" ORDER BY coalesce(deviation.acceptable, NOT deviation.irregular), deviation.amount DESC, "   \
	"scope.code COLLATE \"C\", deviation.subject COLLATE \"C\", deviation.offset_by LIMIT 200"

/* Tells whether something is laid down about lawfulness that the reader may know. An earlier version has no such views. */
static bool
page_has_lawfulness(HtmlPage *page)
{
	return page_has(page, "steering.lawfulness_deviation_of(name)") &&
		   page_query(page, "SELECT FROM steering.lawfulness_frame LIMIT 1") > 0;
}

/* Writes the section. */
void
page_lawfulness(HtmlPage *page)
{
	if (!page_has_lawfulness(page))
		return;
	page_section_open(page, "lawfulness", WORD_LAWFULNESS);
	page_word_element(page, "p", "intro", WORD_LAWFULNESS_INTRO);
	page_list(page, WORD_STATEMENT, STATEMENT_COLUMNS, lengthof(STATEMENT_COLUMNS),
			  STATEMENT_QUERY);
	page_word_element(page, "h3", NULL, WORD_DEVIATIONS);
	page_list(page, WORD_DEVIATIONS, DEVIATION_COLUMNS, lengthof(DEVIATION_COLUMNS),
			  DEVIATION_QUERY);
	page_section_close(page);
}
