/*
 * usage_of_services.c
 *	  usage_of_services() in SQL: what was spent on each service in each month, by all participants together.
 *
 * One pass through the usage cells. usage_by_month has a row for each participant as well, of which there are a million in a
 * year of many participants, so to add those up takes far longer than to read them. PUBLIC may execute it: of participants that
 * the role may not read nothing is in a sum. All of it lives in the memory of one call.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "reports/register_tree.h"
#include "reports/usage_between.h"
#include "types/calendar.h"

/* Columns of the result. */
enum
{
	OF_SERVICE,
	OF_MONTH,
	OF_ACTUAL,
	OF_COLUMNS
};

/* Adds parts of cells to the sums of their services and months: a month stands where a participant does else. */
static void
of_services_add(const UsagePart *parts, int count, void *context)
{
	UsagePart months[USAGE_BATCH];

	for (int i = 0; i < count; i++)
	{
		months[i] = parts[i];
		months[i].pair.participant_id = calendar_month(parts[i].month);
	}
	usage_sum_parts(months, count, context);
}

/* Puts out a service in a month, unless nothing was booked on it that is spent. */
static void
of_services_put(ReturnSetInfo *result, RegisterTree *services, const UsageTotal *total)
{
	const TreeEntry *service = register_tree_find(services, total->pair.service_id);
	Datum values[OF_COLUMNS];
	bool nulls[OF_COLUMNS] = {false};

	if (service == NULL || total->actual.bookings == 0)
		return;
	values[OF_SERVICE] = service->code;
	values[OF_MONTH] = DateADTGetDatum(calendar_first_day(total->pair.participant_id));
	values[OF_ACTUAL] = amount_sum_to_numeric(total->actual.amount);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_usage_of_services);

/* usage_of_services(first_month date, end_month date) */
Datum
steering_usage_of_services(PG_FUNCTION_ARGS)
{
	RegisterTree *services;
	UsageTotals *totals;

	InitMaterializedSRF(fcinfo, 0);
	services = register_tree_of_services(unit_names_create());
	totals = usage_totals_create();
	usage_visit(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1), usage_wanted_participants(),
				of_services_add, totals);
	for (int i = 0; i < totals->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		of_services_put((ReturnSetInfo *) fcinfo->resultinfo, services, &totals->list[i]);
	}
	return (Datum) 0;
}
