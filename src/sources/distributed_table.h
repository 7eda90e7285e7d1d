/*
 * distributed_table.h
 *	  Sources whose rows Citus keeps in shards: what is done on the coordinator.
 */
#ifndef SP71_DISTRIBUTED_TABLE_H
#define SP71_DISTRIBUTED_TABLE_H

#include "access/attnum.h"
#include "mapping/source.h"
#include "nodes/primnodes.h"
#include "own.h"
#include "sources/attach_request.h"

extern bool distributed_table_check(const AttachRequest *request);
extern void distributed_table_check_participant(Oid relid, const Expr *participant,
												AttrNumber column);
extern void distributed_table_check_copies(Oid relid);
extern void distributed_table_check_node(void);
extern void distributed_table_attach(const Source *source, bool accepts_overrun);
extern void distributed_table_move(const Source *source);
extern void distributed_table_make_triggers(const Source *source);
extern void distributed_table_begin(OwnSpi *spi);
extern void distributed_table_set(const char *setting, const char *value);
extern void distributed_table_detach(Oid relid);
extern void distributed_table_refuse(Oid relid, const char *function, const char *hint);
extern void distributed_table_refuse_trial(Oid relid, const char *function);
extern void distributed_table_refuse_kind(Oid relid);
extern void distributed_table_refuse_orders(Oid relid);
extern void distributed_table_refuse_shard(Oid relid);
extern void distributed_table_check_names(void);

#endif
