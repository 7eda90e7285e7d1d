/*
 * own.c
 *	  The extension's own relations: where they are, and whose.
 *
 * OIDs are looked up by name in the schema "steering", which only the extension creates: each when it is
 * first asked for, since a session that books once needs few of them. They are kept for the life of the
 * backend until an invalidation of the relation (or of everything) arrives: after DROP EXTENSION and
 * CREATE EXTENSION they are others.
 *
 * The library can be newer than the extension in a database: the files are installed, and ALTER
 * EXTENSION UPDATE is still to come. Relations of later versions are missing then. They are looked up
 * whenever they are asked for until they are there, since nothing tells of a relation that comes.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "own.h"
#include "relcache_call.h"

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
	[OWN_ORDER_LINE] = "order_line",
	[OWN_ORDER_LINE_PKEY] = "order_line_pkey",
	[OWN_ALLOTMENT] = "allotment",
	[OWN_ALLOTMENT_PKEY] = "allotment_pkey",
	[OWN_THIS_NODE] = "this_node",
	[OWN_HELD_SCOPE] = "held_scope",
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
own_relcache_callback(Oid relid)
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
	relcache_call_register(own_relcache_callback);
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

/* Returns who owns the extension's tables. */
Oid
own_owner(void)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(own_relation(OWN_CAP)));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation steering.cap");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
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
