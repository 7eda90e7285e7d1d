/*
 * view_statement.h
 *	  Statements on views, of which the net effect is judged when they end.
 */
#ifndef SP71_VIEW_STATEMENT_H
#define SP71_VIEW_STATEMENT_H

#include "sp71_steering.h"

extern void view_statement_register_hooks(void);

#endif
