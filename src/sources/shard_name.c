/*
 * shard_name.c
 *	  Names that Citus makes; see shard_name.h.
 *
 * A trigger of a distributed table stands on each shard, with the number of the shard behind its name; so does the
 * number behind the name of the shard. Where both agree the trigger is what it is called without it. A table whose
 * name happens to end like that is none the worse for it: names of our triggers are given by whoever may call their
 * functions.
 */
#include "postgres.h"

#include "sources/shard_name.h"

/* Returns the end of a name from its last underscore on, if a number follows; else NULL. */
static const char *
shard_name_end(const char *name)
{
	const char *end = strrchr(name, '_');

	if (end == NULL || end == name || end[1] == '\0' ||
		strspn(end + 1, "0123456789") != strlen(end + 1))
		return NULL;
	return end;
}

/* Finds the number of the shard that a table of this name would be; false: its name does not end with a number. */
bool
shard_name_number(const char *table, int64 *number)
{
	const char *end = shard_name_end(table);

	if (end == NULL || strlen(end + 1) > 18)
		return false;
	*number = strtoi64(end + 1, NULL, 10);
	return true;
}

/* Returns the name of a trigger without the number that it has in common with its table; where it has none, itself. */
const char *
shard_name_strip(const char *name, const char *table)
{
	const char *end = shard_name_end(table);
	size_t kept = end == NULL || strlen(name) <= strlen(end) ? 0 : strlen(name) - strlen(end);

	if (kept == 0 || strcmp(name + kept, end) != 0)
		return name;
	return pnstrdup(name, kept);
}
