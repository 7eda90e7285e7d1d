/*
 * booking_table.c
 *	  The booking table of a query: how it is made and dropped; see booking_table.h.
 *
 * It is made by SQL in the name of the extension's owner, since the owner of the first table may have no right to
 * make tables in its schema, and given to that one. Making it runs no code of his.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "mapping/table_owner.h"
#include "own.h"
#include "queries/booking_guard.h"
#include "queries/booking_table.h"
#include "sources/mapping_fix.h"
#include "types/name_text.h"

/* Rights that somebody has by default on what is made in this schema. */
#define BOOKING_TABLE_GRANTEES                                                                     \
	"SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' "                                           \
	"ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END "                        \
	"FROM pg_catalog.pg_class CROSS JOIN pg_catalog.aclexplode(relacl) "                           \
	"WHERE pg_class.oid = $1 AND grantee <> relowner"

/* The types of what a booking comes to. */
static const char *const booking_table_types[QUERY_VALUES] = {
	[QUERY_SERVICE] = "text",   [QUERY_PARTICIPANT] = "text", [QUERY_BOOKED_ON] = "date",
	[QUERY_AMOUNT] = "numeric", [QUERY_VOLUME] = "numeric",   [QUERY_REFERENCE] = "text",
	[QUERY_RELEASES] = "text",  [QUERY_FINAL] = "bool",
};

/* Appends a column of the key as a definition: of the same type and collation as that of the first table. */
static void
booking_table_append_key(StringInfo sql, const BookingQuery *query, int key)
{
	Oid type;
	Oid collation;
	int32 typmod;

	get_atttypetypmodcoll(booking_query_lines(query), query->key[key].attribute, &type, &typmod,
						  &collation);
	appendStringInfo(sql, "%s %s", quote_identifier(query->key[key].name),
					 format_type_extended(type, typmod,
										  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	if (OidIsValid(collation))
		/* Qualified, since settings are pinned. */
		appendStringInfo(sql, " COLLATE %s",
						 DatumGetCString(
							 DirectFunctionCall1(regcollationout, ObjectIdGetDatum(collation))));
	appendStringInfoString(sql, ", ");
}

/* Returns the statement that makes the table. */
static char *
booking_table_definition(const BookingQuery *query, const char *name)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (", name);
	for (int i = 0; i < query->keys; i++)
		booking_table_append_key(&sql, query, i);
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (query->columns[column] != NULL)
			appendStringInfo(&sql, "%s pg_catalog.%s, ", query_column_name(column),
							 booking_table_types[column]);
	appendStringInfoString(&sql, "PRIMARY KEY (");
	for (int i = 0; i < query->keys; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? "" : ", ", quote_identifier(query->key[i].name));
	appendStringInfoString(&sql, ")) USING heap");
	return sql.data;
}

/* Takes from others the rights that they have by default. Within own_spi. */
static void
booking_table_revoke(Oid relid, const char *name)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	uint64 rows = own_spi_execute(BOOKING_TABLE_GRANTEES, lengthof(types), types, values, NULL);
	StringInfoData sql;

	initStringInfo(&sql);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? "" : ", ", own_spi_text(i, 1));
	if (rows > 0)
		own_spi_execute(psprintf("REVOKE ALL ON %s FROM %s CASCADE", name, sql.data), 0, NULL, NULL,
						NULL);
}

/* The types, by number, of what a booking comes to. */
static Oid
booking_table_type(QueryColumn column)
{
	if (column == QUERY_BOOKED_ON)
		return DATEOID;
	if (column == QUERY_FINAL)
		return BOOLOID;
	return column == QUERY_AMOUNT || column == QUERY_VOLUME ? NUMERICOID : TEXTOID;
}

/*
 * Raises where an index is not on plain columns alone: to write a row would run what its owner wrote, as whoever changes
 * a line. That is refused when it is made, but where event triggers do not fire.
 */
static void
booking_table_check_indexes(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	List *indexes = RelationGetIndexList(rel);
	ListCell *cell;

	foreach(cell, indexes)
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));

		if (HeapTupleIsValid(tuple) && (!heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) ||
										!heap_attisnull(tuple, Anum_pg_index_indpred, NULL)))
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("index \"%s\" of booking table \"%s\" is not on plain columns",
								   get_rel_name(lfirst_oid(cell)), name_text_in_message(relid)),
							errhint("Drop it.")));
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
	}
	table_close(rel, AccessShareLock);
}

