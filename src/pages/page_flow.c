/*
 * page_flow.c
 *	  Draws how shared cost flows: from the services that are divided, to services and participants.
 *
 * The width of a flow is its amount, on one scale for both sides. Of many receivers the largest are drawn, and the others
 * together.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_words.h"

#define FLOW_LEFT 196.0
#define FLOW_RIGHT 524.0
#define FLOW_BAR 10.0
#define FLOW_HEIGHT 300.0 /* of all amounts */
#define FLOW_GAP 20.0
#define FLOW_MOST_NODES 32
#define FLOW_NAME 26 /* characters */

/* Columns of the query. */
enum
{
	FLOW_FROM,
	FLOW_TO,
	FLOW_AMOUNT,
	FLOW_FROM_SUM,
	FLOW_TO_SUM
};

/* One end of flows. */
typedef struct FlowNode
{
	const char *name;
	const char *sum; /* exact */
	double top;
	double height;
	double drawn; /* of its flows so far */
} FlowNode;

typedef struct FlowSide
{
	FlowNode nodes[FLOW_MOST_NODES];
	int count;
	double bottom;
} FlowSide;

/* Ten services that are divided, and of those who bear it the ten largest. Method: that of allocate_costs() by itself. */
#define FLOW_QUERY                                                                                 \
	"WITH flow AS (SELECT coalesce(giver.name, cost.service) AS giver, "                           \
	"coalesce(receiver.name, cost.receiving_service, scope.name) AS receiver, "                    \
	"cost.receiving_participant IS NOT NULL AS is_participant, sum(cost.amount) AS amount "        \
	"FROM steering.allocate_costs($1) AS cost "                                                    \
	"LEFT JOIN place AS giver ON giver.code = cost.service "                                       \
	"LEFT JOIN place AS receiver ON receiver.code = cost.receiving_service "                       \
	"LEFT JOIN scope ON scope.code = cost.receiving_participant "                                  \
	"WHERE cost.amount > 0 AND (cost.receiving_service IS NOT NULL OR scope.code IS NOT NULL) "    \
	"GROUP BY 1, 2, 3), "                                                                          \
	"side AS (SELECT flow.*, dense_rank() OVER (ORDER BY from_sum DESC, giver) AS from_place, "    \
	"dense_rank() OVER (ORDER BY is_participant, to_sum DESC, receiver) AS to_place "              \
	"FROM (SELECT flow.*, sum(amount) OVER (PARTITION BY giver) AS from_sum, "                     \
	"sum(amount) OVER (PARTITION BY receiver, is_participant) AS to_sum FROM flow) AS flow) "      \
	"SELECT giver, receiver, amount, from_sum, to_sum FROM side "                                  \
	"WHERE from_place <= 12 AND to_place <= 24 ORDER BY from_place, to_place"

/* Returns the node of a name, a new one if there is none. */
static FlowNode *
flow_node(FlowSide *side, const char *name, const char *sum)
{
	FlowNode *node;

	for (int i = 0; i < side->count; i++)
		if (strcmp(side->nodes[i].name, name) == 0)
			return &side->nodes[i];
	node = &side->nodes[Min(side->count, FLOW_MOST_NODES - 1)];
	if (side->count < FLOW_MOST_NODES)
		side->count++;
	*node = (FlowNode){.name = name, .sum = sum};
	return node;
}

/* Places the nodes of a side from top to bottom. */
static void
flow_place(FlowSide *side)
{
	double top = 14;

	for (int i = 0; i < side->count; i++)
	{
		side->nodes[i].top = top;
		top += Max(side->nodes[i].height, 2) + FLOW_GAP;
	}
	side->bottom = top;
}

/* Writes the name of a node, cut where it is too long, and its sum. */
static void
flow_name(HtmlPage *page, const FlowNode *node, double x, const char *class)
{
	int length = (int) strlen(node->name);
	int shown = pg_mbcharcliplen(node->name, length, FLOW_NAME);
	double middle = node->top + Max(node->height, 2) / 2;

	appendStringInfo(&page->html, "<text%s x=\"%.1f\" y=\"%.1f\">", class, x, middle - 1);
	page_text(page, pnstrdup(node->name, shown));
	if (shown < length)
		page_markup(page, "&#8230;");
	appendStringInfo(&page->html, "</text><text%s x=\"%.1f\" y=\"%.1f\">", class, x, middle + 11);
	page_currency_before(page);
	page_markup(page, page_figure_text(page, node->sum, PAGE_MONEY));
	page_markup(page, "</text>");
}

