/*
 * own.c
 *	  The extension's own relations: where they are, and how to run SQL on them as their owner.
 *
 * OIDs are looked up by name in the schema "steering", which only the extension creates: each when it is
 * first asked for, since a session that books once needs few of them. They are kept for the life of the
 * backend until an invalidation of the relation (or of everything) arrives: after DROP EXTENSION and
 * CREATE EXTENSION they are others.
 *
 * The library can be newer than the extension in a database: the files are installed, and ALTER
 * EXTENSION UPDATE is still to come. Relations of later versions are missing then. They are looked up
 * whenever they are asked for until they are there, since nothing tells of a relation that comes.
 *
 * Slow paths (set_cap, attach, registers, repair) run SQL through SPI as the extension's owner, so
 * that a caller needs the right to call a function and none on our tables. The hot path does not
 * come here but for the OIDs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "own.h"
#include "own_query.h"

static const char *const own_names[OWN_RELATIONS] = {
	[OWN_PARTICIPANT] = "participant",
	[OWN_PARTICIPANT_PKEY] = "participant_pkey",
	[OWN_PARTICIPANT_CODE_KEY] = "participant_code_key",
	[OWN_SERVICE] = "service",
	[OWN_SERVICE_PKEY] = "service_pkey",
	[OWN_SERVICE_CODE_KEY] = "service_code_key",
	[OWN_CAP] = "cap",
	[OWN_CAP_PKEY] = "cap_pkey",
	[OWN_CAP_SCOPE_KEY] = "cap_scope_key",
	[OWN_CAP_COUNTER] = "cap_counter",
	[OWN_CAP_COUNTER_PKEY] = "cap_counter_pkey",
	[OWN_USAGE_CELL] = "usage_cell",
	[OWN_USAGE_CELL_PKEY] = "usage_cell_pkey",
	[OWN_SOURCE] = "source",
	[OWN_SOURCE_RELATION_KEY] = "source_relation_key",
	[OWN_CLOSING] = "closing",
	[OWN_INDICATOR] = "indicator",
	[OWN_INDICATOR_CODE_KEY] = "indicator_code_key",
	[OWN_TARGET] = "target",
	[OWN_MEASUREMENT] = "measurement",
	[OWN_MAPPING] = "mapping",
	[OWN_MAPPING_PKEY] = "mapping_pkey",
	[OWN_COMMITMENT_PROBLEM] = "commitment_problem",
	[OWN_EVENT_LOG] = "event_log",
	[OWN_MISSING_TABLE] = "missing_table",
	[OWN_BILLED_CLOSING] = "billed_closing",
	[OWN_RULE] = "rule",
	[OWN_DECISION_LOG] = "decision_log",
	[OWN_ALIAS] = "alias",
	[OWN_ALIAS_VALUE_IDX] = "alias_value_idx",
	[OWN_REFUSAL_LOG] = "refusal_log",
	[OWN_REFUSAL_LOST] = "refusal_lost",
	[OWN_SOURCE_EVENT_LOG] = "source_event_log",
	[OWN_OVERRIDE_GRANT] = "override_grant",
	[OWN_RESERVATION] = "reservation",
	[OWN_RESERVATION_POST] = "reservation_post",
	[OWN_QUERY] = "query",
};

/* Every install script has made the other relations of the first version when it makes this one. */
#define OWN_LAST_MADE OWN_USAGE_CELL

static Oid own_oids[OWN_RELATIONS];
static bool
	own_known[OWN_RELATIONS];     /* what own_oids says was looked up, and not invalidated since */
static bool own_in_doubt = false; /* some of what was known is not any more */
static Oid own_amount_type_oid = InvalidOid; /* InvalidOid: not known */
static uint64 own_invalidations = 0; /* tells whether one arrived while something was looked up */
static uint64 own_versions[OWN_RELATIONS]; /* see own_version() */

/*
 * Forgets the OID when one of the relations, or all relations, were invalidated. OIDs that are doubtful
 * already are still the best that is known.
 */
static void
own_relcache_callback(Datum arg, Oid relid)
{
	own_invalidations++;
	for (int i = 0; i < OWN_RELATIONS; i++)
		if (relid == InvalidOid || own_oids[i] == relid)
		{
			own_known[i] = false;
			own_in_doubt = true;
			own_amount_type_oid = InvalidOid;
			own_versions[i]++;
		}
}

