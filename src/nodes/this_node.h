/*
 * this_node.h
 *	  Which node of a scaled-out installation this database is: the row of steering.this_node.
 */
#ifndef SP71_THIS_NODE_H
#define SP71_THIS_NODE_H

#include "sp71_steering.h"

#define NODE_NONE (-1)     /* not scaled out */
#define NODE_COORDINATOR 0 /* where acts are called */

extern int32 this_node_id(void);
extern int64 this_node_applied(void);
extern int64 this_node_lock(void);
extern bool this_node_is_applying(void);
extern void this_node_apply(void (*work)(void *argument), void *argument);

#endif
