/*
 * attach_problem_row.c
 *	  Reading the rows of a table that is to be attached, whatever they do; see attach_problem.h.
 *
 * Rows are read a batch at a time, and each batch is evaluated in the name of the owner, in a subtransaction
 * as always (foreign_code.h). An error ends that; it is noted, and the next subtransaction goes on after the
 * column that failed. So only rows that fail cost a subtransaction, and one that fails twice is told of
 * twice. The scan itself stands outside: an error there, such as a page that cannot be read, is not about a
 * row.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "bookings/booking.h"
#include "bookings/row_progress.h"
#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "rules/message.h"
#include "sources/attach_problem.h"

#define ROWS_OF_A_BATCH 256

/* The columns in the order in which a booking reads them. */
static const MappingColumn row_columns[MAPPING_COLUMNS] = {
	MAPPING_COUNTS_WHEN, MAPPING_SERVICE,   MAPPING_PARTICIPANT, MAPPING_BOOKED_ON, MAPPING_AMOUNT,
	MAPPING_VOLUME,      MAPPING_REFERENCE, MAPPING_RELEASES,    MAPPING_FINAL,
};

/* The rows of one table of the tree. */
typedef struct TrialRows
{
	AttachTrial *trial;
	Relation rel;
	Mapping *mapping;
	TupleTableSlot *slot;  /* the row that is being read */
	MemoryContext context; /* of a batch */
	HeapTuple tuples[ROWS_OF_A_BATCH];
	int count;
	int next;        /* the row that is being read */
	int column;      /* of it, by its place in row_columns */
	bool is_reading; /* what fails now fails for the row */
	uint32 missing;  /* columns of it that are not known */
	MappedRow row;
	BookingLookup lookup; /* in the rulebook, which the trial's batch holds */
} TrialRows;

/* Tells whether a column of the present row is known. */
static inline bool
trial_knows(const TrialRows *rows, MappingColumn column)
{
	return (rows->missing & ((uint32) 1 << column)) == 0;
}

/* Notes a fault of the present row. Rows with one can be ignored. */
static void
trial_note_fault(const TrialRows *rows, const Booking *booking, BookingFault fault)
{
	static const AttachProblemKind kinds[] = {
		[BOOKING_FAULT_NULL] = ATTACH_NULL,
		[BOOKING_FAULT_UNKNOWN] = ATTACH_UNKNOWN_CODE,
		[BOOKING_FAULT_NOT_FINITE] = ATTACH_INFINITE_DATE,
		[BOOKING_FAULT_NOT_VALID_ON] = ATTACH_NOT_VALID_ON,
	};
	BookingFaultText text = booking_fault_text(&rows->row, booking, fault);
	bool is_ignored = rows->trial->source->ignores_unknown;
	AttachProblem found = {
		.kind = kinds[text.kind],
		.problem = text.problem,
		.argument = text.argument,
		.value = text.value,
		.sqlstate = is_ignored ? 0 : ERRCODE_BOOKING_KEY_UNKNOWN,
		.detail = text.detail,
		.hint = is_ignored ? _("Such rows are ignored: they count in no cap.") : text.hint,
	};

	(void) attach_problem_note(rows->trial->problems, &found, rows->mapping);
}

/* Notes all faults of the present row. Tells whether it is a booking. */
static bool
trial_judge_booking(TrialRows *rows)
{
	Booking booking;
	bool is_booking = booking_resolve(&rows->lookup, &rows->row, &booking);

	/* A column that could not be evaluated reads as null, which it may not be. */
	for (BookingFault fault = 0; !is_booking && fault < BOOKING_FAULTS; fault++)
		if (trial_knows(rows, booking_fault_column(fault)) &&
			booking_has_fault(&rows->row, &booking, fault))
			trial_note_fault(rows, &booking, fault);
	return is_booking;
}

/* Judges the present row. Those with which nothing is wrong are booked on trial. */
static void
trial_judge_row(TrialRows *rows)
{
	const ClosedRange *closed;

	if (!rows->row.counts || !trial_judge_booking(rows) || !trial_knows(rows, MAPPING_AMOUNT) ||
		!trial_knows(rows, MAPPING_VOLUME) || !trial_knows(rows, MAPPING_REFERENCE) ||
		!trial_knows(rows, MAPPING_RELEASES))
		return;
	closed = attach_trial_closed(rows->row.booked_on);
	if (closed != NULL &&
		(!rows->trial->source->is_commitment || rows->row.amount > 0 || rows->row.volume > 0))
		attach_trial_note_closed(rows->trial, closed, rows->mapping);
	delta_add_row(rows->trial->batch, &rows->row, 1);
}

/* Reads the columns of the present row that were not read yet. */
static void
trial_read_row(TrialRows *rows)
{
	const MappingTree *tree = rows->trial->tree;

	rows->is_reading = true;
	for (; rows->column < MAPPING_COLUMNS && rows->row.counts; rows->column++)
	{
		MappingColumn column = row_columns[rows->column];

		if (trial_knows(rows, column) && tree->expressions[column] != NULL)
			mapping_read_column(rows->mapping, column, &rows->row);
	}
	rows->is_reading = false;
}

/* Begins with a row. */
static void
trial_begin_row(TrialRows *rows)
{
	ExecStoreHeapTuple(rows->tuples[rows->next], rows->slot, false);
	mapping_begin_row(rows->mapping, rows->slot);
	memset(&rows->row, 0, sizeof(MappedRow));
	rows->row.counts = true;
	rows->missing = rows->trial->absent;
}

