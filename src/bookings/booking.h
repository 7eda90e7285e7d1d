/*
 * booking.h
 *	  What a row is booked on, or why it is no booking.
 *
 * A row that counts names a service and a participant by their codes, or by aliases of its source, and a day. It is a booking where both
 * stand in their registers and take part on that day; else it has faults. Whoever refuses a row tells of the
 * first, in the order of BookingFault, and whoever lists what is wrong tells of all.
 *
 * Who books, or asks what a booking would be told, looks codes up in the rulebook, which he has entered and
 * pinned. Who reads bookings back looks them up in registers of his own (sources/booking_registers.h). What
 * was found lives as long as these do, and so must the BookingLookup.
 */
#ifndef SP71_BOOKING_H
#define SP71_BOOKING_H

#include "sp71_steering.h"

#include "mapping/mapping.h"
#include "registers/alias.h"
#include "registers/register_node.h"
#include "utils/date.h"

/* What a row is booked on. */
typedef struct Booking
{
	const RegisterNode *service;     /* NULL: the row's code is null or unknown */
	const RegisterNode *participant; /* NULL: the row's code is null or unknown */
	DateADT day;                     /* that of the row, if it has one */
} Booking;

/* What can be wrong with a row, in the order in which it is told. */
typedef enum BookingFault
{
	BOOKING_SERVICE_NULL,
	BOOKING_SERVICE_UNKNOWN,
	BOOKING_PARTICIPANT_NULL,
	BOOKING_PARTICIPANT_UNKNOWN,
	BOOKING_DAY_NULL,
	BOOKING_DAY_NOT_FINITE,
	BOOKING_SERVICE_EARLY, /* the day is before its first */
	BOOKING_SERVICE_LATE,  /* the day is after its last */
	BOOKING_PARTICIPANT_EARLY,
	BOOKING_PARTICIPANT_LATE,
	BOOKING_FAULTS /* how many there are; as the fault of a row: none */
} BookingFault;

/* Kinds of faults, in any column. */
typedef enum BookingFaultKind
{
	BOOKING_FAULT_NULL,
	BOOKING_FAULT_UNKNOWN,
	BOOKING_FAULT_NOT_FINITE,
	BOOKING_FAULT_NOT_VALID_ON
} BookingFaultKind;

/* A fault in words, for lists. */
typedef struct BookingFaultText
{
	BookingFaultKind kind;
	const char *argument; /* of attach() */
	const char *problem;
	const char *value; /* what it is about; NULL: it is about null */
	const char *detail;
	const char *hint; /* for who may correct the row */
} BookingFaultText;

/* Finds an entry of a register by its code, which is not terminated; NULL: there is none. */
typedef const RegisterNode *(*BookingFinder)(void *registers, MappingColumn column,
											 const char *code, int length);

/* Where the codes of rows are looked up, and what was found for the last row. */
typedef struct BookingLookup
{
	BookingFinder find;
	void *registers;    /* for find */
	AliasBook *aliases; /* of the source whose rows are read; NULL: codes are codes */
	const RegisterNode *service;
	const RegisterNode *participant;
} BookingLookup;

extern const RegisterNode *booking_find_in_rulebook(void *nothing, MappingColumn column,
													const char *code, int length);
extern const RegisterNode *booking_find_by_alias(const BookingLookup *lookup, MappingColumn column,
												 const text *code, const MappedRow *row);
extern bool booking_has_fault(const MappedRow *row, const Booking *booking, BookingFault fault);
extern BookingFault booking_fault(const MappedRow *row, const Booking *booking);
extern MappingColumn booking_fault_column(BookingFault fault);
extern BookingFaultText booking_fault_text(const MappedRow *row, const Booking *booking,
										   BookingFault fault);
pg_noreturn extern void booking_refuse_for(const Source *source, const MappedRow *row,
										   const Booking *booking, BookingFault fault,
										   const char *rows);
pg_noreturn extern void booking_refuse(const Source *source, const MappedRow *row,
									   const Booking *booking, const char *rows);

/* Tells whether a code is that of an entry. */
static inline bool
booking_is_code(const RegisterNode *node, const text *code)
{
	int length = VARSIZE_ANY_EXHDR(code);

	return node != NULL && strncmp(node->code, VARDATA_ANY(code), length) == 0 &&
		   node->code[length] == '\0';
}

/* Finds the entry that a code of a row names, which often is that of the row before. */
static inline const RegisterNode *
booking_find(const BookingLookup *lookup, MappingColumn column, const text *code,
			 const MappedRow *row, const RegisterNode **last)
{
	if (code == NULL)
		return NULL;
	if (unlikely(lookup->aliases != NULL))
		return booking_find_by_alias(lookup, column, code, row);
	if (!booking_is_code(*last, code))
		*last = lookup->find(lookup->registers, column, VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
	return *last;
}

/* Tells whether an entry of a register takes part on a day. */
static inline bool
booking_is_valid_on(const RegisterNode *node, DateADT day)
{
	return day >= node->first_day && day < node->end_day;
}

/* Tells whether a row has a day on which something can be booked. */
static inline bool
booking_has_day(const MappedRow *row)
{
	return row->has_date && !DATE_NOT_FINITE(row->booked_on);
}

/* Finds out what a row that counts is booked on; false: it has a fault, and is no booking. */
static inline bool
booking_resolve(BookingLookup *lookup, const MappedRow *row, Booking *booking)
{
	bool is_booking;

	Assert(row->counts);
	booking->service = booking_find(lookup, MAPPING_SERVICE, row->service, row, &lookup->service);
	booking->participant =
		booking_find(lookup, MAPPING_PARTICIPANT, row->participant, row, &lookup->participant);
	booking->day = row->booked_on;
	is_booking = booking->service != NULL && booking->participant != NULL && booking_has_day(row) &&
				 booking_is_valid_on(booking->service, booking->day) &&
				 booking_is_valid_on(booking->participant, booking->day);
	Assert(is_booking == (booking_fault(row, booking) == BOOKING_FAULTS));
	return is_booking;
}

#endif
