/*
 * alias.h
 *	  What values of finance tables mean that are no codes of the registers: rows of steering.alias.
 *
 * An alias holds for the rows of one source, or of all sources, on some days or on all. Of those that hold for a
 * row, that of its own source comes first; where there is none, the value is the code of an entry itself.
 */
#ifndef SP71_ALIAS_H
#define SP71_ALIAS_H

#include "sp71_steering.h"

#include "utils/date.h"
#include "utils/snapshot.h"

/* Whose codes an alias stands for. */
typedef enum AliasKind
{
	ALIAS_OF_SERVICE,
	ALIAS_OF_PARTICIPANT,
	ALIAS_KINDS /* how many there are */
} AliasKind;

/* The aliases of one source, as far as somebody has asked for them. */
typedef struct AliasBook AliasBook;

extern bool alias_any(void);
extern AliasBook *alias_book_open(MemoryContext parent, Oid source, Snapshot snapshot);
extern const char *alias_book_code(AliasBook *book, AliasKind kind, const char *value, int length,
								   DateADT day);

#endif
