/*
 * source_alias.c
 *	  Aliases that hold for rows of one source alone, where its bookings are to be counted by nodes.
 *
 * To a node the shards of a table are sources of names of their own. What an alias for the table says is nothing to them:
 * they would ignore what is counted here, or book it elsewhere, without judging it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "own.h"
#include "sources/source_alias.h"
#include "types/name_text.h"

/* A value that means something in the rows of a source alone. */
#define SOURCE_ALIAS "SELECT value FROM steering.alias WHERE source::oid = $1 ORDER BY 1 LIMIT 1"

/* Raises that an alias holds for rows of one table alone, whose shards nodes count. */
void
source_alias_raise(const char *value, Oid relid)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("alias \"%s\" holds for rows of \"%s\" alone", value,
					name_text_in_message(relid)),
			 errdetail("The nodes that count these rows know shards of other names."),
			 errhint("Let it hold for all sources: UPDATE steering.alias SET source = NULL.")));
}

/* Refuses a source for whose rows alone an alias holds. */
void
source_alias_refuse(const Source *source)
{
	char *value;

	if (!own_has_relation(OWN_ALIAS))
		return;
	value = own_spi_look_up(SOURCE_ALIAS, OIDOID, ObjectIdGetDatum(source->relid));
	if (value != NULL)
		source_alias_raise(value, source->relid);
}
