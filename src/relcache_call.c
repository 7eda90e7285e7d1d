/*
 * relcache_call.c
 *	  What is called when PostgreSQL says that a relation changed.
 *
 * A backend has ten places for such callbacks, for PostgreSQL and all libraries together, and it ends where they do
 * not suffice; Citus alone takes five. So the extension takes one, and calls from it what its caches registered, in
 * that order.
 */
#include "postgres.h"

#include "utils/inval.h"

#include "relcache_call.h"

#define RELCACHE_CALLS_MOST 8

static RelcacheCall relcache_calls[RELCACHE_CALLS_MOST];
static int relcache_calls_count = 0;

/* Calls all that was registered. */
static void
relcache_call_all(Datum arg, Oid relid)
{
	for (int i = 0; i < relcache_calls_count; i++)
		relcache_calls[i](relid);
}

/* Has a function called for every relation that changes, to the end of the backend; done when the library is loaded. */
void
relcache_call_register(RelcacheCall call)
{
	if (relcache_calls_count == RELCACHE_CALLS_MOST)
		elog(ERROR, "too many callbacks for relations");
	if (relcache_calls_count == 0)
		CacheRegisterRelcacheCallback(relcache_call_all, (Datum) 0);
	relcache_calls[relcache_calls_count++] = call;
}
