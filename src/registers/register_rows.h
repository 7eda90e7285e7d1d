/*
 * register_rows.h
 *	  All rows of a register, in memory, while there are few.
 */
#ifndef SP71_REGISTER_ROWS_H
#define SP71_REGISTER_ROWS_H

#include "sp71_steering.h"

#include "registers/register_row.h"

typedef struct RegisterRows RegisterRows;

extern RegisterRows *register_rows_load(const RegisterKind *kind, MemoryContext parent,
										int lookups);
extern bool register_rows_find(const RegisterRows *rows, const char *code, RegisterRow *row);

#endif
