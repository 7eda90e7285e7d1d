/*
 * relcache_call.h
 *	  What is called when PostgreSQL says that a relation changed.
 */
#ifndef SP71_RELCACHE_CALL_H
#define SP71_RELCACHE_CALL_H

#include "postgres.h"

/* Told of a relation that changed; InvalidOid: of any. Like all such callbacks it only sets what is in memory. */
typedef void (*RelcacheCall)(Oid relid);

extern void relcache_call_register(RelcacheCall call);

#endif
