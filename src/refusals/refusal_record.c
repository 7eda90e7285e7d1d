/*
 * refusal_record.c
 *	  A refusal as it is kept: what the transaction that it ends cannot keep itself.
 *
 * It has the figures whoever is refused: what is kept is shown by a view, to those who may read them.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "refusals/refusal_record.h"

static const char *const refusal_kind_names[] = {
	[REFUSED_BY_CAP] = "cap",
	[REFUSED_WITHOUT_CAP] = "no cap",
	[REFUSED_AS_UNKNOWN] = "unknown key",
	[REFUSED_AS_CLOSED] = "closed period",
};
StaticAssertDecl(lengthof(refusal_kind_names) == REFUSAL_KINDS, "a kind of refusal has no name");

/* Returns how tables and logs call a kind. */
const char *
refusal_kind_name(RefusalKind kind)
{
	Assert(kind < REFUSAL_KINDS);
	return refusal_kind_names[kind];
}

/* Copies a text, cut between characters where it is too long; NULL: none. */
static void
refusal_record_copy(char *to, const char *text, Size size)
{
	int length = text == NULL ? 0 : pg_mbcliplen(text, strlen(text), size - 1);

	memcpy(to, text == NULL ? "" : text, length);
	to[length] = '\0';
}

/* Fills in the name of the finance table, which may be gone by now. */
static void
refusal_record_source(RefusalRecord *record, Oid relid)
{
	char *name = get_rel_name(relid);

	if (name != NULL)
		refusal_record_copy(record->source,
							quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
													   name),
							sizeof(record->source));
}

/* Begins a record: who was refused, when, in which table. */
void
refusal_record_begin(RefusalRecord *record, RefusalKind kind, int sqlstate, Oid relid)
{
	memset(record, 0, sizeof(RefusalRecord));
	record->refused_at = GetCurrentTimestamp();
	record->kind = kind;
	record->sqlstate = sqlstate;
	refusal_record_source(record, relid);
	refusal_record_copy(record->session_user, GetUserNameFromId(GetSessionUserId(), true),
						NAMEDATALEN);
	refusal_record_copy(record->role, GetUserNameFromId(GetUserId(), true), NAMEDATALEN);
	refusal_record_copy(record->application, application_name, NAMEDATALEN);
}

/* Fills in the codes; NULL: one is not known. */
void
refusal_record_codes(RefusalRecord *record, const char *service, const char *participant)
{
	refusal_record_copy(record->service, service, REFUSAL_CODE_SIZE);
	refusal_record_copy(record->participant, participant, REFUSAL_CODE_SIZE);
}
