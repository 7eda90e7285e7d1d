/*
 * register_node.c
 *	  Entries of the registers with the way up to their root, as the latest snapshot shows them.
 *
 * Results are in the caller's memory; rulebook.c caches them. What is not found among the rows in memory
 * (register_rows.c) is looked up in the table.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own_shape.h"
#include "registers/register_node.h"

#define REGISTER_MAX_DEPTH 10000 /* a longer way up means a cycle */

/* Where rows are looked for: among those in memory, if any, and else in the table, which is opened then. */
typedef struct RegisterReader
{
	const RegisterKind *kind;
	const RegisterRows *rows;
	Relation rel; /* NULL: not needed until now */
	Snapshot snapshot;
} RegisterReader;

/* Finds the row of a code; false when there is none. */
static bool
register_reader_find(RegisterReader *reader, const char *code, RegisterRow *row)
{
	if (reader->rows != NULL && register_rows_find(reader->rows, code, row))
		return true;
	if (reader->rel == NULL)
	{
		reader->rel = own_open(reader->kind->relation, AccessShareLock);
		reader->snapshot = RegisterSnapshot(GetLatestSnapshot());
	}
	return register_row_by_code(reader->kind, reader->rel, reader->snapshot, code, row);
}

/* Ends looking for rows. */
static void
register_reader_end(RegisterReader *reader)
{
	if (reader->rel == NULL)
		return;
	UnregisterSnapshot(reader->snapshot);
	table_close(reader->rel, AccessShareLock);
}

/* Appends an entry to the way up. */
static void
register_node_append(RegisterNode *node, int *room, const RegisterRow *row)
{
	if (node->depth == REGISTER_MAX_DEPTH)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("the tree above \"%s\" has more than %d levels", node->code,
							   REGISTER_MAX_DEPTH)));
	if (node->depth == *room)
	{
		*room *= 2;
		node->path = repalloc(node->path, *room * sizeof(int32));
		node->codes = repalloc(node->codes, *room * sizeof(char *));
		node->readers = repalloc(node->readers, *room * sizeof(Oid));
	}
	node->path[node->depth] = row->id;
	node->codes[node->depth] = row->code;
	node->readers[node->depth++] = row->reader;
}

/* Makes a node of its own row, with nothing above it. */
static RegisterNode *
register_node_make(const RegisterRow *row, int room)
{
	RegisterNode *node = palloc0(sizeof(RegisterNode));

	node->id = row->id;
	node->code = row->code;
	node->first_day = row->first_day;
	node->end_day = row->end_day;
	node->require_cap = row->require_cap;
	node->path = palloc(room * sizeof(int32));
	node->codes = palloc(room * sizeof(char *));
	node->readers = palloc(room * sizeof(Oid));
	return node;
}

/* Reads an entry and its way up to the root; rows: NULL or what is known. NULL: no such code. */
RegisterNode *
register_node_load(const RegisterKind *kind, const RegisterRows *rows, const char *code)
{
	RegisterReader reader = {.kind = kind, .rows = rows};
	RegisterNode *node = NULL;
	int room = 8;
	RegisterRow row;

	if (register_reader_find(&reader, code, &row))
	{
		node = register_node_make(&row, room);
		do
			register_node_append(node, &room, &row);
		while (row.parent != NULL && register_reader_find(&reader, row.parent, &row));
	}
	register_reader_end(&reader);
	return node;
}

/* Copies an entry, so that what was read on the way to it can be left behind. */
RegisterNode *
register_node_copy(const RegisterNode *node)
{
	RegisterNode *copy = palloc(sizeof(RegisterNode));

	*copy = *node;
	copy->path =
		memcpy(palloc(node->depth * sizeof(int32)), node->path, node->depth * sizeof(int32));
	copy->codes = palloc(node->depth * sizeof(char *));
	for (int i = 0; i < node->depth; i++)
		copy->codes[i] = pstrdup(node->codes[i]);
	copy->code = copy->codes[0];
	copy->readers =
		memcpy(palloc(node->depth * sizeof(Oid)), node->readers, node->depth * sizeof(Oid));
	return copy;
}

/* Returns the id of the entry that a code names, as a snapshot shows it; 0: there is none. */
int32
register_node_id(const RegisterKind *kind, const char *code, Snapshot snapshot)
{
	Relation rel = own_open(kind->relation, AccessShareLock);
	RegisterRow row;
	bool found = register_row_by_code(kind, rel, snapshot, code, &row);

	table_close(rel, AccessShareLock);
	return found ? row.id : 0;
}

/* Returns the code of an entry of a register, by its id. */
char *
register_node_code(const RegisterKind *kind, int32 id)
{
	Relation rel = own_open(kind->relation, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	RegisterRow row;
	ScanKeyData key;

	ScanKeyInit(&key, REGISTER_ID, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(id));
	if (!register_row_by(kind, rel, snapshot, kind->primary_key, &key, &row))
		elog(ERROR, "entry %d of register \"%s\" not found", id, RelationGetRelationName(rel));
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return row.code;
}

/* Tells whether an entry is the one with this id or below it. */
bool
register_node_is_below(const RegisterNode *node, int32 id)
{
	for (int i = 0; i < node->depth; i++)
		if (node->path[i] == id)
			return true;
	return false;
}
