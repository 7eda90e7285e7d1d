/*
 * booking.c
 *	  Why a row is no booking, for who refuses it and for who lists it; see booking.h.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "bookings/booking.h"
#include "mapping/expression.h"
#include "own.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "types/code.h"
#include "types/shown.h"

/* What is known of a fault beforehand. */
typedef struct BookingFaultTraits
{
	MappingColumn column; /* in which it is */
	BookingFaultKind kind;
	const char *problem;
} BookingFaultTraits;

static const BookingFaultTraits fault_traits[] = {
	[BOOKING_SERVICE_NULL] = {MAPPING_SERVICE, BOOKING_FAULT_NULL, gettext_noop("service is null")},
	[BOOKING_SERVICE_UNKNOWN] = {MAPPING_SERVICE, BOOKING_FAULT_UNKNOWN,
								 gettext_noop("unknown service")},
	[BOOKING_PARTICIPANT_NULL] = {MAPPING_PARTICIPANT, BOOKING_FAULT_NULL,
								  gettext_noop("participant is null")},
	[BOOKING_PARTICIPANT_UNKNOWN] = {MAPPING_PARTICIPANT, BOOKING_FAULT_UNKNOWN,
									 gettext_noop("unknown participant")},
	[BOOKING_DAY_NULL] = {MAPPING_BOOKED_ON, BOOKING_FAULT_NULL, gettext_noop("booked_on is null")},
	[BOOKING_DAY_NOT_FINITE] = {MAPPING_BOOKED_ON, BOOKING_FAULT_NOT_FINITE,
								gettext_noop("booked_on is not finite")},
	[BOOKING_SERVICE_EARLY] = {MAPPING_SERVICE, BOOKING_FAULT_NOT_VALID_ON,
							   gettext_noop("service was not offered yet")},
	[BOOKING_SERVICE_LATE] = {MAPPING_SERVICE, BOOKING_FAULT_NOT_VALID_ON,
							  gettext_noop("service was not offered any more")},
	[BOOKING_PARTICIPANT_EARLY] = {MAPPING_PARTICIPANT, BOOKING_FAULT_NOT_VALID_ON,
								   gettext_noop("participant had not joined yet")},
	[BOOKING_PARTICIPANT_LATE] = {MAPPING_PARTICIPANT, BOOKING_FAULT_NOT_VALID_ON,
								  gettext_noop("participant had left")},
};
StaticAssertDecl(lengthof(fault_traits) == BOOKING_FAULTS, "a fault has no traits");

/* Finds an entry of a register in the rulebook: for who has entered that, and pinned it. */
const RegisterNode *
booking_find_in_rulebook(void *nothing, MappingColumn column, const char *code, int length)
{
	Assert(column == MAPPING_SERVICE || column == MAPPING_PARTICIPANT);
	return column == MAPPING_SERVICE ? rulebook_service(code, length)
									 : rulebook_participant(code, length);
}

/*
 * Finds the entry that a code of a row names, where the source has aliases: what one says that holds on the
 * day of the row comes first, whether the code is one of the register or not.
 */
const RegisterNode *
booking_find_by_alias(const BookingLookup *lookup, MappingColumn column, const text *code,
					  const MappedRow *row)
{
	AliasKind kind = column == MAPPING_SERVICE ? ALIAS_OF_SERVICE : ALIAS_OF_PARTICIPANT;
	DateADT day = row->has_date ? row->booked_on : DATEVAL_NOBEGIN;
	const char *value = VARDATA_ANY(code);
	int length = VARSIZE_ANY_EXHDR(code);
	const char *meant = alias_book_code(lookup->aliases, kind, value, length, day);

	return meant == NULL ? lookup->find(lookup->registers, column, value, length)
						 : lookup->find(lookup->registers, column, meant, strlen(meant));
}

/* Returns the code that a row has for one register or the other; NULL: null. */
static text *
booking_code(const MappedRow *row, MappingColumn column)
{
	return column == MAPPING_SERVICE ? row->service : row->participant;
}

/* Returns the entry of one register or the other that was found for a row; NULL: none was. */
static const RegisterNode *
booking_node(const Booking *booking, MappingColumn column)
{
	return column == MAPPING_SERVICE ? booking->service : booking->participant;
}

