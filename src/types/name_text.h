/*
 * name_text.h
 *	  Names of tables and roles as texts: how SQL reads and writes them.
 */
#ifndef SP71_NAME_TEXT_H
#define SP71_NAME_TEXT_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern List *name_text_identifiers(const char *text);
extern char *name_text_canonical(const char *text);
extern char *name_text_of_table(Oid relid);
extern char *name_text_in_message(Oid relid);
extern char *name_text_of_role(Oid role);
extern Oid name_text_find_table(const char *text);
extern Oid name_text_find_role(const char *text);

#endif
