/*
 * attach.h
 *	  What becoming a source and ceasing to be one share.
 */
#ifndef SP71_ATTACH_H
#define SP71_ATTACH_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern void attach_check_unused(List *relids, const char *verb);

#endif