/* Registers what keeps the OIDs true; called once, when the library is loaded. */
void
own_register_callbacks(void)
{
	CacheRegisterRelcacheCallback(own_relcache_callback, (Datum) 0);
}

/* Looks a relation up. One that is not there is looked up again when it is asked for next. */
static void
own_look_up(OwnRelation which)
{
	Oid schema = get_namespace_oid(STEERING_SCHEMA, true);
	Oid before = own_oids[which];

	own_oids[which] = OidIsValid(schema) ? get_relname_relid(own_names[which], schema) : InvalidOid;
	if (own_oids[which] != before)
		own_versions[which]++;
	own_known[which] = OidIsValid(own_oids[which]);
}

/* Makes the OID of a relation known, if it is there; looks again when something was invalidated meanwhile. */
static void
own_make_known(OwnRelation which)
{
	uint64 seen;

	do
	{
		seen = own_invalidations;
		own_look_up(which);
	} while (seen != own_invalidations);
}

/*
 * Makes known again what was. All of it, also for who asks for one: in callbacks there is no looking, and what
 * own_was_relation() says there is to be of the same time.
 */
static void
own_dispel_doubt(void)
{
	while (unlikely(own_in_doubt))
	{
		own_in_doubt = false;
		for (int i = 0; i < OWN_RELATIONS; i++)
			if (OidIsValid(own_oids[i]) && !own_known[i])
				own_make_known(i);
	}
}

/* Tells whether a relation of ours is there. */
static bool
own_find(OwnRelation which)
{
	own_dispel_doubt();
	if (unlikely(!own_known[which]))
		own_make_known(which);
	return own_known[which];
}

/* Tells whether the extension is installed in this database, as this transaction sees it. */
bool
own_installed(void)
{
	return own_find(OWN_LAST_MADE);
}

/* Tells whether a relation of a later version is there. Who can do without it asks this first. */
bool
own_has_relation(OwnRelation which)
{
	return own_find(which);
}

/* Raises that one of our relations is not there: the extension is not installed, or too old. */
static void
own_missing(OwnRelation which)
{
	if (which < OWN_SINCE_0_2 || !own_installed())
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("extension \"sp71_steering\" is not installed in this database")));
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
					errmsg("relation \"%s.%s\" of extension \"sp71_steering\" does not exist",
						   STEERING_SCHEMA, own_names[which]),
					errhint("Run ALTER EXTENSION sp71_steering UPDATE.")));
}

/* Returns the OID of one of our relations; an error when the extension is not installed, or too old. */
Oid
own_relation(OwnRelation which)
{
	if (unlikely(!own_find(which)))
		own_missing(which);
	return own_oids[which];
}

/* Tells whether relid is this relation of ours; false when the extension is not installed. */
bool
own_is_relation(Oid relid, OwnRelation which)
{
	return own_find(which) && own_oids[which] == relid;
}

/* Returns the OID of a type of ours; InvalidOid: it is not there. */
Oid
own_type(const char *name)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(get_namespace_oid(STEERING_SCHEMA, false)));
}

/* Returns the OID of the type steering.amount. */
Oid
own_amount_type(void)
{
	if (unlikely(!OidIsValid(own_amount_type_oid)))
	{
		(void) own_relation(OWN_CAP);
		own_amount_type_oid = own_type("amount");
	}
	return own_amount_type_oid;
}

/*
 * Returns a number that changes whenever one of our relations is invalidated, or is another one; not 0 once
 * its OID is known. What was found out about it holds as long as the number stays that was taken before.
 */
uint64
own_version(OwnRelation which)
{
	return own_versions[which];
}

/*
 * Tells whether relid is this relation of ours as far as is known without looking: safe in
 * invalidation callbacks. What an invalidation has made doubtful is still the best that is known:
 * whoever made another relation of the name has dropped this one, and that was told first. The answer
 * is yes while nothing is known of it.
 */
bool
own_was_relation(Oid relid, OwnRelation which)
{
	return !OidIsValid(own_oids[which]) || own_oids[which] == relid;
}

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
	HeapTuple tuple;
	Oid owner;

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(own_relation(OWN_CAP)));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation steering.cap");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);

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

/* Returns a column of a row that SPI has returned, as text; NULL: it is null. */
char *
own_spi_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}
