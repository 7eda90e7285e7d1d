/*
 * source_reading.h
 *	  Whether the rows of a source can be read.
 */
#ifndef SP71_SOURCE_READING_H
#define SP71_SOURCE_READING_H

#include "sp71_steering.h"

#include "mapping/source.h"

extern bool source_reading_is_installed(void);
extern ErrorData *source_reading_error(Source *source);

#endif
