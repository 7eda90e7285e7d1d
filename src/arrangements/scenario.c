/*
 * scenario.c
 *	  scenario(): what a change of the registers would cost whom.
 *
 * In a subtransaction the registers are changed, and the functions that settle and allocate compute over them, once
 * before and once after, and once more where cost then falls; then all of it is taken back, with the locks. What they
 * compute is in src/sql/scenario.sql.
 *
 * The registers that may be changed are locked against who would change them too, and in the order that others
 * take them. No booking needs such a lock. Triggers do not fire, as on a replica: those of the registers would hold
 * bookings, and count caps anew. All that is computed is read with one snapshot, which sees what the subtransaction
 * has changed besides: so what is booked meanwhile is in neither result. The snapshot is taken after the locks;
 * else it would see both versions of what somebody else has just changed.
 *
 * Results are in the memory of the call.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "call.h"
#include "own.h"
#include "own_query.h"
#include "subtransaction.h"

/* The columns of the result. */
#define SCENARIO_COLUMNS 7

typedef struct Scenario
{
	Datum change;
	Datum during;
	Snapshot snapshot; /* of all that is computed */
	Oid figures;       /* the type of the two that follow */
	Datum before;
	Datum levelled; /* before, with the cost that services have then; empty: that does not matter */
	bool has_levelled;
	Datum after;
	MemoryContext memory; /* of these */
	ReturnSetInfo *result;
} Scenario;

PG_FUNCTION_INFO_V1(steering_scenario);

/*
 * Lets no trigger fire, and plans for lists of any length, of which the planner does not know how long they are; until
 * the settings are unpinned.
 */
