/*
 * own_shape.h
 *	  Opening the extension's own tables, whose columns C knows by number; see own_shape.c.
 */
#ifndef SP71_OWN_SHAPE_H
#define SP71_OWN_SHAPE_H

#include "sp71_steering.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "own.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

extern Relation own_open(OwnRelation which, LOCKMODE lockmode);
extern void own_check(OwnRelation which);
extern Datum own_value(HeapTuple tuple, AttrNumber column, TupleDesc desc);
extern HeapTuple own_form_tuple(TupleDesc desc, const Datum *values, int count);
extern void own_check_nulls(HeapTuple tuple, TupleDesc desc);

/* Checks that a row of a table whose columns are all of fixed width and not null has no null in it. */
static inline void
own_check_row(HeapTuple tuple, TupleDesc desc)
{
	if (unlikely(HeapTupleHasNulls(tuple) || HeapTupleHeaderGetNatts(tuple->t_data) < desc->natts))
		own_check_nulls(tuple, desc);
}

#endif
