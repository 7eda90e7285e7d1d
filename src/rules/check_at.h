/*
 * check_at.h
 *	  What sp71_steering.check_at says, and whether it can be the answer to a refusal.
 */
#ifndef SP71_CHECK_AT_H
#define SP71_CHECK_AT_H

#include "sp71_steering.h"

#include "settings.h"

extern const char *check_at_hint(Oid relid);

/* Tells whether the session has chosen that the net effect of a transaction is what is judged. */
static inline bool
check_at_is_commit(void)
{
	return steering_check_at == CHECK_AT_COMMIT;
}

#endif
