/*
 * reattach.h
 *	  How a source is a plain table again.
 */
#ifndef SP71_REATTACH_H
#define SP71_REATTACH_H

#include "mapping/source.h"

extern void detach_source(Source *source);

#endif
