/*
 * trigger_set.c
 *	  Sets of triggers that the extension puts on tables of others; see trigger_set.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_func.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "sources/shard_name.h"
#include "sources/trigger_set.h"

/* Returns the OID of the function of a trigger; InvalidOid: it is not there, since the objects are of an earlier version. */
static Oid
trigger_set_calls(const SetTrigger *trigger)
{
	return LookupFuncName(list_make2(makeString(STEERING_SCHEMA), makeString(trigger->function)), 0,
						  NULL, true);
}

/* Returns the OID of the function that tables of a set call. */
static Oid
trigger_set_function(const TriggerSet *set)
{
	Oid function = trigger_set_calls(&set->triggers[0]);

	if (!OidIsValid(function))
		elog(ERROR, "function steering.%s() not found", set->triggers[0].function);
	return function;
}

/* Tells whether a trigger calls a function of the set. */
static bool
trigger_set_owns(const TriggerSet *set, const Trigger *made)
{
	for (int i = 0; i < set->count; i++)
		if (made->tgfoid == trigger_set_calls(&set->triggers[i]))
			return true;
	return false;
}

/* Names a transition table. */
static TriggerTransition *
trigger_set_transition(char *name, bool is_new)
{
	TriggerTransition *transition = makeNode(TriggerTransition);

	transition->name = name;
	transition->isNew = is_new;
	transition->isTable = true;
	return transition;
}

/*
 * Creates one trigger that depends on the extension. Tells CreateTrigger() that it is not internal:
 * it is for pg_dump to write and for the table's owner to see.
 */
static void
trigger_set_create_one(Relation rel, const SetTrigger *trigger, Oid function)
{
	CreateTrigStmt *statement = makeNode(CreateTrigStmt);
	ObjectAddress created;
	ObjectAddress extension;

	statement->trigname = trigger->name;
	statement->row = (trigger->timing & TRIGGER_TYPE_ROW) != 0;
	statement->timing = trigger->timing & ~TRIGGER_TYPE_ROW;
	statement->events = trigger->events;
	if (trigger->sees_old)
		statement->transitionRels =
			lappend(statement->transitionRels, trigger_set_transition("sp71_old", false));
	if (trigger->sees_new)
		statement->transitionRels =
			lappend(statement->transitionRels, trigger_set_transition("sp71_new", true));
	created = CreateTrigger(statement, NULL, RelationGetRelid(rel), InvalidOid, InvalidOid,
							InvalidOid, function, InvalidOid, NULL, false, false);
	CommandCounterIncrement();

	ObjectAddressSet(extension, ExtensionRelationId, get_extension_oid("sp71_steering", false));
	/* Not a member of the extension, which dumps would leave out; but dropped with it. */
	recordDependencyOn(&created, &extension, DEPENDENCY_AUTO_EXTENSION);
}

/* Tells whether a trigger of a table does what this one of ours does, whatever its name. */
static bool
trigger_set_is_like(const Trigger *made, const SetTrigger *trigger, Oid function)
{
	return made->tgfoid == function && made->tgtype == (trigger->timing | trigger->events) &&
		   made->tgnattr == 0 && made->tgqual == NULL && !OidIsValid(made->tgconstraint) &&
		   (made->tgoldtable != NULL) == trigger->sees_old &&
		   (made->tgnewtable != NULL) == trigger->sees_new;
}

/*
 * Tells whether rel has this trigger. One of that name that calls another function does not count; one
 * that was given another name books like ours, and a second one would book again.
 */
static bool
trigger_set_is_on(Relation rel, const SetTrigger *trigger, Oid function)
{
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (trigger_set_is_like(&rel->trigdesc->triggers[i], trigger, function))
			return true;
	return false;
}

/* Returns the trigger of the set with this name, or NULL. */
static const SetTrigger *
trigger_set_named(const TriggerSet *set, const char *name)
{
	for (int i = 0; i < set->count; i++)
		if (strcmp(set->triggers[i].name, name) == 0)
			return &set->triggers[i];
	return NULL;
}

/* Tells whether a trigger of the set has this name. */
bool
trigger_set_names(const TriggerSet *set, const char *name)
{
	return trigger_set_named(set, name) != NULL;
}

/*
 * Tells whether rel has a trigger of this name that passes for one of ours: it has the name of one and is
 * another, or it books under another name or in another way.
 */
bool
trigger_set_is_false(const TriggerSet *set, Relation rel, const char *name)
{
	const SetTrigger *ours =
		trigger_set_named(set, shard_name_strip(name, RelationGetRelationName(rel)));

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *made = &rel->trigdesc->triggers[i];

		if (strcmp(made->tgname, name) == 0)
			return ours == NULL ? trigger_set_owns(set, made)
								: !trigger_set_is_like(made, ours, trigger_set_calls(ours));
	}
	return false;
}

