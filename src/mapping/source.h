/*
 * source.h
 *	  Rows of steering.source: which finance tables were attached, and how they map to bookings.
 */
#ifndef SP71_SOURCE_H
#define SP71_SOURCE_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "utils/relcache.h"

/* The mapped columns of a source. */
typedef enum MappingColumn
{
	MAPPING_SERVICE,
	MAPPING_PARTICIPANT,
	MAPPING_BOOKED_ON,
	MAPPING_AMOUNT,
	MAPPING_VOLUME,
	MAPPING_COUNTS_WHEN,
	MAPPING_REFERENCE, /* from 0.6 */
	MAPPING_RELEASES,
	MAPPING_FINAL,
	MAPPING_COLUMNS /* how many there are */
} MappingColumn;

/* A row of steering.source. An absent expression is NULL. */
typedef struct Source
{
	int32 source_id;
	Oid relid;        /* the root of its partition or inheritance tree */
	const char *name; /* schema-qualified, quoted where needed */
	const char *expressions[MAPPING_COLUMNS];
	bool is_commitment;
	bool ignores_unknown;
	bool has_orders; /* its rows are order lines, or may name one */
} Source;

/* How many expressions a source had before 0.6, and where the extension is still of such a version. */
#define MAPPING_FORMER_COLUMNS MAPPING_REFERENCE

/* The source of this root relation; NULL if there is none. In the caller's memory. */
extern Source *source_by_relation(Oid relid);
/* The tables that relid is a direct partition or inheritance child of. */
extern List *source_parents(Oid relid);
/* The source that relid belongs to: itself or one of its ancestors is the root. */
extern Source *source_of_tree(Oid relid);
extern List *source_list(void);
/* In whose name the rows of a table of a source are read. */
extern Oid source_owner(const Source *source, Relation rel);

#endif
