/*
 * table_writing.h
 *	  Attached tables that statements of this session are writing.
 */
#ifndef SP71_TABLE_WRITING_H
#define SP71_TABLE_WRITING_H

#include "sp71_steering.h"

extern void table_writing_begin(Oid relid);
extern void table_writing_end(Oid relid);
extern bool table_writing_any(void);
extern bool table_writing_is(Oid relid);
extern void table_writing_abort_level(int level);
extern void table_writing_commit_level(int level);
extern void table_writing_forget_all(void);

#endif
