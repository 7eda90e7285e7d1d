/*
 * register_check.c
 *	  What must hold of the entries of a register after a statement that changed it; see register.h.
 *
 * No booking and no other change of a register comes in between what is found here and the end of the
 * transaction: statements that name what is of interest here begin by excluding bookings (register.c).
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "rules/message.h"
#include "sources/source_reading.h"
#include "steering/register.h"
#include "types/code.h"
#include "types/shown.h"

/* Refuses entries whose parent is not there, or that are above themselves. */
void
register_check_parents(const Register *kind)
{
	if (register_execute(kind->find_orphan) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("parent \"%s\" of %s \"%s\" is unknown",
							   code_shown(own_spi_text(0, 2)), _(kind->noun), own_spi_text(0, 1))));
	if (register_execute(kind->find_cycle) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s \"%s\" would be above itself", _(kind->noun), own_spi_text(0, 1)),
				 errdetail("From each entry to its parent: %s.", own_spi_text(0, 2))));
}

/* Returns a column of the first row, a bound of a range of days, as text. */
static const char *
register_bound(int column)
{
	bool isnull;
	Datum day = own_spi_column(0, column, &isnull);

	return isnull ? "" : day_shown(DatumGetDateADT(day));
}

/* Refuses a range of days that leaves bookings outside. */
void
register_check_outside(const Register *kind)
{
	if (register_execute(source_reading_is_installed() ? kind->find_outside
													   : kind->find_outside_before_0_3) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s \"%s\" has bookings outside [%s,%s)", _(kind->noun), own_spi_text(0, 1),
						register_bound(2), register_bound(3)),
				 errdetail("Bookings: %s.", own_spi_text(0, 4)),
				 errhint("Correct these bookings first, or choose a range that holds them.")));
}

/* Refuses to delete entries that a query finds: they have what others refer to. */
static void
register_check_unused(const Register *kind, const char *query, const char *what, const char *hint)
{
	if (register_execute(query) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("%s \"%s\" has %s", _(kind->noun), own_spi_text(0, 1), _(what)),
						errdetail("These are: %s.", own_spi_text(0, 2)), errhint("%s", _(hint))));
}

/* Refuses to delete entries that others, caps or bookings refer to. */
void
register_check_deleted(const Register *kind)
{
	register_check_unused(kind, kind->find_below, gettext_noop("entries below it"),
						  gettext_noop("Give them another parent first."));
	register_check_unused(kind, kind->find_capped, gettext_noop("caps"),
						  gettext_noop("End them first with steering.drop_cap()."));
	register_check_unused(kind, kind->find_booked, gettext_noop("bookings"),
						  gettext_noop(
							  "Give it a range of days (column \"during\") that ends, instead of "
							  "deleting it."));
	if (own_has_relation(OWN_ALIAS))
		register_check_unused(kind, kind->find_aliased, gettext_noop("aliases"),
							  gettext_noop("Delete these from steering.alias first."));
}
