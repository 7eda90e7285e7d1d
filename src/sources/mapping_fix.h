/*
 * mapping_fix.h
 *	  How the meaning of a mapping is fixed, and kept when what it is made of changes.
 *
 * A mapping is made of the objects that its tree names, and of what these are made of: functions, operators,
 * types, collations and so on (steering.mapping_need, with a fingerprint of each). PostgreSQL refuses to drop
 * what the tree names, since the trigger of the source's root depends on it. What changes it in another way
 * is followed by event triggers, and where none can, steering.health() tells.
 */
#ifndef SP71_MAPPING_FIX_H
#define SP71_MAPPING_FIX_H

#include "sp71_steering.h"

#include "mapping/mapping_tree.h"

extern void mapping_fix(const Source *source, const MappingTree *tree);
extern bool mapping_fix_from_text(const Source *source);
extern void mapping_fix_anew(const Source *source);
extern bool mapping_has_changed(const Source *source);
extern bool mapping_stored_has_changed(const Source *source);
extern void mapping_renew_needs(const Source *source);
extern void mapping_follow_names(List *sources);
extern Node *mapping_without_columns(Node *node, void *nothing);

#endif
