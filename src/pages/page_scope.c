/*
 * page_scope.c
 *	  What a page is about: its participants, its services, and what several sections read of them, once for all.
 *
 * Of a level that is narrower than the organisation only a part of the services is shown, and of a budget holder's also a
 * part of the participants. All of it is what the caller may read, so a level hides nothing: it leaves out.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_words.h"
#include "reports/usage_between.h"

/* What the role has a mandate for, on a page of a budget holder; who has no mandate gets all that he may read. */
#define SCOPE_HELD                                                                                 \
	"held AS MATERIALIZED (SELECT service, participant FROM steering.authority "                   \
	"WHERE $4 = 'holder' AND functionary = current_user) "
#define SCOPE_HOLDS_ALL(column)                                                                    \
	"(NOT EXISTS (SELECT FROM held) OR EXISTS (SELECT FROM held WHERE " column " IS NULL))"

/*
 * The participants from the top down: the one that was asked for, or all that the role may read, with all below; at depth 0 is
 * who the page is about. What is of a group is the total of its members, which its label says.
 */
/* clang-format off */
#define SCOPE_QUERY \
	"WITH RECURSIVE " SCOPE_HELD ", tree (code, parent, name, is_asked, is_held, depth) AS (" \
	"SELECT code, parent, name, $2 IS NULL OR code = $2, " \
	SCOPE_HOLDS_ALL("participant") " OR code IN (SELECT participant FROM held), 0 " \
	"FROM steering.named_participant WHERE parent IS NULL " \
	"UNION ALL SELECT below.code, below.parent, below.name, tree.is_asked OR below.code = $2, " \
	"tree.is_held OR below.code IN (SELECT participant FROM held), " \
	"CASE WHEN tree.is_asked AND tree.is_held THEN tree.depth + 1 ELSE 0 END " \
	"FROM tree JOIN steering.named_participant AS below ON below.parent = tree.code), " \
	"member AS MATERIALIZED (SELECT DISTINCT parent FROM tree WHERE parent IS NOT NULL) " \
	"SELECT tree.code, tree.name, tree.depth, member.parent IS NOT NULL AS is_group, " \
	"CASE WHEN member.parent IS NULL THEN tree.name ELSE tree.name || %s END AS label " \
	"FROM tree LEFT JOIN member ON member.parent = tree.code WHERE is_asked AND is_held"
/* clang-format on */

/* The services, from the top down, each with the one at the top above it; and whether the page shows it. */
#define PLACE_QUERY                                                                                           \
	"WITH RECURSIVE " SCOPE_HELD ", tree (code, name, unit, depth, root, path, is_held) AS ("                 \
	"SELECT code, name, unit, 0, code, ARRAY[code COLLATE \"C\"], " SCOPE_HOLDS_ALL(                          \
		"service") " OR code IN (SELECT service FROM held) FROM steering.named_service WHERE parent IS NULL " \
				   "UNION ALL SELECT below.code, below.name, below.unit, tree.depth + 1, tree.root, "         \
				   "tree.path || (below.code COLLATE \"C\"), "                                                \
				   "tree.is_held OR below.code IN (SELECT service FROM held) "                                \
				   "FROM tree JOIN steering.named_service AS below ON below.parent = tree.code) "             \
				   "SELECT code, name, unit, depth, root, path, is_held AS is_in, "                           \
				   "is_held AND ($4 <> 'council' OR depth = 0) AS is_shown FROM tree"

/* What deviates, and what does not: of each budget cap what is expected, and results that are below their target. */
#define DEVIANT_QUERY                                                                              \
	"SELECT deviation.*, place.name, scope.label AS participant_name, scope.is_group "             \
	"FROM steering.deviation($1, 0, $3) AS deviation "                                             \
	"JOIN scope ON scope.code = deviation.participant "                                            \
	"JOIN place ON place.code = deviation.service AND place.is_shown "                             \
	"WHERE " PAGE_WANTED("deviation.participant")

