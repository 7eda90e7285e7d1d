/*
 * settings.c
 *	  The settings of the extension, sp71_steering.*
 */
#include "postgres.h"

#include "utils/guc.h"

#include "settings.h"

int steering_check_at = CHECK_AT_STATEMENT;
int steering_max_stripes = 64;
int steering_min_stripes = 1;

static const struct config_enum_entry check_at_options[] = {
	{"statement", CHECK_AT_STATEMENT, false},
	{"commit", CHECK_AT_COMMIT, false},
	{NULL, 0, false},
};

/* Defines the settings; called once, when the library is loaded. */
void
settings_define(void)
{
	DefineCustomEnumVariable("sp71_steering.check_at",
							 "When bookings are judged against their caps.",
							 "With \"commit\" only the net effect of the transaction is judged.",
							 &steering_check_at, CHECK_AT_STATEMENT, check_at_options, PGC_USERSET,
							 0, NULL, NULL, NULL);
	DefineCustomIntVariable("sp71_steering.max_stripes",
							"Into how many rows a counter or usage cell is divided at most.",
							"Rows are added where transactions would have to wait for each other.",
							&steering_max_stripes, 64, 1, STRIPES_MOST, PGC_SUSET, 0, NULL, NULL,
							NULL);
	DefineCustomIntVariable(
		"sp71_steering.min_stripes",
		"Into how many rows a counter or usage cell is divided without waiting.",
		"Only as far as there is room up to the next step of the ladder.", &steering_min_stripes, 1,
		1, STRIPES_MOST, PGC_SUSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("sp71_steering");
}
