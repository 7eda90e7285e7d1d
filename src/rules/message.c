/*
 * message.c
 *	  Every refusal and warning about caps and bookings, in one place.
 *
 * Class 23 makes drivers raise their integrity error. The schema, table and constraint fields say
 * where it happened; the constraint is the id of the cap, or of the closing. Figures stand in DETAIL
 * only for roles that may read the cap.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "own.h"
#include "refusals/refusal_recorder.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "types/code.h"
#include "types/name_text.h"
#include "types/shown.h"

/* Fills in the fields of a table. */
static void
message_table_fields(const char *schema, const char *table)
{
	err_generic_string(PG_DIAG_SCHEMA_NAME, schema);
	err_generic_string(PG_DIAG_TABLE_NAME, table);
}

/*
 * Fills in the schema, table and constraint fields: those of every refusal, and here alone. The relation may be
 * gone by now, or was none, in a dry run.
 */
int
message_fields(Oid relid, const char *constraint)
{
	char *name = get_rel_name(relid);

	if (name != NULL)
		message_table_fields(get_namespace_name(get_rel_namespace(relid)), name);
	if (constraint != NULL)
		err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint);
	return 0;
}

/* The same of a table that is gone, by its name as SQL writes it. */
static int
message_name_fields(const char *name)
{
	List *identifiers = name_text_identifiers(name);

	if (list_length(identifiers) == 2)
		message_table_fields(linitial(identifiers), lsecond(identifiers));
	return 0;
}

/* Says that a cap refuses a change. */
char *
message_exceeded(const CapFigures *figures)
{
	return psprintf(_("%s cap of service \"%s\" for participant \"%s\" is exceeded"),
					metric_name(figures->metric), figures->service, figures->participant);
}

/* Refuses a limit that present usage is above already. */
void
message_refuse_limit(const CapFigures *figures, Amount blocks_at, Amount used)
{
	bool readable = rulebook_may_read_cap(figures, GetUserId());

	ereport(ERROR,
			(errcode(metric_sqlstate(figures->metric)),
			 errmsg("%s cap of service \"%s\" for participant \"%s\" would be below its usage",
					metric_name(figures->metric), figures->service, figures->participant),
			 readable ? errdetail("The cap (%s to %s) would block above %s; used %s, %s too much.",
								  day_shown(figures->first_day), day_shown(figures->end_day - 1),
								  amount_shown(blocks_at), amount_shown(used),
								  amount_shown((int128) used - blocks_at))
					  : 0,
			 errhint("Lower the usage first, or call set_cap() with accept_overrun => true: then "
					 "bookings may only lower it until there is room."),
			 message_fields(own_relation(OWN_CAP), psprintf("%d", figures->cap_id))));
}

/* Warns that usage stands at or above a step that warns, after bookings in the table relid. */
void
message_warn(int elevel, const CapFigures *figures, Amount threshold, Amount after, Oid relid)
{
	bool readable = rulebook_may_read_cap(figures, GetUserId());

	ereport(elevel,
			(errcode(ERRCODE_STEERING_WARNING),
			 errmsg("%s cap of service \"%s\" for participant \"%s\" has reached a step that warns",
					metric_name(figures->metric), figures->service, figures->participant),
			 readable ? errdetail("Cap %d (%s to %s) has a limit of %s and warns from %s; used now "
								  "%s.",
								  figures->cap_id, day_shown(figures->first_day),
								  day_shown(figures->end_day - 1), amount_shown(figures->amount),
								  amount_shown(threshold), amount_shown(after))
					  : 0,
			 errhidestmt(true), message_fields(relid, psprintf("%d", figures->cap_id))));
}

/*
 * Warns whoever books of the same on a node that was lent room above the step: what others use now it does not know.
 */
void
message_warn_lent(const CapFigures *figures, Amount threshold, Amount used, Amount elsewhere,
				  Oid relid)
{
	bool readable = rulebook_may_read_cap(figures, GetUserId());

	ereport(WARNING_CLIENT_ONLY,
			(errcode(ERRCODE_STEERING_WARNING),
			 errmsg("%s cap of service \"%s\" for participant \"%s\" has reached a step that warns",
					metric_name(figures->metric), figures->service, figures->participant),
			 readable
				 ? errdetail("Cap %d (%s to %s) has a limit of %s and warns from %s; this node "
							 "uses %s now, and the others used at most %s when it was lent "
							 "room.",
							 figures->cap_id, day_shown(figures->first_day),
							 day_shown(figures->end_day - 1), amount_shown(figures->amount),
							 amount_shown(threshold), amount_shown(used), amount_shown(elsewhere))
				 : 0,
			 errhidestmt(true), message_fields(relid, psprintf("%d", figures->cap_id))));
}

