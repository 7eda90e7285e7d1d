/*
 * booking_trigger.c
 *	  The triggers by which a table books; see booking_trigger.h.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
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
#include "utils/rel.h"
#include "utils/syscache.h"

#include "sources/booking_trigger.h"

/* One of the triggers. */
typedef struct BookingTrigger
{
	char *name;
	char *function; /* in the schema steering */
	int16 timing;   /* TRIGGER_TYPE_BEFORE or TRIGGER_TYPE_AFTER */
	int16 events;   /* TRIGGER_TYPE_INSERT, ... */
	bool sees_old;  /* the rows before, as sp71_old */
	bool sees_new;  /* the rows after, as sp71_new */
} BookingTrigger;

#define BOOKING_TRIGGER_ROWS (TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)

/*
 * TRUNCATE has no transition table: what it takes is read before it does. The last one has the library loaded
 * before a statement begins, see bookings/cut_short.c.
 */
static const BookingTrigger booking_triggers[] = {
	{"sp71_steering_insert", "book", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_INSERT, false, true},
	{"sp71_steering_update", "book", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_UPDATE, true, true},
	{"sp71_steering_delete", "book", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_DELETE, true, false},
	{"sp71_steering_truncate", "book", TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_TRUNCATE, false, false},
	{"sp71_steering_watch", "watch", TRIGGER_TYPE_BEFORE, BOOKING_TRIGGER_ROWS, false, false},
};

/* Returns the OID of a function of ours; InvalidOid: it is not there, since the objects are of an earlier version. */
static Oid
booking_trigger_function(const char *name)
{
	return LookupFuncName(list_make2(makeString(STEERING_SCHEMA), makeString(pstrdup(name))), 0,
						  NULL, true);
}

/* Returns the OID of steering.book(). */
static Oid
booking_trigger_book(void)
{
	Oid function = booking_trigger_function("book");

	if (!OidIsValid(function))
		elog(ERROR, "function steering.book() not found");
	return function;
}

/* Tells whether a trigger calls one of our functions. */
static bool
booking_trigger_calls_ours(const Trigger *made)
{
	return made->tgfoid == booking_trigger_book() ||
		   made->tgfoid == booking_trigger_function("watch");
}

/* Names a transition table. */
static TriggerTransition *
booking_trigger_transition(char *name, bool is_new)
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
booking_trigger_create_one(Relation rel, const BookingTrigger *trigger, Oid function)
{
	CreateTrigStmt *statement = makeNode(CreateTrigStmt);
	ObjectAddress created;
	ObjectAddress extension;

	statement->trigname = trigger->name;
	statement->timing = trigger->timing;
	statement->events = trigger->events;
	if (trigger->sees_old)
		statement->transitionRels =
			lappend(statement->transitionRels, booking_trigger_transition("sp71_old", false));
	if (trigger->sees_new)
		statement->transitionRels =
			lappend(statement->transitionRels, booking_trigger_transition("sp71_new", true));
	created = CreateTrigger(statement, NULL, RelationGetRelid(rel), InvalidOid, InvalidOid,
							InvalidOid, function, InvalidOid, NULL, false, false);
	CommandCounterIncrement();

	ObjectAddressSet(extension, ExtensionRelationId, get_extension_oid("sp71_steering", false));
	/* Not a member of the extension, which dumps would leave out; but dropped with it. */
	recordDependencyOn(&created, &extension, DEPENDENCY_AUTO_EXTENSION);
}

/* Tells whether a trigger of a table does what this one of ours does, whatever its name. */
static bool
booking_trigger_is_like(const Trigger *made, const BookingTrigger *trigger, Oid function)
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
booking_trigger_is_on(Relation rel, const BookingTrigger *trigger, Oid function)
{
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (booking_trigger_is_like(&rel->trigdesc->triggers[i], trigger, function))
			return true;
	return false;
}

