/*
 * cppcheck.h
 *	  What cppcheck must know of PostgreSQL's macros, whose headers it does not read.
 */
#define PG_VERSION_NUM 150000
#define HAVE_INT128 1
#define CppAsString2(x) #x
#define INT64CONST(x) x##L
#define UINT64CONST(x) x##UL
#define FLEXIBLE_ARRAY_MEMBER
#define foreach(cell, list) for (cell = list; cell != 0; cell = next(cell))
#define forboth(cell1, list1, cell2, list2) \
	for (cell1 = list1, cell2 = list2; cell1 != 0; cell1 = next(cell1), cell2 = next(cell2))
#define PG_TRY() if (1)
#define PG_CATCH() else
#define PG_FINALLY()
#define PG_END_TRY()
