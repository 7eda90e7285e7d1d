/*
 * code_sql.c
 *	  Refusing codes that look like others, in every table that has codes; and telling of those that are there.
 *
 * A dump may hold codes that were made before, and a register must not be lost for one of them. So where
 * check_function_bodies is off, as in the scripts of pg_dump, they come in, and health() tells of them.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "call.h"
#include "own.h"
#include "own_text.h"
#include "types/code.h"

#define CODE_FIND_ODD                                                                              \
	"SELECT code, steering.code_fault(code) FROM sp71_new"                                         \
	" WHERE steering.code_fault(code) IS NOT NULL ORDER BY 1 LIMIT 1"

/* Entries of a table, %s, that are spelled otherwise than new ones and look the same. */
#define CODE_FIND_TWIN                                                                             \
	"SELECT made.code, other.code FROM sp71_new AS made JOIN steering.%s AS other"                 \
	" ON steering.code_spelling(other.code) = steering.code_spelling(made.code)"                   \
	" WHERE other.code <> made.code ORDER BY 1, 2 LIMIT 1"

PG_FUNCTION_INFO_V1(steering_refuse_odd_code);
PG_FUNCTION_INFO_V1(steering_code_fault);
PG_FUNCTION_INFO_V1(steering_code_spelling);
PG_FUNCTION_INFO_V1(steering_show_code);

/* Returns a column of the first row, a text. */
static char *
code_found(int column)
{
	return TextDatumGetCString(own_spi_column(0, column, NULL));
}

/* Refuses a code by which an entry could be taken for another one, or for none. */
static void
code_refuse_odd(const char *table)
{
	if (own_spi_execute(CODE_FIND_ODD, 0, NULL, NULL, NULL) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("code \"%s\" %s", code_shown(code_found(1)), own_text_said(code_found(2))),
			 errhint("People tell codes apart by their looks. Write it without."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, STEERING_SCHEMA),
			 err_generic_string(PG_DIAG_TABLE_NAME, table),
			 err_generic_string(PG_DIAG_COLUMN_NAME, "code")));
}

/* Refuses a code that is another spelling of one that is there. */
static void
code_refuse_twin(const char *table)
{
	if (own_spi_execute(psprintf(CODE_FIND_TWIN, quote_identifier(table)), 0, NULL, NULL, NULL) ==
		0)
		return;
	ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
					errmsg("code \"%s\" is another spelling of code \"%s\"",
						   code_shown(code_found(1)), code_shown(code_found(2))),
					errdetail("Both look the same: their Unicode normalization form C is one."),
					errhint("Use the code that is there."),
					err_generic_string(PG_DIAG_SCHEMA_NAME, STEERING_SCHEMA),
					err_generic_string(PG_DIAG_TABLE_NAME, table),
					err_generic_string(PG_DIAG_COLUMN_NAME, "code")));
}

/* After an INSERT into a table of ours with a column "code". */
Datum
steering_refuse_odd_code(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	const char *table = RelationGetRelationName(trigger->tg_relation);
	OwnSpi spi;

	if (!check_function_bodies)
		return PointerGetDatum(NULL);
	own_spi_begin(&spi);
	if (SPI_register_trigger_data(trigger) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");
	code_refuse_odd(table);
	code_refuse_twin(table);
	own_spi_end(&spi);
	return PointerGetDatum(NULL);
}

/* code_fault(code): what makes it hard to tell from another, or null. */
Datum
steering_code_fault(PG_FUNCTION_ARGS)
{
	const char *fault = code_fault(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (fault == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(fault));
}

/* code_spelling(code): what is the same for all of its spellings. */
Datum
steering_code_spelling(PG_FUNCTION_ARGS)
{
	char *spelling = code_spelling(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_BYTEA_P(cstring_to_text(spelling));
}

/* show_code(code): as messages show it. */
Datum
steering_show_code(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(code_shown(text_to_cstring(PG_GETARG_TEXT_PP(0)))));
}