/* Returns the one of our triggers with this name, or NULL. */
static const BookingTrigger *
booking_trigger_named(const char *name)
{
	for (int i = 0; i < lengthof(booking_triggers); i++)
		if (strcmp(booking_triggers[i].name, name) == 0)
			return &booking_triggers[i];
	return NULL;
}

/* Tells whether one of our triggers has this name. */
bool
booking_trigger_is_ours(const char *name)
{
	return booking_trigger_named(name) != NULL;
}

/*
 * Tells whether rel has a trigger of this name that passes for one of ours: it has the name of one and is
 * another, or it books under another name or in another way.
 */
bool
booking_trigger_is_false(Relation rel, const char *name)
{
	const BookingTrigger *ours = booking_trigger_named(name);

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *made = &rel->trigdesc->triggers[i];

		if (strcmp(made->tgname, name) == 0)
			return ours == NULL
					   ? booking_trigger_calls_ours(made)
					   : !booking_trigger_is_like(made, ours,
												  booking_trigger_function(ours->function));
	}
	return false;
}

/* Returns the owner of steering.book(), who may use it for triggers. */
static Oid
booking_trigger_creator(Oid function)
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
booking_trigger_create_missing(Relation rel, const BookingTrigger *trigger)
{
	Oid function = booking_trigger_function(trigger->function);

	if (OidIsValid(function) && !booking_trigger_is_on(rel, trigger, function))
		booking_trigger_create_one(rel, trigger, function);
}

/*
 * Creates those of the triggers, from one of them on, that rel does not have.
 *
 * The caller has checked who may have that done, and holds ShareRowExclusiveLock on rel at least. It
 * runs as the owner of the extension: nobody else may execute steering.book(), or else anyone could
 * put it on any table of his. Creating a trigger runs no code of the table's owner.
 */
static void
booking_trigger_create_from(Relation rel, int first)
{
	Oid user;
	int security_context;

	Assert(CheckRelationLockedByMe(rel, ShareRowExclusiveLock, true));
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(booking_trigger_creator(booking_trigger_book()),
						   security_context | SECURITY_LOCAL_USERID_CHANGE);
	for (int i = first; i < lengthof(booking_triggers); i++)
		booking_trigger_create_missing(rel, &booking_triggers[i]);
	SetUserIdAndSecContext(user, security_context);
	CommandCounterIncrement();
}

/* Creates those of the triggers that rel does not have. */
void
booking_trigger_create(Relation rel)
{
	booking_trigger_create_from(rel, 0);
}

/*
 * Creates the trigger that 0.5.0 brought, and no other: where one that books is missing, rows are to be counted
 * too, which reattach() does.
 */
void
booking_trigger_create_watch(Relation rel)
{
	booking_trigger_create_from(rel, lengthof(booking_triggers) - 1);
}

/*
 * Drops the triggers of a table. The caller holds AccessExclusiveLock on it, and does not have it
 * open: that would count as using it.
 */
void
booking_trigger_drop(Oid relid)
{
	ObjectAddresses *doomed = new_object_addresses();
	Relation rel = table_open(relid, NoLock);

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		Trigger *trigger = &rel->trigdesc->triggers[i];
		ObjectAddress address;

		if (!booking_trigger_calls_ours(trigger))
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

/* Tells whether any trigger of rel books, under whatever name. */
bool
booking_trigger_exists(Relation rel)
{
	Oid function = booking_trigger_book();

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (rel->trigdesc->triggers[i].tgfoid == function)
			return true;
	return false;
}

/* Finds the trigger of rel that books what is inserted, and its function; false when it is not there. */
bool
booking_trigger_find(Relation rel, Oid *trigger, Oid *function)
{
	*function = booking_trigger_book();
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (rel->trigdesc->triggers[i].tgfoid == *function &&
			strcmp(rel->trigdesc->triggers[i].tgname, booking_triggers[0].name) == 0)
		{
			*trigger = rel->trigdesc->triggers[i].tgoid;
			return true;
		}
	return false;
}
