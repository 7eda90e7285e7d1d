/*
 * source_table.h
 *	  The only writer of steering.source_table: which tables a source consists of, how they come in,
 *	  how they go, how their rows are counted.
 *
 * The attached table is the root; its partitions of every level and its inheritance children belong
 * to it. "The tree" is what hangs together in the catalogs now; "recorded" is what was taken in.
 */
#ifndef SP71_SOURCE_TABLE_H
#define SP71_SOURCE_TABLE_H

#include "sp71_steering.h"

#include "bookings/judge.h"
#include "mapping/source.h"
#include "nodes/pg_list.h"

extern Datum source_table_array(List *relids);
extern void source_table_check_free(List *relids);

extern void source_table_lock(const Source *source);
extern void source_table_lock_all(void);
extern List *source_table_list(int32 source_id);
extern List *source_table_list_visible(int32 source_id);
extern void source_table_add(const Source *source, List *relids);
extern void source_table_record(const Source *source, List *relids);
extern void source_table_mend(List *relids);
extern void source_table_remove(List *relids);
extern void source_table_erase(List *relids);
extern void source_table_count(const Source *source, List *relids, int sign, JudgeWhen when,
							   bool refuses_first);

#endif
