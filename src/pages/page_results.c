/*
 * page_results.c
 *	  "What did we get for it?": cost and result of each service, and what its indicators say.
 */
#include "postgres.h"

#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

static const PageColumn RESULT_COLUMNS[] =
	{{WORD_SERVICE, KIND_TEXT},   {WORD_PARTICIPANT, KIND_TEXT}, {WORD_LIGHT, KIND_LIGHT},
	 {WORD_ACTUAL, KIND_MONEY},   {WORD_COMMITTED, KIND_MONEY},  {WORD_UNIT_COST, KIND_PRICE},
	 {WORD_TARGET, KIND_MEASURE}, {WORD_MEASURED, KIND_MEASURE}, {WORD_ATTAINMENT, KIND_RATIO}};

static const PageColumn INDICATOR_COLUMNS[] =
	{{WORD_INDICATOR, KIND_TEXT},   {WORD_SERVICE, KIND_TEXT},   {WORD_PARTICIPANT, KIND_TEXT},
	 {WORD_DIMENSION, KIND_WORD},   {WORD_TARGET, KIND_MEASURE}, {WORD_MEASURED, KIND_MEASURE},
	 {WORD_ATTAINMENT, KIND_RATIO}, {WORD_TOTAL, KIND_TOTAL}};

/* Of who the page is about, each service; and nothing of who is below. */
#define RESULT_QUERY                                                                               \
	"SELECT place.name, scope.name, below.signal, below.actual, "                                  \
	"below.committed, below.unit_cost, below.target, below.measured, below.attainment "            \
	"FROM below JOIN scope ON scope.code = below.participant "                                     \
	"JOIN place ON place.code = below.service AND place.is_shown "                                 \
	"ORDER BY below.service COLLATE \"C\", scope.code COLLATE \"C\" LIMIT 400"

/*
 * Results until the end of the period, with their names, which two queries read: what was measured, and of the period as a whole
 * also what was not.
 */
/* clang-format off */
#define OUTCOME_QUERY \
	"SELECT result.*, scope.label AS name, scope.depth, scope.is_group, place.name AS service_name, " \
	"coalesce(indicator.name, result.indicator) AS title " \
	"FROM steering.result JOIN scope ON scope.code = result.participant " \
	"JOIN place ON place.code = result.service AND place.is_shown " \
	"LEFT JOIN steering.indicator_status AS indicator " \
	"ON indicator.service = result.service AND indicator.indicator = result.indicator " \
	"WHERE " PAGE_WANTED("result.participant") "AND result.valid_to <= " PAGE_LAST \
	" AND (result.measured IS NOT NULL OR result.valid_from = " PAGE_FIRST ")"
/* clang-format on */

/* Results of the period as a whole, those first that are farthest from their targets, and of groups behind those of members. */
#define INDICATOR_QUERY                                                                            \
	"SELECT title, service_name, name, dimension, target, measured, attainment, is_group "         \
	"FROM outcome "                                                                                \
	"WHERE valid_from = " PAGE_FIRST " AND valid_to = " PAGE_LAST " "                              \
	"ORDER BY is_group, attainment, service COLLATE \"C\", indicator COLLATE \"C\", "              \
	"participant COLLATE \"C\" LIMIT 60"

/* Writes the section. */
void
page_results(HtmlPage *page)
{
	page_section_open(page, "results", WORD_RESULTS);
	page_word_element(page, "p", "intro", WORD_RESULTS_INTRO);
	page_list(page, WORD_RESULTS, RESULT_COLUMNS, lengthof(RESULT_COLUMNS), RESULT_QUERY);
	page_keep(page, "outcome", OUTCOME_QUERY);
	page_word_element(page, "h3", NULL, WORD_INDICATORS);
	page_list(page, WORD_INDICATORS, INDICATOR_COLUMNS, lengthof(INDICATOR_COLUMNS),
			  INDICATOR_QUERY);
	page_trends(page);
	page_section_close(page);
}
