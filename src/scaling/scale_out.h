/*
 * scale_out.h
 *	  Being the coordinator, and being no node any more.
 */
#ifndef SP71_SCALE_OUT_H
#define SP71_SCALE_OUT_H

#include "sp71_steering.h"

extern void scale_end(void);
extern void scale_require_coordinator(void);

#endif
