/*
 * query_store.h
 *	  Queries as they are stored: steering.query, steering.query_table and steering.query_tree.
 */
#ifndef SP71_QUERY_STORE_H
#define SP71_QUERY_STORE_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern void query_store_add(const BookingQuery *query);
extern void query_store_tree(const BookingQuery *query);
extern bool query_store_is_fixed(int32 source_id);
extern void query_store_rename(const BookingQuery *query);
extern void query_store_delete(int32 source_id);
extern List *query_store_find(List *relids);
extern List *query_store_find_lines(Oid relid);
extern List *query_store_list_all(void);
extern List *query_store_find_lost(void);
extern List *query_store_tables(int32 source_id);
extern List *query_store_above(Oid relid);
extern const char *query_store_name(int32 source_id);
extern bool query_store_has(int32 source_id);
extern BookingQuery *query_store_load(int32 source_id);

#endif