static void
scenario_set(void)
{
	static const char *const settings[][2] = {{"session_replication_role", "replica"},
											  {"enable_nestloop", "off"},
											  {"jit", "off"}};

	for (int i = 0; i < (int) lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* Runs a query under the snapshot of the scenario; it may write. Returns the number of rows. Within own_spi. */
static uint64
scenario_execute(const Scenario *scenario, const char *query, int nargs, Oid *types, Datum *values)
{
	SPIPlanPtr plan;
	int result;

	own_query_expect(query);
	plan = SPI_prepare(query, nargs, types);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	CommandCounterIncrement();
	result = SPI_execute_snapshot(plan, values, NULL, scenario->snapshot, InvalidSnapshot, false,
								  true, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/* Holds who would change what the scenario changes. */
static void
scenario_lock(void)
{
	own_spi_execute("LOCK TABLE steering.participant, steering.service, steering.allocation_key,"
					" steering.allocation_weight, steering.allocation_rule, steering.agreement,"
					" steering.follower"
					" IN SHARE ROW EXCLUSIVE MODE",
					0, NULL, NULL, NULL);
}

/* Checks the change, and makes the source of what would have been booked. */
static void
scenario_prepare(const Scenario *scenario)
{
	Oid types[] = {JSONBOID, DATERANGEOID};
	Datum values[] = {scenario->change, scenario->during};

	own_spi_execute("SELECT steering.scenario_prepare($1, $2)", lengthof(types), types, values,
					NULL);
}

/*
 * Lets services cost what the change says they cost. Returns whether something is given up of what costs something
 * else then.
 */
static bool
scenario_level(const Scenario *scenario)
{
	Oid types[] = {JSONBOID, DATERANGEOID};
	Datum values[] = {scenario->change, scenario->during};

	return scenario_execute(
			   scenario,
			   "INSERT INTO steering.usage_cell (amount, volume, bookings, source_id, service_id,"
			   " participant_id, month, stripe)"
			   " SELECT added.amount::steering.amount, 0::steering.amount, 1, 0,"
			   " added.service_id, added.participant_id, added.month, 2"
			   " FROM steering.scenario_level($1, $2) AS added",
			   lengthof(types), types, values) > 0 &&
		   scenario_execute(scenario, "SELECT WHERE steering.scenario_gives_up($1)", 1, types,
							values) > 0;
}

/* Changes the registers. */
static void
scenario_apply(const Scenario *scenario)
{
	Oid types[] = {JSONBOID, DATERANGEOID};
	Datum values[] = {scenario->change, scenario->during};

	own_spi_execute("SELECT steering.scenario_apply($1, $2)", lengthof(types), types, values, NULL);
	scenario_execute(
		scenario,
		"INSERT INTO steering.usage_cell (amount, volume, bookings, source_id, service_id,"
		" participant_id, month, stripe)"
		" SELECT added.amount::steering.amount, added.volume::steering.amount, 1, 0,"
		" added.service_id, added.participant_id, added.month, 0"
		" FROM steering.scenario_usage($1, $2) AS added",
		lengthof(types), types, values);
}

/* Returns who bears what now, as an array in the memory of the call. */
static Datum
scenario_compute(const Scenario *scenario)
{
	Oid types[] = {DATERANGEOID};
	Datum values[] = {scenario->during};
	MemoryContext spi;
	Datum figures;

	scenario_execute(scenario,
					 "SELECT coalesce(array_agg(figure), '{}'::steering.scenario_figure[])"
					 " FROM steering.scenario_cost($1) AS figure",
					 lengthof(types), types, values);
	spi = MemoryContextSwitchTo(scenario->memory);
	figures = datumCopy(own_spi_column(0, 1, NULL), false, -1);
	MemoryContextSwitchTo(spi);
	return figures;
}

/*
 * Lets cost fall by what can be avoided; false: it does not. The cells are others than those of scenario_apply(): of
 * another stripe.
 */
static bool
scenario_avoid(const Scenario *scenario)
{
	Oid types[] = {JSONBOID, DATERANGEOID, scenario->figures, scenario->figures};
	Datum values[] = {scenario->change, scenario->during,
					  scenario->has_levelled ? scenario->levelled : scenario->before,
					  scenario->after};

	return scenario_execute(
			   scenario,
			   "INSERT INTO steering.usage_cell (amount, volume, bookings, source_id, service_id,"
			   " participant_id, month, stripe)"
			   " SELECT avoided.amount::steering.amount, 0::steering.amount, 1, 0,"
			   " avoided.service_id, avoided.participant_id, avoided.month, 1"
			   " FROM steering.scenario_avoided($1, $2, $3, $4) AS avoided",
			   lengthof(types), types, values) > 0;
}

/* Puts out the result. */
static void
scenario_put(const Scenario *scenario)
{
	Oid types[] = {JSONBOID, scenario->figures, scenario->figures, scenario->figures};
	Datum values[] = {scenario->change, scenario->before, scenario->levelled, scenario->after};
	uint64 count =
		scenario_execute(scenario, "SELECT * FROM steering.scenario_difference($1, $2, $3, $4)",
						 lengthof(types), types, values);

	for (uint64 i = 0; i < count; i++)
	{
		Datum columns[SCENARIO_COLUMNS];
		bool nulls[SCENARIO_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < SCENARIO_COLUMNS; j++)
			columns[j] = own_spi_column(i, j + 1, &nulls[j]);
		tuplestore_putvalues(scenario->result->setResult, scenario->result->setDesc, columns,
							 nulls);
	}
}

/* What is done in the subtransaction. */
static void
scenario_work(void *argument)
{
	Scenario *scenario = argument;
	OwnSpi spi;

	own_spi_begin(&spi);
	scenario_set();
	scenario_lock();
	CommandCounterIncrement();
	scenario->snapshot = RegisterSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot()
																	  : GetLatestSnapshot());
	scenario_prepare(scenario);
	scenario->before = scenario_compute(scenario);
	scenario->has_levelled = scenario_level(scenario);
	if (scenario->has_levelled)
		scenario->levelled = scenario_compute(scenario);
	scenario_apply(scenario);
	scenario->after = scenario_compute(scenario);
	if (scenario_avoid(scenario))
		scenario->after = scenario_compute(scenario);
	scenario_put(scenario);
	UnregisterSnapshot(scenario->snapshot);
	own_spi_end(&spi);
}

/* Returns the days of a period. */
static Datum
scenario_days(Datum period, MemoryContext memory)
{
	Oid types[] = {TEXTOID};
	MemoryContext spi_memory;
	Datum days;
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute("SELECT steering.period_range($1)", 1, types, &period, NULL);
	spi_memory = MemoryContextSwitchTo(memory);
	days = datumCopy(own_spi_column(0, 1, NULL), false, -1);
	MemoryContextSwitchTo(spi_memory);
	own_spi_end(&spi);
	return days;
}

/* scenario(change jsonb, period text) */
Datum
steering_scenario(PG_FUNCTION_ARGS)
{
	Scenario scenario = {.memory = CurrentMemoryContext,
						 .figures = get_array_type(own_type("scenario_figure"))};
	ErrorData *error;

	call_check_not_null(PG_ARGISNULL(0), "change");
	call_check_not_null(PG_ARGISNULL(1), "period");
	InitMaterializedSRF(fcinfo, 0);
	scenario.levelled = PointerGetDatum(construct_empty_array(own_type("scenario_figure")));
	scenario.result = (ReturnSetInfo *) fcinfo->resultinfo;
	scenario.change = PG_GETARG_DATUM(0);
	scenario.during = scenario_days(PG_GETARG_DATUM(1), scenario.memory);
	error = subtransaction_do(scenario_work, &scenario, SUBTRANSACTION_UNDO);
	if (error != NULL)
		ReThrowError(error);
	return (Datum) 0;
}
