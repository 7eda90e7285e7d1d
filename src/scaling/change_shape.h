/*
 * change_shape.h
 *	  Whether this node knows all that a change of the coordinator says.
 */
#ifndef SP71_CHANGE_SHAPE_H
#define SP71_CHANGE_SHAPE_H

#include "sp71_steering.h"

extern void change_shape_check(Datum body);

#endif