/* Reads and judges what is left of a batch. */
static void
trial_work(void *argument)
{
	TrialRows *rows = argument;

	for (; rows->next < rows->count; rows->next++, rows->column = 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (rows->column == 0)
			trial_begin_row(rows);
		trial_read_row(rows);
		trial_judge_row(rows);
	}
}

/* Compiles the mapping for a table. */
static Mapping *
trial_compile(const TrialRows *rows)
{
	return mapping_compile_tree(rows->rel, rows->trial->source, rows->trial->tree,
								rows->trial->context);
}

/* Copies a text that an old mapping has read; NULL: there is none. */
static void
trial_keep_text(text **value)
{
	if (*value != NULL)
		*value = cstring_to_text(text_to_cstring(*value));
}

/*
 * Takes a fresh mapping after an error: a function that was in the middle of its work cannot be called again.
 * What the old one has read is kept.
 */
static void
trial_renew_mapping(TrialRows *rows)
{
	Mapping *mapping;

	if (!mapping_runs_foreign_code(rows->mapping))
		return;
	mapping = trial_compile(rows);
	trial_keep_text(&rows->row.service);
	trial_keep_text(&rows->row.participant);
	trial_keep_text(&rows->row.reference);
	trial_keep_text(&rows->row.releases);
	mapping_free(rows->mapping);
	rows->mapping = mapping;
	mapping_begin_row(mapping, rows->slot);
}

/* Notes that a column of a row cannot be evaluated. Where that is whether it counts, the rest is not read. */
static void
trial_note_error(TrialRows *rows, const ErrorData *error)
{
	MappingColumn column = row_columns[rows->column];

	rows->is_reading = false;
	attach_problem_note_error(rows->trial->problems, ATTACH_ERROR, expression_argument(column),
							  NULL, error, rows->mapping);
	rows->missing |= (uint32) 1 << column;
	rows->column++;
	if (column == MAPPING_COUNTS_WHEN)
		rows->row.counts = false;
	trial_renew_mapping(rows);
}

/* Reads and judges the rows of a batch. */
static void
trial_read_batch(TrialRows *rows)
{
	Oid owner = source_owner(rows->trial->source, rows->rel);
	MemoryContext caller = MemoryContextSwitchTo(rows->context);

	rows->next = rows->column = 0;
	while (rows->next < rows->count)
	{
		ErrorData *error = foreign_code_try(owner, trial_work, rows);

		if (error == NULL)
			break;
		/* Not one of the row's expressions failed, so the row is not to blame. */
		if (!rows->is_reading)
			ReThrowError(error);
		trial_note_error(rows, error);
		FreeErrorData(error);
	}
	mapping_release_row(rows->mapping);
	ExecClearTuple(rows->slot);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(rows->context);
	rows->count = 0;
}

/* Reads the rows of the table, as of the latest snapshot. */
static void
trial_scan(TrialRows *rows)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(rows->rel, NULL);
	TableScanDesc scan = table_beginscan(rows->rel, snapshot, 0, NULL, 0);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MemoryContext caller = MemoryContextSwitchTo(rows->context);

		rows->tuples[rows->count++] = ExecCopySlotHeapTuple(slot);
		MemoryContextSwitchTo(caller);
		row_progress_add(&rows->trial->progress);
		/* Each batch is read as the owner, in a subtransaction, which costs more than a row. */
		if (rows->count == ROWS_OF_A_BATCH)
			trial_read_batch(rows);
	}
	trial_read_batch(rows);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
}

/* Reads and judges the rows of a table of the tree, without its children. */
static void
trial_read_table(AttachTrial *trial, Oid relid)
{
	TrialRows *rows = palloc0(sizeof(TrialRows));

	rows->trial = trial;
	rows->lookup.find = booking_find_in_rulebook;
	rows->lookup.aliases = rulebook_aliases(trial->source->relid);
	rows->rel = relation_open(relid, AccessShareLock);
	/* The temporary table of another session cannot be read. That it is one is told already. */
	if (RELKIND_HAS_TABLE_AM(rows->rel->rd_rel->relkind) && !RELATION_IS_OTHER_TEMP(rows->rel))
	{
		rows->context = AllocSetContextCreate(trial->context, "sp71_steering rows on trial",
											  ALLOCSET_DEFAULT_SIZES);
		rows->slot = MakeSingleTupleTableSlot(RelationGetDescr(rows->rel), &TTSOpsHeapTuple);
		rows->mapping = trial_compile(rows);
		trial_scan(rows);
		mapping_free(rows->mapping);
		ExecDropSingleTupleTableSlot(rows->slot);
		MemoryContextDelete(rows->context);
	}
	relation_close(rows->rel, NoLock);
	pfree(rows);
}

/* Tells whether the rows can be read, and it can be told which of them count. */
static bool
trial_is_readable(const AttachTrial *trial, Relation rel)
{
	char kind = rel->rd_rel->relkind;

	return (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ||
			kind == RELKIND_MATVIEW) &&
		   (trial->absent & ((uint32) 1 << MAPPING_COUNTS_WHEN)) == 0;
}

/* Reads all rows, and judges them one by one and together. The tables are locked. */
void
attach_trial_read(AttachTrial *trial, Relation root)
{
	Mapping *mapping;
	ListCell *cell;

	if (!trial_is_readable(trial, root))
		return;
	rulebook_enter_reading();
	mapping = mapping_compile_tree(root, trial->source, trial->tree, trial->context);
	row_progress_begin(&trial->progress, trial->source->name, trial->relids);
	trial->batch = delta_begin(mapping, trial->context);
	foreach(cell, trial->relids)
		trial_read_table(trial, lfirst_oid(cell));
	attach_trial_judge(trial);
	delta_end(trial->batch);
	mapping_free(mapping);
}
