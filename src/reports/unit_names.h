/*
 * unit_names.h
 *	  Numbers for the names of units: what volumes and results are counted in.
 */
#ifndef SP71_UNIT_NAMES_H
#define SP71_UNIT_NAMES_H

#include "sp71_steering.h"

typedef struct UnitNames UnitNames;

extern UnitNames *unit_names_create(void);
extern int32 unit_number(UnitNames *units, Datum name);
extern Datum unit_name(const UnitNames *units, int32 number);

#endif
