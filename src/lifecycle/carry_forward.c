/*
 * carry_forward.c
 *	  carry_forward(): what is left of a period, or was overspent, goes to the next one, as the rules for it say.
 *
 * What is carried leaves the limit of the old period and enters that of the new one, so that nobody spends it twice;
 * a deficit goes the other way. Bookings are excluded: what was left stays so until commit, and caps of the new
 * period may have to be made. sql/carry_forward.sql says what is carried; each cap is carried once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "bookings/exclude.h"
#include "call.h"
#include "lifecycle/budget_change.h"
#include "own.h"
#include "own_text.h"
#include "steering/cap.h"
#include "types/shown.h"

/* Arguments of carry_forward(), in order. */
enum
{
	CARRY_PERIOD,
	CARRY_REASON
};

/* A cap of the old period, and what becomes of it. */
typedef struct CarryLine
{
	int32 cap_id;
	Amount amount;      /* the limit */
	Amount carried;     /* negative: of a deficit */
	int32 next_cap_id;  /* 0: there is none */
	Amount next_amount; /* its limit */
	CapRequest next;    /* the cap of the new period, where it is made */
	Amount available;
	Amount open_commitments;
	Amount reverted;
	char *why;
} CarryLine;

PG_FUNCTION_INFO_V1(steering_carry_forward);

extern Datum steering_period_range(PG_FUNCTION_ARGS);

/* Refuses to carry what meets an obstacle: the first one, by the plan in SPI_tuptable. */
static void
carry_check(uint64 count)
{
	for (uint64 i = 0; i < count; i++)
	{
		char *obstacle = own_spi_text(i, 10);

		if (obstacle != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("budget cap of service \"%s\" for participant \"%s\" cannot be carried "
							"forward: %s",
							own_spi_text(i, 15), own_spi_text(i, 16), own_text_said(obstacle)),
					 errhint("SELECT * FROM steering.planned_carry_forward() shows all caps.")));
	}
}

/* Makes a line of a row of the plan, in the present memory. */
static void
carry_copy_line(uint64 row, CarryLine *line)
{
	bool none;

	line->cap_id = DatumGetInt32(own_spi_column(row, 1, NULL));
	line->amount = DatumGetAmount(own_spi_column(row, 2, NULL));
	line->carried = DatumGetAmount(own_spi_column(row, 3, NULL));
	line->next_cap_id = DatumGetInt32(own_spi_column(row, 4, &none));
	if (!none)
		line->next_amount = DatumGetAmount(own_spi_column(row, 5, NULL));
	line->next.service_id = DatumGetInt32(own_spi_column(row, 6, NULL));
	line->next.participant_id = DatumGetInt32(own_spi_column(row, 7, NULL));
	line->next.metric = "budget";
	line->next.during = datumCopy(own_spi_column(row, 8, NULL), false, -1);
	line->next.ladder = TextDatumGetCString(own_spi_column(row, 9, NULL));
	line->next.amount = line->carried;
	line->next.is_part = true;
	line->available = DatumGetAmount(own_spi_column(row, 11, NULL));
	line->open_commitments = DatumGetAmount(own_spi_column(row, 12, NULL));
	line->reverted = DatumGetAmount(own_spi_column(row, 13, NULL));
	line->why = TextDatumGetCString(own_spi_column(row, 14, NULL));
}

/* Reads the plan for the caps that were not carried yet and have a rule. Bookings are excluded. */
static CarryLine *
carry_read_plan(Datum during, uint64 *count)
{
	static const char query[] =
		"SELECT cap_id, amount, carried, next_cap_id, next_amount, service_id, participant_id, next_during,"
		" ladder::text, obstacle, available, open_commitments, reverted, why,"
		" steering.service_code(service_id), steering.participant_code(participant_id) FROM steering.carry_plan($1)"
		" WHERE carry_rule_id IS NOT NULL AND NOT is_done ORDER BY cap_id";
	Oid types[] = {DATERANGEOID};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext inner;
	CarryLine *lines;
	OwnSpi spi;

	own_spi_begin(&spi);
	*count = own_spi_execute(query, lengthof(types), types, &during, NULL);
	carry_check(*count);
	inner = MemoryContextSwitchTo(caller);
	lines = palloc0((*count + 1) * sizeof(CarryLine));
	for (uint64 i = 0; i < *count; i++)
		carry_copy_line(i, &lines[i]);
	MemoryContextSwitchTo(inner);
	own_spi_end(&spi);
	return lines;
}

