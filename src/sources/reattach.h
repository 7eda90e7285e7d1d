/*
 * reattach.h
 *	  How a source is a plain table again.
 */
#ifndef SP71_REATTACH_H
#define SP71_REATTACH_H

#include "fmgr.h"
#include "mapping/source.h"

extern Source *attach_argument_source(FunctionCallInfo fcinfo);
extern void detach_source(Source *source);
extern void detach_moved(Source *source);

#endif
