/*
 * mapping_compile.c
 *	  Compiling a mapping for one relation of its source's tree, from the tree that was fixed, or from the text
 *	  where none is. In the name of the table's owner, whose functions planning may evaluate; but for a mapping
 *	  that merely reads columns, as most do, which evaluates nothing and saves new sessions the time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_attribute.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping_numeric.h"
#include "mapping/mapping_state.h"
#include "mapping/mapping_tree.h"
#include "own.h"

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

	Assert(!mapped->mapped);
	mapped->mapped = true;
	mapped->type = getBaseType(exprType((Node *) expression));
	expression = expression_plan(rel, expression);
	mapping->as_owner |= expression_needs_owner(expression);
	mapped->attribute = mapping_plain_attribute(expression);
	mapping->attributes = Max(mapping->attributes, mapped->attribute);
	/* A plain column, which most are, is read straight from the row. */
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
	Oid owner;     /* in whose name, where need be */
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

/* Makes a mapping that maps nothing yet, in a context of its own, for now below the present one. */
static Mapping *
mapping_create(Relation rel, const Source *source)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering mapping", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Mapping *mapping = palloc0(sizeof(Mapping));

	mapping->context = context;
	mapping->source = palloc(sizeof(Source));
	*mapping->source = *source;
	mapping->source->name = pstrdup(source->name);
	/* These texts are in memory that goes; nobody asks a compiled mapping for them. */
	memset(mapping->source->expressions, 0, sizeof(mapping->source->expressions));
	mapping->amount_type = own_amount_type();
	mapping->econtext = CreateStandaloneExprContext();
	mapping_row_prepare(&mapping->row, rel);
	MemoryContextSwitchTo(caller);
	return mapping;
}

/* Compiles a mapping; leaves what that takes behind in the present memory context. */
static void
mapping_compile_columns(MappingPlan *plan)
{
	Mapping *mapping = mapping_create(plan->rel, plan->source);

	mapping_numeric_try();
	for (MappingColumn column = 0; column < MAPPING_COLUMNS; column++)
	{
		Expr *expression = mapping_plan_expression(plan, column);

		if (expression != NULL)
			mapping_compile_column(mapping, plan->rel, column, expression);
	}
	/* Complete: only now it outlives what it was made in. */
	MemoryContextSetParent(mapping->context, plan->parent);
	plan->mapping = mapping;
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

	if (plan->has_tree)
		mapping_tree_require_fit(&plan->tree, plan->source->relid);
	mapping_compile_columns(plan);
	MemoryContextSwitchTo(caller);
}

/* Tells whether an expression merely reads a column of rel that is what it was. */
static bool
mapping_is_plain(Relation rel, Expr *expression)
{
	AttrNumber attribute = mapping_plain_attribute(expression);
	Form_pg_attribute form;
	const Var *variable;

	if (attribute <= 0 || attribute > RelationGetDescr(rel)->natts)
		return false;
	while (IsA(expression, RelabelType))
		expression = ((RelabelType *) expression)->arg;
	variable = (const Var *) expression;
	form = TupleDescAttr(RelationGetDescr(rel), attribute - 1);
	return !form->attisdropped && form->attgenerated == '\0' &&
		   form->atttypid == variable->vartype && form->attcollation == variable->varcollid;
}

/* Tells whether a mapping can be compiled in anybody's name: it merely reads columns of its source's root. */
static bool
mapping_plan_is_plain(const MappingPlan *plan)
{
	if (!plan->has_tree || plan->source->relid != RelationGetRelid(plan->rel))
		return false;
	for (MappingColumn column = 0; column < MAPPING_COLUMNS; column++)
		if (plan->tree.expressions[column] != NULL &&
			!mapping_is_plain(plan->rel, plan->tree.expressions[column]))
			return false;
	return true;
}

/* Compiles a mapping as its owner where need be. */
static Mapping *
mapping_plan_compile(MappingPlan *plan)
{
	if (mapping_plan_is_plain(plan))
		mapping_compile_columns(plan);
	else
	{
		plan->owner = source_owner(plan->source, plan->rel);
		foreign_code_run(plan->owner, mapping_compile_work, plan);
	}
	mapping_row_show(&plan->mapping->row, plan->rel);
	return plan->mapping;
}

/*
 * Compiles the mapping of a source for one relation of its tree, in a context of its own below
 * parent.
 */
Mapping *
mapping_compile(Relation rel, const Source *source, MemoryContext parent)
{
	MappingPlan plan = {.rel = rel, .source = source, .parent = parent};
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering compile", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);

	plan.has_tree = mapping_tree_load(source->source_id, &plan.tree);
	(void) mapping_plan_compile(&plan);
	elog(DEBUG2, "compiled mapping of source \"%s\" for relation \"%s\" from its %s%s",
		 source->name, RelationGetRelationName(rel), plan.has_tree ? "tree" : "text",
		 plan.mapping->as_owner ? ", in the name of its owner" : "");
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
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
						.has_tree = true,
						.tree = *tree,
						.parent = parent};

	return mapping_plan_compile(&plan);
}

/* Frees a mapping that is not in the cache. */
void
mapping_free(Mapping *mapping)
{
	mapping_release_row(mapping);
	MemoryContextDelete(mapping->context);
}

/* Raises the error that the mapping of a source would raise if it were compiled for rel now. */
void
mapping_check(Relation rel, const Source *source)
{
	mapping_free(mapping_compile(rel, source, CurrentMemoryContext));
}
