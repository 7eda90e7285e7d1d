/*
 * mapping_numeric.c
 *	  Amounts of numerics as they stand in rows: in the short form that all numbers of everyday size
 *	  have, read without a call into the server.
 *
 * The short form is a header of two bytes and digits of base 10000. It has been the same since PostgreSQL
 * 9.1, and pg_upgrade relies on that; but it is documented nowhere. So each backend tries it on some numbers
 * first. If that fails, and for any other form, it goes the documented way (amount_numeric.c).
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA_ANY() in every release */
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "mapping/mapping_numeric.h"

#define SHORT_FORM_MASK 0xC000
#define SHORT_FORM 0x8000
#define SHORT_NEGATIVE 0x2000
#define SHORT_WEIGHT_NEGATIVE 0x0040
#define SHORT_WEIGHT                                                                               \
	0x003F /* the power of the base that the first digit counts, less 64 if negative */
#define SHORT_BASE 10000
#define SHORT_MAX_KEPT 4 /* digits of an amount that certainly fits */

static bool mapping_numeric_tried = false;
static bool mapping_numeric_trusted = false; /* the short form is what we think it is */

/* Returns a digit by its place from the left; those after the last one are zeros. */
static inline uint16
mapping_numeric_digit(const char *digits, int count, int place)
{
	uint16 digit = 0;

	if (place < count)
		memcpy(&digit, digits + place * sizeof(uint16), sizeof(uint16));
	return digit;
}

/*
 * Reads a numeric of the short form; false when it has another, or is large. The digits up to the
 * first one after the point are the units; the one after that decides the rounding, half away from
 * zero.
 */
static inline bool
mapping_numeric_short(Datum numeric, Amount *amount)
{
	const struct varlena *value = (const struct varlena *) DatumGetPointer(numeric);
	const char *data = VARDATA_ANY(value);
	Amount units = 0;
	uint16 header;
	int count;
	int kept;

	/* Rare in amounts, and left to PostgreSQL. */
	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		return false;
	memcpy(&header, data, sizeof(header));
	if ((header & SHORT_FORM_MASK) != SHORT_FORM)
		return false;
	kept = (header & SHORT_WEIGHT) - (header & SHORT_WEIGHT_NEGATIVE) + 2;
	if (kept > SHORT_MAX_KEPT)
		return false;

	data += sizeof(header);
	count = (VARSIZE_ANY_EXHDR(value) - sizeof(header)) / sizeof(uint16);
	for (int place = 0; place < kept; place++)
		units = units * SHORT_BASE + mapping_numeric_digit(data, count, place);
	if (kept >= 0 && mapping_numeric_digit(data, count, kept) >= SHORT_BASE / 2)
		units++;
	*amount = header & SHORT_NEGATIVE ? -units : units;
	return true;
}

/* Tells whether a number is read right, be it in the short form or not. */
static bool
mapping_numeric_agrees(const char *number)
{
	Datum numeric = DirectFunctionCall3(numeric_in, CStringGetDatum(number),
										ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Amount amount;
	bool agrees = mapping_numeric_short(numeric, &amount) && amount == amount_from_numeric(numeric);

	pfree(DatumGetPointer(numeric));
	return agrees;
}

/* Finds out, once in each backend, whether the short form is what we think it is. */
void
mapping_numeric_try(void)
{
	static const char *const numbers[] = {"0",          "0.00",        "1",
										  "-1",         "0.01",        "-0.0001",
										  "0.00005",    "-0.00005",    "0.0000499",
										  "1e-9",       "-99.99",      "1234.56785",
										  "9999.99995", "10000",       "-10000.5",
										  "10000000",   "98765432.10", "-99999999999.9999",
										  "100000000",  "1000.00",     "0.5000",
										  "4.99995",    "123456789012"};

	if (mapping_numeric_tried)
		return;
	mapping_numeric_tried = mapping_numeric_trusted = true;
	for (int i = 0; i < lengthof(numbers); i++)
		mapping_numeric_trusted &= mapping_numeric_agrees(numbers[i]);
}

/* Converts a numeric as it stands in a row, see amount_from_numeric(). */
Amount
mapping_numeric_amount(Datum numeric)
{
	Amount amount;

	if (likely(mapping_numeric_trusted) && likely(mapping_numeric_short(numeric, &amount)))
		return amount;
	return amount_from_numeric(numeric);
}
