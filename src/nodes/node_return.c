/*
 * node_return.c
 *	  Giving way to who takes room back.
 *
 * A booking that asks the coordinator for room holds its counter. If the coordinator, for another node, wants room of
 * this one back, that waits for the counter, and the booking waits for the coordinator, who serves one at a time: a
 * deadlock that no server can see. So who takes back announces it by a lock before it waits for the counter, and who
 * waits for the coordinator looks for that lock and gives up.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lock.h"

#include "nodes/node_return.h"

#define NODE_RETURN_LOCK 72

/* Makes the tag of the lock: an advisory one of our own kind. */
static void
node_return_tag(LOCKTAG *tag, int32 cap_id)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, cap_id, 0, NODE_RETURN_LOCK);
}

/* Announces, to the end of the transaction, that room under a cap is taken back. */
void
node_return_announce(int32 cap_id)
{
	LOCKTAG tag;

	node_return_tag(&tag, cap_id);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* Tells whether room under a cap is being taken back. */
bool
node_return_is_wanted(int32 cap_id)
{
	LOCKTAG tag;

	node_return_tag(&tag, cap_id);
	if (LockAcquire(&tag, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	(void) LockRelease(&tag, ShareLock, false);
	return false;
}
