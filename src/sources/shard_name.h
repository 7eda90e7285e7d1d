/*
 * shard_name.h
 *	  Names that Citus makes: a shard and each of its triggers end with the number of the shard.
 */
#ifndef SP71_SHARD_NAME_H
#define SP71_SHARD_NAME_H

#include "postgres.h"

/* SQL for the name of the trigger that makes a source of a shard, which "gone" is or is on; null: it is no shard. */
#define SHARD_NAME_WATCH                                                                           \
	"'sp71_steering_watch' || pg_catalog.substring(gone.address_names[2], '_[0-9]+$')"

extern bool shard_name_number(const char *table, int64 *number);
extern const char *shard_name_strip(const char *name, const char *table);

#endif
