/*
 * own_size.h
 *	  How large the extension's own tables are, and what of that a new session can spare itself.
 */
#ifndef SP71_OWN_SIZE_H
#define SP71_OWN_SIZE_H

#include "sp71_steering.h"

#include "access/genam.h"
#include "own.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

extern SysScanDesc own_begin_scan(Relation rel, OwnRelation index, Snapshot snapshot, int count,
								  ScanKey keys);
extern bool own_is_empty(OwnRelation which);
extern bool own_is_worth_reading(Relation rel, int lookups);

#endif
