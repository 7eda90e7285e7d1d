/*
 * own_source.c
 *	  Tables of ours whose rows are bookings: sources that nobody attaches.
 *
 * They have columns that are called as the arguments of attach(), and no triggers: whoever writes their rows books
 * them as well. They become sources when they are needed first, and stay that: a dump has them as it has any source.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "mapping/mapping.h"
#include "mapping/mapping_tree.h"
#include "sources/mapping_fix.h"
#include "sources/own_source.h"

#define OWN_SOURCE_INSERT                                                                          \
	"WITH made AS (INSERT INTO steering.source"                                                    \
	" (relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown)"    \
	" VALUES ($1, 'service', 'participant', 'booked_on', 'amount', 'volume', $2, $3, 'refuse')"    \
	" ON CONFLICT ON CONSTRAINT source_relation_key DO NOTHING RETURNING source_id)"               \
	" INSERT INTO steering.source_table (relation, source_id) SELECT $1, source_id FROM made"

/* Makes a table of ours a source, if it is none, and fixes its mapping, which a dump does not have. */
void
own_source_make(OwnRelation table, const char *counts_when, const char *stage)
{
	Oid relid = own_relation(table);
	Oid types[] = {REGCLASSOID, TEXTOID, TEXTOID};
	Datum values[] = {ObjectIdGetDatum(relid),
					  counts_when == NULL ? (Datum) 0 : CStringGetTextDatum(counts_when),
					  CStringGetTextDatum(stage)};
	Source *source = source_by_relation(relid);
	MappingTree tree;
	OwnSpi spi;

	if (source != NULL && mapping_tree_load(source->source_id, &tree))
		return;
	own_spi_begin(&spi);
	own_spi_execute(OWN_SOURCE_INSERT, lengthof(types), types, values,
					counts_when == NULL ? " n " : "   ");
	mapping_invalidate();
	CommandCounterIncrement();
	if (!mapping_fix_from_text(source_by_relation(relid)))
		elog(ERROR, "the mapping of table %u cannot be fixed", relid);
	own_spi_end(&spi);
}
