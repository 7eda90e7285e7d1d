/*
 * change_shape.c
 *	  Whether this node knows all that a change of the coordinator says.
 *
 * Servers are upgraded one after the other, so that a coordinator may tell what a node of an earlier version has no part or
 * column for. What it does not know it does not pass over: the change is refused, as a whole, and so are those after it;
 * and a node that has not applied all changes is lent no room. What is null in a column that is new says nothing: the row
 * means what it meant before. The other way round a column that an older coordinator does not tell of is null.
 *
 * 0.7 passes over what it does not know. So a change with a part or a column that 0.7 has not, and that is not null, has to
 * have a text among the numbers of participants that are gone, such as "needs sp71_steering 0.9": 0.7 takes it for a number,
 * and fails with it; later versions pass over it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "own.h"
#include "scaling/change_shape.h"

/*
 * What of a change, $1, there is no place for here: parts, parts of what is gone, columns; and the version here. No row: it
 * is known.
 */
static const char change_shape_query[] =
	"WITH known (part, noun) AS (VALUES ('participants', 'participant'), ('services', 'service'),"
	"  ('aliases', 'alias'), ('caps', 'cap'), ('closings', 'closing')),"
	" unknown (name) AS ("
	"  SELECT part FROM jsonb_object_keys($1) AS part"
	"   WHERE part NOT IN ('act', 'gone') AND part NOT IN (SELECT known.part FROM known)"
	"  UNION ALL SELECT 'gone ' || noun FROM jsonb_object_keys($1 -> 'gone') AS noun"
	"   WHERE noun NOT IN (SELECT known.noun FROM known)"
	"  UNION ALL SELECT DISTINCT known.noun || '.' || told.key FROM known"
	"   CROSS JOIN LATERAL jsonb_array_elements($1 -> known.part) AS entry"
	"   CROSS JOIN LATERAL jsonb_each(entry) AS told"
	"   WHERE told.value <> 'null' AND NOT EXISTS (SELECT FROM pg_attribute"
	"    WHERE attrelid = to_regclass('steering.' || known.noun) AND attname = told.key"
	"    AND attnum > 0 AND NOT attisdropped))"
	" SELECT string_agg(name, ', ' ORDER BY name),"
	"  (SELECT extversion FROM pg_extension WHERE extname = 'sp71_steering')"
	" FROM unknown HAVING count(*) > 0";

/* Refuses a change that says more than this node knows: 55000. */
void
change_shape_check(Datum body)
{
	Oid types[] = {JSONBOID};
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(change_shape_query, lengthof(types), types, &body, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a change of the coordinator is not known here, where sp71_steering has "
						"version %s",
						own_spi_text(0, 2)),
				 errdetail("It tells of: %s.", own_spi_text(0, 1)),
				 errhint("Install the coordinator's version on this server, run ALTER EXTENSION "
						 "sp71_steering UPDATE, and call steering.catch_up().")));
	own_spi_end(&spi);
}
