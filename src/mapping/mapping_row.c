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
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "mapping/mapping_row.h"
#include "types/code.h"

#define ROW_MOST_KEYS 8   /* columns by which a row without a primary key is named */
#define ROW_MOST_BYTES 64 /* of a value */

uint64 mapping_row_rights = 0; /* counts the changes of roles and their memberships */

/* A role or a membership was changed. */
static void
mapping_row_syscache_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	mapping_row_rights++;
}

/* Registers what tells of changes of roles; those of a table's rights make its mapping stale. */
void
mapping_row_register_callbacks(void)
{
	CacheRegisterSyscacheCallback(AUTHOID, mapping_row_syscache_callback, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, mapping_row_syscache_callback, (Datum) 0);
}

/* Returns the columns by which rows of a table are named, as a bitmapset in which PostgreSQL keeps columns. */
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
	key->name = pstrdup(code_shown(NameStr(column->attname)));
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

/* Tells whether a role may read a column of a table: as for the errors of PostgreSQL, not where rows are hidden. */
static bool
mapping_row_may_read(Relation rel, AttrNumber attribute, Oid role)
{
	Oid relid = RelationGetRelid(rel);

	if (check_enable_rls(relid, role, true) == RLS_ENABLED)
		return false;
	return has_privs_of_role(role, rel->rd_rel->relowner) ||
		   pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK ||
		   pg_attribute_aclcheck(relid, attribute, role, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * Finds out which columns the present roles may see. The one that runs the statement can catch its error, the one
 * that sent it will see that.
 */
void
mapping_row_show(MappingRow *row, Relation rel)
{
	row->role = InvalidOid;
	for (int i = 0; i < row->keys; i++)
		row->key[i].is_shown = false;
	for (int i = 0; i < row->keys; i++)
		row->key[i].is_shown = mapping_row_may_read(rel, row->key[i].attribute, GetUserId()) &&
							   mapping_row_may_read(rel, row->key[i].attribute, GetOuterUserId());
	row->rights = mapping_row_rights;
	row->session = GetOuterUserId();
	row->role = GetUserId();
}

/*
 * Returns the beginning of a value, as text in which everything can be seen, as in codes. The blanks that fill up a character(n)
 * are not part of it.
 */
static const char *
mapping_row_print(MappingRowKey *key, Datum value, bool *clipped)
{
	char *printed = OutputFunctionCall(&key->output, value);
	int length = strlen(printed);
	int kept;

	while (key->output.fn_oid == F_BPCHAROUT && length > 0 && printed[length - 1] == ' ')
		length--;
	kept = pg_mbcliplen(printed, length, ROW_MOST_BYTES);
	*clipped = kept < length;
	printed[kept] = '\0';
	return code_shown(printed);
}

/* Appends the value of a column, not all of a long one. */
static void
mapping_row_append_value(StringInfo text, const MappingRow *row, MappingRowKey *key)
{
	bool clipped = false;
	bool isnull;
	Datum value = slot_getattr(row->slot, key->attribute, &isnull);

	appendStringInfoString(text, isnull ? "null" : mapping_row_print(key, value, &clipped));
	if (clipped)
		appendStringInfoString(text, "...");
}

/* Names a row, as in (id)=(17), by the columns that are shown; NULL: by none. */
char *
mapping_row_text(const MappingRow *row)
{
	StringInfoData names;
	StringInfoData values;

	initStringInfo(&names);
	initStringInfo(&values);
	for (int i = 0; i < row->keys; i++)
	{
		if (!row->key[i].is_shown)
			continue;
		if (names.len > 0)
		{
			appendStringInfoString(&names, ", ");
			appendStringInfoString(&values, ", ");
		}
		appendStringInfoString(&names, row->key[i].name);
		mapping_row_append_value(&values, row, &row->key[i]);
	}
	return names.len == 0 ? NULL : psprintf("(%s)=(%s)", names.data, values.data);
}
