/*
 * mapping.c
 *	  From a row of a finance table to a booking: the expressions of a source, compiled for one
 *	  relation of its tree, and cached per backend.
 *
 * A cache entry says which mapping a relation has, or that it has none. It lives in a child of
 * CacheMemoryContext, is built aside and attached when complete. Invalidation (of the relation, of
 * steering.source, or of a function) only sets a flag; the entry is built anew at its next use.
 * A mapping that is replaced may still be in use further up the stack, so it dies with the
 * transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "own.h"
#include "sources/expression.h"
#include "sources/mapping_numeric.h"
#include "sources/mapping_row.h"
#include "sources/mapping_tree.h"
#include "sources/owner.h"

/* One mapped column: a plain attribute where it can be, else an expression state. */
typedef struct MappedColumn
{
	bool mapped;
	AttrNumber attribute; /* > 0: read this attribute */
	ExprState *state;
	Oid type; /* base type */
} MappedColumn;

struct Mapping
{
	MemoryContext context; /* holds all of this */
	Source *source;
	ExprContext *econtext;
	Oid amount_type;
	bool as_owner;         /* is to be read in the name of the table's owner */
	bool in_use;           /* a row is being read, or was when an error came */
	MappingColumn column;  /* of the row that is being read, the column */
	MappingRow row;        /* how errors name the row that is being read */
	bool has_row;          /* memory of a row is to be freed */
	int level;             /* of the subtransaction in which that row is being read */
	bool is_broken;        /* an error came at a row: its states cannot be used again */
	MemoryContext renewed; /* holds the states that took the place of such; NULL: there were none */
	AttrNumber attributes; /* the highest attribute that is merely read */
	MappedColumn columns[MAPPING_COLUMNS];
};

typedef struct MappingEntry
{
	Oid relid; /* hash key */
	bool valid;
	Mapping *mapping; /* NULL: belongs to no source */
} MappingEntry;

static HTAB *mapping_entries = NULL;
static uint64 mapping_invalidations = 0; /* tells whether one arrived during a build */
static int mapping_rows = 0;             /* mappings that have a row */
static bool mapping_plans_are_stale = false;

/*
 * Returns in whose name the rows of a table of a source are read: of the source's root, whose owner chose
 * the mapping. A table whose root is gone is read in the name of its own.
 */
Oid
mapping_owner(const Source *source, Relation rel)
{
	Oid owner = owner_of(source->relid);

	return OidIsValid(owner) ? owner : rel->rd_rel->relowner;
}

/* Marks all entries as stale. */
static void
mapping_invalidate_all(void)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		entry->valid = false;
}

/* Marks what an invalidated relation makes stale; only sets flags. */
static void
mapping_relcache_callback(Datum arg, Oid relid)
{
	MappingEntry *entry;

	mapping_invalidations++;
	if (mapping_entries == NULL)
		return;
	entry = relid == InvalidOid ? NULL : hash_search(mapping_entries, &relid, HASH_FIND, NULL);
	if (entry != NULL)
		entry->valid = false;
	else if (relid == InvalidOid || own_was_relation(relid, OWN_SOURCE))
	{
		mapping_invalidate_all();
		mapping_plans_are_stale = true;
	}
}

/* A function was changed: expressions may have been inlined. Only sets flags. */
static void
mapping_syscache_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	mapping_invalidations++;
	if (mapping_entries != NULL)
		mapping_invalidate_all();
}

/* Frees the rows of which an error kept mapping_forget_row(). Nobody reads any when a transaction ends. */
static void
mapping_xact_callback(XactEvent event, void *arg)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	if (likely(mapping_rows == 0) || event == XACT_EVENT_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		return;
	if (mapping_entries == NULL)
	{
		mapping_rows = 0; /* of one that is not in the cache */
		return;
	}
	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		if (entry->mapping != NULL)
			mapping_forget_row(entry->mapping);
	mapping_rows = 0;
}

/*
 * After an error that ends a subtransaction nobody reads the rows any more that were being read in it. A
 * function in the middle of its work cannot be called anew, so the states go; who still points to the
 * mapping, such as a batch of the statement, goes on with it.
 */