/* What is expected of caps: of budgets as deviation() has it; before 0.6 from where it has it. */
#define OUTLOOK_OF_CAPS                                                                            \
	"(SELECT cap_id, expected FROM deviant WHERE cap_id IS NOT NULL "                              \
	"UNION ALL SELECT cap_id, expected FROM steering.cap_outlook($3) "                             \
	"WHERE metric <> 'budget' "                                                                    \
	"AND EXISTS (SELECT FROM steering.cap_status WHERE metric <> 'budget'))"
#define OUTLOOK_OF_CAPS_0_5 "steering.cap_outlook($3)"

/* What was budgeted of caps; in 0.5 a reader had no right to a function in that view, so there it is not known. */
#define BUDGETS "steering.budget_status"
#define BUDGETS_0_5                                                                                \
	"(SELECT cap_id, participant, NULL::numeric AS primitive, NULL::numeric AS committed, "        \
	"NULL::numeric AS actual, NULL::numeric AS reserved, NULL::numeric AS free "                   \
	"FROM steering.cap_status)"

/*
 * The ten caps of each service of which the most is used, and those that are expected to be exceeded most, with what was
 * budgeted and what is expected; and on each row how many caps there are of each kind, on its service and in all.
 */
/* clang-format off */
#define CAP_QUERY(outlook_of_caps, budgets) \
	"WITH standing AS MATERIALIZED (SELECT status.*, outlook.expected, " \
	"row_number() OVER (PARTITION BY status.service " \
	"ORDER BY status.used_percent DESC NULLS LAST, status.cap_id) AS place, " \
	"count(*) OVER (PARTITION BY status.service) AS caps, " \
	"count(*) FILTER (WHERE status.step IS NULL) OVER () AS below_steps, " \
	"count(*) FILTER (WHERE status.step LIKE '% notify') OVER () AS at_notify, " \
	"count(*) FILTER (WHERE status.step LIKE '% warn') OVER () AS at_warn, " \
	"count(*) FILTER (WHERE status.step LIKE '% block') OVER () AS at_block, " \
	"count(*) FILTER (WHERE outlook.expected <= status.amount) OVER () AS will_hold, " \
	"count(*) FILTER (WHERE outlook.expected > status.amount " \
	"AND (outlook.expected > status.blocks_at) IS NOT TRUE) OVER () AS will_exceed, " \
	"count(*) FILTER (WHERE outlook.expected > status.amount " \
	"AND outlook.expected > status.blocks_at) OVER () AS will_block " \
	"FROM steering.cap_status AS status JOIN scope ON scope.code = status.participant " \
	"JOIN place AS service ON service.code = status.service AND service.is_shown " \
	"LEFT JOIN " outlook_of_caps " AS outlook ON outlook.cap_id = status.cap_id " \
	"WHERE " PAGE_WANTED("status.participant") "AND status.valid_from <= " PAGE_LAST \
	" AND status.valid_to >= " PAGE_FIRST "), " \
	"shown AS MATERIALIZED (SELECT * FROM standing WHERE place <= 10 UNION ALL SELECT * FROM (" \
	"SELECT * FROM standing WHERE expected > amount " \
	"ORDER BY " PAGE_EXCEEDED_MOST " LIMIT " PAGE_NAMED ") AS exceeded WHERE place > 10) " \
	"SELECT shown.*, scope.name, scope.label, scope.is_group, service.unit, budget.primitive, " \
	"budget.committed, budget.actual, budget.reserved, budget.free FROM shown " \
	"JOIN scope ON scope.code = shown.participant " \
	"JOIN place AS service ON service.code = shown.service " \
	"LEFT JOIN " budgets " AS budget " \
	"ON budget.cap_id = shown.cap_id AND " PAGE_WANTED("budget.participant")
/* clang-format on */

/* Cost and result of who the page is about, with all below, on each service. */
#define BELOW_QUERY                                                                                \
	"SELECT below.service, below.participant, below.budget, below.actual, below.committed, "       \
	"below.unit_cost, below.target, below.measured, below.attainment, below.signal "               \
	"FROM steering.cost_versus_result_below($1) AS below "                                         \
	"JOIN scope ON scope.code = below.participant AND scope.depth = 0"