/*
 * Warns that a source could not be read, and that the answer is without its rows. What its mapping says is
 * for who may call health(): it may tell of rows.
 */
void
message_unreadable(const Source *source)
{
	ereport(WARNING,
			(errcode(ERRCODE_STEERING_WARNING),
			 errmsg("bookings of source \"%s\" cannot be read", source->name),
			 errdetail("Where its stored usage can serve, that is taken instead; else they are "
					   "left out."),
			 errhint("steering.health() says which row it is, and why."),
			 message_fields(source->relid, NULL)));
}

/* Warns that an alias is for rows of a table of this name (or number), which is not there. */
void
message_alias_waits(const char *name)
{
	ereport(WARNING, (errcode(ERRCODE_STEERING_WARNING),
					  errmsg("alias for rows of table %s, which is not there", name),
					  errdetail("It holds from when one of that name is attached."),
					  message_name_fields(name)));
}

/* Warns that a source went with its table, of this name. */
void
message_lost(const char *name)
{
	ereport(WARNING,
			(errcode(ERRCODE_STEERING_WARNING),
			 errmsg("source \"%s\" is lost: its table was dropped", name),
			 errdetail("Its bookings do not count any more."),
			 errhint("A table that gets this name is no source until steering.reattach() makes it "
					 "one, by the mapping that is kept; with sp71_steering.attach_again = on that "
					 "is done at once."),
			 message_name_fields(name)));
}

/* Warns that a source that was attached by a query went with its booking table, of this name. */
void
message_query_lost(const char *name, const char *query)
{
	ereport(WARNING, (errcode(ERRCODE_STEERING_WARNING),
					  errmsg("source \"%s\" is lost: its booking table was dropped", name),
					  errdetail("Its bookings do not count any more. Its query was: %s", query),
					  errhint("When the tables of the query are there again, attach it with "
							  "steering.attach_query()."),
					  message_name_fields(name)));
}

/* Warns that a table which has the name of a source that was lost could not be attached, and why. */
void
message_not_attached(Oid relid, const ErrorData *error)
{
	ereport(WARNING,
			(errcode(ERRCODE_STEERING_WARNING),
			 errmsg("table \"%s\" is not attached again", name_text_in_message(relid)),
			 errdetail_internal("%s.%s%s", error->message, error->detail == NULL ? "" : " ",
								error->detail == NULL ? "" : error->detail),
			 errhint("Its rows count nowhere. Mend that and SELECT steering.reattach(), or "
					 "steering.attach() it otherwise."),
			 message_fields(relid, NULL)));
}

/* Sets DETAIL: what is said of the fault, and then of the rows that have it (NULL: nothing). */
static int
message_rows(const char *detail, const char *rows)
{
	if (rows == NULL)
		return detail[0] == '\0' ? 0 : errdetail_internal("%s", detail);
	return errdetail_internal("%s%s%s", detail, detail[0] == '\0' ? "" : " ", rows);
}

/* Returns " in <source>" for a message, or nothing in a dry run. */
static const char *
message_place(const Source *source)
{
	return source == NULL ? "" : psprintf(" in \"%s\"", source->name);
}

/* Returns the finance table of a message, if there is one. */
static Oid
message_relation(const Source *source)
{
	return source == NULL ? InvalidOid : source->relid;
}

/*
 * Keeps that a row was refused, if that is wanted; day: NULL, or that of the row. Without a finance table it is a
 * dry run, of which nothing is kept.
 */
void
message_keep(RefusalKind kind, int sqlstate, Oid relid, const char *service,
			 const char *participant, const DateADT *day)
{
	RefusalRecord record;

	if (!OidIsValid(relid) || !refusal_is_recorded())
		return;
	refusal_record_begin(&record, kind, sqlstate, relid);
	refusal_record_codes(&record, service, participant);
	if (day != NULL && !DATE_NOT_FINITE(*day))
	{
		record.has_day = true;
		record.booked_on = *day;
	}
	refusal_record_keep(&record);
}

/* Keeps that a row was refused for a code that it has, of a service or a participant (what). */
static void
message_keep_code(const Source *source, const char *what, const char *code, const DateADT *day)
{
	bool is_service = strcmp(what, "service") == 0;

	message_keep(REFUSED_AS_UNKNOWN, ERRCODE_BOOKING_KEY_UNKNOWN, message_relation(source),
				 is_service ? code : NULL, is_service ? NULL : code, day);
}

