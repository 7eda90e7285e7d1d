/*
 * register.c
 *	  Triggers on the registers of participants and services, before they change; see register.h.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "bookings/exclude.h"
#include "call.h"
#include "own.h"
#include "sources/source_table.h"
#include "steering/register.h"
#include "steering/register_query.h"

static const Register registers[] = {
	{OWN_PARTICIPANT, "participant", REGISTER_QUERIES("participant", "reader")},
	{OWN_SERVICE, "service", REGISTER_QUERIES("service", "require_cap")},
};

PG_FUNCTION_INFO_V1(steering_exclude_bookings);
PG_FUNCTION_INFO_V1(steering_refuse_key_change);
PG_FUNCTION_INFO_V1(steering_refuse_truncate);

/* Returns the register that a trigger is on; an error when it is on another table. */
const Register *
register_of(TriggerData *trigger)
{
	for (int i = 0; i < lengthof(registers); i++)
		if (own_is_relation(RelationGetRelid(trigger->tg_relation), registers[i].relation))
			return &registers[i];
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("trigger \"%s\" of table \"%s\" is for registers only",
					trigger->tg_trigger->tgname, RelationGetRelationName(trigger->tg_relation))));
}

/* Returns what the entries are called of a register, or of the aliases, that a trigger is on. */
static const char *
register_noun(TriggerData *trigger)
{
	if (own_is_relation(RelationGetRelid(trigger->tg_relation), OWN_ALIAS))
		return "alias";
	return register_of(trigger)->noun;
}

/* Opens SPI with the old and new rows of the statement as sp71_old and sp71_new. */
void
register_begin(OwnSpi *spi, TriggerData *trigger)
{
	own_spi_begin(spi);
	if (SPI_register_trigger_data(trigger) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");
}

/* Runs a query without arguments; its rows are in SPI_tuptable. */
uint64
register_execute(const char *query)
{
	return own_spi_execute(query, 0, NULL, NULL, NULL);
}

/* Before a statement that may change which caps apply: waits for bookings and keeps new ones out. */
Datum
steering_exclude_bookings(PG_FUNCTION_ARGS)
{
	(void) register_noun(call_trigger(fcinfo));

	/* Rows may have to be read: who holds a table, and may be about to book, is let through before. */
	source_table_lock_all();
	exclude_bookings();
	return PointerGetDatum(NULL);
}

/*
 * Refuses another code or number for an entry; the trigger's condition says that there is one.
 *
 * Finance rows refer to the code and would become unknown; usage cells refer to the number.
 */
Datum
steering_refuse_key_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	const Register *kind = register_of(trigger);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);

	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("code and number of %s \"%s\" cannot be changed", _(kind->noun),
						   SPI_getvalue(trigger->tg_trigtuple, desc, SPI_fnumber(desc, "code"))),
					errhint("Finance tables refer to the code. Add an entry with the new code, or "
							"change the name.")));
}

/* Refuses TRUNCATE of a register, which would not look who refers to an entry. */
Datum
steering_refuse_truncate(PG_FUNCTION_ARGS)
{
	const char *noun = register_noun(call_trigger(fcinfo));

	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot truncate register \"%s\"", noun),
					errhint("Use DELETE, which checks that no booking refers to an entry.")));
}
