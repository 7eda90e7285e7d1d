/*
 * source_rows.h
 *	  The rows of a source, as its mapping reads them.
 */
#ifndef SP71_SOURCE_ROWS_H
#define SP71_SOURCE_ROWS_H

#include "sp71_steering.h"

#include "mapping/mapping.h"

/* Takes one row, which is good until it returns. */
typedef void (*SourceRowVisitor)(const Source *source, const MappedRow *row, void *context);

extern void source_check_counted(const Source *source);
extern void source_visit_rows(const Source *source, SourceRowVisitor visit, void *context);

#endif
