/*
 * indicator_list.h
 *	  All indicators with the bands of their incentives, as the active snapshot shows them.
 */
#ifndef SP71_INDICATOR_LIST_H
#define SP71_INDICATOR_LIST_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

#include "results/indicator.h"

typedef struct Indicator
{
	int32 indicator_id;
	char status; /* of the hash table that it lies in */
	Direction direction;
	bool additive;
	bool main;
	int32 service_id;
	List *bands; /* upwards */
} Indicator;

typedef struct IndicatorList IndicatorList;

extern IndicatorList *indicator_list_load(void);
extern const Indicator *indicator_list_find(IndicatorList *list, int32 indicator_id);
extern bool indicator_incentive(const Indicator *indicator, int128 attainment, Datum *percent);

#endif
