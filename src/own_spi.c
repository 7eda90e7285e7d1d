/*
 * own_spi.c
 *	  Running SQL on the extension's own relations as their owner.
 *
 * Slow paths (set_cap, attach, registers, repair) run SQL through SPI as the extension's owner, so
 * that a caller needs the right to call a function and none on our tables. The hot path does not
 * come here.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_query.h"

/* Settings on which depends what SQL and a value's text mean, and the values that we count on. */
static const char *const own_settings[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"timezone_abbreviations", "Default"},
	{"bytea_output", "hex"},
	{"extra_float_digits", "3"},
	{"lc_monetary", "C"},
	{"lc_numeric", "C"},
	{"lc_time", "C"},
	{"array_nulls", "on"},
	{"quote_all_identifiers", "off"},
	{"standard_conforming_strings", "on"},
	{"backslash_quote", "safe_encoding"},
	{"transform_null_equals", "off"},
	{"xmlbinary", "base64"},
	{"xmloption", "content"},
	{"default_text_search_config", "pg_catalog.simple"},
	{"row_security", "on"},
	{"jit", "off"},
	{"plpgsql.check_asserts", "on"},
	{"plpgsql.extra_errors", "none"},
	{"plpgsql.extra_warnings", "none"},
	/* Else Citus hides its shards in pg_class from clients: they would seem to be gone. */
	{"citus.override_table_visibility", "off"},
};

/*
 * Makes SQL and the text of values mean the same whatever the session's settings: names are resolved in
 * pg_catalog alone, and constants are written and read in one form; and leaves JIT compilation, which
 * takes longer than our queries, alone. Until own_unpin_settings() or the end of the subtransaction.
 *
 * What has its value already is left as it is, which is quicker: who changes it changes it at this level,
 * and that is undone too.
 */
int
own_pin_settings(void)
{
	int nest_level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(own_settings); i++)
	{
		const char *present = GetConfigOption(own_settings[i][0], true, false);

		/* One of a language that is not loaded, and that nobody has set, has its default. */
		if (present != NULL && strcmp(present, own_settings[i][1]) != 0)
			(void) set_config_option(own_settings[i][0], own_settings[i][1], PGC_USERSET,
									 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	}
	return nest_level;
}

/*
 * Undoes own_pin_settings(), and whatever was set since: as after an error, since to end in the ordinary
 * way would hand on what somebody's function has set to the level above.
 */
void
own_unpin_settings(int nest_level)
{
	AtEOXact_GUC(false, nest_level);
}

/*
 * Opens SPI as the owner of the extension's tables, with names resolved in pg_catalog alone.
 *
 * An error in between needs no clean-up here: transaction abort restores user and settings and
 * closes SPI.
 */
void
own_spi_begin(OwnSpi *state)
{
	Oid owner = own_owner();

	GetUserIdAndSecContext(&state->user, &state->security_context);
	SetUserIdAndSecContext(owner, state->security_context | SECURITY_LOCAL_USERID_CHANGE);
	state->guc_nest_level = own_pin_settings();
	SPI_connect();
}

/* Closes what own_spi_begin() opened. */
void
own_spi_end(OwnSpi *state)
{
	SPI_finish();
	own_unpin_settings(state->guc_nest_level);
	SetUserIdAndSecContext(state->user, state->security_context);
}

/*
 * Runs a plan under the latest snapshot and returns the number of rows; they are in SPI_tuptable. Settings
 * are pinned by the caller.
 *
 * The latest snapshot, because callers act on what is committed after they waited for a lock. Under
 * REPEATABLE READ and SERIALIZABLE, changing a row that the transaction cannot see is a
 * serialization failure (40001), as for any other statement.
 */
uint64
own_spi_execute_plan(SPIPlanPtr plan, Datum *values, const char *nulls)
{
	Snapshot snapshot;
	Snapshot crosscheck = InvalidSnapshot;
	int result;

	CommandCounterIncrement();
	if (IsolationUsesXactSnapshot())
		crosscheck = RegisterSnapshot(GetTransactionSnapshot());
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	result = SPI_execute_snapshot(plan, values, nulls, snapshot, crosscheck, false, true, 0);
	UnregisterSnapshot(snapshot);
	if (crosscheck != InvalidSnapshot)
		UnregisterSnapshot(crosscheck);
	if (result < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
	CommandCounterIncrement();
	return SPI_processed;
}

/*
 * Runs one query, see own_spi_execute_plan(). Settings are pinned anew for each, so that no query can change
 * what the next one means.
 */
uint64
own_spi_execute(const char *query, int nargs, Oid *types, Datum *values, const char *nulls)
{
	int nest_level = own_pin_settings();
	SPIPlanPtr plan;

	own_query_expect(query);
	plan = SPI_prepare(query, nargs, types);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	(void) own_spi_execute_plan(plan, values, nulls);
	own_unpin_settings(nest_level);
	return SPI_processed;
}

/* Runs statements without arguments, in order, as the owner of the extension. */
void
own_spi_run(const char *const *statements, int count)
{
	OwnSpi spi;

	own_spi_begin(&spi);
	for (int i = 0; i < count; i++)
		(void) own_spi_execute(statements[i], 0, NULL, NULL, NULL);
	own_spi_end(&spi);
}

/*
 * Returns a column of a row that SPI has returned. isnull may be NULL where the column cannot be null:
 * XX001 when it is.
 */
Datum
own_spi_column(uint64 row, int column, bool *isnull)
{
	bool is_null;
	Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &is_null);

	if (isnull != NULL)
		*isnull = is_null;
	else if (unlikely(is_null))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("\"%s\" of extension \"sp71_steering\" is null where it cannot be",
							   SPI_fname(SPI_tuptable->tupdesc, column))));
	return value;
}

/* Runs a query as the owner of the extension, and returns its first column: numbers, in the caller's memory. */
List *
own_spi_numbers(const char *query, int nargs, Oid *types, Datum *values)
{
	MemoryContext caller = CurrentMemoryContext;
	List *numbers = NIL;
	uint64 rows;
	OwnSpi spi;

	own_spi_begin(&spi);
	rows = own_spi_execute(query, nargs, types, values, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		numbers = lappend_int(numbers, DatumGetInt32(own_spi_column(i, 1, NULL)));
	own_spi_end(&spi);
	return numbers;
}

/* The same of a query that returns oids. */
List *
own_spi_oids(const char *query, int nargs, Oid *types, Datum *values)
{
	List *numbers = own_spi_numbers(query, nargs, types, values);
	List *oids = NIL;
	ListCell *cell;

	foreach(cell, numbers)
		oids = lappend_oid(oids, (Oid) lfirst_int(cell));
	list_free(numbers);
	return oids;
}

/* Returns a column of a row that SPI has returned, as text; NULL: it is null. */
char *
own_spi_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/*
 * Returns the first column of the first row that a query about one value puts out, as text in the caller's memory;
 * NULL: it puts out none, or null.
 */
char *
own_spi_look_up(const char *query, Oid type, Datum value)
{
	MemoryContext caller = CurrentMemoryContext;
	char *text = NULL;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(query, 1, &type, &value, NULL) > 0)
		text = own_spi_text(0, 1);
	if (text != NULL)
		text = MemoryContextStrdup(caller, text);
	own_spi_end(&spi);
	return text;
}
