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

/* Returns what the column at a place is, from 0 on. */
MappingColumn
bookings_column_mapping(int place)
{
	static const MappingColumn mapped[BOOKINGS_COLUMNS] = {
		MAPPING_SERVICE, MAPPING_PARTICIPANT, MAPPING_BOOKED_ON, MAPPING_AMOUNT,
		MAPPING_VOLUME,  MAPPING_RELEASES,    MAPPING_FINAL,
	};

	Assert(place >= 0 && place < BOOKINGS_COLUMNS);
	return mapped[place];
}

/* Returns the name of the column at a place. */
static const char *
bookings_column_name(int place)
{
	return expression_argument(bookings_column_mapping(place));
}

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
	if (column == MAPPING_SERVICE || column == MAPPING_PARTICIPANT || column == MAPPING_RELEASES ||
		bookings_column_is_text(type))
		return true;
	if (column == MAPPING_BOOKED_ON)
		return type == DATEOID || type == TIMESTAMPOID;
	if (column == MAPPING_FINAL)
		return type == BOOLOID;
	return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
		   type == columns->amount_type;
}

/* Returns which types serve a column. */
static const char *
bookings_column_types(MappingColumn column)
{
	switch (column)
	{
		case MAPPING_BOOKED_ON:
			return gettext_noop("date or timestamp without time zone");
		case MAPPING_FINAL:
			return "boolean";
		default:
			return gettext_noop("integer, numeric or steering.amount");
	}
}

/* Refuses a column whose type does not serve. */
static void
bookings_column_refuse_type(int place, Oid type)
{
	const char *hint = NULL;

	if (type == TIMESTAMPTZOID)
		hint = _("The day of a timestamp with time zone depends on a setting; use "
				 "(column AT TIME ZONE 'Europe/Amsterdam').");
	else if (type == FLOAT4OID || type == FLOAT8OID)
		hint = _("A floating point number is not exact money; cast it to numeric with the decimals "
				 "that count, e.g. column::numeric(14,2).");
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column %d of the bookings, \"%s\", must be of type %s, not %s", place + 1,
					bookings_column_name(place),
					_(bookings_column_types(bookings_column_mapping(place))), format_type_be(type)),
			 hint == NULL ? 0 : errhint("%s", hint)));
}

/* Refuses a column that bears the name of another one: amount and volume are easily swapped. */
static void
bookings_column_check_name(const char *name, int place)
{
	for (int i = 0; i < BOOKINGS_COLUMNS; i++)
		if (i != place && strcmp(name, bookings_column_name(i)) == 0)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column %d of the bookings must be \"%s\", not \"%s\"",
								   place + 1, bookings_column_name(place), name)));
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
				 errmsg("a query of bookings must have %d to %d columns, not %d",
						BOOKINGS_MIN_COLUMNS, BOOKINGS_COLUMNS, desc->natts),
				 errhint(
					 "In this order: service, participant, booked_on, amount, volume, releases, "
					 "final.")));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		bookings_column_check_name(NameStr(attribute->attname), i);
		columns->types[i] = getBaseType(attribute->atttypid);
		if (!bookings_column_accepts(columns, bookings_column_mapping(i), columns->types[i]))
			bookings_column_refuse_type(i, attribute->atttypid);
	}
}

/* Prints a value as text. */
static char *
bookings_column_text(const BookingsColumns *columns, int place, Datum value)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(columns->types[place], &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

/* Reads a code as attach() does: as an assignment to a column of type text would. */
static text *
bookings_column_code(const BookingsColumns *columns, int place, Datum value)
{
	Oid type = columns->types[place];
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
			return cstring_to_text(bookings_column_text(columns, place, value));
	}
}

/* Reads a day. */
static DateADT
bookings_column_day(const BookingsColumns *columns, int place, Datum value)
{
	switch (columns->types[place])
	{
		case DATEOID:
			return DatumGetDateADT(value);
		case TIMESTAMPOID:
			return DatumGetDateADT(DirectFunctionCall1(timestamp_date, value));
		default:
			return DatumGetDateADT(
				DirectFunctionCall1(date_in,
									CStringGetDatum(bookings_column_text(columns, place, value))));
	}
}

/* Reads an amount, rounded as that of a booking is. */
static Amount
bookings_column_amount(const BookingsColumns *columns, int place, Datum value)
{
	Oid type = columns->types[place];
	Amount amount;

	if (mapping_integer_amount(type, value, &amount))
		return amount;
	if (type == columns->amount_type)
		return DatumGetAmount(value);
	if (type != NUMERICOID)
		value = DirectFunctionCall3(numeric_in,
									CStringGetDatum(bookings_column_text(columns, place, value)),
									ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return amount_from_numeric(value);
}

/* Reads whether a row is the last of its order line. */
static bool
bookings_column_truth(const BookingsColumns *columns, int place, Datum value)
{
	if (columns->types[place] != BOOLOID)
		value = DirectFunctionCall1(boolin,
									CStringGetDatum(bookings_column_text(columns, place, value)));
	return DatumGetBool(value);
}

/* Reads one column of a row. Null amounts are zero, as those of bookings. */
void
bookings_column_read(const BookingsColumns *columns, int place, Datum value, MappedRow *row)
{
	Assert(place < columns->count);
	switch (bookings_column_mapping(place))
	{
		case MAPPING_SERVICE:
			row->service = bookings_column_code(columns, place, value);
			break;
		case MAPPING_PARTICIPANT:
			row->participant = bookings_column_code(columns, place, value);
			break;
		case MAPPING_BOOKED_ON:
			row->has_date = true;
			row->booked_on = bookings_column_day(columns, place, value);
			break;
		case MAPPING_AMOUNT:
			row->amount = bookings_column_amount(columns, place, value);
			break;
		case MAPPING_RELEASES:
			row->releases = bookings_column_code(columns, place, value);
			break;
		case MAPPING_FINAL:
			row->is_final = bookings_column_truth(columns, place, value);
			break;
		default:
			row->volume = bookings_column_amount(columns, place, value);
			break;
	}
}