/* Records what became of a cap. */
static void
carry_record(const BudgetChange *change, const CarryLine *line)
{
	static const char query[] =
		"INSERT INTO steering.carried_cap (cap_id, amendment_id, next_cap_id, available, open_commitments,"
		" carried, reverted, why, service, participant, participant_id)"
		" SELECT $1, $2, $3, $4, $5, $6, $7, $8, steering.service_code(service_id),"
		" steering.participant_code(participant_id), participant_id FROM steering.cap WHERE cap_id = $1";
	Oid amount = own_amount_type();
	Oid types[] = {INT4OID, INT4OID, INT4OID, amount, amount, amount, amount, TEXTOID};
	Datum values[] = {Int32GetDatum(line->cap_id),
					  Int32GetDatum(change->amendment_id),
					  Int32GetDatum(line->next_cap_id),
					  AmountGetDatum(line->available),
					  AmountGetDatum(line->open_commitments),
					  AmountGetDatum(line->carried),
					  AmountGetDatum(line->reverted),
					  CStringGetTextDatum(line->why)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(query, lengthof(types), types, values, line->carried == 0 ? "  n     " : NULL);
	own_spi_end(&spi);
}

/* Gives what is carried to the cap of the new period, which is made if there is none. */
static void
carry_into_next(const BudgetChange *change, CarryLine *line)
{
	BudgetLine next = {line->next_cap_id, line->carried};
	int64 event_id;

	if (line->next_cap_id != 0)
	{
		next.new_amount = amount_add(line->next_amount, line->carried);
		budget_change_revise(change, &next, false);
		return;
	}
	line->next.reason = change->reason;
	line->next_cap_id = cap_set(&line->next, &event_id);
	budget_change_record(change, line->next_cap_id, event_id, line->carried);
}

/*
 * Carries one cap. What is open of commitments still stands in the old period, which may overrun its limit by
 * that, and by no more: what was spent is never carried.
 */
static void
carry_line(const BudgetChange *change, CarryLine *line)
{
	BudgetLine old = {line->cap_id, amount_negate(line->carried),
					  amount_subtract(line->amount, line->carried)};

	if (line->carried != 0)
	{
		budget_change_revise(change, &old, true);
		carry_into_next(change, line);
	}
	carry_record(change, line);
}

/* carry_forward(period, reason) */
Datum
steering_carry_forward(PG_FUNCTION_ARGS)
{
	BudgetChange change = {.kind = "carry_forward"};
	CarryLine *lines;
	uint64 count;

	call_check_not_null(PG_ARGISNULL(CARRY_PERIOD), "period");
	call_check_not_null(PG_ARGISNULL(CARRY_REASON), "reason");
	change.during = DirectFunctionCall1(steering_period_range, PG_GETARG_DATUM(CARRY_PERIOD));
	change.reason = budget_change_text(PG_GETARG_DATUM(CARRY_REASON), "reason");
	exclude_bookings();
	lines = carry_read_plan(change.during, &count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("nothing of period %s is left to be carried forward",
						text_to_cstring(PG_GETARG_TEXT_PP(CARRY_PERIOD))),
				 errhint("Each budget cap of exactly this period is carried once, by the rule of "
						 "steering.set_carry_rule() for it.")));
	budget_change_begin(&change);
	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		carry_line(&change, &lines[i]);
	}
	budget_change_end(&change);
	PG_RETURN_INT32(change.amendment_id);
}
