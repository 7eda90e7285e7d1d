/*
 * node_ledger.h
 *	  What changes of caps and registers mean for what is lent of caps that span nodes.
 */
#ifndef SP71_NODE_LEDGER_H
#define SP71_NODE_LEDGER_H

#include "sp71_steering.h"

/* The noun of the note in steering.untold_change that what is lent is to be forgotten. */
#define NODE_LEDGER_DOUBT "lending"

extern void node_ledger_add(int32 cap_id);
extern void node_ledger_revise(int32 cap_id);
extern void node_ledger_drop(int32 cap_id);
extern void node_ledger_note_doubt(void);
extern void node_ledger_forget(void);
extern void node_ledger_note_change(int64 number);

#endif