/* Says what can be done about a code that stands in no register. A version before 0.4.0 has no aliases. */
static const char *
message_code_hint(const Source *source, const char *what)
{
	if (source == NULL || !own_has_relation(OWN_ALIAS))
		return psprintf(_("Correct the code, or have it added to steering.%s."), what);
	return psprintf(_("Correct the code, have it added to steering.%s, or have an alias in "
					  "steering.alias say which %s it means in \"%s\"."),
					what, _(what), source->name);
}

/*
 * Refuses a booking whose code is null or stands in no register; what is "service" or
 * "participant". Without a source it is a dry run. rows: a sentence on which rows have it, or NULL.
 */
void
message_unknown_code(const Source *source, const char *what, text *code, const char *rows)
{
	message_keep_code(source, what, code == NULL ? NULL : text_to_cstring(code), NULL);
	if (code == NULL)
		ereport(ERROR, (errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
						errmsg("%s of a booking%s is null", _(what), message_place(source)),
						message_rows("", rows),
						errhint("Fill in the code, or attach the table with unknown => 'ignore'."),
						message_fields(message_relation(source), NULL)));
	ereport(ERROR, (errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
					errmsg("%s \"%s\" of a booking%s is unknown", _(what),
						   code_shown(text_to_cstring(code)), message_place(source)),
					message_rows("", rows), errhint("%s", message_code_hint(source, what)),
					message_fields(message_relation(source), NULL)));
}

/* Refuses a booking without a usable date; rows: as above. */
void
message_unknown_date(const Source *source, const MappedRow *row, const char *rows)
{
	message_keep_code(source, "service", NULL, NULL);
	ereport(ERROR, (errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
					row->has_date ? errmsg("date \"%s\" of a booking%s is not finite",
										   day_shown(row->booked_on), message_place(source))
								  : errmsg("date of a booking%s is null", message_place(source)),
					message_rows("", rows),
					errhint("Fill in the day of the booking, or attach the table with unknown => "
							"'ignore'."),
					message_fields(message_relation(source), NULL)));
}

/* Refuses a booking on a day when its service or participant (what) was not there; rows: as above. */
void
message_not_valid_on(const Source *source, const char *what, const RegisterNode *node, DateADT day,
					 const char *rows)
{
	bool early = day < node->first_day;
	bool service = strcmp(what, "service") == 0;
	const char *words =
		service
			? (early ? gettext_noop("service \"%s\" of a booking%s was not offered yet on %s")
					 : gettext_noop("service \"%s\" of a booking%s was not offered any more on %s"))
			: (early ? gettext_noop("participant \"%s\" of a booking%s had not joined yet on %s")
					 : gettext_noop("participant \"%s\" of a booking%s had left on %s"));

	message_keep_code(source, what, node->code, &day);
	ereport(ERROR,
			(errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
			 errmsg_internal(_(words), node->code, message_place(source), day_shown(day)),
			 message_rows(early ? psprintf(_("Its first day is %s."), day_shown(node->first_day))
								: psprintf(_("Its last day was %s."), day_shown(node->end_day - 1)),
						  rows),
			 errhint("Correct the date, or the column \"during\" of steering.%s.", what),
			 message_fields(message_relation(source), NULL)));
}

/* Refuses a booking that releases an order line which is not there. */
void
message_unknown_order(const char *reference, const Source *source)
{
	message_keep(REFUSED_AS_UNKNOWN, ERRCODE_BOOKING_KEY_UNKNOWN, message_relation(source), NULL,
				 NULL, NULL);
	ereport(ERROR,
			(errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
			 errmsg("order line \"%s\" is unknown", code_shown(reference)),
			 source == NULL ? 0 : errdetail("A row of source \"%s\" releases it.", source->name),
			 errhint("Book the order first, or in the same statement. A source that was attached "
					 "with unknown => 'ignore' takes rows whose order is missing."),
			 message_fields(message_relation(source), NULL)));
}

/* Refuses a booking on a service that requires a cap where none stands. */
void
message_no_cap(const Source *source, const char *service, const char *participant, DateADT day)
{
	int sqlstate = metric_sqlstate(METRIC_REQUIRED);

	message_keep(REFUSED_WITHOUT_CAP, sqlstate, message_relation(source), service, participant,
				 &day);
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("service \"%s\" requires a %s cap, and none covers participant \"%s\" on %s",
					service, metric_name(METRIC_REQUIRED), participant, day_shown(day)),
			 errhint("Ask whoever steers the budgets to set one with steering.set_cap()."),
			 message_fields(message_relation(source), NULL)));
}