static void
mapping_subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						 void *arg)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	if (likely(mapping_rows == 0) || event != SUBXACT_EVENT_ABORT_SUB || mapping_entries == NULL)
		return;
	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		Mapping *mapping = entry->mapping;

		if (mapping == NULL || !mapping->has_row ||
			mapping->level < GetCurrentTransactionNestLevel())
			continue;
		mapping_forget_row(mapping);
		mapping->is_broken = mapping->in_use;
		mapping->in_use = false;
		if (mapping->is_broken && mapping->renewed != NULL)
			MemoryContextDelete(mapping->renewed);
		if (mapping->is_broken)
			mapping->renewed = NULL;
	}
}

/* Registers what keeps the cache true and small; called once, when the library is loaded. */
void
mapping_register_callbacks(void)
{
	RegisterXactCallback(mapping_xact_callback, NULL);
	RegisterSubXactCallback(mapping_subxact_callback, NULL);
	CacheRegisterRelcacheCallback(mapping_relcache_callback, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, mapping_syscache_callback, (Datum) 0);
	mapping_row_register_callbacks();
}

/* Returns the attribute that an expression merely reads, or InvalidAttrNumber. */
static AttrNumber
mapping_plain_attribute(Expr *expression)
{
	while (IsA(expression, RelabelType))
		expression = ((RelabelType *) expression)->arg;
	return IsA(expression, Var) ? ((Var *) expression)->varattno : InvalidAttrNumber;
}

/* Compiles one expression of the mapping, which lives in the memory of context. */
static void
mapping_compile_column(Mapping *mapping, Relation rel, MappingColumn column, Expr *expression)
{
	MappedColumn *mapped = &mapping->columns[column];
	MemoryContext caller;

	mapped->mapped = true;
	mapped->type = getBaseType(exprType((Node *) expression));
	expression = expression_plan(rel, expression);
	mapping->as_owner |= expression_needs_owner(expression);
	mapped->attribute = mapping_plain_attribute(expression);
	mapping->attributes = Max(mapping->attributes, mapped->attribute);
	if (mapped->attribute != InvalidAttrNumber)
		return;
	caller = MemoryContextSwitchTo(mapping->context);
	mapped->state = ExecInitExpr(copyObject(expression), NULL);
	MemoryContextSwitchTo(caller);
}

/* A mapping that is to be compiled. */
typedef struct MappingPlan
{
	Relation rel;
	const Source *source;
	Oid owner;     /* in whose name */
	bool has_tree; /* else the text counts */
	MappingTree tree;
	MemoryContext parent;
	Mapping *mapping; /* what was compiled */
} MappingPlan;

/* Returns an expression of the mapping that is to be compiled; NULL where nothing is mapped. */
static Expr *
mapping_plan_expression(const MappingPlan *plan, MappingColumn column)
{
	const char *text = plan->source->expressions[column];
	Expr *expression;

	if (plan->has_tree)
		return mapping_tree_expression(&plan->tree, column, plan->source->relid, plan->rel);
	if (text == NULL)
		return NULL;
	expression = expression_parse(plan->rel, plan->owner, column, text);
	expression_check(plan->rel, plan->owner, column, expression, text);
	return expression;
}

