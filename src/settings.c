/*
 * settings.c
 *	  The settings of the extension, sp71_steering.*
 *
 * They are defined when the library is loaded, which a new session does in its first booking. PostgreSQL 15
 * sorts all its settings for each one that is added, and seven times that takes as long as the booking itself.
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "compat.h"
#include "settings.h"

#define SETTINGS_PREFIX "sp71_steering"

int steering_check_at = CHECK_AT_STATEMENT;
char *steering_currency = NULL;
int steering_max_stripes = 64;
int steering_min_stripes = 1;
int steering_node_timeout = 2000;
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

/* Defines the settings, in the order of their names: each is the last of all then, see settings_define_sorted(). */
static void
settings_define_all(void)
{
	DefineCustomBoolVariable(
		"sp71_steering.attach_again",
		"Whether a table is attached that has the name of a source which was dropped.",
		"When it is made, or gets that name, by the mapping that the source had.",
		&steering_attach_again, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("sp71_steering.check_at",
							 "When bookings are judged against their caps.",
							 "With \"commit\" only the net effect of the transaction is judged.",
							 &steering_check_at, CHECK_AT_STATEMENT, check_at_options, PGC_USERSET,
							 0, NULL, NULL, NULL);
	DefineCustomStringVariable("sp71_steering.currency",
							   "The currency of amounts, as report() writes it.",
							   "A code of ISO 4217, of which some have a sign; empty: none.",
							   &steering_currency, "EUR", PGC_USERSET, 0, NULL, NULL, NULL);
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
	DefineCustomIntVariable("sp71_steering.node_timeout", "How long another node is waited for.",
							"What cannot be known by then fails with SQLSTATE 40001.",
							&steering_node_timeout, 2000, 10, 600000, PGC_SUSET, GUC_UNIT_MS, NULL,
							NULL, NULL);
	settings_define_refusals();
}

#if SETTINGS_ARE_SORTED

/* Compares the names of settings as PostgreSQL does, which does not export it. */
static int
setting_name_compare(const char *a, const char *b)
{
	while (*a != '\0' && pg_ascii_tolower(*a) == pg_ascii_tolower(*b))
	{
		a++;
		b++;
	}
	return (char) pg_ascii_tolower(*a) - (char) pg_ascii_tolower(*b);
}

/* Returns how many settings come before ours in PostgreSQL's list. */
static int
settings_count_before(struct config_generic **list, int count)
{
	int before = 0;

	while (before < count && setting_name_compare(list[before]->name, SETTINGS_PREFIX ".") < 0)
		before++;
	return before;
}

/* Returns the setting with the shortest name, which takes least to compare. */
static struct config_generic *
settings_shortest(struct config_generic **list, int count)
{
	struct config_generic *shortest = list[0];

	for (int i = 1; i < count; i++)
		if (strlen(list[i]->name) < strlen(shortest->name))
			shortest = list[i];
	return shortest;
}

/* Puts the settings that there were back into PostgreSQL's list, around ours, which are the last ones in it. */
static void
settings_put_back(struct config_generic *const *others, int count, int before)
{
	struct config_generic **list = get_guc_variables();
	int ours = GetNumConfigOptions() - count;

	memmove(list + before, list + count, ours * sizeof(*list));
	memcpy(list, others, before * sizeof(*list));
	memcpy(list + before + ours, others + before, (count - before) * sizeof(*list));
}

/*
 * Defines the settings while all others are taken out of PostgreSQL's list, so that there is nothing to sort:
 * one that comes before ours stands in every place. Nobody looks for a setting meanwhile. Not where one of ours
 * was set before, and stands in the list: taking its value over may run anything.
 */
static void
settings_define_sorted(void)
{
	struct config_generic **list = get_guc_variables();
	int count = GetNumConfigOptions();
	int before = settings_count_before(list, count);
	struct config_generic *shortest, **others;

	if (before == 0 || (before < count && pg_strncasecmp(list[before]->name, SETTINGS_PREFIX ".",
														 strlen(SETTINGS_PREFIX ".")) == 0))
	{
		settings_define_all();
		return;
	}
	shortest = settings_shortest(list, before);
	others = palloc(count * sizeof(*others));
	memcpy(others, list, count * sizeof(*others));
	for (int i = 0; i < count; i++)
		list[i] = shortest;
	PG_TRY();
	{
		settings_define_all();
	}
	PG_FINALLY();
	{
		settings_put_back(others, count, before);
	}
	PG_END_TRY();
	pfree(others);
}

#else
#define settings_define_sorted() settings_define_all()
#endif

/* Defines the settings; called once, when the library is loaded. */
void
settings_define(void)
{
	settings_define_sorted();
	MarkGUCPrefixReserved(SETTINGS_PREFIX);
}
