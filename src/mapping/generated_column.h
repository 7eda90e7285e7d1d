/*
 * generated_column.h
 *	  Stored generated columns of partitioned tables, in a mapping.
 */
#ifndef SP71_GENERATED_COLUMN_H
#define SP71_GENERATED_COLUMN_H

#include "sp71_steering.h"

#include "nodes/primnodes.h"
#include "utils/relcache.h"

extern Expr *generated_column_expand(Relation rel, Expr *expression);

#endif