/* Makes a mapping that maps nothing yet, in a context of its own. */
static Mapping *
mapping_create(Relation rel, const Source *source)
{
	MemoryContext context =
		AllocSetContextCreate(CurTransactionContext, "sp71_steering mapping", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Mapping *mapping = palloc0(sizeof(Mapping));

	mapping->context = context;
	mapping->source = palloc(sizeof(Source));
	*mapping->source = *source;
	mapping->source->name = pstrdup(source->name);
	memset(mapping->source->expressions, 0, sizeof(mapping->source->expressions));
	mapping->amount_type = own_amount_type();
	mapping->econtext = CreateStandaloneExprContext();
	mapping_row_prepare(&mapping->row, rel);
	MemoryContextSwitchTo(caller);
	return mapping;
}

/*
 * Compiles a mapping, in the name of the table's owner, whose functions it may evaluate. Parsing and planning
 * leave much behind; it goes with the subtransaction, and where an error comes, so does the mapping.
 */
static void
mapping_compile_work(void *argument)
{
	MappingPlan *plan = argument;
	MemoryContext caller = MemoryContextSwitchTo(CurTransactionContext);
	Mapping *mapping = mapping_create(plan->rel, plan->source);

	mapping_numeric_try();
	if (!plan->has_tree)
		plan->has_tree = mapping_tree_load(plan->source->source_id, &plan->tree);
	if (plan->has_tree)
		mapping_tree_require_fit(&plan->tree, plan->source->relid);
	for (MappingColumn column = 0; column < MAPPING_COLUMNS; column++)
	{
		Expr *expression = mapping_plan_expression(plan, column);

		if (expression != NULL)
			mapping_compile_column(mapping, plan->rel, column, expression);
	}
	MemoryContextSetParent(mapping->context, plan->parent);
	plan->mapping = mapping;
	MemoryContextSwitchTo(caller);
}

/*
 * Compiles the mapping of a source for one relation of its tree, in a context of its own below
 * parent.
 */
Mapping *
mapping_compile(Relation rel, const Source *source, MemoryContext parent)
{
	MappingPlan plan = {.rel = rel,
						.source = source,
						.owner = mapping_owner(source, rel),
						.parent = parent};

	owner_run(plan.owner, mapping_compile_work, &plan);
	mapping_row_show(&plan.mapping->row, rel);
	return plan.mapping;
}

/*
 * The same of a tree that is not stored: of a mapping that somebody wants to try. The source has no number
 * then.
 */
Mapping *
mapping_compile_tree(Relation rel, const Source *source, const MappingTree *tree,
					 MemoryContext parent)
{
	MappingPlan plan = {.rel = rel,
						.source = source,
						.owner = mapping_owner(source, rel),
						.has_tree = true,
						.tree = *tree,
						.parent = parent};

	owner_run(plan.owner, mapping_compile_work, &plan);
	mapping_row_show(&plan.mapping->row, rel);
	return plan.mapping;
}

/* Frees a mapping that is not in the cache. */
void
mapping_free(Mapping *mapping)
{
	mapping_forget_row(mapping);
	MemoryContextDelete(mapping->context);
}

/* Finds or makes the cache entry of a relation. */
static MappingEntry *
mapping_entry(Oid relid)
{
	MappingEntry *entry;
	bool found;

	if (mapping_entries == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(MappingEntry)};

		control.hcxt = CacheMemoryContext;
		mapping_entries = hash_create("sp71_steering mappings", 64, &control,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(mapping_entries, &relid, HASH_ENTER, &found);
	if (!found)
	{
		entry->valid = false;
		entry->mapping = NULL;
	}
	return entry;
}

/*
 * Lets go of the entries that are stale: of tables that may be gone by now. Their mappings may be in
 * use further up the stack, so they die with the transaction.
 */
static void
mapping_sweep(void)
{
	HASH_SEQ_STATUS status;
	MappingEntry *entry;

	hash_seq_init(&status, mapping_entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (entry->valid)
			continue;
		if (entry->mapping != NULL)
			MemoryContextSetParent(entry->mapping->context, TopTransactionContext);
		hash_search(mapping_entries, &entry->relid, HASH_REMOVE, NULL);
	}
}

/*
 * Has the functions that mappings call plan anew what they do, once after each change of a source: its like in
 * other sessions, its undoing, and what PostgreSQL does not plan anew: an immutable function that was computed
 * when the plan was made, an attribute of a composite value within another.
 */
static void
mapping_refresh_plans(void)
{
	if (!mapping_plans_are_stale)
		return;
	mapping_plans_are_stale = false;
	ResetPlanCache();
}

/* Builds the mapping of a relation and attaches it to the cache. */
static Mapping *
mapping_build(Relation rel)
{
	Oid relid = RelationGetRelid(rel);
	uint64 seen = mapping_invalidations;
	Source *source = source_of_tree(relid);
	Mapping *mapping = NULL;
	MappingEntry *entry;

	mapping_refresh_plans();
	if (source != NULL)
		mapping = mapping_compile(rel, source, CacheMemoryContext);

	mapping_sweep();
	entry = mapping_entry(relid);
	entry->mapping = mapping;
	entry->valid = (seen == mapping_invalidations);
	return mapping;
}

/* Makes the states of a broken mapping anew, in its place; false: the relation belongs to no source now. */
static bool
mapping_renew(Mapping *mapping, Relation rel)
{
	Source *source = source_of_tree(RelationGetRelid(rel));
	Mapping old = *mapping;
	Mapping *fresh;

	if (source == NULL || source->source_id != old.source->source_id)
		return false;
	fresh = mapping_compile(rel, source, old.context);
	*mapping = *fresh;
	mapping->context = old.context;
	mapping->source = old.source;
	mapping->renewed = fresh->context;
	return true;
}

/* Returns the compiled mapping of a relation that belongs to a source, else NULL. */
Mapping *
mapping_of(Relation rel)
{
	MappingEntry *entry = mapping_entry(RelationGetRelid(rel));
	Mapping *mapping = entry->mapping;

	if (unlikely(mapping != NULL && mapping->is_broken && entry->valid) &&
		mapping_renew(mapping, rel))
		return mapping;

	/* A function in the middle of its work cannot be called anew. */
	if (mapping != NULL && (mapping->in_use || mapping->is_broken))
		entry->valid = false;
	if (likely(entry->valid))
		return entry->mapping;
	return mapping_build(rel);
}

/*
 * Reads rows by a mapping, as work does: in the name of the table's owner where that makes a difference,
 * so that what somebody's function says is the same when a row is booked and when it is counted.
 */
void
mapping_read_rows(Mapping *mapping, Relation rel, OwnerWork work, void *argument)
{
	if (unlikely(!mapping_row_is_known(&mapping->row)))
		mapping_row_show(&mapping->row, rel);
	if (mapping->as_owner)
		owner_run(mapping_owner(mapping->source, rel), work, argument);
	else
		work(argument);
	mapping_forget_row(mapping);
}

/* Returns the source that a mapping belongs to. */
const Source *
mapping_source(const Mapping *mapping)
{
	return mapping->source;
}

/* Raises the error that the mapping of a source would raise if it were compiled for rel now. */
void
mapping_check(Relation rel, const Source *source)
{
	mapping_free(mapping_compile(rel, source, CurrentMemoryContext));
}

/* Makes all backends read steering.source again when this transaction commits. */
void
mapping_invalidate(void)
{
	CacheInvalidateRelcacheByRelid(own_relation(OWN_SOURCE));
}

/* Says in an error which source, argument and row it is about. */
static void
mapping_error_callback(void *argument)
{
	const Mapping *mapping = argument;
	const char *row = mapping_row_text(&mapping->row);

	if (row == NULL)
		errcontext("mapping of source \"%s\", argument \"%s\"", mapping->source->name,
				   expression_argument(mapping->column));
	else
		errcontext("mapping of source \"%s\", argument \"%s\", row %s", mapping->source->name,
				   expression_argument(mapping->column), row);
}

/* Reads one mapped column of a row, whose attributes up to the highest that we read are there. */
static inline Datum
mapping_evaluate(Mapping *mapping, MappingColumn which, bool *isnull)
{
	MappedColumn *column = &mapping->columns[which];

	mapping->column = which;
	if (column->attribute > 0)
	{
		*isnull = mapping->row.slot->tts_isnull[column->attribute - 1];
		return mapping->row.slot->tts_values[column->attribute - 1];
	}
	return ExecEvalExprSwitchContext(column->state, mapping->econtext, isnull);
}

/* Reads a code; NULL for null. */
static inline text *
mapping_read_code(Mapping *mapping, MappingColumn column)
{
	bool isnull;
	Datum value = mapping_evaluate(mapping, column, &isnull);

	return isnull ? NULL : DatumGetTextPP(value);
}

/* Reads an amount, rounded to four decimals; what is not mapped or null is zero. */
static inline Amount
mapping_read_amount(Mapping *mapping, MappingColumn column)
{
	const MappedColumn *mapped = &mapping->columns[column];
	bool isnull;
	Datum value;

	if (!mapped->mapped)
		return 0;
	value = mapping_evaluate(mapping, column, &isnull);
	if (isnull)
		return 0;
	switch (mapped->type)
	{
		case INT2OID:
			return amount_from_int64(DatumGetInt16(value));
		case INT4OID:
			return amount_from_int64(DatumGetInt32(value));
		case INT8OID:
			return amount_from_int64(DatumGetInt64(value));
		case NUMERICOID:
			return mapping_numeric_amount(value);
		default:
			Assert(mapped->type == mapping->amount_type);
			return DatumGetAmount(value);
	}
}

/* Tells whether a row counts. */
static inline bool
mapping_read_counts(Mapping *mapping)
{
	bool isnull;
	Datum value;

	if (!mapping->columns[MAPPING_COUNTS_WHEN].mapped)
		return true;
	value = mapping_evaluate(mapping, MAPPING_COUNTS_WHEN, &isnull);
	return !isnull && DatumGetBool(value);
}

/* Reads the day. */
static inline void
mapping_read_day(Mapping *mapping, MappedRow *row)
{
	bool isnull;
	Datum value = mapping_evaluate(mapping, MAPPING_BOOKED_ON, &isnull);

	row->has_date = !isnull;
	row->booked_on = isnull ? 0 : DatumGetDateADT(value);
}

/* Reads what a row that counts comes to. */
static inline void
mapping_read_booking(Mapping *mapping, MappedRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(mapping->econtext->ecxt_per_tuple_memory);

	row->service = mapping_read_code(mapping, MAPPING_SERVICE);
	row->participant = mapping_read_code(mapping, MAPPING_PARTICIPANT);
	mapping_read_day(mapping, row);
	row->amount = mapping_read_amount(mapping, MAPPING_AMOUNT);
	row->volume = mapping_read_amount(mapping, MAPPING_VOLUME);
	MemoryContextSwitchTo(caller);
}

/* Has a mapping look at a row. */
static inline void
mapping_look_at(Mapping *mapping, TupleTableSlot *slot)
{
	if (!mapping->has_row)
	{
		mapping_rows++;
		mapping->level = GetCurrentTransactionNestLevel();
	}
	mapping->has_row = true;
	mapping->econtext->ecxt_scantuple = slot;
	mapping->row.slot = slot;
	slot_getsomeattrs(slot, mapping->attributes);
}

/*
 * Reads a row as a booking. Whatever row points to is good until the next call with this mapping, or
 * until mapping_forget_row(). Within mapping_read_rows(), or as the owner.
 *
 * Raises 22003 when an amount does not fit, and whatever the expressions raise; errors name the source, the
 * argument and the row.
 */
void
mapping_read(Mapping *mapping, TupleTableSlot *slot, MappedRow *row)
{
	ErrorContextCallback callback = {error_context_stack, mapping_error_callback, mapping};

	error_context_stack = &callback;
	mapping->in_use = true;
	ResetExprContext(mapping->econtext);
	mapping_look_at(mapping, slot);
	row->counts = mapping_read_counts(mapping);
	if (row->counts)
		mapping_read_booking(mapping, row);
	mapping->in_use = false;
	error_context_stack = callback.previous;
}

/*
 * Frees what the row read last took, be it a document of megabytes that an expression looked into.
 * To be called after the last row: the mapping may stay in the cache for as long as the session.
 */
void
mapping_forget_row(Mapping *mapping)
{
	if (!mapping->has_row)
		return;
	mapping->has_row = false;
	mapping_rows--;
	ResetExprContext(mapping->econtext);
}

/* Begins with a row that is read column by column, as the owner. */
void
mapping_begin_row(Mapping *mapping, TupleTableSlot *slot)
{
	mapping_forget_row(mapping);
	mapping_look_at(mapping, slot);
}

/*
 * Reads one column of the row, which is mapped, into row. What row points to is good until the next row, or
 * mapping_forget_row(). Raises what the expression raises.
 */
void
mapping_read_column(Mapping *mapping, MappingColumn column, MappedRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(mapping->econtext->ecxt_per_tuple_memory);

	if (column == MAPPING_COUNTS_WHEN)
		row->counts = mapping_read_counts(mapping);
	else if (column == MAPPING_SERVICE)
		row->service = mapping_read_code(mapping, column);
	else if (column == MAPPING_PARTICIPANT)
		row->participant = mapping_read_code(mapping, column);
	else if (column == MAPPING_BOOKED_ON)
		mapping_read_day(mapping, row);
	else if (column == MAPPING_AMOUNT)
		row->amount = mapping_read_amount(mapping, column);
	else
		row->volume = mapping_read_amount(mapping, column);
	MemoryContextSwitchTo(caller);
}

/* Names the row that was read last, as errors do; NULL where none of its values may be shown. */
char *
mapping_row_name(const Mapping *mapping)
{
	return mapping_row_text(&mapping->row);
}

/* Tells whether a mapping runs code of somebody's, which after an error may be in the middle of its work. */
bool
mapping_runs_foreign_code(const Mapping *mapping)
{
	return mapping->as_owner;
}
