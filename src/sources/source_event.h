/*
 * source_event.h
 *	  What happened to sources, and how those were mapped that went with their tables.
 */
#ifndef SP71_SOURCE_EVENT_H
#define SP71_SOURCE_EVENT_H

#include "sp71_steering.h"

#include "mapping/source.h"

typedef enum SourceEventKind
{
	SOURCE_ATTACHED,
	SOURCE_DETACHED,
	SOURCE_LOST, /* its table was dropped */
	SOURCE_FOUND /* a table of its name was attached again by its mapping */
} SourceEventKind;

/* A source whose table was dropped, as it was: in the order of the columns of SOURCE_EVENT_LOST. */
typedef struct LostSource
{
	Oid owner; /* of that table; InvalidOid: nobody knows, or he is gone */
	const char *expressions[MAPPING_COLUMNS];
	const char *stage;
	const char *unknown;
	int64 closed_event; /* of which event its usage in closed periods is; 0: it had none */
} LostSource;

extern void source_event_record(SourceEventKind kind, int32 source_id, const char *name, Oid owner);
extern char *source_event_name(int32 source_id);
extern LostSource *source_event_lost(const char *name);
extern LostSource *source_event_written(const char *mapping);
extern bool source_event_forget(const char *name);

#endif
