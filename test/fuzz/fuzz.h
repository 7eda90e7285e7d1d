/*
 * fuzz.h
 *	  What the fuzz targets share. A target reads bytes as a type's text or binary input, and aborts
 *	  where a promise of the type does not hold.
 */
#ifndef SP71_FUZZ_H
#define SP71_FUZZ_H

#include "postgres.h"

#undef printf
#undef fprintf
#undef snprintf
#undef sprintf
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Aborts, saying what did not hold of which input. */
#define FUZZ_CHECK(condition, input)                                                               \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
		{                                                                                          \
			fprintf(stderr, "%s:%d: not so: %s, for \"%s\"\n", __FILE__, __LINE__, #condition,     \
					input);                                                                        \
			abort();                                                                               \
		}                                                                                          \
	} while (0)

extern int LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

/* Returns the bytes as a string of its own, exactly as long, so that reading past its end is seen. */
static inline char *
fuzz_string(const uint8 *data, size_t size)
{
	char *string = malloc(size + 1);

	memcpy(string, data, size);
	string[size] = '\0';
	return string;
}

#endif
