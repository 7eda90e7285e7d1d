/*
 * guard_question.c
 *	  What the rows ask that an act writes, by the SQL function that the trigger names (act_question.sql).
 *
 * The query that calls it is made of the arguments of the trigger, and its plan kept for as long as the session.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "decisions/guard_question.h"
#include "kept_plan.h"

/* Makes a composite value of a row; false: there is none. */
static bool
guard_question_row(Relation relation, HeapTuple row, Datum *value)
{
	if (row != NULL)
		*value = heap_copy_tuple_as_datum(row, RelationGetDescr(relation));
	return row != NULL;
}

/* The plans of the queries that make questions of rows, by the trigger. */
#define GUARD_TRIGGERS 64

typedef struct GuardPlan
{
	Oid trigger;
	SPIPlanPtr plan;
} GuardPlan;

static GuardPlan guard_plans[GUARD_TRIGGERS];

/*
 * Returns where the plan of a trigger is kept. Those of an extension that was made anew are others; when there
 * is no place left, as after very many times, the first one is used again.
 */
static SPIPlanPtr *
guard_question_plan(Oid trigger)
{
	GuardPlan *entry = guard_plans;

	while (entry < guard_plans + GUARD_TRIGGERS && entry->trigger != trigger &&
		   OidIsValid(entry->trigger))
		entry++;
	if (entry == guard_plans + GUARD_TRIGGERS)
	{
		entry = guard_plans;
		SPI_freeplan(entry->plan);
		entry->plan = NULL;
	}
	entry->trigger = trigger;
	return &entry->plan;
}

/* The arguments of the trigger: the function, and where that is for rows of any table, what to do to one is called. */
enum
{
	GUARD_FUNCTION,
	GUARD_SET_ACT,
	GUARD_DROP_ACT,
	GUARD_ARGUMENTS
};

/* Returns the query that makes questions of an old row, $1, and a new one, $2. */
static char *
guard_question_query(const Trigger *trigger)
{
	const char *function = quote_identifier(trigger->tgargs[GUARD_FUNCTION]);
	char *call = psprintf("%s($1, $2)", function);

	if (trigger->tgnargs == GUARD_ARGUMENTS)
		call = psprintf("%s(to_jsonb($1), to_jsonb($2), %s, %s)", function,
						quote_literal_cstr(trigger->tgargs[GUARD_SET_ACT]),
						quote_literal_cstr(trigger->tgargs[GUARD_DROP_ACT]));
	return psprintf("SELECT to_jsonb(question)::text, question.act, question.service,"
					" question.participant, question.amount::text FROM steering.%s AS question",
					call);
}

/*
 * Runs the SQL function that tells what the old and new row ask. Returns the number of questions, which are in
 * SPI_tuptable: each as JSON, act, service, participant, amount. Within own_spi.
 */
uint64
guard_question_ask(TriggerData *data)
{
	Oid row_type = RelationGetForm(data->tg_relation)->reltype;
	bool inserted = TRIGGER_FIRED_BY_INSERT(data->tg_event);
	bool deleted = TRIGGER_FIRED_BY_DELETE(data->tg_event);
	Oid types[] = {row_type, row_type};
	Datum values[2] = {0};
	char nulls[] = "nn";

	if (guard_question_row(data->tg_relation, inserted ? NULL : data->tg_trigtuple, &values[0]))
		nulls[0] = ' ';
	if (guard_question_row(data->tg_relation,
						   deleted ? NULL : (inserted ? data->tg_trigtuple : data->tg_newtuple),
						   &values[1]))
		nulls[1] = ' ';
	return kept_plan_execute(guard_question_plan(data->tg_trigger->tgoid),
							 guard_question_query(data->tg_trigger), lengthof(types), types, values,
							 nulls);
}
