/*
 * allotment.h
 *	  What this node may use of caps that span nodes: rows of steering.allotment.
 */
#ifndef SP71_ALLOTMENT_H
#define SP71_ALLOTMENT_H

#include "sp71_steering.h"

#include "ledger/allotment_memory.h"
#include "rules/cap_figures.h"
#include "rules/zone.h"
#include "types/amount.h"

/* Adds what other nodes use to what this one does. */
static inline Amount
allotment_total(Amount used, Amount elsewhere)
{
	return amount_clamp((int128) used + elsewhere);
}

extern Allotment allotment_of(int32 cap_id);
extern void allotment_delete(int32 cap_id);
extern void allotment_write(int32 cap_id, const Allotment *allotment);
extern bool allotment_is_quiet(const CapFigures *figures, Amount before, Amount used, Zone *zone);

#endif
