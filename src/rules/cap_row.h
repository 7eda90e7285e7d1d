/*
 * cap_row.h
 *	  Rows of steering.cap: what they say of structure, and what all of them stand over, while there are few.
 */
#ifndef SP71_CAP_ROW_H
#define SP71_CAP_ROW_H

#include "sp71_steering.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "registers/register_node.h"
#include "rules/metric.h"
#include "utils/date.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* Columns of steering.cap. */
enum
{
	CAP_ID = 1,
	CAP_SERVICE,
	CAP_PARTICIPANT,
	CAP_METRIC,
	CAP_DURING,
	CAP_AMOUNT,
	CAP_LADDER,
	CAP_REVISION,
	CAP_SPANS /* from 0.7 */
};

/* A cap as structure: no number of it is cached here. */
typedef struct CapRef
{
	int32 cap_id;
	Metric metric;
	DateADT first_day;
	DateADT end_day; /* exclusive */
} CapRef;

/* Tells whether a cap holds on a day. */
static inline bool
cap_ref_holds_on(const CapRef *cap, DateADT day)
{
	return day >= cap->first_day && day < cap->end_day;
}

/* What a row begins with, where none of it is null. */
typedef struct CapRowKey
{
	int32 cap_id;
	int32 service_id;
	int32 participant_id;
} CapRowKey;

/* What all rows of steering.cap stand over, and where they are. */
typedef struct CapRows CapRows;

/* Called for a row of a cap that stands over the s-th and p-th entry of the ways up of service and participant. */
typedef void (*CapRowVisitor)(HeapTuple tuple, TupleDesc desc, int s, int p, void *argument);

/* What caps are looked for, and what is done with their rows. */
typedef struct CapRowSearch
{
	const RegisterNode *service;
	const RegisterNode *participant;
	CapRowVisitor visitor;
	void *argument;
} CapRowSearch;

pg_noreturn extern void cap_not_found(int32 cap_id);
extern void cap_row_read(HeapTuple tuple, TupleDesc desc, CapRef *cap);
extern CapRows *cap_rows_load(MemoryContext context, int lookups);
extern void cap_rows_free(CapRows *rows);
extern int32 cap_rows_last(const CapRows *rows);
extern bool cap_rows_visit(const CapRowSearch *search, const CapRows *rows, Relation rel,
						   Snapshot snapshot);

#endif
