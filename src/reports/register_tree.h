/*
 * register_tree.h
 *	  A register as a whole, with the way up from each entry, for reports that add along it.
 */
#ifndef SP71_REGISTER_TREE_H
#define SP71_REGISTER_TREE_H

#include "sp71_steering.h"

#include "utils/date.h"

#include "reports/unit_names.h"

/* An entry of a register. */
typedef struct TreeEntry
{
	int32 id;
	char status;
	bool has_below;       /* others are below it */
	bool has_inhabitants; /* participants: the number is known, its own or of those below */
	bool counts_itself;   /* participants: it is its own */
	bool is_development;  /* services: it is led by one participant */
	int32 unit;           /* services: number of the unit's name; 0: it has none */
	int32 result_unit;    /* services: likewise, of the main indicator */
	int64 inhabitants;
	DateADT end_day; /* from which on nothing is booked on it */
	int depth;       /* length of path */
	int32 *path;     /* ids, itself first, then upwards */
	Datum code;      /* text */
} TreeEntry;

typedef struct RegisterTree RegisterTree;

extern RegisterTree *register_tree_of_services(UnitNames *units);
extern RegisterTree *register_tree_of_participants(void);
extern const TreeEntry *register_tree_find(RegisterTree *tree, int32 id);

#endif
