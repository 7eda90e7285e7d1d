/*
 * bookings_column.c
 *	  The columns of a query of bookings; see bookings_column.h.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#include "bookings/bookings_column.h"
#include "mapping/expression.h"
#include "mapping/mapping_numeric.h"
#include "own.h"

#define BOOKINGS_MIN_COLUMNS 3

/* Tells whether a type is text, or as good as that. */
static bool
bookings_column_is_text(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING;
}

/* Tells whether a base type serves a column. */
static bool
bookings_column_accepts(const BookingsColumns *columns, MappingColumn column, Oid type)
{
	if (column == MAPPING_SERVICE || column == MAPPING_PARTICIPANT || bookings_column_is_text(type))
		return true;
	if (column == MAPPING_BOOKED_ON)
		return type == DATEOID || type == TIMESTAMPOID;
	return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
		   type == columns->amount_type;
}

/* Refuses a column whose type does not serve. */
static void
bookings_column_refuse_type(MappingColumn column, Oid type)
{
	const char *hint = NULL;

	if (type == TIMESTAMPTZOID)
		hint = "The day of a timestamp with time zone depends on a setting; use "
			   "(column AT TIME ZONE 'Europe/Amsterdam').";
	else if (type == FLOAT4OID || type == FLOAT8OID)
		hint = "A floating point number is not exact money; cast it to numeric with the decimals "
			   "that count, e.g. column::numeric(14,2).";
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column %d of the bookings, \"%s\", must be of type %s, not %s",
						   column + 1, expression_argument(column),
						   column == MAPPING_BOOKED_ON ? "date or timestamp without time zone"
													   : "integer, numeric or steering.amount",
						   format_type_be(type)),
					hint == NULL ? 0 : errhint("%s", hint)));
}

/* Refuses a column that bears the name of another one: amount and volume are easily swapped. */
static void
bookings_column_check_name(const char *name, MappingColumn column)
{
	for (int i = 0; i < BOOKINGS_COLUMNS; i++)
		if (i != column && strcmp(name, expression_argument(i)) == 0)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column %d of the bookings must be \"%s\", not \"%s\"",
								   column + 1, expression_argument(column), name)));
}

/* Checks the columns of a query, and notes their types; 42804: they do not serve. */
void
bookings_columns_check(BookingsColumns *columns, TupleDesc desc)
{
	columns->count = desc->natts;
	columns->amount_type = own_amount_type();
	if (desc->natts < BOOKINGS_MIN_COLUMNS || desc->natts > BOOKINGS_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a query of bookings must have 3 to 5 columns, not %d", desc->natts),
				 errhint("In this order: service, participant, booked_on, amount, volume.")));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		bookings_column_check_name(NameStr(attribute->attname), i);
		columns->types[i] = getBaseType(attribute->atttypid);
		if (!bookings_column_accepts(columns, i, columns->types[i]))
			bookings_column_refuse_type(i, attribute->atttypid);
	}
}

/* Prints a value as text. */
static char *
bookings_column_text(const BookingsColumns *columns, MappingColumn column, Datum value)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(columns->types[column], &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

/* Reads a code as attach() does: as an assignment to a column of type text would. */
static text *
bookings_column_code(const BookingsColumns *columns, MappingColumn column, Datum value)
{
	Oid type = columns->types[column];
	Oid function;

	switch (find_coercion_pathway(TEXTOID, type, COERCION_ASSIGNMENT, &function))
	{
		case COERCION_PATH_RELABELTYPE:
			return DatumGetTextPP(value);
		case COERCION_PATH_FUNC:
			if (get_func_nargs(function) == 1)
				return DatumGetTextPP(OidFunctionCall1Coll(function, DEFAULT_COLLATION_OID, value));
			/* FALLTHROUGH */
		default:
			return cstring_to_text(bookings_column_text(columns, column, value));
	}
}

/* Reads a day. */
static DateADT
bookings_column_day(const BookingsColumns *columns, Datum value)
{
	switch (columns->types[MAPPING_BOOKED_ON])
	{
		case DATEOID:
			return DatumGetDateADT(value);
		case TIMESTAMPOID:
			return DatumGetDateADT(DirectFunctionCall1(timestamp_date, value));
		default:
			return DatumGetDateADT(
				DirectFunctionCall1(date_in,
									CStringGetDatum(
										bookings_column_text(columns, MAPPING_BOOKED_ON, value))));
	}
}

/* Reads an amount, rounded as that of a booking is. */
static Amount
bookings_column_amount(const BookingsColumns *columns, MappingColumn column, Datum value)
{
	Oid type = columns->types[column];
	Amount amount;

	if (mapping_integer_amount(type, value, &amount))
		return amount;
	if (type == columns->amount_type)
		return DatumGetAmount(value);
	if (type != NUMERICOID)
		value = DirectFunctionCall3(numeric_in,
									CStringGetDatum(bookings_column_text(columns, column, value)),
									ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return amount_from_numeric(value);
}

/* Reads one column of a row. Null amounts are zero, as those of bookings. */
void
bookings_column_read(const BookingsColumns *columns, MappingColumn column, Datum value,
					 MappedRow *row)
{
	Assert(column < columns->count);
	switch (column)
	{
		case MAPPING_SERVICE:
			row->service = bookings_column_code(columns, column, value);
			break;
		case MAPPING_PARTICIPANT:
			row->participant = bookings_column_code(columns, column, value);
			break;
		case MAPPING_BOOKED_ON:
			row->has_date = true;
			row->booked_on = bookings_column_day(columns, value);
			break;
		case MAPPING_AMOUNT:
			row->amount = bookings_column_amount(columns, column, value);
			break;
		default:
			row->volume = bookings_column_amount(columns, column, value);
			break;
	}
}
