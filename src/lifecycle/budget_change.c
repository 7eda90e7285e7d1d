/*
 * budget_change.c
 *	  Acts that change the limits of several caps: the only writer of steering.amendment_record and
 *	  steering.amendment_line.
 *
 * Caps are written by steering/cap.c, which judges each as set_cap() does: nothing is taken that is used. What is
 * recorded are the lines first, each with the event of its cap, and the act last: on that the question hangs
 * whether it may be done (sql/amendment.sql), and the lines say by how much and where. An error undoes all of it.
 *
 * Who calls this has locked the caps in the order of their ids, or has excluded bookings.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "ledger/counter.h"
#include "lifecycle/budget_change.h"
#include "own.h"
#include "rules/cap_row.h"
#include "rules/message.h"
#include "steering/cap.h"

/* Returns a text that says something; 22023: it is empty. */
char *
budget_change_text(Datum given, const char *name)
{
	char *string = TextDatumGetCString(given);

	if (string[strspn(string, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be empty", name)));
	return string;
}

/* Locks a cap, to the end of the transaction; 42704: there is none. Bookings are joined, and caps go by their ids. */
void
budget_change_lock(int32 cap_id)
{
	if (!cap_lock(cap_id))
		cap_not_found(cap_id);
}

/*
 * Returns the figures of a cap, which is locked, good as those of cap_figures_of(); and what is used of it, where that
 * is asked for.
 */
const CapFigures *
budget_change_figures(int32 cap_id, Amount *used)
{
	Relation counters = counter_open();
	const CapFigures *figures = NULL;
	int32 revision;
	Amount counted;

	if (counter_read(counters, cap_id, &counted, &revision))
		figures = cap_figures_of(cap_id, revision);
	counter_close(counters);
	if (figures == NULL)
		cap_not_found(cap_id);
	if (used != NULL)
		*used = counted;
	return figures;
}

/* Returns how messages call a cap. */
char *
budget_change_cap_name(const CapFigures *figures)
{
	return psprintf(_("%s cap of service \"%s\" for participant \"%s\""),
					metric_name(figures->metric), figures->service, figures->participant);
}

/* Fills in the fields of an error about a cap. */
int
budget_change_fields(const CapFigures *figures)
{
	return message_fields(own_relation(OWN_CAP), psprintf("%d", figures->cap_id));
}

/* Gives an act its number. */
void
budget_change_begin(BudgetChange *change)
{
	static const char query[] =
		"SELECT nextval('steering.amendment_record_amendment_id_seq')::integer";
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, 0, NULL, NULL, NULL);
	change->amendment_id = DatumGetInt32(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
}

/* Records what an act has done to a cap, by the event of that. */
void
budget_change_record(const BudgetChange *change, int32 cap_id, int64 event_id, Amount mutation)
{
	static const char query[] =
		"INSERT INTO steering.amendment_line (amendment_id, cap_id, event_id,"
		" mutation) VALUES ($1, $2, $3, $4)";
	Oid types[] = {INT4OID, INT4OID, INT8OID, own_amount_type()};
	Datum values[] = {Int32GetDatum(change->amendment_id), Int32GetDatum(cap_id),
					  Int64GetDatum(event_id), AmountGetDatum(mutation)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Changes the limit of a cap, which is locked, and records it. Raises 23S71 or 23S72 where more is used. */
void
budget_change_revise(const BudgetChange *change, const BudgetLine *line, bool accept_overrun)
{
	CapRequest request = {.amount = line->new_amount,
						  .reason = change->reason,
						  .accept_overrun = accept_overrun,
						  .is_part = true};
	int64 event_id;

	if (!cap_revise(line->cap_id, &request, &event_id))
		cap_not_found(line->cap_id);
	budget_change_record(change, line->cap_id, event_id, line->mutation);
}

/*
 * Records an act, of which all lines are done, and asks whether it may be.
 *
 * Raises 23505 where an amendment of the period has this number, 23S75 where it may not be done.
 */
void
budget_change_end(const BudgetChange *change)
{
	static const char query[] =
		"INSERT INTO steering.amendment_record (amendment_id, kind, during, number, reason, document,"
		" service, participant, amount)"
		" SELECT $1, $2, $3, $4, $5, $6, scope.service, scope.participant, scope.amount"
		" FROM steering.amendment_scope($1, $2) AS scope";
	Oid types[] = {INT4OID, TEXTOID, DATERANGEOID, TEXTOID, TEXTOID, TEXTOID};
	Datum values[] = {Int32GetDatum(change->amendment_id),
					  CStringGetTextDatum(change->kind),
					  change->during,
					  change->number ? CStringGetTextDatum(change->number) : (Datum) 0,
					  CStringGetTextDatum(change->reason),
					  change->document ? CStringGetTextDatum(change->document) : (Datum) 0};
	char nulls[] = {' ', ' ', ' ', change->number ? ' ' : 'n', ' ', change->document ? ' ' : 'n',
					'\0'};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, lengthof(types), types, values, nulls);
	own_spi_end(&spi);
}