/* What the end of the period is expected to bring, of each service and participant, by several methods. */
#define AHEAD_QUERY                                                                                \
	"SELECT outlook.service, outlook.participant, outlook.advised_method, outlook.advised, "       \
	"outlook.advised_error, outlook.advised_years, outlook.run_rate, outlook.seasonal, "           \
	"outlook.additive FROM steering.outlook_by_method($3, $1) AS outlook "                         \
	"JOIN place ON place.code = outlook.service AND place.is_in "                                  \
	"WHERE outlook.participant IN (SELECT code FROM scope)"

/* The same from objects of 0.5, which have an outlook of one method only. */
#define AHEAD_OF(method)                                                                           \
	" LEFT JOIN steering.outlook($3, '" method "', $1) AS " method " ON " method                   \
	".service = outlook.service AND " method ".participant = outlook.participant "
#define AHEAD_QUERY_0_5                                                                             \
	"SELECT outlook.service, outlook.participant, outlook.method AS advised_method, "               \
	"outlook.expected AS advised, NULL::numeric AS advised_error, NULL::integer AS advised_years, " \
	"run_rate.expected AS run_rate, seasonal.expected AS seasonal, additive.expected AS additive "  \
	"FROM steering.outlook($3, NULL, $1) AS outlook "                                               \
	"JOIN place ON place.code = outlook.service AND place.is_in" AHEAD_OF("run_rate")               \
		AHEAD_OF("seasonal")                                                                        \
			AHEAD_OF("additive") "WHERE outlook.participant IN (SELECT code FROM scope)"

/* What was spent on services by month, of the participants that are wanted; before 0.6 from where it is of each of them. */
#define SPENT_QUERY                                                                                \
	"SELECT service, month, actual AS amount FROM steering.usage_of_services(" PAGE_FIRST          \
	", (" PAGE_LAST " + 1))"
#define SPENT_QUERY_0_5                                                                            \
	"SELECT service, month, amount FROM steering.usage_by_month WHERE stage = 'actual' "           \
	"AND " PAGE_WANTED("participant") "AND month BETWEEN " PAGE_FIRST " AND " PAGE_LAST

/* Says which participants are wanted, where they are not all that the role may read: to queries, and to what reports read. */
static void
scope_want(HtmlPage *page)
{
	Bitmapset *wanted;
	bool isnull;
	int rows;

	if (page->nulls[1] == 'n' && page->level != LEVEL_HOLDER)
		return;
	(void) page_query(page, "SELECT coalesce(array_agg(code), '{}') FROM scope");
	page->values[4] =
		datumCopy(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull), false,
				  -1);
	page->nulls[4] = ' ';
	rows = page_query(page, "SELECT participant_id FROM steering.readable_participant "
							"WHERE code = ANY ($5)");
	wanted = bms_make_singleton(0);
	for (int row = 0; row < rows; row++)
		wanted = bms_add_member(wanted, (int) page_number(row, 0));
	(void) usage_want(wanted);
}

/* Returns the query of participants, in the words of the page. */
static char *
scope_query(const HtmlPage *page)
{
	return psprintf(SCOPE_QUERY,
					quote_literal_cstr(psprintf(" (%s)", page_word(page, WORD_GROUP))));
}

/* Reads what a page is about. What 0.6 has brought may not be there: the library can be newer than the objects. */
void
page_scope(HtmlPage *page)
{
	page->has_deviation = page_has(page, "steering.deviation(text,numeric,date)");
	page_keep(page, "scope", scope_query(page));
	page_keep(page, "place", PLACE_QUERY);
	scope_want(page);
	if (page->has_deviation)
		page_keep(page, "deviant", DEVIANT_QUERY);
	page_keep(page, "cap",
			  page->has_deviation ? CAP_QUERY(OUTLOOK_OF_CAPS, BUDGETS)
								  : CAP_QUERY(OUTLOOK_OF_CAPS_0_5, BUDGETS_0_5));
	page_keep(page, "below", BELOW_QUERY);
	page_keep(page, "ahead", page->has_deviation ? AHEAD_QUERY : AHEAD_QUERY_0_5);
	page_keep(page, "spent", page->has_deviation ? SPENT_QUERY : SPENT_QUERY_0_5);
	page_bearing(page);
}
