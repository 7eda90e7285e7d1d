/*
 * role_reference.c
 *	  References to roles; see role_reference.h.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings SET_VARSIZE() in every release */
#include "types/name_text.h"
#include "types/role_reference.h"

/* Makes a reference. */
RoleReference *
role_reference_make(Oid role, const char *name)
{
	Size length = strlen(name) + 1;
	RoleReference *reference = palloc0(offsetof(RoleReference, name) + length);

	SET_VARSIZE(reference, offsetof(RoleReference, name) + length);
	reference->role = role;
	memcpy(reference->name, name, length);
	return reference;
}

/* Orders references: by number, and those that have none by name. */
int
role_reference_compare(const RoleReference *a, const RoleReference *b)
{
	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	return OidIsValid(a->role) ? 0 : strcmp(a->name, b->name);
}

/*
 * Returns the role that is meant: whose number it is, under whatever name, else who has the name now;
 * InvalidOid: there is neither.
 */
Oid
role_reference_role(const RoleReference *reference)
{
	if (name_text_of_role(reference->role) != NULL)
		return reference->role;
	return name_text_find_role(reference->name);
}
