/*
 * budget_line.c
 *	  The lines of an amendment as they are given, in JSON: [{"cap": 12, "mutation": 18, "new_amount": 2918}, ...].
 *
 * Whatever is missing, null, of another kind or unknown is an error that names it: a line that is read otherwise
 * than it was meant would change a budget.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "lifecycle/budget_line.h"
#include "types/shown.h"

/* What a line has, and nothing else. */
#define LINE_MEMBERS 3

/* Raises that the lines are not what they should be. */
static void
budget_lines_refuse(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg_internal("%s", problem),
			 errhint("Lines are a JSON array of objects with members \"cap\", \"mutation\" and "
					 "\"new_amount\", all of them numbers.")));
}

/* Returns a member of a line, a number of four decimals at most. */
static Amount
budget_line_member(JsonbContainer *line, int number, const char *name)
{
	JsonbValue found;

	if (getKeyJsonValueFromContainer(line, name, strlen(name), &found) == NULL)
		budget_lines_refuse(psprintf(_("line %d has no \"%s\""), number, name));
	if (found.type != jbvNumeric)
		budget_lines_refuse(psprintf(_("\"%s\" of line %d is not a number"), name, number));
	return amount_exact_from_numeric(NumericGetDatum(found.val.numeric), name);
}

/* Returns the number of the cap that a line is about. */
static int32
budget_line_cap(JsonbContainer *line, int number)
{
	Amount cap = budget_line_member(line, number, "cap");

	if (cap % AMOUNT_SCALE != 0 || cap <= 0 || cap / AMOUNT_SCALE > PG_INT32_MAX)
		budget_lines_refuse(psprintf(_("\"cap\" of line %d is not the number of a cap"), number));
	return (int32) (cap / AMOUNT_SCALE);
}

/* Reads one line. */
static void
budget_line_read(const JsonbValue *value, int number, BudgetLine *line)
{
	JsonbContainer *members;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		budget_lines_refuse(psprintf(_("line %d is not an object"), number));
	members = value->val.binary.data;
	line->cap_id = budget_line_cap(members, number);
	line->mutation = budget_line_member(members, number, "mutation");
	line->new_amount = budget_line_member(members, number, "new_amount");
	if (JsonContainerSize(members) != LINE_MEMBERS)
		budget_lines_refuse(psprintf(_("line %d has members that are unknown"), number));
	if (line->mutation == 0)
		budget_lines_refuse(psprintf(_("line %d changes nothing"), number));
	if (line->new_amount < 0)
		budget_lines_refuse(psprintf(_("\"new_amount\" of line %d must not be negative: %s"),
									 number, amount_shown(line->new_amount)));
}

/* Compares lines by the numbers of their caps. */
static int
budget_line_compare(const void *a, const void *b)
{
	int32 one = ((const BudgetLine *) a)->cap_id;
	int32 other = ((const BudgetLine *) b)->cap_id;

	return (one > other) - (one < other);
}

/* Reads all lines, at least one, and returns them in the order of their caps, each of which is there once. */
BudgetLine *
budget_lines_read(Jsonb *lines, int *count)
{
	JsonbIterator *iterator = JsonbIteratorInit(&lines->root);
	BudgetLine *read;
	JsonbValue value;
	int room;

	if (!JB_ROOT_IS_ARRAY(lines) || JB_ROOT_IS_SCALAR(lines) || JB_ROOT_COUNT(lines) == 0)
		budget_lines_refuse(_("lines must be a JSON array that is not empty"));
	room = JB_ROOT_COUNT(lines);
	read = palloc(room * sizeof(BudgetLine));
	(void) JsonbIteratorNext(&iterator, &value, true); /* the beginning of the array */
	for (*count = 0; *count < room; (*count)++)
	{
		CHECK_FOR_INTERRUPTS();
		(void) JsonbIteratorNext(&iterator, &value, true);
		budget_line_read(&value, *count + 1, &read[*count]);
	}
	qsort(read, room, sizeof(BudgetLine), budget_line_compare);
	for (int i = 1; i < room; i++)
		if (read[i].cap_id == read[i - 1].cap_id)
			budget_lines_refuse(psprintf(_("cap %d is in several lines"), read[i].cap_id));
	return read;
}
