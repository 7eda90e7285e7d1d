/*
 * node_row.c
 *	  The nodes as steering.node has them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "nodes/node_row.h"
#include "own.h"

/* Raises that there is no node with this number. */
void
node_row_missing(int32 node_id)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("node %d does not exist", node_id),
					errhint("The nodes are listed in steering.node.")));
}

/* Reads a row of a query whose first columns are number, name and connection of a node. Within own_spi. */
NodeRow *
node_row_read(uint64 row)
{
	NodeRow *node = palloc(sizeof(NodeRow));

	node->node_id = DatumGetInt32(own_spi_column(row, 1, NULL));
	node->name = own_spi_text(row, 2);
	node->connection = own_spi_text(row, 3);
	return node;
}

/* Reads rows of the query in node_row_list() into the memory of context. Within own_spi. */
static List *
node_row_read_all(uint64 count, MemoryContext context)
{
	MemoryContext spi = MemoryContextSwitchTo(context);
	List *nodes = NIL;

	for (uint64 i = 0; i < count; i++)
		nodes = lappend(nodes, node_row_read(i));
	MemoryContextSwitchTo(spi);
	return nodes;
}

/* Lists nodes in the order of their numbers, in the caller's memory: all, or those in an array of numbers that exist. */
List *
node_row_list(Datum numbers, bool all)
{
	static const char query[] = "SELECT node_id, name, connection FROM steering.node"
								" WHERE $1 IS NULL OR node_id = ANY ($1) ORDER BY node_id";
	Oid types[] = {INT4ARRAYOID};
	MemoryContext caller = CurrentMemoryContext;
	List *nodes;
	OwnSpi spi;

	own_spi_begin(&spi);
	nodes = node_row_read_all(own_spi_execute(query, 1, types, &numbers, all ? "n" : " "), caller);
	own_spi_end(&spi);
	return nodes;
}

/* Returns a node, in the caller's memory; NULL: there is none with this number. */
NodeRow *
node_row_find(int32 node_id)
{
	Datum number = Int32GetDatum(node_id);
	ArrayType *numbers = construct_array(&number, 1, INT4OID, sizeof(int32), true, TYPALIGN_INT);
	List *nodes = node_row_list(PointerGetDatum(numbers), false);

	return nodes == NIL ? NULL : linitial(nodes);
}