/* Raises where a column is not as it was made, since rows are written without SQL. The key was checked before. */
void
booking_table_check(const BookingQuery *query)
{
	AttrNumber attribute = query->keys;

	booking_table_check_indexes(query->booking_table);
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (query->columns[column] != NULL &&
			get_atttype(query->booking_table, ++attribute) != booking_table_type(column))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("column \"%s\" of booking table \"%s\" is not of the type that it was "
							"made with",
							query_column_name(column), name_text_in_message(query->booking_table)),
					 errhint("Detach the query with steering.detach(), and attach it anew.")));
}

/*
 * Has the table dropped with the first table of its query, and what the query calls not dropped without it. A restored
 * one has forgotten that. It does not depend on columns: that these are altered is followed.
 */
void
booking_table_depend(const BookingQuery *query)
{
	ObjectAddress table;
	ObjectAddress lines;

	ObjectAddressSet(table, RelationRelationId, query->booking_table);
	ObjectAddressSet(lines, RelationRelationId, booking_query_lines(query));
	(void) deleteDependencyRecordsForSpecific(RelationRelationId, query->booking_table,
											  DEPENDENCY_AUTO, RelationRelationId,
											  booking_query_lines(query));
	recordDependencyOn(&table, &lines, DEPENDENCY_AUTO);
	recordDependencyOnExpr(&table,
						   mapping_without_columns((Node *) booking_query_expressions(query), NULL),
						   NIL, DEPENDENCY_NORMAL);
	CommandCounterIncrement();
}

/* Refuses a name that is taken. */
static void
booking_table_check_name(Oid schema, const char *name, const char *qualified)
{
	if (OidIsValid(get_relname_relid(name, schema)))
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE),
						errmsg("relation \"%s\" already exists", qualified),
						errhint("Give the booking table of the query another name, by the argument "
								"name.")));
}

/* Makes the booking table of a query, beside its first table. Returns its number. */
Oid
booking_table_create(const BookingQuery *query, const char *name)
{
	Oid schema = get_rel_namespace(booking_query_lines(query));
	char *qualified = quote_qualified_identifier(get_namespace_name(schema), name);
	const char *owner = quote_identifier(GetUserNameFromId(booking_query_owner(query), false));
	char *comment = psprintf("what rows of %s come to, kept by steering.attach_query()",
							 name_text_in_message(booking_query_lines(query)));
	Oid relid;
	OwnSpi spi;

	booking_table_check_name(schema, name, qualified);
	own_spi_begin(&spi);
	own_spi_execute(booking_table_definition(query, qualified), 0, NULL, NULL, NULL);
	own_spi_execute(psprintf("ALTER TABLE %s OWNER TO %s", qualified, owner), 0, NULL, NULL, NULL);
	own_spi_execute(psprintf("COMMENT ON TABLE %s IS %s", qualified, quote_literal_cstr(comment)),
					0, NULL, NULL, NULL);
	relid = get_relname_relid(name, schema);
	booking_table_revoke(relid, qualified);
	own_spi_end(&spi);
	booking_guard_create(relid);
	return relid;
}

/* Gives the table to the owner of the first table of its query, which may have got another. */
void
booking_table_own(const BookingQuery *query)
{
	Oid owner = booking_query_owner(query);
	Oid schema = get_rel_namespace(query->booking_table);
	OwnSpi spi;

	if (owner == table_owner(query->booking_table))
		return;
	own_spi_begin(&spi);
	own_spi_execute(psprintf("ALTER TABLE %s OWNER TO %s",
							 quote_qualified_identifier(get_namespace_name(schema),
														get_rel_name(query->booking_table)),
							 quote_identifier(GetUserNameFromId(owner, false))),
					0, NULL, NULL, NULL);
	own_spi_end(&spi);
	CommandCounterIncrement();
}

/* Drops a booking table. Its source is gone. */
void
booking_table_drop(Oid relid)
{
	ObjectAddress table;

	ObjectAddressSet(table, RelationRelationId, relid);
	performDeletion(&table, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
}
