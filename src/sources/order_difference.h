/*
 * order_difference.h
 *	  Order lines that are not what the rows of sources say.
 */
#ifndef SP71_ORDER_DIFFERENCE_H
#define SP71_ORDER_DIFFERENCE_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "nodes/execnodes.h"

extern bool order_difference_write(const Source *strict);
extern bool order_difference_mend(ReturnSetInfo *result);

#endif
