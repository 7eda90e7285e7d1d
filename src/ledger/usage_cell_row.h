/*
 * usage_cell_row.h
 *	  Rows of steering.usage_cell: how they look, are found, made, ordered, locked against new ones.
 */
#ifndef SP71_USAGE_CELL_ROW_H
#define SP71_USAGE_CELL_ROW_H

#include "sp71_steering.h"

#include "access/htup_details.h"
#include "ledger/heap_version.h"
#include "types/usage.h"
#include "utils/relcache.h"

/* Service and participant of the cell that counts ignored rows, which name unknown ones. */
#define USAGE_CELL_IGNORED 0

/* Which cell. */
typedef struct UsageCellKey
{
	int32 source_id;
	int32 service_id;
	int32 participant_id;
	int32 month;
} UsageCellKey;

/* A row of steering.usage_cell: a stripe of a cell. */
typedef struct UsageCellForm
{
	Usage usage;
	UsageCellKey key;
	int32 stripe;
} UsageCellForm;

#define USAGE_CELL_FORM(tuple) ((UsageCellForm *) GETSTRUCT(tuple))

extern Relation usage_cell_open(void);
extern void usage_cell_close(Relation rel);
extern HeapKey usage_cell_pair_key(Relation rel, int32 service_id, int32 participant_id);
extern HeapKey usage_cell_key(Relation rel, const UsageCellKey *cell);
extern HeapKey usage_cell_stripe_key(Relation rel, const UsageCellKey *cell, int32 stripe);
extern HeapTuple usage_cell_form_tuple(Relation rel, const UsageCellKey *key, int32 stripe,
									   const UsageSum *sum);
extern void usage_cell_lock(Relation rel, const UsageCellKey *key);
extern void usage_cell_unlock(Relation rel, const UsageCellKey *key);
extern int usage_cell_compare(const UsageCellKey *a, const UsageCellKey *b);

#endif
