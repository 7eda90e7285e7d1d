/*
 * usage_cell.h
 *	  The only writer of steering.usage_cell while bookings run: usage per source, service,
 *	  participant and month.
 */
#ifndef SP71_USAGE_CELL_H
#define SP71_USAGE_CELL_H

#include "sp71_steering.h"

#include "ledger/pending.h"
#include "utils/relcache.h"

/* Both ids are this in cells of rows that are ignored because a key of theirs is unknown. */
#define USAGE_CELL_IGNORED 0

/* A row of steering.usage_cell. */
typedef struct UsageCellForm
{
	Usage usage;
	int32 source_id;
	int32 service_id;
	int32 participant_id;
	int32 month;
	int32 stripe;
} UsageCellForm;

#define USAGE_CELL_FORM(tuple) ((UsageCellForm *) GETSTRUCT(tuple))

extern Relation usage_cell_open(void);
extern void usage_cell_close(Relation rel);
extern void usage_cell_note(const StripesKey *key, const UsageSum *delta);
extern void usage_cell_add(Relation rel, const StripesKey *key, const UsageSum *delta);
extern int usage_cell_compare(const StripesKey *a, const StripesKey *b);
extern int usage_cell_compact(Relation rel, const StripesKey *key);

#endif
