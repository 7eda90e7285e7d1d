/*
 * role_reference.h
 *	  steering.role_reference: a role, by its number here, and by its name anywhere.
 *
 * regrole holds the number alone. Renames do not matter to that, but it belongs to somebody else in every
 * other database cluster; and a role that a dump was restored without is an error, with which COPY loses
 * the whole register.
 */
#ifndef SP71_ROLE_REFERENCE_H
#define SP71_ROLE_REFERENCE_H

#include "postgres.h"

typedef struct RoleReference
{
	int32 vl_len_;
	Oid role;                         /* InvalidOid: none had the name when it was read */
	char name[FLEXIBLE_ARRAY_MEMBER]; /* as SQL writes it; null-terminated */
} RoleReference;

#define DatumGetRoleReference(datum) ((RoleReference *) PG_DETOAST_DATUM(datum))
#define PG_GETARG_ROLE_REFERENCE(n) DatumGetRoleReference(PG_GETARG_DATUM(n))

extern RoleReference *role_reference_make(Oid role, const char *name);
extern int role_reference_compare(const RoleReference *a, const RoleReference *b);
extern Oid role_reference_role(const RoleReference *reference);

#endif
