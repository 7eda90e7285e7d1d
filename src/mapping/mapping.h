/*
 * mapping.h
 *	  From a row of a finance table to a booking: the expressions of a source, compiled for one
 *	  relation of its tree. mapping_cache.c keeps them, mapping_compile.c makes them, mapping_read.c reads by them.
 */
#ifndef SP71_MAPPING_H
#define SP71_MAPPING_H

#include "sp71_steering.h"

#include "executor/tuptable.h"
#include "mapping/foreign_code.h"
#include "mapping/source.h"
#include "types/amount.h"
#include "utils/date.h"
#include "utils/relcache.h"

typedef struct Mapping Mapping;
struct MappingTree;

/* A row as a booking. Texts point into the row or into the mapping's per-row memory. */
typedef struct MappedRow
{
	bool counts;       /* counts_when holds; else nothing below is set */
	text *service;     /* NULL: null */
	text *participant; /* NULL: null */
	bool has_date;     /* false: null */
	DateADT booked_on;
	Amount amount;
	Amount volume;
	/* Set where the source has orders: */
	text *reference; /* the key of an order line; NULL: it has none */
	text *releases;  /* the key of the order line that the row releases; NULL: none */
	bool is_final;   /* it releases what is left of that */
} MappedRow;

extern void mapping_register_callbacks(void);

/* The compiled mapping of a relation that belongs to a source, else NULL. Cached. */
extern Mapping *mapping_of(Relation rel);
/* Compiles the mapping of a source for a relation of its tree, outside of the cache. */
extern Mapping *mapping_compile(Relation rel, const Source *source, MemoryContext parent);
/* The same of a tree that is nobody's yet. */
extern Mapping *mapping_compile_tree(Relation rel, const Source *source,
									 const struct MappingTree *tree, MemoryContext parent);
extern void mapping_free(Mapping *mapping);

extern const Source *mapping_source(const Mapping *mapping);
/* Does work that reads rows of rel by mapping_read(), in the name of the table's owner where need be. */
extern void mapping_read_rows(Mapping *mapping, Relation rel, ForeignCodeWork work, void *argument);
extern void mapping_read(Mapping *mapping, TupleTableSlot *slot, MappedRow *row);
extern void mapping_release_row(Mapping *mapping);
/* Reads a row column by column: for who goes on with the others after an error in one. */
extern void mapping_begin_row(Mapping *mapping, TupleTableSlot *slot);
extern void mapping_read_column(Mapping *mapping, MappingColumn column, MappedRow *row);
extern char *mapping_row_name(const Mapping *mapping);
extern bool mapping_runs_foreign_code(const Mapping *mapping);

/* Raises the error that a mapping would raise if it were compiled for rel now. */
extern void mapping_check(Relation rel, const Source *source);

/* Makes all backends read steering.source again when this transaction commits. */
extern void mapping_invalidate(void);

/* Has functions make their plans anew, once after each mapping_invalidate() of any backend; see mapping_cache.c. */
extern void mapping_refresh_plans(void);

#endif
