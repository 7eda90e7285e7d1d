/*
 * table_number.c
 *	  steering.table_number: input and output; see table_number.h.
 *
 * The numbers of names that no table has come from a hash of the name, in the upper half of what an OID
 * can be. Should a table have that number all the same, it is another one that is tried. The names live to
 * the end of the transaction: in a COPY, and in an INSERT, reading a value and storing it are one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "types/name_text.h"
#include "types/table_number.h"

#define TABLE_NUMBER_UNKNOWN ((Oid) 0x80000000)

/* A name that no table had when it was read. */
typedef struct UnknownTable
{
	Oid number;
	char *name;
} UnknownTable;

static List *table_number_unknown = NIL; /* of UnknownTable; in TopTransactionContext */
static MemoryContextCallback table_number_reset;

/* Forgets the list with the memory that it lives in. */
static void
table_number_forget(void *arg)
{
	table_number_unknown = NIL;
}

/* Returns the name that was read as this number in the present transaction; NULL: none. */
char *
table_number_unknown_name(Oid number)
{
	ListCell *cell;

	foreach(cell, table_number_unknown)
		if (((UnknownTable *) lfirst(cell))->number == number)
			return ((UnknownTable *) lfirst(cell))->name;
	return NULL;
}

/* Remembers under which number a name was read. */
static void
table_number_remember(Oid number, const char *name)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	UnknownTable *unknown = palloc(sizeof(UnknownTable));

	if (table_number_unknown == NIL)
	{
		table_number_reset.func = table_number_forget;
		MemoryContextRegisterResetCallback(TopTransactionContext, &table_number_reset);
	}
	unknown->number = number;
	unknown->name = pstrdup(name);
	table_number_unknown = lappend(table_number_unknown, unknown);
	MemoryContextSwitchTo(caller);
}

/* Returns the number of a name that no table has. */
static Oid
table_number_of_unknown(const char *name)
{
	Oid number = TABLE_NUMBER_UNKNOWN |
				 DatumGetUInt32(hash_any((const unsigned char *) name, (int) strlen(name)));
	char *known;

	for (;;)
	{
		known = table_number_unknown_name(number);
		if (known != NULL && strcmp(known, name) == 0)
			return number;
		if (known == NULL && get_rel_relkind(number) == '\0')
			break;
		number = TABLE_NUMBER_UNKNOWN | (number + 1);
	}
	table_number_remember(number, name);
	return number;
}

PG_FUNCTION_INFO_V1(steering_table_number_in);

/* Reads the name of a table. */
Datum
steering_table_number_in(PG_FUNCTION_ARGS)
{
	char *text = PG_GETARG_CSTRING(0);
	Oid relid = name_text_find_table(text);

	if (!OidIsValid(relid))
		relid = table_number_of_unknown(name_text_canonical(text));
	PG_RETURN_OID(relid);
}

PG_FUNCTION_INFO_V1(steering_table_number_out);

/* Writes the name of a table as regclass does; one that was just read, and no table has, as it was. */
Datum
steering_table_number_out(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	char *name = table_number_unknown_name(relid);

	if (name != NULL && get_rel_relkind(relid) == '\0')
		PG_RETURN_CSTRING(pstrdup(name));
	return DirectFunctionCall1(regclassout, ObjectIdGetDatum(relid));
}
