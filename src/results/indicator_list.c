/*
 * indicator_list.c
 *	  All indicators with the bands of their incentives, as the active snapshot shows them.
 *
 * A list is in the memory context that it was loaded in. There are about as many indicators as
 * services.
 */
#include "sp71_steering.h"

#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "own.h"
#include "own_query.h"
#include "results/indicator_list.h"

#define INDICATORS_AT_FIRST 64

/* From this attainment, in hundredths, up to the next band. */
typedef struct Band
{
	int64 from;
	Datum percent;
} Band;

#define SH_PREFIX indicators
#define SH_ELEMENT_TYPE Indicator
#define SH_KEY_TYPE int32
#define SH_KEY indicator_id
#define SH_HASH_KEY(tb, key) murmurhash32((uint32) (key))
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct IndicatorList
{
	indicators_hash *indicators;
};

/* Columns of the query below. */
enum
{
	LIST_INDICATOR = 1,
	LIST_SERVICE,
	LIST_MAIN,
	LIST_ADDITIVE,
	LIST_DIRECTION,
	LIST_BAND_FROM,
	LIST_BAND_PERCENT
};

/*
 * Each row is a band, or an indicator without any. Attainment has two decimals: the first hundredth
 * in a band is all that is needed of it, and its end is the start of the next.
 */
static const char list_indicators[] =
	"SELECT indicator.indicator_id, indicator.service_id, indicator.main, indicator.additive,"
	" indicator.direction,"
	" CASE WHEN lower_inf(band.attainment) THEN '-9223372036854775808' ELSE"
	" least(greatest(CASE WHEN lower_inc(band.attainment) THEN ceil(100 * lower(band.attainment))"
	" ELSE floor(100 * lower(band.attainment)) + 1 END,"
	" '-9223372036854775808'), '9223372036854775807') END::bigint AS band_from,"
	" band.percent"
	" FROM steering.indicator LEFT JOIN steering.incentive USING (indicator_id)"
	" LEFT JOIN LATERAL unnest(incentive.attainment, incentive.percent)"
	" AS band (attainment, percent) ON true"
	" ORDER BY indicator.indicator_id, lower(band.attainment) NULLS FIRST, band_from";

/* Fills in an indicator from the first of its rows. */
static void
list_read_indicator(Indicator *indicator, uint64 row)
{
	bool isnull;
	char *direction = TextDatumGetCString(own_spi_column(row, LIST_DIRECTION, NULL));

	if (!direction_parse(direction, &indicator->direction))
		elog(ERROR, "unexpected direction of indicator %d: \"%s\"", indicator->indicator_id,
			 direction);
	indicator->service_id = DatumGetInt32(own_spi_column(row, LIST_SERVICE, &isnull));
	indicator->main = DatumGetBool(own_spi_column(row, LIST_MAIN, &isnull));
	indicator->additive = DatumGetBool(own_spi_column(row, LIST_ADDITIVE, &isnull));
	indicator->bands = NIL;
}

/* Takes in one row. */
static void
list_read(IndicatorList *list, uint64 row)
{
	bool isnull;
	bool found;
	int32 number = DatumGetInt32(own_spi_column(row, LIST_INDICATOR, &isnull));
	Indicator *indicator = indicators_insert(list->indicators, number, &found);
	Datum percent;

	if (!found)
		list_read_indicator(indicator, row);
	percent = own_spi_column(row, LIST_BAND_PERCENT, &isnull);
	if (!isnull)
	{
		Band *band = palloc(sizeof(Band));

		band->from = DatumGetInt64(own_spi_column(row, LIST_BAND_FROM, &isnull));
		band->percent = datumCopy(percent, false, -1);
		indicator->bands = lappend(indicator->bands, band);
	}
}

/* Reads all indicators. */
IndicatorList *
indicator_list_load(void)
{
	MemoryContext caller = CurrentMemoryContext;
	IndicatorList *list = palloc(sizeof(IndicatorList));
	OwnSpi spi;

	list->indicators = indicators_create(caller, INDICATORS_AT_FIRST, NULL);
	own_spi_begin(&spi);
	(void) own_query_read(list_indicators, 0, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 row = 0; row < SPI_processed; row++)
		list_read(list, row);
	own_spi_end(&spi);
	return list;
}

/* Returns an indicator; NULL: there is none with this number. */
const Indicator *
indicator_list_find(IndicatorList *list, int32 indicator_id)
{
	return indicators_lookup(list->indicators, indicator_id);
}

/* Finds the percentage of the band that an attainment lies in; false: the indicator has no bands. */
bool
indicator_incentive(const Indicator *indicator, int128 attainment, Datum *percent)
{
	ListCell *cell;

	foreach(cell, indicator->bands)
	{
		const Band *band = lfirst(cell);

		if (band->from > attainment)
			break;
		*percent = band->percent;
	}
	return indicator->bands != NIL;
}
