/*
 * own_shape.c
 *	  Opening the extension's own tables, whose columns C knows by number.
 *
 * The event trigger refuses ALTER TABLE on them, but it can be off, and catalogs can be written by hand.
 * A table that is not as the extension made it would be read and written past its columns. So it is
 * compared with what is known here when it is opened, once after each invalidation of it; while it is
 * open, nobody else can alter it.
 *
 * Columns beyond those that C knows do no harm where it only reads, be they of a later version or of
 * somebody who could not be kept from adding them. Where it writes rows, a column that was added and
 * dropped again stays in the table for ever, and is null; one that is there has no value to be given.
 *
 * Nulls can be forced into a column as well, behind the back of NOT NULL: reading one where none can be
 * is an error (XX001), and not a null pointer.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "own_shape.h"

#define OWN_MAX_COLUMNS 16

/*
 * A column as an install script makes it. The texts stand in it: pointers to them would be set, and their pages
 * copied, in each session that loads the library.
 */
typedef struct OwnColumn
{
	char name[20];
	char type[20]; /* of pg_catalog, or of ours */
	bool nullable;
	bool later;      /* objects of an earlier version need not have it */
	char former[12]; /* the type before 0.3; empty: the same */
} OwnColumn;

/* Columns of targets and of measurements. */
#define OWN_MONTHS_COLUMNS                                                                         \
	{                                                                                              \
		{"value", "amount"}, {"indicator_id", "int4"}, {"participant_id", "int4"},                 \
			{"first_day", "date"}, {"end_day", "date"},                                            \
	}

/* Columns of what this node may use. */
#define OWN_ALLOTMENT_COLUMNS                                                                      \
	{                                                                                              \
		{"cap_id", "int4"}, {"ceiling", "amount", .nullable = true},                               \
			{"elsewhere", "amount", .nullable = true},                                             \
			{"others", "amount", .nullable = true, .later = true},                                 \
	}

/* Columns of what a node is held to. */
#define OWN_HELD_SCOPE_COLUMNS                                                                     \
	{                                                                                              \
		{"held_scope_id", "int4"}, {"act", "int8"}, {"metric", "text"}, {"services", "_int4"},     \
			{"participants", "_int4"}, {"first_day", "date"}, {"end_day", "date"},                 \
	}

