/*
 * touched_source.h
 *	  Which sources the commands behind the present event have touched.
 */
#ifndef SP71_TOUCHED_SOURCE_H
#define SP71_TOUCHED_SOURCE_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "nodes/pg_list.h"

/* A source that a command touched. */
typedef struct TouchedSource
{
	Source *source;
	bool is_need;  /* the command touched what its mapping needs */
	bool is_table; /* it touched one of its tables */
} TouchedSource;

extern List *touched_source_list(List *sources);
extern List *touched_source_list_restored(void);

#endif
