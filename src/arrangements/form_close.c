/*
 * form_close.c
 *	  close_where_allowed(): closing what was booked before a change of form, as far as that may be done.
 *
 * Closing is an act of its own. It is done in a subtransaction: where rules or the period forbid it nothing of it stays,
 * with its locks, and it is to be done by somebody else, or later. Any other error ends the change of form too.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "decisions/deciding.h"
#include "own.h"
#include "subtransaction.h"

/* What close_period() is called with: two texts. */
typedef struct FormClose
{
	Datum values[2];
} FormClose;

PG_FUNCTION_INFO_V1(steering_close_where_allowed);

/* Closes the period. */
static void
form_close_work(void *argument)
{
	FormClose *form_close = argument;
	Oid types[] = {TEXTOID, TEXTOID};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute("SELECT steering.close_period($1, $2)", lengthof(types), types,
					form_close->values, NULL);
	own_spi_end(&spi);
}

/* Tells whether an error says that the period may not be closed, or not yet. */
static bool
form_close_is_forbidden(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_NOT_AUTHORIZED ||
		   error->sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
}

/* close_where_allowed(period text, reason text) */
Datum
steering_close_where_allowed(PG_FUNCTION_ARGS)
{
	FormClose form_close = {{PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)}};
	ErrorData *error = subtransaction_do(form_close_work, &form_close, SUBTRANSACTION_KEEP);

	if (error == NULL)
		PG_RETURN_BOOL(true);
	if (!form_close_is_forbidden(error))
		ReThrowError(error);
	ereport(NOTICE, (errmsg("period %s stays open", TextDatumGetCString(form_close.values[0])),
					 errdetail_internal("%s", error->message),
					 errhint("steering.form_change_open() lists what is to be done.")));
	PG_RETURN_BOOL(false);
}