/* The tables whose columns C knows by number, up to the last column that it knows of. */
static const OwnColumn own_shapes[OWN_RELATIONS][OWN_MAX_COLUMNS] = {
	[OWN_PARTICIPANT] =
		{
			{"participant_id", "int4"},
			{"code", "text"},
			{"parent", "text", .nullable = true},
			{"name", "text"},
			{"inhabitants", "int4", .nullable = true},
			{"during", "daterange"},
			{"reader", "role_reference", .nullable = true, .former = "regrole"},
		},
	[OWN_SERVICE] =
		{
			{"service_id", "int4"},
			{"code", "text"},
			{"parent", "text", .nullable = true},
			{"name", "text"},
			{"kind", "text"},
			{"unit", "text", .nullable = true},
			{"require_cap", "bool"},
			{"during", "daterange"},
		},
	[OWN_CAP] =
		{
			{"cap_id", "int4"},
			{"service_id", "int4"},
			{"participant_id", "int4"},
			{"metric", "text"},
			{"during", "daterange"},
			{"amount", "amount"},
			{"ladder", "ladder"},
			{"revision", "int4"},
			{"spans", "bool", .later = true},
		},
	[OWN_CAP_COUNTER] =
		{
			{"used", "amount"},
			{"floor", "amount"},
			{"ceiling", "amount"},
			{"cap_id", "int4"},
			{"stripe", "int4"},
			{"depth", "int4"},
			{"revision", "int4"},
		},
	[OWN_USAGE_CELL] =
		{
			{"amount", "amount"},
			{"volume", "amount"},
			{"bookings", "int8"},
			{"source_id", "int4"},
			{"service_id", "int4"},
			{"participant_id", "int4"},
			{"month", "date"},
			{"stripe", "int4"},
		},
	[OWN_SOURCE] =
		{
			{"source_id", "int4"},
			{"relation", "table_number", .former = "regclass"},
			{"service", "text"},
			{"participant", "text"},
			{"booked_on", "text"},
			{"amount", "text", .nullable = true},
			{"volume", "text", .nullable = true},
			{"counts_when", "text", .nullable = true},
			{"stage", "text"},
			{"unknown", "text"},
		},
	[OWN_CLOSING] =
		{
			{"closing_id", "int4"},
			{"during", "daterange"},
			{"closed_at", "timestamptz"},
			{"closed_by", "name"},
			{"reason", "text", .nullable = true},
			{"reopened_at", "timestamptz", .nullable = true},
			{"reopened_by", "name", .nullable = true},
			{"reopen_reason", "text", .nullable = true},
			{"bookings", "int8"},
			{"amount", "numeric"},
			{"volume", "numeric"},
		},
	[OWN_INDICATOR] =
		{
			{"indicator_id", "int4"},
			{"code", "text"},
			{"service_id", "int4"},
			{"name", "text"},
			{"unit", "text"},
			{"direction", "text"},
			{"dimension", "text"},
			{"additive", "bool"},
			{"main", "bool"},
		},
	[OWN_MAPPING] =
		{
			{"source_id", "int4"},
			{"expressions", "pg_node_tree"},
			{"catalog_version", "int4"},
			{"system_identifier", "int8"},
		},
	[OWN_ALIAS] =
		{
			{"alias_id", "int4"},
			{"source", "table_number", .nullable = true},
			{"kind", "text"},
			{"value", "text"},
			{"code", "text"},
			{"during", "daterange"},
		},
	[OWN_RESERVATION] =
		{
			{"reservation_id", "int4"},
			{"service", "text"},
			{"participant", "text"},
			{"booked_on", "date"},
			{"amount", "amount"},
			{"volume", "amount"},
			{"expires", "timestamptz", .nullable = true},
			{"reference", "text", .nullable = true},
			{"state", "text"},
		},
	[OWN_RESERVATION_POST] =
		{
			{"reservation_id", "int4"},
			{"service", "text"},
			{"participant", "text"},
			{"booked_on", "date"},
			{"amount", "amount"},
			{"volume", "amount"},
		},
	[OWN_ORDER_LINE] =
		{
			{"reference", "text"},
			{"source_id", "int4", .nullable = true},
			{"service", "text", .nullable = true},
			{"participant", "text", .nullable = true},
			{"booked_on", "date", .nullable = true},
			{"orders", "int8"},
			{"ordered_amount", "amount"},
			{"ordered_volume", "amount"},
			{"invoices", "int8"},
			{"invoiced_amount", "amount"},
			{"invoiced_volume", "amount"},
			{"finals", "int8"},
			{"amount", "amount"},
			{"volume", "amount"},
			{"is_released", "bool"},
		},
	[OWN_ALLOTMENT] = OWN_ALLOTMENT_COLUMNS,
	[OWN_THIS_NODE] =
		{
			{"is_only", "bool"},
			{"node_id", "int4"},
			{"applied", "int8"},
		},
	[OWN_HELD_SCOPE] = OWN_HELD_SCOPE_COLUMNS,
	[OWN_TARGET] = OWN_MONTHS_COLUMNS,
	[OWN_MEASUREMENT] = OWN_MONTHS_COLUMNS,
};

static uint64 own_shape_versions[OWN_RELATIONS]; /* the own_version() that was found right */

/* Raises that a table of ours is not as the extension made it. */
static void
own_shape_refuse(Relation rel, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					errmsg("table \"%s.%s\" is not as extension \"sp71_steering\" made it",
						   STEERING_SCHEMA, RelationGetRelationName(rel)),
					errdetail_internal("%s", detail),
					errhint("A superuser can undo the change by ALTER TABLE, after SET "
							"allow_system_table_mods = on.")));
}

/* The types of PostgreSQL in own_shapes: their numbers never change, so they need not be looked up. */
static const struct
{
	const char *name;
	Oid type;
} own_builtin_types[] = {
	{"int4", INT4OID},       {"text", TEXTOID},       {"daterange", DATERANGEOID},
	{"bool", BOOLOID},       {"date", DATEOID},       {"timestamptz", TIMESTAMPTZOID},
	{"name", NAMEOID},       {"int8", INT8OID},       {"pg_node_tree", PG_NODE_TREEOID},
	{"numeric", NUMERICOID}, {"regrole", REGROLEOID}, {"regclass", REGCLASSOID},
	{"_int4", INT4ARRAYOID},
};

/* Returns the type of this name: one of PostgreSQL, or else of ours. */
static Oid
own_shape_type(const char *name)
{
	for (int i = 0; i < lengthof(own_builtin_types); i++)
		if (strcmp(own_builtin_types[i].name, name) == 0)
			return own_builtin_types[i].type;
	return strcmp(name, "amount") == 0 ? own_amount_type() : own_type(name);
}