/* Tells whether a row that counts has a fault. One may have several. */
bool
booking_has_fault(const MappedRow *row, const Booking *booking, BookingFault fault)
{
	const RegisterNode *node = booking_node(booking, fault_traits[fault].column);
	const text *code = booking_code(row, fault_traits[fault].column);

	switch (fault)
	{
		case BOOKING_SERVICE_NULL:
		case BOOKING_PARTICIPANT_NULL:
			return code == NULL;
		case BOOKING_SERVICE_UNKNOWN:
		case BOOKING_PARTICIPANT_UNKNOWN:
			return code != NULL && node == NULL;
		case BOOKING_DAY_NULL:
			return !row->has_date;
		case BOOKING_DAY_NOT_FINITE:
			return row->has_date && DATE_NOT_FINITE(row->booked_on);
		case BOOKING_SERVICE_EARLY:
		case BOOKING_PARTICIPANT_EARLY:
			return node != NULL && booking_has_day(row) && booking->day < node->first_day;
		case BOOKING_SERVICE_LATE:
		case BOOKING_PARTICIPANT_LATE:
			return node != NULL && booking_has_day(row) && booking->day >= node->end_day;
		case BOOKING_FAULTS:
			break;
	}
	return false;
}

/* Returns the first fault of a row that counts; BOOKING_FAULTS: it has none, and is a booking. */
BookingFault
booking_fault(const MappedRow *row, const Booking *booking)
{
	BookingFault fault = 0;

	while (fault < BOOKING_FAULTS && !booking_has_fault(row, booking, fault))
		fault++;
	return fault;
}

/* Returns the column that a fault is in. */
MappingColumn
booking_fault_column(BookingFault fault)
{
	return fault_traits[fault].column;
}

/* Says that an entry of a register does not take part on a day. */
static const char *
booking_validity(const RegisterNode *node, DateADT day)
{
	return day < node->first_day
			   ? psprintf(_("Its first day is %s."), day_shown(node->first_day))
			   : psprintf(_("Its last day was %s."), day_shown(node->end_day - 1));
}

/* Puts a fault that a row has into words, for a list. */
BookingFaultText
booking_fault_text(const MappedRow *row, const Booking *booking, BookingFault fault)
{
	const BookingFaultTraits *traits = &fault_traits[fault];
	const char *argument = expression_argument(traits->column);
	BookingFaultText text = {traits->kind, argument, traits->problem};
	bool of_day = traits->column == MAPPING_BOOKED_ON;
	const RegisterNode *node;

	Assert(booking_has_fault(row, booking, fault));
	switch (traits->kind)
	{
		case BOOKING_FAULT_NOT_FINITE:
			text.value = day_shown(row->booked_on);
			/* FALLTHROUGH */
		case BOOKING_FAULT_NULL:
			text.detail =
				of_day ? _("A row that counts needs a day.") : _("A row that counts needs one.");
			text.hint =
				of_day
					? _("Fill in the day of the booking, or attach the table with unknown => 'ignore'.")
					: _("Fill in the code, or attach the table with unknown => 'ignore'.");
			break;
		case BOOKING_FAULT_UNKNOWN:
			text.value = code_shown(text_to_cstring(booking_code(row, traits->column)));
			text.detail = psprintf(_("It is not in steering.%s."), argument);
			text.hint = psprintf(
				own_has_relation(OWN_ALIAS)
					? _("Correct the code, or have it added to steering.%s, or to steering.alias.")
					: _("Correct the code, or have it added to steering.%s."),
				argument);
			break;
		case BOOKING_FAULT_NOT_VALID_ON:
			node = booking_node(booking, traits->column);
			text.value = node->code;
			text.detail = booking_validity(node, booking->day);
			text.hint =
				psprintf(_("Correct the date, or the column \"during\" of steering.%s."), argument);
			break;
	}
	return text;
}

/*
 * Refuses a row, 23S73, for a fault that it has. Without a source it is a dry run. rows: a sentence on which rows
 * have it, or NULL.
 */
void
booking_refuse_for(const Source *source, const MappedRow *row, const Booking *booking,
				   BookingFault fault, const char *rows)
{
	const BookingFaultTraits *traits = &fault_traits[fault];
	const char *what = expression_argument(traits->column);

	Assert(booking_has_fault(row, booking, fault));
	if (traits->column == MAPPING_BOOKED_ON)
		message_unknown_date(source, row, rows);
	if (traits->kind == BOOKING_FAULT_NOT_VALID_ON)
		message_not_valid_on(source, what, booking_node(booking, traits->column), booking->day,
							 rows);
	message_unknown_code(source, what, booking_code(row, traits->column), rows);
}

/* Refuses a row that is no booking, for its first fault; rows: see booking_refuse_for(). */
void
booking_refuse(const Source *source, const MappedRow *row, const Booking *booking, const char *rows)
{
	booking_refuse_for(source, row, booking, booking_fault(row, booking), rows);
}
