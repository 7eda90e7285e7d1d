/*
 * owner.h
 *	  Evaluating a finance table's expressions in the name of the table's owner.
 *
 * A mapping calls functions that the owner of the table chose. Whoever reads the table's rows through
 * the mapping without having chosen to trust that owner (a superuser calling verify(), an event
 * trigger) does so as the owner, restricted as REINDEX and ANALYZE are, and with names resolved in
 * pg_catalog alone. Transaction and subtransaction abort undo it.
 */
#ifndef SP71_OWNER_H
#define SP71_OWNER_H

#include "sp71_steering.h"

#include "utils/relcache.h"

/* State that owner_begin() saves and owner_end() restores. */
typedef struct OwnerState
{
	Oid user;
	int security_context;
	int guc_nest_level;
} OwnerState;

extern void owner_begin(OwnerState *state, Relation rel);
extern void owner_end(OwnerState *state);
extern void owner_require(Oid relid);

#endif
