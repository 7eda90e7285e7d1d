/*
 * module.c
 *	  The library's magic, its settings, and the registration of callbacks; nothing else.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "bookings/commit.h"
#include "ledger/stripe_hints.h"
#include "mapping/mapping.h"
#include "own.h"
#include "rules/rulebook.h"
#include "sp71_steering.h"

PG_MODULE_MAGIC;

int steering_check_at = CHECK_AT_STATEMENT;
int steering_max_stripes = 64;
int steering_min_stripes = 1;

static const struct config_enum_entry check_at_options[] = {
	{"statement", CHECK_AT_STATEMENT, false},
	{"commit", CHECK_AT_COMMIT, false},
	{NULL, 0, false},
};

extern void _PG_init(void);

/* Defines the settings and registers the callbacks; runs at first use in each backend. */
void
_PG_init(void)
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

	own_register_callbacks();
	mapping_register_callbacks();
	rulebook_register_callbacks();
	commit_register_callbacks();
}
