/*
 * fault_list.c
 *	  The rows of a statement that are no bookings, told of in one error.
 *
 * Begun when the first such row is met, so a statement without one pays nothing. The message is about the first
 * fault; DETAIL tells which row it is, and of several faults each once, the first FAULTS_NAMED by their value
 * and a row, as far as the roles may read its columns. All of it lives in a memory context of its own, below that
 * of whoever begins.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bookings/fault_list.h"
#include "types/shown.h"

#define FAULTS_NAMED 10

/* Rows that have one fault with one value. */
typedef struct FaultKind
{
	const char *text; /* the fault, and its value if it has one */
	char status;
	int64 rows;
	char *first_row; /* NULL: not named, or not to these roles */
} FaultKind;

#define SH_PREFIX fault_hash
#define SH_ELEMENT_TYPE FaultKind
#define SH_KEY_TYPE const char *
#define SH_KEY text
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k), strlen(k))
#define SH_EQUAL(tb, a, b) (strcmp((a), (b)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct FaultList
{
	MemoryContext context;
	MemoryContext work;   /* what the words of one row take */
	fault_hash_hash *all; /* by text */
	int named;
	const char
		*name[FAULTS_NAMED]; /* the texts that are told, in the order in which they were met */
	bool has_first;
	MappedRow row; /* the first row, and what was found for it */
	Booking booking;
};

/* Begins with no row. */
FaultList *
fault_list_begin(MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "sp71_steering faults", ALLOCSET_DEFAULT_SIZES);
	FaultList *list = MemoryContextAllocZero(context, sizeof(FaultList));

	list->context = context;
	list->work =
		AllocSetContextCreate(context, "sp71_steering fault of a row", ALLOCSET_SMALL_SIZES);
	list->all = fault_hash_create(context, 64, NULL);
	return list;
}

/* Returns a fault of a row, and its value if it has one, in the words of attach(). */
static char *
fault_list_text(const MappedRow *row, const Booking *booking, BookingFault fault)
{
	BookingFaultText text = booking_fault_text(row, booking, fault);

	return text.value == NULL ? pstrdup(_(text.problem))
							  : psprintf("%s: \"%s\"", _(text.problem), text.value);
}

/* Begins with a fault that was not met before, in the memory of the list. */
static void
fault_list_begin_kind(FaultList *list, FaultKind *kind, const Mapping *mapping)
{
	char *row;

	kind->text = MemoryContextStrdup(list->context, kind->text);
	kind->rows = 0;
	kind->first_row = NULL;
	if (list->named == FAULTS_NAMED)
		return;
	list->name[list->named++] = kind->text;
	row = mapping_row_name(mapping);
	if (row != NULL)
		kind->first_row = MemoryContextStrdup(list->context, row);
}

/* Adds one fault of a row. */
static void
fault_list_add_fault(FaultList *list, const Mapping *mapping, const char *text)
{
	bool found;
	FaultKind *kind = fault_hash_insert(list->all, text, &found);

	if (!found)
		fault_list_begin_kind(list, kind, mapping);
	kind->rows++;
}

/* Returns a code in the memory of the list; NULL: null. */
static text *
fault_list_copy(const FaultList *list, const text *code)
{
	text *copy;

	if (code == NULL)
		return NULL;
	copy = MemoryContextAlloc(list->context, VARSIZE_ANY(code));
	return memcpy(copy, code, VARSIZE_ANY(code));
}

/* Keeps the first row, of which the message tells. */
static void
fault_list_keep(FaultList *list, const MappedRow *row, const Booking *booking)
{
	list->has_first = true;
	list->row = *row;
	list->row.service = fault_list_copy(list, row->service);
	list->row.participant = fault_list_copy(list, row->participant);
	list->booking = *booking;
}

/*
 * Adds a row that has faults, all of them. It is the one that the mapping has read last; what was found for it
 * lasts as long as the list.
 */
void
fault_list_add(FaultList *list, const Mapping *mapping, const MappedRow *row,
			   const Booking *booking)
{
	MemoryContext caller = MemoryContextSwitchTo(list->work);

	if (!list->has_first)
		fault_list_keep(list, row, booking);
	for (BookingFault fault = 0; fault < BOOKING_FAULTS; fault++)
		if (booking_has_fault(row, booking, fault))
			fault_list_add_fault(list, mapping, fault_list_text(row, booking, fault));
	MemoryContextSwitchTo(caller);
	MemoryContextReset(list->work);
}

/* Returns which rows have the only fault that there is, as a sentence; NULL: there is nothing to say. */
static char *
fault_list_sentence(const FaultKind *kind)
{
	if (kind->rows == 1)
		return kind->first_row == NULL ? NULL : psprintf(_("It is row %s."), kind->first_row);
	return kind->first_row == NULL ? psprintf(_("It is so in %lld rows."), (long long) kind->rows)
								   : psprintf(_("It is so in %lld rows, the first of them %s."),
											  (long long) kind->rows, kind->first_row);
}

/* Appends the line of a fault. */
static void
fault_list_append(StringInfo text, const FaultKind *kind)
{
	appendStringInfoChar(text, '\n');
	shown_append_rows(text, kind->rows, kind->first_row);
	appendStringInfo(text, ": %s", kind->text);
}

/* Returns what DETAIL is to say of rows; NULL: nothing. */
static char *
fault_list_detail(const FaultList *list)
{
	int more = list->all->members - list->named;
	StringInfoData text;

	if (list->all->members == 1)
		return fault_list_sentence(fault_hash_lookup(list->all, list->name[0]));
	initStringInfo(&text);
	appendStringInfoString(&text, _("In all:"));
	for (int i = 0; i < list->named; i++)
		fault_list_append(&text, fault_hash_lookup(list->all, list->name[i]));
	if (more > 0)
		appendStringInfo(&text, _("\nand %d more."), more);
	return text.data;
}

/* Refuses the rows, 23S73. There is at least one. */
void
fault_list_refuse(const FaultList *list, const Source *source)
{
	Assert(list->has_first);
	booking_refuse(source, &list->row, &list->booking, fault_list_detail(list));
}