/* Draws the nodes of a side. */
static void
flow_draw_side(HtmlPage *page, const FlowSide *side, double x, double names, const char *class)
{
	for (int i = 0; i < side->count; i++)
	{
		const FlowNode *node = &side->nodes[i];

		appendStringInfo(
			&page->html,
			"<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
			node->top, FLOW_BAR, Max(node->height, 2));
		flow_name(page, node, names, class);
	}
}

/* Draws a flow between the next free places of its nodes. */
static void
flow_draw(HtmlPage *page, FlowNode *from, FlowNode *to, double width)
{
	double start = from->top + from->drawn;
	double end = to->top + to->drawn;
	double left = FLOW_LEFT + FLOW_BAR;
	double middle = (left + FLOW_RIGHT) / 2;

	appendStringInfo(&page->html,
					 "<path class=\"flow\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fv%.1f"
					 "C%.1f %.1f %.1f %.1f %.1f %.1fZ\"/>",
					 left, start, middle, start, middle, end, FLOW_RIGHT, end, width, middle,
					 end + width, middle, start + width, left, start + width);
	from->drawn += width;
	to->drawn += width;
}

/* Writes what the drawing says. */
static void
flow_describe(HtmlPage *page, int rows)
{
	page_word_element(page, "title", NULL, WORD_FLOW);
	page_open(page, "desc", NULL);
	for (int row = 0; row < Min(rows, 40); row++)
	{
		page_text(page, page_value(row, FLOW_FROM));
		page_markup(page, " &#8594; ");
		page_text(page, page_value(row, FLOW_TO));
		appendStringInfo(&page->html, ": %s; ",
						 page_figure_text(page, page_value(row, FLOW_AMOUNT), PAGE_MONEY));
	}
	page_close(page, "desc");
}

/* Draws the flows of the rows of the query. */
static void
flow_draw_all(HtmlPage *page, int rows)
{
	FlowSide *from = palloc0(sizeof(FlowSide));
	FlowSide *to = palloc0(sizeof(FlowSide));
	double all = 0;
	double scale;

	for (int row = 0; row < rows; row++)
		all += page_number(row, FLOW_AMOUNT);
	scale = FLOW_HEIGHT / all;
	for (int row = 0; row < rows; row++)
	{
		double width = page_number(row, FLOW_AMOUNT) * scale;

		flow_node(from, page_value(row, FLOW_FROM), page_value(row, FLOW_FROM_SUM))->height +=
			width;
		flow_node(to, page_value(row, FLOW_TO), page_value(row, FLOW_TO_SUM))->height += width;
	}
	flow_place(from);
	flow_place(to);
	appendStringInfo(&page->html, "<svg class=\"flows\" viewBox=\"0 0 720 %.0f\" role=\"img\">",
					 Max(from->bottom, to->bottom));
	flow_describe(page, rows);
	for (int row = 0; row < rows; row++)
		flow_draw(page, flow_node(from, page_value(row, FLOW_FROM), NULL),
				  flow_node(to, page_value(row, FLOW_TO), NULL),
				  page_number(row, FLOW_AMOUNT) * scale);
	flow_draw_side(page, from, FLOW_LEFT, FLOW_LEFT - 8, " class=\"end\"");
	flow_draw_side(page, to, FLOW_RIGHT, FLOW_RIGHT + FLOW_BAR + 8, "");
	page_close(page, "svg");
}

/* Writes the picture, if anything flows. */
void
page_flow(HtmlPage *page)
{
	int rows = page_query(page, FLOW_QUERY);

	if (rows == 0)
		return;
	page_markup(page, "<div class=\"wide\" tabindex=\"0\" role=\"group\"");
	page_attribute(page, "aria-label", page_word(page, WORD_FLOW));
	page_markup(page, ">");
	flow_draw_all(page, rows);
	page_close(page, "div");
}
