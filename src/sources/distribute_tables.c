/*
 * distribute_tables.c
 *	  Having Citus distribute several tables together.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "own.h"
#include "sources/citus_distribute.h"
#include "sources/distribute_tables.h"
#include "types/name_text.h"

/* Tables to which a table refers by foreign keys, and those that refer to it. */
#define DISTRIBUTE_REFERRED                                                                        \
	"SELECT confrelid FROM pg_catalog.pg_constraint WHERE conrelid = $1 AND contype = 'f'"
#define DISTRIBUTE_REFERRING                                                                       \
	"SELECT conrelid FROM pg_catalog.pg_constraint WHERE confrelid = $1 AND contype = 'f'"

/* Adds a table that is distributed by a column; one that stands in several places, by the one that is that of all. */
List *
distribute_tables_add(List *tables, Oid relid, AttrNumber column)
{
	DistributeTable *table;
	ListCell *cell;

	foreach(cell, tables)
	{
		table = lfirst(cell);
		if (table->relid != relid)
			continue;
		if (table->column != column)
			table->column = InvalidAttrNumber;
		return tables;
	}
	table = palloc(sizeof(DistributeTable));
	table->relid = relid;
	table->column = column;
	return lappend(tables, table);
}

/* Returns the oids of tables. */
static List *
distribute_tables_relids(List *tables)
{
	List *relids = NIL;
	ListCell *cell;

	foreach(cell, tables)
		relids = lappend_oid(relids, ((const DistributeTable *) lfirst(cell))->relid);
	return relids;
}

/* Returns tables that foreign keys of a table, or to it, lead to. */
static List *
distribute_tables_keys(const char *query, Oid relid)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};

	return own_spi_oids(query, lengthof(types), types, values);
}

/*
 * Refuses a table to which one that is not distributed with it refers: that would look for rows where they are not any
 * more.
 */
void
distribute_tables_check_keys(List *tables, Oid relid)
{
	List *others = list_difference_oid(distribute_tables_keys(DISTRIBUTE_REFERRING, relid),
									   distribute_tables_relids(tables));

	if (others != NIL)
		distribute_refuse(relid,
						  psprintf(_("Table \"%s\" refers to it by a foreign key."),
								   name_text_in_message(linitial_oid(others))),
						  _("Drop the foreign key. After, Citus takes it where it can."));
}

/* Tells whether a table refers by a foreign key to one of these, besides itself. */
static bool
distribute_tables_refers(Oid relid, List *others)
{
	List *referred = distribute_tables_keys(DISTRIBUTE_REFERRED, relid);
	ListCell *cell;

	foreach(cell, referred)
		if (lfirst_oid(cell) != relid && list_member_oid(others, lfirst_oid(cell)))
			return true;
	return false;
}

/* Returns the first of these tables that refers to none of the others; where all do, the first. */
static DistributeTable *
distribute_tables_next(List *tables, List *relids)
{
	ListCell *cell;

	foreach(cell, tables)
		if (!distribute_tables_refers(((DistributeTable *) lfirst(cell))->relid, relids))
			return lfirst(cell);
	return linitial(tables);
}

/*
 * Returns tables in the order in which Citus takes them: reference tables first, and each after those to which it refers
 * by foreign keys.
 */
static List *
distribute_tables_order(List *tables)
{
	List *relids = distribute_tables_relids(tables);
	List *rest = NIL;
	List *ordered = NIL;
	ListCell *cell;

	foreach(cell, tables)
		if (((DistributeTable *) lfirst(cell))->column == InvalidAttrNumber)
			rest = lappend(rest, lfirst(cell));
	rest = list_concat_unique_ptr(rest, tables);
	while (rest != NIL)
	{
		DistributeTable *table = distribute_tables_next(rest, relids);

		ordered = lappend(ordered, table);
		rest = list_delete_ptr(rest, table);
		relids = list_delete_oid(relids, table->relid);
	}
	return ordered;
}

/* Has Citus distribute a table by its column: as it was asked for, or together with another. */
static void
distribute_tables_make_table(const DistributeTable *table, const DistributeRequest *request,
							 Oid other)
{
	const char *column = get_attname(table->relid, table->column, false);

	if (OidIsValid(other))
		citus_distribute_table(table->relid, column, CStringGetTextDatum(name_text_of_table(other)),
							   (Datum) 0, true);
	else
		citus_distribute_table(table->relid, column, request->colocate_with, request->shard_count,
							   request->shard_count_is_null);
}

/* Has Citus distribute tables together. */
void
distribute_tables(List *tables, const DistributeRequest *request)
{
	List *ordered = distribute_tables_order(tables);
	Oid first = InvalidOid;
	ListCell *cell;

	foreach(cell, ordered)
		distribute_check_triggers(((DistributeTable *) lfirst(cell))->relid);
	foreach(cell, ordered)
	{
		const DistributeTable *table = lfirst(cell);

		if (table->column == InvalidAttrNumber)
		{
			citus_distribute_copied(table->relid);
			continue;
		}
		distribute_tables_make_table(table, request, first);
		first = OidIsValid(first) ? first : table->relid;
	}
	foreach(cell, ordered)
		citus_distribute_remove_copied(((DistributeTable *) lfirst(cell))->relid);
}
