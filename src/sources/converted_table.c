/*
 * converted_table.c
 *	  Tables in whose place Citus puts others; see converted_table.h.
 *
 * undistribute_table, alter_distributed_table and alter_table_set_access_method make another table, copy the rows,
 * drop the table and give the other its name. For us a source is lost then, and its bookings count nowhere. They could not
 * be counted anew in that transaction: what nodes give up they hold locked to its end. So it is refused.
 *
 * No event tells of these functions. But until it gets its name the other table is called as the first, and a number,
 * which is the hash of that name.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"

#include "mapping/source.h"
#include "own.h"
#include "sources/citus.h"
#include "sources/converted_table.h"
#include "sources/shard_name.h"
#include "types/name_text.h"

/* Tells whether a number is the one that Citus adds to this name. A long name it cuts off before that. */
static bool
converted_table_has_number(const char *name, int64 number)
{
	return number == (int64) hash_bytes((const unsigned char *) name, (int) strlen(name));
}

/* Returns the source in whose place a table would come that was made, or NULL. */
static const Source *
converted_table_source(const RangeVar *made)
{
	List *sources;
	ListCell *cell;
	int64 number;

	if (!shard_name_number(made->relname, &number) || !citus_is_there())
		return NULL;
	sources = source_list();
	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);
		const char *name = get_rel_name(source->relid);

		if (name != NULL && converted_table_has_number(name, number))
			return source;
	}
	return NULL;
}

/* Follows a command at its end: refuses to make a table that is to come in the place of a source. */
void
converted_table_follow(const Node *command)
{
	const Source *source = IsA(command, CreateStmt)
							   ? converted_table_source(((const CreateStmt *) command)->relation)
							   : NULL;

	if (source == NULL)
		return;
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("Citus cannot put another table in the place of source \"%s\"",
						   name_text_in_message(source->relid)),
					errdetail("Its bookings would not count any more."),
					errhint("Detach it first with steering.detach(), and attach it again after.")));
}
