/*
 * kept_reading.c
 *	  What several reports of one page read alike, kept while the page is made.
 *
 * All queries of a page see the same snapshot, so what one has read is what another would. A reading has a name that says of
 * what it is, for whom it was read as well. Readings live in a memory context below that of who makes the page, and go with it.
 * Outside of pages nothing is kept.
 */
#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "reports/kept_reading.h"

typedef struct KeptReading
{
	const char *name;
	void *reading;
} KeptReading;

struct KeptReadings
{
	MemoryContext memory;
	List *list;
};

static KeptReadings *kept_readings = NULL;

/* Begins to keep what is read. Returns what was kept before, of a page that this one is made within. */
KeptReadings *
kept_readings_begin(void)
{
	KeptReadings *before = kept_readings;
	MemoryContext memory =
		AllocSetContextCreate(CurrentMemoryContext, "kept readings", ALLOCSET_DEFAULT_SIZES);

	kept_readings = MemoryContextAllocZero(memory, sizeof(KeptReadings));
	kept_readings->memory = memory;
	return before;
}

/* Lets go of what was kept, also after an error. */
void
kept_readings_end(KeptReadings *before)
{
	MemoryContextDelete(kept_readings->memory);
	kept_readings = before;
}

/* Returns where to read what is to be kept: where the caller says, if nothing is. */
MemoryContext
kept_reading_memory(MemoryContext caller)
{
	return kept_readings == NULL ? caller : kept_readings->memory;
}

/* Keeps a reading, which is in kept_reading_memory(), if any is kept. */
void
kept_reading_add(const char *name, void *reading)
{
	MemoryContext caller;
	KeptReading *kept;

	if (kept_readings == NULL)
		return;
	caller = MemoryContextSwitchTo(kept_readings->memory);
	kept = palloc(sizeof(KeptReading));
	kept->name = pstrdup(name);
	kept->reading = reading;
	kept_readings->list = lappend(kept_readings->list, kept);
	MemoryContextSwitchTo(caller);
}

/* Returns where a reading stands in the list; negative: it is not kept. */
static int
kept_reading_place(const char *name)
{
	int count = kept_readings == NULL ? 0 : list_length(kept_readings->list);

	for (int i = 0; i < count; i++)
		if (strcmp(((KeptReading *) list_nth(kept_readings->list, i))->name, name) == 0)
			return i;
	return -1;
}

/* Returns a reading, which nobody may change; NULL: it is not kept. */
void *
kept_reading_find(const char *name)
{
	int place = kept_reading_place(name);

	return place < 0 ? NULL : ((KeptReading *) list_nth(kept_readings->list, place))->reading;
}

/* Returns a reading to who will change it, so nobody else finds it any more; NULL: it is not kept. */
void *
kept_reading_take(const char *name)
{
	int place = kept_reading_place(name);
	void *reading = kept_reading_find(name);

	if (place >= 0)
		kept_readings->list = list_delete_nth_cell(kept_readings->list, place);
	return reading;
}
