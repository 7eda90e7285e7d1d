/*
 * mapping_numeric.c
 *	  Fuzz target: numerics as they stand in rows, read by mapping_numeric.c without the server.
 *
 * The first byte chooses the length word of the value, the others are its header and its digits, which are
 * below 10000 as the server promises. What is read as an amount is what amount_parse() makes of the same
 * number in decimals; what has another form is left to the server.
 *
 *	  Links: src/types/amount.c
 */
#include "fuzz.h"

#include "../../src/mapping/mapping_numeric.c"

#define FUZZ_MAX_DIGITS 100

/* What belongs to the server: the documented way, which is another's to test. */
Amount
amount_from_numeric(Datum numeric)
{
	return PG_INT64_MIN;
}

Datum
DirectFunctionCall3Coll(PGFunction func, Oid collation, Datum arg1, Datum arg2, Datum arg3)
{
	abort();
}

Datum
numeric_in(PG_FUNCTION_ARGS)
{
	abort();
}

void
pfree(void *pointer)
{
	abort();
}

/* Writes the number in decimals: digit i counts 10000 to the power of weight - i. */
static void
fuzz_print(uint16 header, const char *digits, int count, char *text)
{
	int weight = (header & SHORT_WEIGHT) - (header & SHORT_WEIGHT_NEGATIVE);

	if (header & SHORT_NEGATIVE)
		*text++ = '-';
	for (int power = Max(weight, 0); power >= Min(weight - count + 1, -1); power--)
	{
		int i = weight - power;
		uint16 digit = 0;

		if (i >= 0 && i < count)
			memcpy(&digit, digits + i * sizeof(digit), sizeof(digit));
		text += sprintf(text, "%04d%s", digit, power == 0 ? "." : "");
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	bool is_short = size > 0 && data[0] & 1;
	int header_size = is_short ? VARHDRSZ_SHORT : VARHDRSZ;
	int count = size < 3 ? 0 : Min((size - 3) / 2, FUZZ_MAX_DIGITS);
	int length = header_size + 2 + 2 * count;
	char text[4 * (SHORT_WEIGHT + FUZZ_MAX_DIGITS + 4)];
	char *value;
	char *digits;
	uint16 header;
	Amount amount;
	Amount expected;

	if (size < 3 || (is_short && length > VARATT_SHORT_MAX))
		return 0;
	value = malloc(length);
	if (is_short)
		SET_VARSIZE_SHORT(value, length);
	else
		SET_VARSIZE(value, length);
	digits = value + header_size + 2;
	memcpy(&header, data + 1, 2);
	memcpy(value + header_size, &header, 2);
	for (int i = 0; i < count; i++)
	{
		uint16 digit = (data[3 + 2 * i] | data[4 + 2 * i] << 8) % SHORT_BASE;

		memcpy(digits + 2 * i, &digit, 2);
	}

	fuzz_print(header, digits, count, text);
	mapping_numeric_trusted = true;
	if (mapping_numeric_short(PointerGetDatum(value), &amount))
	{
		FUZZ_CHECK((header & SHORT_FORM_MASK) == SHORT_FORM, text);
		FUZZ_CHECK(amount_parse(text, &expected) == AMOUNT_OK && amount == expected, text);
		FUZZ_CHECK(mapping_numeric_amount(PointerGetDatum(value)) == amount, text);
	}
	else
		FUZZ_CHECK(mapping_numeric_amount(PointerGetDatum(value)) == PG_INT64_MIN, text);
	free(value);
	return 0;
}
