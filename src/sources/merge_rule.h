/*
 * merge_rule.h
 *	  The rule that keeps MERGE away from partitioned tables of sources.
 *
 * PostgreSQL, 15 to 19, tells statement triggers wrongly what a MERGE does to a partitioned table: rows
 * that its UPDATE moves to another partition are left out, and after an INSERT by the same command the
 * inserted row is shown in place of an updated one. Booked like that, usage could pass a cap. But
 * PostgreSQL refuses MERGE into a table that has a rule. So each partitioned table of a source, the
 * attached one and those between it and the partitions, has one, which does nothing. Where MERGE routes
 * no rows, in plain partitions and inheritance parents, there is no need for it.
 *
 * It is ON DELETE, since ON CONFLICT is refused where there are rules ON INSERT or ON UPDATE. DELETE is
 * planned as without it: an action that is NOTHING adds no query.
 *
 * Like the triggers it is an ordinary one that depends on the extension. But pg_dump does not write that
 * dependency of a rule: it is recorded again when the rule is restored. pg_upgrade restores it before
 * there are event triggers; then reattach() records it.
 */
#ifndef SP71_MERGE_RULE_H
#define SP71_MERGE_RULE_H

#include "sp71_steering.h"

#include "nodes/parsenodes.h"
#include "utils/relcache.h"

extern void merge_rule_check(Relation rel);
extern void merge_rule_create(Relation rel);
extern void merge_rule_drop(Oid relid);
extern bool merge_rule_is_named(const char *name);
extern void merge_rule_adopt(const RuleStmt *statement);

#endif
