/*
 * ddl_guard.h
 *	  What nobody may do by DDL to what the extension has made: to its tables, and to its triggers and
 *	  rules on tables of sources.
 */
#ifndef SP71_DDL_GUARD_H
#define SP71_DDL_GUARD_H

#include "sp71_steering.h"

#include "nodes/parsenodes.h"

extern void ddl_guard(const Node *command);
extern void trigger_guard(const Node *command);

#endif