/* Compares a column of a table with what it should be. */
static void
own_shape_check_column(Relation rel, const OwnColumn *column, Form_pg_attribute attribute)
{
	const char *name = NameStr(attribute->attname);

	if (attribute->attisdropped)
		own_shape_refuse(rel, psprintf(_("Column \"%s\" was dropped."), column->name));
	if (strcmp(name, column->name) != 0)
		own_shape_refuse(rel, psprintf(_("Column \"%s\" stands where column \"%s\" should be."),
									   name, column->name));
	if (attribute->atttypid != own_shape_type(column->type) &&
		(column->former[0] == '\0' || attribute->atttypid != own_shape_type(column->former)))
		own_shape_refuse(rel, psprintf(_("The type of column \"%s\" is %s and not %s."), name,
									   format_type_be(attribute->atttypid), column->type));
	if (!column->nullable && !attribute->attnotnull)
		own_shape_refuse(rel, psprintf(_("Column \"%s\" may be null."), name));
}

/* Refuses columns beyond the first count, which rows that C writes would have no value for. */
static void
own_shape_check_rest(Relation rel, int count)
{
	TupleDesc desc = RelationGetDescr(rel);

	for (int i = count; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			own_shape_refuse(rel, psprintf(_("Column \"%s\" was added."),
										   NameStr(TupleDescAttr(desc, i)->attname)));
}

/* Checks that a table is as the extension made it, as far as C relies on that. */
static void
own_shape_check(OwnRelation which, Relation rel)
{
	const OwnColumn *shape = own_shapes[which];
	TupleDesc desc = RelationGetDescr(rel);
	int count = 0;

	if (rel->rd_rel->relkind != RELKIND_RELATION || rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		own_shape_refuse(rel, _("It is no table of access method heap."));
	for (; count < OWN_MAX_COLUMNS && shape[count].name[0] != '\0'; count++)
	{
		if (count >= desc->natts && shape[count].later)
			break;
		if (count >= desc->natts)
			own_shape_refuse(rel, psprintf(_("Column \"%s\" is missing."), shape[count].name));
		own_shape_check_column(rel, &shape[count], TupleDescAttr(desc, count));
	}
	Assert(count > 0);
	if (which == OWN_CAP_COUNTER || which == OWN_USAGE_CELL)
		own_shape_check_rest(rel, count);
}

/*
 * Opens one of the tables whose columns C knows by number, as table_open() does: 42P16 when it is not as
 * the extension made it.
 */
Relation
own_open(OwnRelation which, LOCKMODE lockmode)
{
	Relation rel = table_open(own_relation(which), lockmode);
	uint64 version = own_version(which);

	if (unlikely(own_shape_versions[which] != version))
	{
		own_shape_check(which, rel);
		own_shape_versions[which] = version;
	}
	return rel;
}

/* Raises 42P16 when a table is not as the extension made it: for who is about to read or change it by SQL. */
void
own_check(OwnRelation which)
{
	table_close(own_open(which, AccessShareLock), AccessShareLock);
}

/* Raises that a row of ours has a null where none can be. */
static void
own_refuse_null(HeapTuple tuple, const char *column)
{
	const char *table = get_rel_name(tuple->t_tableOid);

	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("column \"%s\" of a row of table \"%s.%s\" is null", column,
						   STEERING_SCHEMA, table == NULL ? "?" : table),
					errdetail("The table does not allow that: the row was written by force."),
					errhint("Fill the column in, and call steering.repair().")));
}

/* Returns a column of a row of ours that cannot be null: XX001 when it is. */
Datum
own_value(HeapTuple tuple, AttrNumber column, TupleDesc desc)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	if (unlikely(isnull))
		own_refuse_null(tuple, NameStr(TupleDescAttr(desc, column - 1)->attname));
	return value;
}

/* Checks that no column of a row is null that must not be. */
void
own_check_nulls(HeapTuple tuple, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attnotnull && !attribute->attisdropped && heap_attisnull(tuple, i + 1, desc))
			own_refuse_null(tuple, NameStr(attribute->attname));
	}
}

/* Makes a row of these values, which are not null. What columns there are beyond were dropped. */
HeapTuple
own_form_tuple(TupleDesc desc, const Datum *values, int count)
{
	Datum all[MaxTupleAttributeNumber];
	bool nulls[MaxTupleAttributeNumber];

	memcpy(all, values, count * sizeof(Datum));
	memset(nulls, false, count * sizeof(bool));
	for (int i = count; i < desc->natts; i++)
		nulls[i] = true;
	return heap_form_tuple(desc, all, nulls);
}
