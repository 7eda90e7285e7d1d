/*
 * mapping_tree.h
 *	  What the expressions of a mapping were resolved to: steering.mapping.
 *
 * The meaning of a mapping is fixed when its table is attached: the very functions, operators, casts and
 * collations that its text meant then are kept as a tree, as PostgreSQL keeps that of an index or a
 * generated column. The tree names objects by number, and is of one version of the catalogs. So dumps
 * hold the text (steering.source), and where there is no tree of this server's catalogs, after a restore or
 * pg_upgrade, the text counts until the tree is made anew (mapping_fix.h).
 */
#ifndef SP71_MAPPING_TREE_H
#define SP71_MAPPING_TREE_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "nodes/primnodes.h"

/* The expressions of a mapping, over the columns of the source's root. What is not mapped is NULL. */
typedef struct MappingTree
{
	Expr *expressions[MAPPING_COLUMNS];
} MappingTree;

/* How a tree stands to the columns of its table. */
typedef enum MappingFit
{
	MAPPING_FITS,
	MAPPING_FITS_OTHER_LENGTH, /* a column is of another length or scale */
	MAPPING_FITS_NOT           /* a column is gone, or of another type or collation */
} MappingFit;

extern bool mapping_tree_load(int32 source_id, MappingTree *tree);
extern void mapping_tree_parse(Relation rel, const Source *source, MappingTree *tree);
extern MappingFit mapping_tree_fit(const MappingTree *tree, Oid root, AttrNumber *culprit);
extern AttrNumber *mapping_tree_attributes(const MappingTree *tree, int *count);
extern void mapping_tree_adapt(MappingTree *tree, Oid root);
extern bool mapping_tree_reads(const MappingTree *tree, AttrNumber attribute);
extern void mapping_tree_require_fit(const MappingTree *tree, Oid root);
extern Expr *mapping_tree_expression(const MappingTree *tree, MappingColumn column, Oid root,
									 Relation rel);
extern void mapping_tree_store(int32 source_id, const MappingTree *tree);

#endif