/* Returns the owner of a function of ours, who may use it for triggers. */
static Oid
trigger_set_creator(Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Creates one of the triggers where rel does not have it and there is its function. */
static void
trigger_set_create_missing(Relation rel, const SetTrigger *trigger)
{
	Oid function = trigger_set_calls(trigger);

	if (OidIsValid(function) && !trigger_set_is_on(rel, trigger, function))
		trigger_set_create_one(rel, trigger, function);
}

/*
 * Creates those of the triggers, from one of them on, that rel does not have.
 *
 * The caller has checked who may have that done, and holds ShareRowExclusiveLock on rel at least. It
 * runs as the owner of the extension: nobody else may execute the functions, or else anyone could
 * put them on any table of his. Creating a trigger runs no code of the table's owner.
 */
static void
trigger_set_create_from(const TriggerSet *set, Relation rel, int first)
{
	Oid user;
	int security_context;

	Assert(CheckRelationLockedByMe(rel, ShareRowExclusiveLock, true));
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(trigger_set_creator(trigger_set_function(set)),
						   security_context | SECURITY_LOCAL_USERID_CHANGE);
	for (int i = first; i < set->count; i++)
		trigger_set_create_missing(rel, &set->triggers[i]);
	SetUserIdAndSecContext(user, security_context);
	CommandCounterIncrement();
}

/* Has one trigger fire whatever session_replication_role is. */
static void
trigger_set_fire_one_always(Oid trigger)
{
	Relation triggers = table_open(TriggerRelationId, RowExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(triggers, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "trigger %u not found", trigger);
	tuple = heap_copytuple(tuple);
	((Form_pg_trigger) GETSTRUCT(tuple))->tgenabled = TRIGGER_FIRES_ALWAYS;
	CatalogTupleUpdate(triggers, &tuple->t_self, tuple);
	systable_endscan(scan);
	table_close(triggers, RowExclusiveLock);
}

/*
 * Has those triggers of a set that are on rel fire whatever session_replication_role is: ENABLE TRIGGER ALL, as pg_restore
 * says it, takes that from them. The caller holds a lock on rel that keeps others from altering its triggers.
 */
void
trigger_set_fire_always(const TriggerSet *set, Relation rel)
{
	bool changed = false;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *made = &rel->trigdesc->triggers[i];

		if (made->tgenabled == TRIGGER_FIRES_ALWAYS || !trigger_set_owns(set, made))
			continue;
		trigger_set_fire_one_always(made->tgoid);
		changed = true;
	}
	if (!changed)
		return;
	CacheInvalidateRelcache(rel);
	CommandCounterIncrement();
}

/* Creates those of the triggers that rel does not have. */
void
trigger_set_create(const TriggerSet *set, Relation rel)
{
	trigger_set_create_from(set, rel, 0);
	if (set->is_always)
		trigger_set_fire_always(set, rel);
}

/* Creates the last of the triggers, where rel does not have it, and no other. */
void
trigger_set_create_last(const TriggerSet *set, Relation rel)
{
	trigger_set_create_from(set, rel, set->count - 1);
}

/*
 * Drops the triggers of a set from a table. The caller holds AccessExclusiveLock on it, and does not have it
 * open: that would count as using it.
 */
void
trigger_set_drop(const TriggerSet *set, Oid relid)
{
	ObjectAddresses *doomed = new_object_addresses();
	Relation rel = table_open(relid, NoLock);

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		Trigger *trigger = &rel->trigdesc->triggers[i];
		ObjectAddress address;

		if (!trigger_set_owns(set, trigger))
			continue;
		ObjectAddressSet(address, TriggerRelationId, trigger->tgoid);
		add_exact_object_address(&address, doomed);
	}
	table_close(rel, NoLock);
	/* Internal: our own event trigger on drops has nothing to follow here. */
	performMultipleDeletions(doomed, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	free_object_addresses(doomed);
	CommandCounterIncrement();
}

/* Tells whether a trigger on a table, which is not locked for that, calls a function; of none (InvalidOid) any of ours. */
static bool
trigger_set_look(Oid relid, Oid function)
{
	Relation triggers = table_open(TriggerRelationId, AccessShareLock);
	Oid schema = get_namespace_oid(STEERING_SCHEMA, true);
	bool found = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(triggers, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid called = ((Form_pg_trigger) GETSTRUCT(tuple))->tgfoid;

		found = OidIsValid(function) ? called == function : get_func_namespace(called) == schema;
	}
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	return found;
}

/* Tells whether a table has a trigger of a set. It is not locked for that. */
bool
trigger_set_stands(const TriggerSet *set, Oid relid)
{
	return trigger_set_look(relid, trigger_set_function(set));
}

/* Tells whether a table has a trigger of any set: then it books, or a query follows it. It is not locked for that. */
bool
trigger_set_any_stands(Oid relid)
{
	return trigger_set_look(relid, InvalidOid);
}

/* Tells whether any trigger of rel calls the function that tables of the set call, under whatever name. */
bool
trigger_set_exists(const TriggerSet *set, Relation rel)
{
	Oid function = trigger_set_function(set);

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (rel->trigdesc->triggers[i].tgfoid == function)
			return true;
	return false;
}

/* Finds the trigger of rel that sees what is inserted, and its function; false when it is not there. */
bool
trigger_set_find(const TriggerSet *set, Relation rel, Oid *trigger, Oid *function)
{
	*function = trigger_set_function(set);
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (rel->trigdesc->triggers[i].tgfoid == *function &&
			strcmp(shard_name_strip(rel->trigdesc->triggers[i].tgname,
									RelationGetRelationName(rel)),
				   set->triggers[0].name) == 0)
		{
			*trigger = rel->trigdesc->triggers[i].tgoid;
			return true;
		}
	return false;
}

/*
 * Returns what the last trigger of the set was made with on rel, where rel is a shard and the trigger has its number;
 * NULL: it has not, or there is no such trigger.
 */
const char *
trigger_set_argument(const TriggerSet *set, Relation rel)
{
	const SetTrigger *last = &set->triggers[set->count - 1];
	Oid function = trigger_set_calls(last);

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *made = &rel->trigdesc->triggers[i];
		const char *name = shard_name_strip(made->tgname, RelationGetRelationName(rel));

		if (made->tgfoid == function && made->tgnargs == 1 && name != made->tgname &&
			strcmp(name, last->name) == 0)
			return made->tgargs[0];
	}
	return NULL;
}
