/*
 * foreign_code.h
 *	  Running code that the owner of a finance table chose, and that nobody else trusts.
 *
 * A mapping calls functions that the owner of the table chose. They run as that owner, restricted as
 * REINDEX and ANALYZE are, with settings pinned and names resolved in pg_catalog alone, whoever books or
 * reads: a superuser calling verify() has not chosen to trust the owner.
 *
 * And nothing of what they do remains: it all happens in a subtransaction that is rolled back. What they
 * set, opened, locked, wrote or wanted to notify is gone; what the work itself left in memory stays. (A
 * sequence keeps its next value, and a session its advisory locks of session level: PostgreSQL does not
 * roll those back.)
 */
#ifndef SP71_FOREIGN_CODE_H
#define SP71_FOREIGN_CODE_H

#include "sp71_steering.h"

#include "utils/elog.h"
#include "utils/relcache.h"

/* What is done in the name of an owner. Relations that it opens it closes, but for an error. */
typedef void (*ForeignCodeWork)(void *argument);

extern void foreign_code_run(Oid owner, ForeignCodeWork work, void *argument);
extern void foreign_code_run_in_session(Oid owner, ForeignCodeWork work, void *argument);
extern ErrorData *foreign_code_try(Oid owner, ForeignCodeWork work, void *argument);
extern bool foreign_code_is_running(void);
extern void foreign_code_refuse_reading(void);
extern void foreign_code_refuse_change(Relation rel);

#endif
