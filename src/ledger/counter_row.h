/*
 * counter_row.h
 *	  Rows of steering.cap_counter: how they look, are found, made, written.
 */
#ifndef SP71_COUNTER_ROW_H
#define SP71_COUNTER_ROW_H

#include "sp71_steering.h"

#include "access/htup_details.h"
#include "ledger/heap_version.h"
#include "rules/zone.h"
#include "utils/relcache.h"

/* Columns of steering.cap_counter that are keys. */
enum
{
	COUNTER_CAP = 4,
	COUNTER_STRIPE
};

/* A row of steering.cap_counter. The zone means nothing at depth 0. */
typedef struct CounterForm
{
	Amount used;
	Zone zone;
	int32 cap_id;
	int32 stripe;
	int32 depth;
	int32 revision;
} CounterForm;

#define COUNTER_FORM(tuple) ((CounterForm *) GETSTRUCT(tuple))

extern Relation counter_open(void);
extern void counter_close(Relation rel);
extern HeapKey counter_key(Relation rel, int32 cap_id);
extern HeapKey counter_stripe_key(Relation rel, int32 cap_id, int32 stripe);
pg_noreturn extern void counter_missing(int32 cap_id);
extern HeapTuple counter_form_tuple(Relation rel, const CounterForm *form);
extern void counter_write_locked(Relation rel, HeapTuple tuple);

#endif
