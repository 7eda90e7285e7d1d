/*
 * kept_reading.h
 *	  What several reports of one page read alike, kept while the page is made.
 */
#ifndef SP71_KEPT_READING_H
#define SP71_KEPT_READING_H

#include "sp71_steering.h"

typedef struct KeptReadings KeptReadings;

extern KeptReadings *kept_readings_begin(void);
extern void kept_readings_end(KeptReadings *before);
extern MemoryContext kept_reading_memory(MemoryContext caller);
extern void kept_reading_add(const char *name, void *reading);
extern void *kept_reading_find(const char *name);
extern void *kept_reading_take(const char *name);

#endif
