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
int steering_record_refusals = RECORD_REFUSALS_OFF;
int steering_refusals_kept = 100000;
bool steering_attach_again = false;

static const struct config_enum_entry check_at_options[] = {
	{"statement", CHECK_AT_STATEMENT, false},
	{"commit", CHECK_AT_COMMIT, false},
	{NULL, 0, false},
};

static const struct config_enum_entry record_refusals_options[] = {
	{"off", RECORD_REFUSALS_OFF, false},
	{"log", RECORD_REFUSALS_LOG, false},
	{"table", RECORD_REFUSALS_TABLE, false},
	{NULL, 0, false},
};

/* Defines what refusals are kept. Not by who is refused: he could hide what he tried. */
static void
settings_define_refusals(void)
{
	DefineCustomEnumVariable("sp71_steering.record_refusals",
							 "Where refusals of bookings are kept.",
							 "\"log\": the server's log. \"table\": steering.refusal, written by a "
							 "background worker.",
							 &steering_record_refusals, RECORD_REFUSALS_OFF,
							 record_refusals_options, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("sp71_steering.refusals_kept",
							"How many refusals steering.refusal keeps, the newest ones.", NULL,
							&steering_refusals_kept, 100000, 0, INT_MAX, PGC_SUSET, 0, NULL, NULL,
							NULL);
}

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
	settings_define_refusals();
	DefineCustomBoolVariable(
		"sp71_steering.attach_again",
		"Whether a table is attached that has the name of a source which was dropped.",
		"When it is made, or gets that name, by the mapping that the source had.",
		&steering_attach_again, false, PGC_SUSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("sp71_steering");
}
