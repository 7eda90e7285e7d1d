/*
 * allotment_return.h
 *	  Giving back what this node may use of a cap that spans nodes.
 */
#ifndef SP71_ALLOTMENT_RETURN_H
#define SP71_ALLOTMENT_RETURN_H

#include "sp71_steering.h"

#include "types/amount.h"

extern bool allotment_take_back(int32 cap_id, Amount *used);
extern void allotment_take_back_all(void);
extern void allotment_doubt(void);

#endif
