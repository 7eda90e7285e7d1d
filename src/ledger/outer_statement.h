/*
 * outer_statement.h
 *	  Statements that run others, which are judged with them.
 *
 *	  Known are those on views, whose INSTEAD OF triggers do the work: what counts is the net effect of the whole.
 */
#ifndef SP71_OUTER_STATEMENT_H
#define SP71_OUTER_STATEMENT_H

#include "sp71_steering.h"

extern uint32 outer_statement_id;

extern void outer_statement_begin(const void *key, int level);
extern bool outer_statement_end(const void *key);
extern bool outer_statement_waits(void);
extern void outer_statement_abort_level(int level);
extern void outer_statement_forget_all(void);

#endif
