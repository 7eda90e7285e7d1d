/*
 * allocation_key.c
 *	  What the setters of allocation keys, weights and rules need and SQL cannot say: look-up and
 *	  refusal by messages of our own.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "call.h"
#include "own.h"
#include "own_query.h"
#include "own_text.h"
#include "types/code.h"

PG_FUNCTION_INFO_V1(steering_key_number);
PG_FUNCTION_INFO_V1(steering_require_found);
PG_FUNCTION_INFO_V1(steering_refuse_standing);
PG_FUNCTION_INFO_V1(steering_refuse_used_key);

/* Raises that a key has another basis than the one that is needed. */
static void
allocation_key_wrong_basis(const char *code, const char *basis, const char *needed)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("allocation key \"%s\" has the basis \"%s\", not \"%s\"", code, basis,
						   needed)));
}

/*
 * key_number(key text, basis text): the number of an allocation key; with a basis, of one that has
 * this basis.
 *
 * Reads as the query that calls it does, which a setter may have changed before.
 */
Datum
steering_key_number(PG_FUNCTION_ARGS)
{
	static const char query[] = "SELECT key_id, basis FROM steering.allocation_key WHERE code = $1";
	Oid types[] = {TEXTOID};
	Datum values[1];
	char *needed = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *code;
	char *basis;
	int32 number;
	OwnSpi spi;

	call_check_not_null(PG_ARGISNULL(0), "key");
	values[0] = PG_GETARG_DATUM(0);
	code = text_to_cstring(PG_GETARG_TEXT_PP(0));

	own_spi_begin(&spi);
	if (own_query_read(query, 1, types, values) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("allocation key \"%s\" is unknown", code_shown(code)),
						errhint("Keys are made by steering.set_allocation_key().")));
	number = DatumGetInt32(own_spi_column(0, 1, NULL));
	basis = TextDatumGetCString(own_spi_column(0, 2, NULL));
	if (needed != NULL && strcmp(basis, needed) != 0)
		allocation_key_wrong_basis(code, basis, needed);
	own_spi_end(&spi);
	PG_RETURN_INT32(number);
}

/* require_found(found bigint, what text): raises that something does not exist when none was found. */
Datum
steering_require_found(PG_FUNCTION_ARGS)
{
	if (PG_GETARG_INT64(0) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("%s does not exist",
							   own_text_said(code_shown(text_to_cstring(PG_GETARG_TEXT_PP(1)))))));
	PG_RETURN_VOID();
}

/*
 * refuse_standing(what text, during text): raises that something stands already in a part of the days
 * that it is to be set for, in place of the message of the exclusion constraint, which knows numbers
 * but no codes.
 */
Datum
steering_refuse_standing(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_EXCLUSION_VIOLATION),
					errmsg("%s already", own_text_said(text_to_cstring(PG_GETARG_TEXT_PP(0)))),
					errdetail("It is for %s.", text_to_cstring(PG_GETARG_TEXT_PP(1))),
					errhint("End that first, or leave its days out.")));
}

/*
 * Refuses a change of a key when a query finds what needs the key as it was: codes or ranges of days,
 * as one text.
 */
static void
allocation_key_refuse(const char *query, int32 key_id, const char *code, const char *problem)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(key_id)};
	char *users;
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, 1, types, values, NULL);
	users = own_spi_text(0, 1);
	if (users != NULL)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION), errmsg_internal(_(problem), code),
						errdetail_internal("%s.", users)));
	own_spi_end(&spi);
}

/*
 * Trigger on allocation_key: refuses that a key goes while something divides by it, and another basis
 * while it has weights.
 *
 * Whoever sets a rule or a weight holds the key FOR SHARE, so what is set at the same time is either
 * seen here, or finds no such key.
 */
Datum
steering_refuse_used_key(PG_FUNCTION_ARGS)
{
	static const char find_rules[] =
		"SELECT 'Rules of services: ' || string_agg(DISTINCT service.code, ', ')"
		" FROM steering.allocation_rule JOIN steering.service USING (service_id) WHERE key_id = $1";
	static const char find_agreements[] =
		"SELECT 'Agreements: ' || string_agg(agreement_id::text, ', ' ORDER BY agreement_id)"
		" FROM steering.agreement WHERE key_id = $1";
	static const char find_result_shares[] =
		"SELECT 'Months: ' || string_agg(during::text, ', ' ORDER BY during)"
		" FROM steering.result_share WHERE key_id = $1";
	static const char find_weights[] = "SELECT 'Number of weights: ' || nullif(count(*), 0)"
									   " FROM steering.allocation_weight WHERE key_id = $1";
	TriggerData *trigger = call_trigger(fcinfo);
	TupleDesc columns;
	int32 key_id;
	char *code;
	bool isnull;

	columns = RelationGetDescr(trigger->tg_relation);
	key_id = DatumGetInt32(SPI_getbinval(trigger->tg_trigtuple, columns, 1, &isnull));
	code = SPI_getvalue(trigger->tg_trigtuple, columns, 2);

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		allocation_key_refuse(find_rules, key_id, code,
							  gettext_noop("allocation key \"%s\" divides the cost of services"));
		allocation_key_refuse(find_agreements, key_id, code,
							  gettext_noop("allocation key \"%s\" divides cost by agreements"));
		allocation_key_refuse(find_result_shares, key_id, code,
							  gettext_noop("allocation key \"%s\" divides the supplier's result"));
	}
	else if (strcmp(SPI_getvalue(trigger->tg_newtuple, columns, 4), "fixed") != 0)
		allocation_key_refuse(
			find_weights, key_id, code,
			gettext_noop(
				"allocation key \"%s\" must keep the basis \"fixed\" while it has weights"));
	return PointerGetDatum(NULL);
}
