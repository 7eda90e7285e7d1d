/*
 * mapping_row.c
 *	  How errors name a row of a finance table; see mapping_row.h.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/bitmapset.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "sources/mapping_row.h"

#define ROW_MOST_KEYS 8   /* columns by which a row without a primary key is named */
#define ROW_MOST_BYTES 64 /* of a value */

/* Returns the columns by which rows of a table are named, as numbers off the lowest of a system column. */
static Bitmapset *
mapping_row_columns(Relation rel)
{
	Bitmapset *columns = RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_PRIMARY_KEY);

	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		if (bms_num_members(columns) >= ROW_MOST_KEYS || rel->rd_pkindex != InvalidOid)
			break;
		if (!TupleDescAttr(RelationGetDescr(rel), i)->attisdropped)
			columns = bms_add_member(columns, i + 1 - FirstLowInvalidHeapAttributeNumber);
	}
	return columns;
}

/* Adds a column, unless printing it would call a function that somebody wrote. */
static void
mapping_row_add(MappingRow *row, Relation rel, AttrNumber attribute)
{
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(rel), attribute - 1);
	MappingRowKey *key = &row->key[row->keys];
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(column->atttypid, &output, &is_varlena);
	if (output >= FirstNormalObjectId)
		return;
	key->attribute = attribute;
	key->name = pstrdup(NameStr(column->attname));
	fmgr_info(output, &key->output);
	row->keys++;
}

/* Finds out how rows of a table are to be named. Allocates in the current context. */
void
mapping_row_prepare(MappingRow *row, Relation rel)
{
	Bitmapset *columns = mapping_row_columns(rel);
	int member = -1;

	row->keys = 0;
	row->key = palloc0((bms_num_members(columns) + 1) * sizeof(MappingRowKey));
	while ((member = bms_next_member(columns, member)) >= 0)
		mapping_row_add(row, rel, member + FirstLowInvalidHeapAttributeNumber);
	bms_free(columns);
}

/* Appends the value of a column, not all of a long one. */
static void
mapping_row_append_value(StringInfo text, const MappingRow *row, MappingRowKey *key)
{
	bool isnull;
	Datum value = slot_getattr(row->slot, key->attribute, &isnull);
	char *printed = isnull ? "null" : OutputFunctionCall(&key->output, value);
	int length = strlen(printed);
	int clipped = pg_mbcliplen(printed, length, ROW_MOST_BYTES);

	appendBinaryStringInfo(text, printed, clipped);
	if (clipped < length)
		appendStringInfoString(text, "...");
}

/* Names a row, as in (id)=(17). */
char *
mapping_row_text(const MappingRow *row)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '(');
	for (int i = 0; i < row->keys; i++)
		appendStringInfo(&text, "%s%s", i == 0 ? "" : ", ", row->key[i].name);
	appendStringInfoString(&text, ")=(");
	for (int i = 0; i < row->keys; i++)
	{
		if (i > 0)
			appendStringInfoString(&text, ", ");
		mapping_row_append_value(&text, row, &row->key[i]);
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}
