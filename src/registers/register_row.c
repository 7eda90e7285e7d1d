/*
 * register_row.c
 *	  Rows of the registers, as far as structure goes, and what the two registers differ by.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "own_shape.h"
#include "own_size.h"
#include "registers/register_row.h"
#include "types/day_range.h"
#include "types/role_reference.h"

static const RegisterKind service_register =
	{OWN_SERVICE, OWN_SERVICE_CODE_KEY, OWN_SERVICE_PKEY, 8, 7, 0};
static const RegisterKind participant_register =
	{OWN_PARTICIPANT, OWN_PARTICIPANT_CODE_KEY, OWN_PARTICIPANT_PKEY, 6, 0, 7};

const RegisterKind *const register_of_services = &service_register;
const RegisterKind *const register_of_participants = &participant_register;

/* Returns the role that the column of readers names; InvalidOid: none. Before 0.3 it was of type regrole. */
static Oid
register_reader(Form_pg_attribute attribute, Datum value)
{
	return attribute->atttypid == REGROLEOID ? DatumGetObjectId(value)
											 : role_reference_role(DatumGetRoleReference(value));
}

/* Reads a row of a register, as far as structure goes. */
void
register_row_read(const RegisterKind *kind, HeapTuple tuple, TupleDesc desc, RegisterRow *row)
{
	bool isnull;
	Datum value;

	row->id = DatumGetInt32(own_value(tuple, REGISTER_ID, desc));
	row->code = TextDatumGetCString(own_value(tuple, REGISTER_CODE, desc));
	value = heap_getattr(tuple, REGISTER_PARENT, desc, &isnull);
	row->parent = isnull ? NULL : TextDatumGetCString(value);
	day_range_read(own_value(tuple, kind->during, desc), &row->first_day, &row->end_day);
	row->require_cap = kind->require_cap != InvalidAttrNumber &&
					   DatumGetBool(own_value(tuple, kind->require_cap, desc));
	row->reader = InvalidOid;
	if (kind->reader == InvalidAttrNumber)
		return;
	value = heap_getattr(tuple, kind->reader, desc, &isnull);
	if (!isnull)
		row->reader = register_reader(TupleDescAttr(desc, kind->reader - 1), value);
}

/* Reads one row of a register by an index on one column; false when there is none. */
bool
register_row_by(const RegisterKind *kind, Relation rel, Snapshot snapshot, OwnRelation index,
				ScanKey key, RegisterRow *row)
{
	SysScanDesc scan = own_begin_scan(rel, index, snapshot, 1, key);
	HeapTuple tuple = systable_getnext(scan);
	bool found = HeapTupleIsValid(tuple);

	if (found)
		register_row_read(kind, tuple, RelationGetDescr(rel), row);
	systable_endscan(scan);
	return found;
}

/* Reads one row of a register by its code. */
bool
register_row_by_code(const RegisterKind *kind, Relation rel, Snapshot snapshot, const char *code,
					 RegisterRow *row)
{
	ScanKeyData key;

	ScanKeyInit(&key, REGISTER_CODE, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(code));
	key.sk_collation = DEFAULT_COLLATION_OID;
	return register_row_by(kind, rel, snapshot, kind->code_key, &key, row);
}
