/*
 * table_owner.h
 *	  Who owns a table, and who has the owner's rights.
 */
#ifndef SP71_TABLE_OWNER_H
#define SP71_TABLE_OWNER_H

#include "sp71_steering.h"

extern Oid table_owner(Oid relid);
extern Oid table_owner_dropped(Oid relid);
extern void table_owner_require(Oid relid);

#endif
