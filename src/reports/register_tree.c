/*
 * register_tree.c
 *	  A register as a whole, with the way up from each entry, for reports that add along it. As the
 *	  active snapshot shows it, whoever asks; in the memory of the caller.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/datum.h"

#include "reports/query_rows.h"
#include "reports/register_tree.h"

#define SH_PREFIX tree_hash
#define SH_ELEMENT_TYPE TreeEntry
#define SH_KEY_TYPE int32
#define SH_KEY id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct RegisterTree
{
	tree_hash_hash *entries;
	UnitNames *units; /* of services */
};

#define END_DAY "COALESCE(pg_catalog.upper(entry.during), 'infinity')"

/* One row for each entry and each entry on its way up, itself first. */
#define SERVICE_QUERY                                                                              \
	"SELECT below.service_id, below.top_id, entry.code, " END_DAY ", entry.unit, indicator.unit,"  \
	" entry.kind = 'development'"                                                                  \
	" FROM steering.service_below AS below"                                                        \
	" JOIN steering.service AS entry ON entry.service_id = below.service_id"                       \
	" LEFT JOIN steering.indicator ON indicator.service_id = below.service_id AND indicator.main"  \
	" ORDER BY below.service_id, below.depth"
#define PARTICIPANT_QUERY                                                                          \
	"SELECT below.participant_id, below.top_id, entry.code, " END_DAY ", entry.inhabitants"        \
	" FROM steering.participant_below AS below"                                                    \
	" JOIN steering.participant AS entry ON entry.participant_id = below.participant_id"           \
	" ORDER BY below.participant_id, below.depth"

/* Columns of the queries. */
enum
{
	TREE_ID,
	TREE_TOP,
	TREE_CODE,
	TREE_END_DAY,
	TREE_UNIT,
	TREE_RESULT_UNIT,
	TREE_IS_DEVELOPMENT,
	TREE_INHABITANTS = TREE_UNIT
};

/* Finds an entry; NULL if there is none. */
const TreeEntry *
register_tree_find(RegisterTree *tree, int32 id)
{
	return tree_hash_lookup(tree->entries, id);
}

/* Returns the number of the name of a unit in a row; 0: there is none. */
static int32
tree_read_unit(const RegisterTree *tree, const TupleTableSlot *row, int column)
{
	return row->tts_isnull[column] ? 0 : unit_number(tree->units, row->tts_values[column]);
}

/* Takes in what an entry has of its own. */
static void
tree_read_entry(RegisterTree *tree, TreeEntry *entry, const TupleTableSlot *row)
{
	int32 id = entry->id;
	char status = entry->status;

	memset(entry, 0, sizeof(TreeEntry));
	entry->id = id;
	entry->status = status;
	entry->code = datumCopy(query_value(row, TREE_CODE), false, -1);
	entry->end_day = DatumGetDateADT(query_value(row, TREE_END_DAY));
	if (tree->units != NULL)
	{
		entry->unit = tree_read_unit(tree, row, TREE_UNIT);
		entry->result_unit = tree_read_unit(tree, row, TREE_RESULT_UNIT);
		entry->is_development = DatumGetBool(query_value(row, TREE_IS_DEVELOPMENT));
	}
	else if (!row->tts_isnull[TREE_INHABITANTS])
	{
		entry->has_inhabitants = entry->counts_itself = true;
		entry->inhabitants = DatumGetInt32(row->tts_values[TREE_INHABITANTS]);
	}
}

/* Takes in a row: a step on the way up from an entry. */
static void
tree_read_row(const TupleTableSlot *row, void *context)
{
	RegisterTree *tree = context;
	bool found;
	TreeEntry *entry =
		tree_hash_insert(tree->entries, DatumGetInt32(row->tts_values[TREE_ID]), &found);

	if (!found)
		tree_read_entry(tree, entry, row);
	entry->path = entry->path == NULL ? palloc(sizeof(int32))
									  : repalloc(entry->path, (entry->depth + 1) * sizeof(int32));
	entry->path[entry->depth++] = DatumGetInt32(row->tts_values[TREE_TOP]);
}

/*
 * Tells the entries above one of it. Its inhabitants are also those of the groups above it that have
 * no number of their own, up to an entry that has one and so counts them already.
 */
static void
tree_pass_up(RegisterTree *tree, const TreeEntry *entry)
{
	bool counts = entry->counts_itself;

	for (int i = 1; i < entry->depth; i++)
	{
		TreeEntry *above = tree_hash_lookup(tree->entries, entry->path[i]);

		above->has_below = true;
		counts = counts && !above->counts_itself;
		if (counts)
		{
			above->has_inhabitants = true;
			above->inhabitants += entry->inhabitants;
		}
	}
}

/* Reads a register. */
static RegisterTree *
tree_read(const char *query, UnitNames *units)
{
	RegisterTree *tree = palloc(sizeof(RegisterTree));
	tree_hash_iterator iterator;
	TreeEntry *entry;

	tree->entries = tree_hash_create(CurrentMemoryContext, 256, NULL);
	tree->units = units;
	query_visit_rows(query, tree_read_row, tree);
	tree_hash_start_iterate(tree->entries, &iterator);
	while ((entry = tree_hash_iterate(tree->entries, &iterator)) != NULL)
		tree_pass_up(tree, entry);
	return tree;
}

/* Reads the catalogue; the names of its units, and of those of its main indicators, go into units. */
RegisterTree *
register_tree_of_services(UnitNames *units)
{
	return tree_read(SERVICE_QUERY, units);
}

/* Reads the register of participants. */
RegisterTree *
register_tree_of_participants(void)
{
	return tree_read(PARTICIPANT_QUERY, NULL);
}
