/*
 * owner.c
 *	  Evaluating a finance table's expressions in the name of the table's owner; see owner.h.
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "own.h"
#include "sources/owner.h"

/* Becomes the owner of rel, with restricted means, until owner_end(). */
void
owner_begin(OwnerState *state, Relation rel)
{
	GetUserIdAndSecContext(&state->user, &state->security_context);
	SetUserIdAndSecContext(rel->rd_rel->relowner,
						   state->security_context | SECURITY_RESTRICTED_OPERATION);
	state->guc_nest_level = own_pin_settings();
}

/* Undoes owner_begin(). */
void
owner_end(OwnerState *state)
{
	own_unpin_settings(state->guc_nest_level);
	SetUserIdAndSecContext(state->user, state->security_context);
}

/* Raises 42501 unless the present role is a superuser or has the rights of the table's owner. */
void
owner_require(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	form = (Form_pg_class) GETSTRUCT(tuple);
	if (!has_privs_of_role(GetUserId(), form->relowner))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(form->relkind),
					   NameStr(form->relname));
	ReleaseSysCache(tuple);
}
