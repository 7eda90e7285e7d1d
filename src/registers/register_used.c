/*
 * register_used.c
 *	  The trigger that keeps entries of the registers which agreements, results, allocation keys and
 *	  the like refer to. It stands for foreign keys, which a parallel restore of the extension's
 *	  tables could not keep.
 *
 * The tables are locked (SHARE) before they are read: whoever is writing one of them is waited for,
 * and who comes later finds the code unknown. The functions that write them resolve codes in the
 * statement that writes, which has locked its table by then.
 *
 * Caps and bookings are looked after by register.c, whose trigger comes first, by its name.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "call.h"
#include "own.h"

/* A column that holds numbers, or codes, of entries of a register. */
typedef struct RegisterUse
{
	const char *table;
	const char *noun;  /* the register; with "_id" the column of numbers */
	const char *rows;  /* for messages */
	const char *codes; /* the column, if it is one of codes */
} RegisterUse;

static const RegisterUse register_uses[] = {
	{"agreement", "service", gettext_noop("agreements")},
	{"agreement", "participant", gettext_noop("agreements")},
	{"allocation_key", "service", gettext_noop("allocation keys")},
	{"allocation_rule", "service", gettext_noop("allocation rules")},
	{"allocation_weight", "service", gettext_noop("weights of allocation keys")},
	{"allocation_weight", "participant", gettext_noop("weights of allocation keys")},
	{"indicator", "service", gettext_noop("indicators")},
	{"target", "participant", gettext_noop("targets")},
	{"measurement", "participant", gettext_noop("measurements")},
	{"settlement_line", "service", gettext_noop("settlements")},
	{"settlement_line", "participant", gettext_noop("settlements")},
	{"settlement_correction", "service", gettext_noop("corrections of settlements")},
	{"settlement_correction", "participant", gettext_noop("corrections of settlements")},
	{"carry_rule", "service", gettext_noop("carry-forward rules")},
	{"carry_rule", "participant", gettext_noop("carry-forward rules")},
	{"cost_behaviour", "service", gettext_noop("cost behaviours")},
	{"arrangement", "participant", gettext_noop("arrangements")},
	{"arrangement_member", "participant", gettext_noop("parts in arrangements")},
	{"saving", "service", gettext_noop("savings")},
	{"saving", "participant", gettext_noop("savings")},
	{"start_up_share", "participant", gettext_noop("shares in start-ups")},
	{"start_up_repayment_line", "participant", gettext_noop("repayments of start-ups")},
	{"service", "participant", gettext_noop("services that it leads"), "lead"},
	{"follower", "service", gettext_noop("followers")},
	{"follower", "participant", gettext_noop("leads that it follows")},
	{"explanation_record", "service", gettext_noop("explanations of deviations")},
	{"explanation_record", "participant", gettext_noop("explanations of deviations")},
	{"iv3_mapping_record", "service", gettext_noop("mappings to Iv3")},
	{"iv3_mapping_record", "participant", gettext_noop("mappings to Iv3")},
	{"iv3_deliverer_record", "participant", gettext_noop("deliverers of Iv3")},
	{"lawfulness_base", "participant", gettext_noop("bases of limits of lawfulness")},
	{"lawfulness_frame_record", "participant", gettext_noop("frames of lawfulness")},
	{"deviation_record", "participant", gettext_noop("deviations from budgets")},
};

PG_FUNCTION_INFO_V1(steering_refuse_used);

/* Returns the register that the trigger is on, as what register_uses calls it. */
static const char *
register_used_noun(TriggerData *trigger)
{
	if (own_is_relation(RelationGetRelid(trigger->tg_relation), OWN_PARTICIPANT))
		return gettext_noop("participant");
	if (own_is_relation(RelationGetRelid(trigger->tg_relation), OWN_SERVICE))
		return gettext_noop("service");
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("trigger \"%s\" of table \"%s\" is for registers only",
					trigger->tg_trigger->tgname, RelationGetRelationName(trigger->tg_relation))));
}

/* Returns the table of a use; InvalidOid: the installed version does not have it, or not the column. */
static Oid
register_use_table(const RegisterUse *use)
{
	Oid relid = get_relname_relid(use->table, get_namespace_oid(STEERING_SCHEMA, false));

	if (OidIsValid(relid) && use->codes != NULL &&
		get_attnum(relid, use->codes) == InvalidAttrNumber)
		return InvalidOid;
	return relid;
}

/* Refuses deleted entries that rows of one table refer to. Within own_spi. */
static void
register_check_use(const RegisterUse *use)
{
	char *number = psprintf("%s_id", use->noun);
	char *query = psprintf(
		"SELECT was.code, count(*) FROM sp71_old AS was JOIN steering.%s AS used ON used.%s = was.%s"
		" GROUP BY was.code ORDER BY was.code LIMIT 1",
		use->table, use->codes != NULL ? use->codes : number, use->codes != NULL ? "code" : number);

	if (own_spi_execute(query, 0, NULL, NULL, NULL) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("%s \"%s\" has %s", _(use->noun), own_spi_text(0, 1), _(use->rows)),
						errdetail("Rows of steering.%s that refer to it: %s.", use->table,
								  own_spi_text(0, 2)),
						errhint("Give it a range of days (column \"during\") that ends, instead of "
								"deleting it.")));
}

/* After a DELETE from a register: refuses it when something still refers to an entry. */
Datum
steering_refuse_used(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	const char *noun;
	OwnSpi spi;

	noun = register_used_noun(trigger);
	own_spi_begin(&spi);
	if (SPI_register_trigger_data(trigger) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");
	for (int i = 0; i < lengthof(register_uses); i++)
	{
		const RegisterUse *use = &register_uses[i];
		Oid relid = register_use_table(use);

		if (strcmp(use->noun, noun) != 0 || !OidIsValid(relid))
			continue;
		LockRelationOid(relid, ShareLock);
		register_check_use(use);
	}
	own_spi_end(&spi);
	return PointerGetDatum(NULL);
}
